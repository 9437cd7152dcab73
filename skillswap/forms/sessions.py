"""What do the forms of proposing, picking, cancelling and answering hold?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from wtforms import Field, RadioField, StringField, SubmitField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import Length

from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.lib.i18n import _
from skillswap.models import OutcomeAnswer
from skillswap.models.learning_session import LENGTHS, STARTS_MOST
from skillswap.sentences import word

BODY_MOST = 500
USUAL_MINUTES = 60
DAY = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}")
CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(:00)?")


def _whole(value: Any) -> int:
    """A number of a radio button; 0, which the rules refuse, for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class ProposeForm(Form):
    """Up to three starts on my own clock, for one leg of an exchange.

    Day and time stay texts here, so that what cannot be read is shown again as it was typed.
    """

    leg = RadioField(_("What is it about?"), coerce=_whole, validate_choice=False)
    minutes = RadioField(
        _("How long"),
        choices=[SelectChoice(length, _("%d min") % length) for length in LENGTHS],
        coerce=_whole,
        default=USUAL_MINUTES,
        validate_choice=False,
    )
    day_1 = StringField(_("First day"))
    time_1 = StringField(_("First time"))
    day_2 = StringField(_("Second day"))
    time_2 = StringField(_("Second time"))
    day_3 = StringField(_("Third day"))
    time_3 = StringField(_("Third time"))
    body = TextAreaField(
        _("A word along"), [Length(max=BODY_MOST, message=word("too_long", {"limit": BODY_MOST}))]
    )
    submit_look = SubmitField(_("Look at it in both clocks"))

    @property
    def rows(self) -> Sequence[tuple[Field, Field]]:
        """The day and time fields, row by row."""
        return [
            (self[f"day_{number}"], self[f"time_{number}"]) for number in range(1, STARTS_MOST + 1)
        ]

    @property
    def walls(self) -> Sequence[tuple[int, datetime]]:
        """What the readable rows say, on my wall: (number of the row, naive time)."""
        found = []
        for number, (day, clock) in enumerate(self.rows, start=1):
            if (wall := _wall(day.data, clock.data)) is not None:
                found.append((number, wall))
        return found

    def validate(self, extra_validators: Any = None) -> bool:
        """Each row is empty, or a day and a time."""
        fits = super().validate(extra_validators)
        for day, clock in self.rows:
            if (day.data or clock.data) and _wall(day.data, clock.data) is None:
                clock.errors = [*clock.errors, word("start_shape", {})]
                fits = False
        return bool(fits)

    def refuse(self, error: Refused) -> None:
        """A refusal of one of the starts goes beside its row, one of them all to the first."""
        if error.field == "starts":
            index = error.params.get("index", 0)
            numbers = [number for number, _wall in self.walls] or [1]
            error.field = f"time_{numbers[index if isinstance(index, int) else 0]}"
        super().refuse(error)


def _wall(day: str | None, clock: str | None) -> datetime | None:
    """A day and a time as the browser's inputs send them, of a year a calendar may hold."""
    if not DAY.fullmatch(day or "") or not CLOCK.fullmatch(clock or ""):
        return None
    try:
        return datetime.fromisoformat(f"{day}T{clock}")
    except ValueError:
        return None


class PickForm(Form):
    """One of the offered starts."""

    start = StringField(_("Pick one"))

    @property
    def at(self) -> datetime | None:
        """The instant, when it is one."""
        try:
            at = datetime.fromisoformat(self.start.data or "")
        except ValueError:
            return None
        return at if at.tzinfo else None


class ReasonForm(Form):
    """Why something ends; the partner reads it."""

    reason = TextAreaField(_("Why?"))


class OutcomeForm(Form):
    """How it went. For now there is one answer."""

    answer = StringField(_("Did it happen?"), default=OutcomeAnswer.HAPPENED)

    @property
    def chosen(self) -> OutcomeAnswer:
        """The answer. Raises Refused for a word that is none."""
        try:
            return OutcomeAnswer(self.answer.data or "")
        except ValueError:
            raise Refused("answer", "not_an_answer") from None
