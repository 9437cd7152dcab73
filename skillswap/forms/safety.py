"""What does the form of a report hold?"""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.domain.reports import SubjectKind
from skillswap.forms.base import Form
from skillswap.lib.i18n import _
from skillswap.models import ReportCategory

CATEGORIES = {
    ReportCategory.SAFETY: _("Safety"),
    ReportCategory.HARASSMENT: _("Harassment"),
    ReportCategory.SPAM: _("Spam"),
    ReportCategory.FALSE_IDENTITY: _("False identity"),
    ReportCategory.OFF_PURPOSE: _("Off purpose"),
    ReportCategory.OTHER: _("Something else"),
}


def _category(value: Any) -> ReportCategory | None:
    """The category of that value; None when there is none."""
    return ReportCategory(value) if value in set(ReportCategory) else None


def _place(value: Any) -> int:
    """The place of a message in its thread; 0, which is none, for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


class ReportForm(Form):
    """A report. What it is about comes along, so that the form knows no page but its own."""

    about = StringField(default="")
    key = StringField(default="")
    category = RadioField(
        _("What is wrong?"),
        choices=[SelectChoice(value, label) for value, label in CATEGORIES.items()],
        coerce=_category,
        validate_choice=False,
    )
    body = TextAreaField(_("Anything else"), default="")
    ticked = SelectMultipleField(
        _("Which messages?"), choices=[], coerce=_place, validate_choice=False, default=()
    )
    also_block = BooleanField(_("Block them too"))

    @property
    def kind(self) -> SubjectKind | None:
        """What kind of thing it is about; None for a word that is none."""
        return SubjectKind(self.about.data) if self.about.data in set(SubjectKind) else None
