"""What does the form about a flag of points hold?"""

from __future__ import annotations

from wtforms import TextAreaField

from skillswap.forms.base import Form
from skillswap.lib.i18n import _


class FlagForm(Form):
    """Why somebody is let back on the boards, or is not; which of both, the button says."""

    words = TextAreaField(_("Your reason"), default="")
