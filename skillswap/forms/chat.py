"""What do the forms of chat hold?"""

from __future__ import annotations

import secrets
from typing import Any

from wtforms import FileField, HiddenField, TextAreaField

from skillswap.forms.base import Form
from skillswap.lib.i18n import _


class MessageForm(Form):
    """A message. Its key was made with the form, so that sending it twice is sending it once."""

    body = TextAreaField(_("Message"))
    file = FileField(_("File"))
    client_key = HiddenField()

    @property
    def has_file(self) -> bool:
        """Whether a file was chosen."""
        return bool(self.file.data and getattr(self.file.data, "filename", ""))

    @classmethod
    def fresh(cls, **fields: Any) -> MessageForm:
        """An empty composer with a key of its own."""
        return cls(formdata=None, client_key=secrets.token_urlsafe(12), **fields)


class EditForm(Form):
    """Other words for a message."""

    body = TextAreaField(_("Message"))


class ReadForm(Form):
    """How far a thread has been read."""

    seq = HiddenField()

    @property
    def place(self) -> int:
        """That place; 0 for anything else."""
        text = self.seq.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
