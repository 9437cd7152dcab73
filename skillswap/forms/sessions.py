"""What do the forms of proposing, picking, cancelling and answering hold?"""

from __future__ import annotations

from datetime import datetime

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.forms.base import Form
from skillswap.forms.places import PlaceFields
from skillswap.forms.starts import StartsForm, whole
from skillswap.lib.i18n import _, ngettext
from skillswap.models.learning_session import WEEKS_MOST


class ProposeForm(PlaceFields, StartsForm):
    """Up to three starts for one leg of an exchange, once or for some weeks, and where."""

    leg = RadioField(_("What is it about?"), coerce=whole, validate_choice=False)
    weeks = SelectField(
        _("Same time for the next weeks"), coerce=whole, default=0, validate_choice=False
    )

    def offer_weeks(self) -> None:
        """Let it be repeated so many times."""
        more = (
            SelectChoice(number, ngettext("%d more week", "%d more weeks", number) % number)
            for number in range(1, WEEKS_MOST + 1)
        )
        self.weeks.choices = [SelectChoice(0, _("Only this once")), *more]


class PickForm(Form):
    """One of the offered starts."""

    start = StringField(_("Pick one"))

    @property
    def at(self) -> datetime | None:
        """The instant, when it is one."""
        try:
            at = datetime.fromisoformat(self.start.data or "")
        except ValueError:
            return None
        return at if at.tzinfo else None


class ReasonForm(Form):
    """Why something ends; the partner reads it."""

    reason = TextAreaField(_("Why?"))
