"""Which starts are offered: ticked among the common free times, or typed outside them?

The part that proposing and moving share. It knows the fields `start` (one instant for each tick),
`day_1` and `time_1` to `time_3` (typed, on my clock), `minutes`, `week` (where the grid stands).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

from wtforms import Field, HiddenField, RadioField, StringField, SubmitField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import Length

from skillswap.domain.free_time import Clocked, FreeTimes, Pair, Start
from skillswap.domain.scheduling import Reading, read_wall
from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.lib.clock import MONTHS, local
from skillswap.lib.i18n import _
from skillswap.models import User
from skillswap.models.learning_session import LENGTHS, STARTS_MOST
from skillswap.sentences import word

BODY_MOST = 500
USUAL_MINUTES = 60
TICKS_MOST = 24  # so many are shown again; three may be offered
DAY = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}")
CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(:00)?")
INSTANT = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z")


def whole(value: Any) -> int:
    """A number of a radio button; 0, which the rules refuse, for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class StartsField(Field):
    """The instants that are ticked, the earliest first. What our pages do not send is an error."""

    data: list[datetime]

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was sent; each instant once."""
        found = {_instant(value) for value in valuelist}
        self.data = sorted(at for at in found if at)[:TICKS_MOST]
        if None in found:
            raise ValueError(word("not_a_start", {}))


@dataclass(frozen=True, slots=True)
class Grid:
    """The common free times as check boxes; `sessions/_free_times.html` prints it."""

    free: FreeTimes
    partner: Clocked
    mine: str  # zones
    theirs: str
    ticked: frozenset[str]
    elsewhere: Sequence[Start]  # ticked, and not among what is listed
    error: str
    url: str  # of the page; takes `week`
    query: str  # what the links keep of what was chosen

    def week(self, on: date) -> str:
        """The address of the days from `on`."""
        return f"{self.url}?week={on.isoformat()}&{self.query}"

    @property
    def title(self) -> str:
        """`27 March to 2 April`."""
        first, last = (
            f"{day.day} {MONTHS[day.month - 1]}" for day in (self.free.first_on, self.free.last_on)
        )
        return _("%(first)s to %(last)s") % {"first": first, "last": last}


class StartsForm(Form):
    """Up to three starts. Days and times stay texts, so that what cannot be read is shown again
    as it was typed."""

    minutes = RadioField(
        _("How long"),
        choices=[SelectChoice(length, _("%d min") % length) for length in LENGTHS],
        coerce=whole,
        default=USUAL_MINUTES,
        validate_choice=False,
    )
    week = HiddenField()
    start = StartsField(_("Times"), default=list)
    day_1 = StringField(_("First day"))
    time_1 = StringField(_("First time"))
    day_2 = StringField(_("Second day"))
    time_2 = StringField(_("Second time"))
    day_3 = StringField(_("Third day"))
    time_3 = StringField(_("Third time"))
    body = TextAreaField(
        _("A word along"), [Length(max=BODY_MOST, message=word("too_long", {"limit": BODY_MOST}))]
    )
    submit_look = SubmitField(_("Look at it in both clocks"))  # reads, and proposes nothing
    submit_times = SubmitField(_("Show these days"))  # so does another week, or another length

    @property
    def only_looks(self) -> bool:
        """Whether nothing is to be proposed yet."""
        return bool(self.submit_look.data or self.submit_times.data)

    @property
    def rows(self) -> Sequence[tuple[Field, Field]]:
        """The day and time fields, row by row."""
        return [
            (self[f"day_{number}"], self[f"time_{number}"]) for number in range(1, STARTS_MOST + 1)
        ]

    @property
    def has_own(self) -> bool:
        """Whether a time was typed, or something is wrong with one."""
        return any(one.data or one.errors for row in self.rows for one in row)

    @property
    def length(self) -> int:
        """The length chosen; the usual one when it is none."""
        return self.minutes.data if self.minutes.data in LENGTHS else USUAL_MINUTES

    @property
    def first_on(self) -> date | None:
        """The day with which the grid is to begin."""
        return _day(self.week.data)

    @property
    def walls(self) -> Sequence[tuple[int, datetime]]:
        """What the readable rows say, on my wall: (number of the row, naive time)."""
        found = []
        for number, (day, clock) in enumerate(self.rows, start=1):
            if (wall := _wall(day.data, clock.data)) is not None:
                found.append((number, wall))
        return found

    def readings(self, zone_name: str) -> list[Reading]:
        """Every start: what was ticked, then what was typed, as instants."""
        ticked = [Reading(at, moved=False, twice=False) for at in self.start.data]
        return ticked + [read_wall(wall, zone_name) for _number, wall in self.walls]

    def grid(self, pair: Pair, teacher: User, url: str, **kept: Any) -> Grid:
        """The times both are free, with my ticks; `kept` goes along in its links."""
        free = pair.common_starts(teacher=teacher, minutes=self.length, first_on=self.first_on)
        self.week.data = free.first_on.isoformat()
        starts = [pair.start(at) for at in self.start.data]
        ticked = [start.iso for start in starts]
        return Grid(
            free,
            pair.partner.person,
            pair.me.person.timezone,
            pair.partner.person.timezone,
            frozenset(ticked),
            [start for start in starts if start.iso not in free.isos],
            str(self.start.errors[0]) if self.start.errors else "",
            url,
            urlencode({"minutes": self.length, **kept, "start": ticked}, doseq=True),
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """Each row is empty, or a day and a time."""
        fits = super().validate(extra_validators)
        for day, clock in self.rows:
            if (day.data or clock.data) and _wall(day.data, clock.data) is None:
                clock.errors = [*clock.errors, word("start_shape", {})]
                fits = False
        return bool(fits)

    def refuse(self, error: Refused) -> None:
        """A refusal of one of the starts goes beside it, one of them all to the ticks."""
        if error.field == "starts":
            error.field = self._field_of(error.params.get("index"))
        super().refuse(error)

    def _field_of(self, index: object) -> str:
        """The name of the field that holds the start of that number."""
        numbers = [number for number, _wall in self.walls]
        if not isinstance(index, int) or index < len(self.start.data):
            return "start"
        return f"time_{numbers[index - len(self.start.data)]}"


def _instant(text: str) -> datetime | None:
    if not INSTANT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def _day(text: str | None) -> date | None:
    if not DAY.fullmatch(text or ""):
        return None
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _wall(day: str | None, clock: str | None) -> datetime | None:
    """A day and a time as the browser's inputs send them, of a year a calendar may hold."""
    if not DAY.fullmatch(day or "") or not CLOCK.fullmatch(clock or ""):
        return None
    try:
        return datetime.fromisoformat(f"{day}T{clock}")
    except ValueError:
        return None


def offered_days(now: datetime, last: datetime, zone_name: str) -> tuple[str, str]:
    """The first and the last day the date fields offer, on that wall."""
    first, end = (local(at, zone_name).date.isoformat() for at in (now, last))
    return first, end
