"""What does somebody send who agrees to be named?"""

from __future__ import annotations

from wtforms import HiddenField

from skillswap.forms.base import Form


class AgreeForm(Form):
    """Which words they have read."""

    seen = HiddenField()
