"""What may staff say to somebody as it is, or begin with, and for how many days?"""

from __future__ import annotations

from typing import Any

from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.forms.base import Form
from skillswap.lib.i18n import _

TEXTS = {
    "money": _(
        "SkillSwap is free on both sides. Asking for money, or offering paid work, puts people "
        "in an awkward place."
    ),
    "spam": _(
        "People come here to learn from each other. What is sent to many, or leads elsewhere, "
        "takes their time."
    ),
    "unkind": _("What you wrote hurts. Disagree about the matter, and leave the person out of it."),
    "pressing": _(
        "Somebody had said no, or had not answered, and you went on. Silence is an answer here."
    ),
    "identity": _(
        "People must know whom they meet. Show your own name, and a picture of yourself or none."
    ),
    "safety": _("People feel safe here only if everybody can. What was reported went against it."),
}


def small_number(value: Any) -> int:
    """A small whole number; 0, which is none, for anything else."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


class HouseWordsForm(Form):
    """The part that forms share by which staff act upon somebody and tell them why."""

    days = StringField(_("Days, if limited or suspended"), default="")
    text = SelectField(
        _("Words to begin with"),
        choices=[
            SelectChoice("", _("None, my own words only")),
            *(SelectChoice(key, text) for key, text in TEXTS.items()),
        ],
        validate_choice=False,
        default="",
    )

    @property
    def days_typed(self) -> int | None:
        """For how many days; None where there is no such number."""
        return small_number(self.days.data) or None

    def begun(self, own: str | None) -> str:
        """The chosen words of the house, and one's own below them."""
        words = (TEXTS.get(self.text.data or "", ""), (own or "").strip())
        return "\n\n".join(one for one in words if one)
