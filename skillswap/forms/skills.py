"""What does a line of a skill hold?"""

from __future__ import annotations

from typing import Any

from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import AnyOf, DataRequired

from skillswap.domain.skills import NOTE_MOST, TYPED_MOST
from skillswap.forms.accounts import NEEDED, at_most
from skillswap.forms.base import Form
from skillswap.lib.i18n import _
from skillswap.models import Level, UserSkillKind
from skillswap.sentences import word

LEVELS = {
    Level.BEGINNER: _("Beginner"),
    Level.INTERMEDIATE: _("Intermediate"),
    Level.EXPERT: _("Expert"),
}
LEVEL_LABELS = {
    UserSkillKind.OFFERED: _("Taught up to"),
    UserSkillKind.WANTED: _("I am at"),
}


def _level(value: Any) -> Level | None:
    """The level of that number; None when there is none."""
    text = str(int(value)) if isinstance(value, int) else str(value)
    return next((level for level in Level if str(int(level)) == text), None)


class LineForm(Form):
    """Level and note of a skill that is on a list."""

    level = SelectField(
        choices=[SelectChoice(int(level), name) for level, name in LEVELS.items()],
        coerce=_level,
        validate_choice=False,
        validators=[AnyOf(list(Level), word("unknown_level", {}))],
    )
    note = StringField(_("Note"), [at_most(NOTE_MOST)])

    def __init__(self, kind: UserSkillKind, name: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.level.label.text = LEVEL_LABELS[kind]
        for field in self:  # the page shows several of these
            field.id = "-".join(filter(None, (kind, name, field.short_name)))


class SkillForm(LineForm):
    """A skill to be put on a list, by any of its names."""

    skill = StringField(_("Skill"), [DataRequired(NEEDED), at_most(TYPED_MOST)])
