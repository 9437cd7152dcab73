"""What do the forms hold by which staff look after the catalogue of skills?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.forms.base import Form
from skillswap.lib.i18n import _

# words that are needed often; each may be changed before it is sent
WHY_REFUSED = (
    _("It is not something that one person can teach another."),
    _("It is an advertisement, and the catalogue holds skills."),
    _("It names a person or a place. Propose the skill itself."),
    _("It is too wide to be found by. Propose the part that you teach."),
)


class SkillForm(Form):
    """How a skill is called and where it is sorted."""

    name = StringField(_("Name"), default="")
    category = SelectField(_("Category"), validate_choice=False, default="")

    def __init__(self, categories: Sequence[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = sorted({*categories, *filter(None, [kwargs.get("category")])}, key=str.lower)
        self.category.choices = [SelectChoice(name, name) for name in names]


class WordForm(Form):
    """One more word that a skill answers to."""

    alias = StringField(_("One more word"), default="")


class MergeForm(Form):
    """What a skill is the same as."""

    into = StringField(_("The same as"), default="")


class RefuseForm(Form):
    """Why a proposed skill is not taken in: a line that is there, or one's own."""

    template = SelectField(_("Why"), validate_choice=False, default="")
    words = TextAreaField(_("In your own words"), default="")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.template.choices = [
            SelectChoice("", _("In my own words")),
            *(SelectChoice(line, line) for line in WHY_REFUSED),
        ]

    @property
    def said(self) -> str:
        """The chosen line and one's own, one after the other."""
        chosen = self.template.data if self.template.data in WHY_REFUSED else ""
        return f"{chosen} {self.words.data or ''}".strip()
