"""What do the forms below a post hold?"""

from __future__ import annotations

import secrets

from wtforms import HiddenField, TextAreaField

from skillswap.forms.base import Form
from skillswap.lib.i18n import _


class CommentForm(Form):
    """A comment, or with a parent an answer. Its key was made with the form, so that sending it
    twice is sending it once.
    """

    body = TextAreaField(_("Comment"))
    parent = HiddenField()
    client_key = HiddenField()

    @classmethod
    def fresh(cls, parent: str = "") -> CommentForm:
        """An empty one with a key of its own."""
        return cls(formdata=None, parent=parent, client_key=secrets.token_urlsafe(12))


class CommentEditForm(Form):
    """Other words for a comment."""

    body = TextAreaField(_("Comment"))
