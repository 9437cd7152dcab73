"""What do the forms about one's hours hold?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from wtforms import Field, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.domain.hours import (
    DAY,
    HOUR,
    Span,
    Window,
    by_hours,
    merged_spans,
    of_hours,
    read_spans,
    spans_of,
    write_spans,
)
from skillswap.domain.limits import DAILY_SESSIONS, PITCH_CAPS, PLACES
from skillswap.errors import Refused
from skillswap.forms.accounts import at_most
from skillswap.forms.base import Form
from skillswap.lib.clock import WEEKDAYS
from skillswap.lib.i18n import _, ngettext
from skillswap.models import ExceptionKind, User
from skillswap.models.user import BUFFERS
from skillswap.sentences import word

CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})(?::00)?")
EXACT_MOST = 200
HOURS = [SelectChoice(hour, f"{hour:02}") for hour in range(24)]
DAYTIME = range(7, 23)
NOTICES = (2, 4, 6, 12, 24, 48, 72, 168)


def _whole(value: Any) -> int:
    """A number that was sent; -1, which no rule takes, for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else -1


# -- the usual week -------------------------------------------------------------------------------


class Preset(StrEnum):
    EVENINGS, MORNINGS, COPY, CLEAR = "evenings", "mornings", "copy", "clear"


PRESETS = {
    Preset.EVENINGS: _("Weekday evenings"),
    Preset.MORNINGS: _("Weekend mornings"),
    Preset.COPY: _("Copy Monday to all"),
    Preset.CLEAR: _("Clear week"),
}
ADDED = {Preset.EVENINGS: (range(5), range(18, 21)), Preset.MORNINGS: (range(5, 7), range(9, 12))}


@dataclass(frozen=True, slots=True)
class DayRow:
    """One weekday as it is printed."""

    name: str
    hours: Field
    exact: Field
    spans: Sequence[Span]  # as far as they can be read

    @property
    def night(self) -> bool:
        """Whether an hour is ticked that is folded away."""
        return any(hour not in DAYTIME for hour in self.hours.data)


class WeekForm(Form):
    """For each weekday the whole hours that are ticked, and exact times besides."""

    def __init__(self, week: Sequence[Window] | None = None) -> None:
        """`week` is what stands; without it, what was sent."""
        super().__init__(**({} if week is None else {"formdata": None}))
        for weekday in range(7) if week is not None else ():
            hours, rest = by_hours(spans_of(week or (), weekday))
            self._put(weekday, hours, write_spans(rest))

    def _put(self, weekday: int, hours: Sequence[int], exact: str) -> None:
        self[f"hours_{weekday}"].data, self[f"exact_{weekday}"].data = list(hours), exact

    def validate(self, extra_validators: Any = None) -> bool:
        """What is typed besides the hours must be times."""
        fits = super().validate(extra_validators)
        for weekday in range(7):
            field = self[f"exact_{weekday}"]
            if not field.errors and _read(field.data) is None:
                field.errors = [*field.errors, word("hours_shape", {})]
                fits = False
        return bool(fits)

    def fill(self, preset: Preset) -> None:
        """Tick hours more, make every day like Monday, or untick all. Saves nothing."""
        monday = self["hours_0"].data, self["exact_0"].data
        days, more = ADDED.get(preset, (range(7), range(0)))
        for weekday in days:
            if preset is Preset.COPY:
                self._put(weekday, *monday)
            elif preset is Preset.CLEAR:
                self._put(weekday, [], "")
            else:
                field = self[f"hours_{weekday}"]
                field.data = sorted({*field.data, *more})

    @property
    def days(self) -> list[DayRow]:
        """The weekdays in their order."""
        return [
            DayRow(_(name), self[f"hours_{number}"], self[f"exact_{number}"], self._spans(number))
            for number, name in enumerate(WEEKDAYS)
        ]

    @property
    def windows(self) -> list[Window]:
        """The week that this says."""
        return [Window(day, start, end) for day in range(7) for start, end in self._spans(day)]

    def _spans(self, weekday: int) -> list[Span]:
        exact = _read(self[f"exact_{weekday}"].data) or []
        return merged_spans([*of_hours(self[f"hours_{weekday}"].data or ()), *exact])


