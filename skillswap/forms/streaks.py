"""For how many weeks does a streak pause?"""

from __future__ import annotations

from wtforms import SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.domain.streaks import PAUSES
from skillswap.forms.base import Form
from skillswap.lib.i18n import _


class PauseStreakForm(Form):
    """The weeks, the present one among them."""

    weeks = SelectField(
        _("For how long"),
        id="streak-weeks",
        coerce=int,
        choices=[
            SelectChoice(1, _("This week")),
            *(SelectChoice(many, _("{many} weeks").format(many=many)) for many in PAUSES[1:]),
        ],
    )
