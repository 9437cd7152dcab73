"""Why is a session cancelled? One of the usual reasons, own words, or both."""

from __future__ import annotations

from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.forms.base import Form
from skillswap.lib.i18n import _

USUAL = {
    "came_up": _("Something came up"),
    "ill": _("I am ill"),
    "no_need": _("We no longer need it"),
}


class CancelForm(Form):
    """The reason the partner reads."""

    usual = RadioField(
        _("Why cancel?"),
        choices=[SelectChoice(name, text) for name, text in USUAL.items()],
        validate_choice=False,
    )
    reason = TextAreaField(_("In your own words"))

    @property
    def words(self) -> str:
        """What was chosen and what was written, as one text."""
        parts = (USUAL.get(self.usual.data or "", ""), (self.reason.data or "").strip())
        return ". ".join(part for part in parts if part)
