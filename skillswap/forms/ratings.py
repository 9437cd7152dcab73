"""What do the forms about ratings hold?"""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, SelectMultipleField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.domain.ratings import Desk
from skillswap.forms.base import Form
from skillswap.lib.i18n import _, ngettext
from skillswap.models import Rating
from skillswap.models.rating import STARS

YES, NO, UNSAID = "yes", "no", ""
NEVER = -1  # what was typed is no number: the rule about stars says no


def _number(value: Any) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else NEVER


def _stars() -> list[SelectChoice]:
    words = {number: ngettext("%d star", "%d stars", number) % number for number in STARS}
    return [SelectChoice(str(number), words[number]) for number in reversed(STARS)]


class RateForm(Form):
    """What one side of a session says about the other."""

    stars = RadioField(_("Your stars"), choices=_stars(), validate_choice=False)
    tags = SelectMultipleField(
        _("Up to 3 words that fit"),
        choices=[],
        validate_choice=False,
        default=(),
    )
    body = TextAreaField(_("A few words"), default="")
    meet_again = RadioField(
        _("Would you meet again?"),
        choices=[
            SelectChoice(YES, _("Yes")),
            SelectChoice(NO, _("No")),
            SelectChoice(UNSAID, _("Rather not say")),
        ],
        validate_choice=False,
        default=UNSAID,
    )
    pitch_stars = RadioField(
        _("How clear was the pitch?"),
        choices=[
            SelectChoice("5", _("Very clear")),
            SelectChoice("4", _("Clear")),
            SelectChoice("3", _("So so")),
            SelectChoice("2", _("Rather vague")),
            SelectChoice("1", _("Vague")),
            SelectChoice(UNSAID, _("Rather not say")),
        ],
        validate_choice=False,
        default=UNSAID,
    )
    private_body = TextAreaField(_("A private word to the safety team"), default="")

    def word_for(self, desk: Desk) -> None:
        """Word it for one partner: what they were, and what they are called."""
        name = {"name": desk.partner.first_name}
        self.tags.choices = [SelectChoice(code, text) for code, text in desk.choices.items()]
        self.body.label.text = _("A few words for %(name)s") % name
        self.pitch_stars.label.text = _("How clear was %(name)s’s pitch?") % name

    @classmethod
    def of(cls, rating: Rating | None) -> RateForm:
        """The form as it stands: empty, or with what is sealed."""
        if rating is None:
            return cls(formdata=None)
        again = {True: YES, False: NO}.get(rating.meet_again, UNSAID)  # type: ignore[arg-type]
        return cls(
            formdata=None,
            stars=str(rating.stars),
            tags=rating.tags,
            body=rating.body,
            meet_again=again,
            pitch_stars=str(rating.pitch_stars or UNSAID),
            private_body=rating.private_body,
        )

    @property
    def facts(self) -> dict[str, Any]:
        """What the rule is given."""
        return {
            "stars": _number(self.stars.data) if self.stars.data else None,
            "tags": list(self.tags.data or ()),
            "body": self.body.data or "",
            "meet_again": {YES: True, NO: False}.get(self.meet_again.data or ""),
            "pitch_stars": _number(self.pitch_stars.data) if self.pitch_stars.data else None,
            "private_body": self.private_body.data or "",
        }


class ReplyForm(Form):
    """The one public answer to a rating."""

    body = TextAreaField(_("Your reply"), default="")
