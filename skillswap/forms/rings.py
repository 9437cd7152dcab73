"""What do the forms of a swap ring hold?"""

from __future__ import annotations

from wtforms import TextAreaField

from skillswap.forms.base import Form
from skillswap.lib.i18n import _


class RingForm(Form):
    """Beginning a ring, or saying yes to one: words for the two others."""

    body = TextAreaField(_("Your words"), id="ring-body", default="")
