"""What do the forms of a pitch and of its answers hold?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import DateField, RadioField, SelectField, SubmitField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import Optional

from skillswap.domain.limits import RESPOND_DAYS_DEFAULT
from skillswap.forms.base import Form
from skillswap.lib.i18n import _
from skillswap.models import DeclineReason

DAYS_OFFERED = (14, 7, 3)
REASONS = {
    DeclineReason.NO_TIME: _("No time"),
    DeclineReason.NOT_MY_FIELD: _("Not my field"),
    DeclineReason.LEVEL: _("Level does not fit"),
    DeclineReason.TOO_VAGUE: _("Too vague"),
    DeclineReason.PREFER_NOT_TO_SAY: _("Prefer not to say"),
}


def _whole(value: Any) -> int:
    """A number of days; what is none becomes 0, which no rule takes."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0


def _reason(value: Any) -> DeclineReason | None:
    """The reason of that value; None when there is none."""
    return DeclineReason(value) if value in set(DeclineReason) else None


class PitchForm(Form):
    """A new pitch. The choices are set by the view; the domain says which of them will do."""

    skill = SelectField(_("I want to learn"), choices=[], validate_choice=False)
    offered = SelectField(_("I can teach in return"), choices=[], validate_choice=False)
    body = TextAreaField(_("Your message"), default="")
    days = SelectField(
        _("Please answer within"),
        choices=[],
        coerce=_whole,
        default=RESPOND_DAYS_DEFAULT,
        validate_choice=False,
    )
    submit_look = SubmitField(_("Look it over"))

    def offer(
        self,
        *,
        taught: Iterable[tuple[str, str, bool]],
        returns: Iterable[tuple[str, str]],
        until: Mapping[int, str],
    ) -> None:
        """Fill the lists: (slug, words, may be asked for), (slug, name), days and their date."""
        self.skill.choices = [
            SelectChoice(slug, words, {} if free else {"disabled": True})
            for slug, words, free in taught
        ]
        self.offered.choices = [
            SelectChoice("", _("Nothing this time")),
            *(SelectChoice(slug, name) for slug, name in returns),
        ]
        self.days.choices = [
            SelectChoice(str(days), _("{days} days, by {day}").format(days=days, day=day))
            for days, day in until.items()
        ]


class AcceptForm(Form):
    """A yes, with words if one likes."""

    body = TextAreaField(_("Your words"), id="accept-body", default="")


class DeclineForm(Form):
    """A no, with its reason."""

    reason = RadioField(
        _("Your reason"),
        choices=[SelectChoice(value, label) for value, label in REASONS.items()],
        coerce=_reason,
        validate_choice=False,
        id="decline-reason",
    )
    body = TextAreaField(_("Your words"), id="decline-body", default="")


class AskForm(Form):
    """A question back to the learner."""

    body = TextAreaField(_("Your question"), id="ask-body", default="")


class ReplyForm(Form):
    """What the learner says to it."""

    body = TextAreaField(_("Your reply"), id="reply-body", default="")


class LastWordForm(Form):
    """One message after a no or a silence."""

    body = TextAreaField(_("Your last word"), id="last-body", default="")


class KeepBackForm(Form):
    """Why staff do not send a held pitch; its learner reads it."""

    body = TextAreaField(_("Why it is not sent"), id="keep-back-body", default="")


class PauseForm(Form):
    """Until which day, if that is known."""

    until = DateField(_("Until"), id="pause-until", validators=[Optional()])
