"""What does the form of the shared notes hold?"""

from __future__ import annotations

from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length

from skillswap.domain.limits import NOTES_MOST
from skillswap.forms.base import Form
from skillswap.lib.i18n import _
from skillswap.sentences import word


class NotesForm(Form):
    """The notes, and the version of the text that stood in the form at first."""

    body = TextAreaField(
        _("Notes"), [Length(max=NOTES_MOST, message=word("too_long", {"limit": NOTES_MOST}))]
    )
    version = HiddenField(default="0")

    @property
    def seen(self) -> int:
        """That version; 0, which means no notes yet, for anything else."""
        text = self.version.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
