"""What does a page send when it has been seen?"""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import Regexp

from skillswap.forms.base import Form


class SeenForm(Form):
    """The thing whose page is open: its table and its public id, or the code of a badge."""

    subject_type = StringField(default="")
    public_id = StringField(validators=[Regexp(r"[A-Za-z0-9_-]{6,14}\Z")], default="")