def _read(typed: str | None) -> list[Span] | None:
    """The times that were typed; None when they are none."""
    try:
        return read_spans(typed or "")
    except ValueError:
        return None


for _number, _name in enumerate(WEEKDAYS):
    _hours = SelectMultipleField(_(_name), coerce=_whole, choices=HOURS, validate_choice=False)
    setattr(WeekForm, f"hours_{_number}", _hours)
    setattr(WeekForm, f"exact_{_number}", StringField(_(_name), [at_most(EXACT_MOST)], default=""))


# -- days that are different ----------------------------------------------------------------------


class ExceptionForm(Form):
    """Days on which one is busy, or free beyond the week: texts, to come back as typed."""

    kind = RadioField(
        _("On these days I am"),
        choices=[
            SelectChoice(ExceptionKind.BUSY, _("Busy")),
            SelectChoice(ExceptionKind.EXTRA, _("Free as well")),
        ],
        default=ExceptionKind.BUSY,
        validate_choice=False,
    )
    first_on = StringField(_("First day"))
    last_on = StringField(_("Last day"))
    from_time = StringField(_("From"))
    to_time = StringField(_("To"))
    body = StringField(_("A word for yourself"), default="")

    @property
    def facts(self) -> dict[str, Any]:
        """What the domain asks. Raises Refused for what cannot be read."""
        if self.kind.data not in set(ExceptionKind):
            raise Refused("kind", "not_an_answer")
        return {
            "kind": ExceptionKind(self.kind.data),
            "first_on": _day(self.first_on),
            "last_on": _day(self.last_on),
            "span": self._span(),
            "body": self.body.data or "",
        }

    def _span(self) -> Span:
        """All of a day when both times are empty; until 00:00 is until midnight."""
        if not (self.from_time.data or self.to_time.data):
            return 0, DAY
        return _minute(self.from_time), _minute(self.to_time) or DAY


def _day(field: Field) -> date | None:
    if not field.data:
        return None
    try:
        return date.fromisoformat(field.data)
    except ValueError:
        raise Refused(field.name, "day_needed") from None


def _minute(field: Field) -> int:
    found = CLOCK.fullmatch(field.data or "")
    if found is None or int(found[1]) > 23 or int(found[2]) > 59:
        raise Refused(field.name, "times_order")
    return int(found[1]) * HOUR + int(found[2])


# -- room to breathe ------------------------------------------------------------------------------


def _numbers(allowed: Sequence[int]) -> list[SelectChoice]:
    return [SelectChoice(number, str(number)) for number in allowed]


class LimitsForm(Form):
    """How much one takes on."""

    notice_hours = SelectField(_("Notice"), coerce=_whole, choices=[], validate_choice=False)
    buffer_minutes = SelectField(
        _("Break between sessions"),
        coerce=_whole,
        choices=[
            SelectChoice(minutes, _("%d minutes") % minutes if minutes else _("None"))
            for minutes in BUFFERS
        ],
        validate_choice=False,
    )
    daily_sessions = SelectField(
        _("Sessions a day"), coerce=_whole, choices=_numbers(DAILY_SESSIONS), validate_choice=False
    )
    places = SelectField(
        _("Exchanges at once"), coerce=_whole, choices=_numbers(PLACES), validate_choice=False
    )
    pitch_cap = SelectField(
        _("Open pitches"), coerce=_whole, choices=_numbers(PITCH_CAPS), validate_choice=False
    )

    def __init__(self, person: User, **kwargs: Any) -> None:
        names = ("notice_hours", "buffer_minutes", "daily_sessions", "places", "pitch_cap")
        super().__init__(data={name: getattr(person, name) for name in names}, **kwargs)
        self.notice_hours.choices = [
            SelectChoice(hours, _span_word(hours))
            for hours in sorted({*NOTICES, person.notice_hours})
        ]


def _span_word(hours: int) -> str:
    """`12 hours`, `2 days`."""
    days, rest = divmod(hours, 24)
    if days and not rest:
        return ngettext("%d day", "%d days", days) % days
    return ngettext("%d hour", "%d hours", hours) % hours
