"""What do the forms of a wish and of the offers to it hold?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import AnyOf

from skillswap.forms.base import Form
from skillswap.forms.skills import LEVELS
from skillswap.lib.i18n import _
from skillswap.models import Level
from skillswap.sentences import word


def _level(value: Any) -> Level | None:
    """The level of that number; None when there is none."""
    text = str(int(value)) if isinstance(value, int) else str(value)
    return next((level for level in Level if str(int(level)) == text), None)


class WishForm(Form):
    """A new wish."""

    skill = StringField(_("I would love to learn"), default="")
    level = SelectField(
        _("I am at"),
        choices=[SelectChoice(int(level), name) for level, name in LEVELS.items()],
        coerce=_level,
        default=Level.BEGINNER,
        validate_choice=False,
        validators=[AnyOf(list(Level), word("unknown_level", {}))],
    )
    body = TextAreaField(_("What for?"), default="")


class OfferForm(Form):
    """An offer to teach it. What may be had in return is set by the view."""

    body = TextAreaField(_("Your offer"), id="offer-body", default="")
    in_return = SelectField(
        _("I would like in return"), choices=[], id="offer-return", validate_choice=False
    )

    def offer(self, returns: Iterable[tuple[str, str]]) -> None:
        """Fill the list: (slug, name)."""
        self.in_return.choices = [
            SelectChoice("", _("Nothing this time")),
            *(SelectChoice(slug, name) for slug, name in returns),
        ]


class AcceptForm(Form):
    """A yes, with words if one likes."""

    body = TextAreaField(_("Your words"), id="accept-body", default="")


class DeclineForm(Form):
    """A no, with words if one likes."""

    body = TextAreaField(_("Your words"), id="decline-body", default="")
