"""What do the forms hold by which staff act upon an account?"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.domain.staff_acts import Act
from skillswap.forms.base import Form
from skillswap.forms.house_words import HouseWordsForm
from skillswap.lib.i18n import _
from skillswap.models import StaffRole

ACTS = {
    Act.LIMIT: _("Limit, 7 to 30 days: finish what is agreed, begin nothing new"),
    Act.SUSPEND: _("Suspend, 7 to 90 days: signed out and seen by nobody"),
    Act.RESTORE: _("Restore: everything is as it was before"),
}
ROLES = {
    StaffRole.NONE: _("No role"),
    StaffRole.MODERATOR: _("Moderator"),
    StaffRole.ADMIN: _("Admin"),
}


def _act(value: Any) -> Act | None:
    """The act of that value; None when there is none."""
    return Act(value) if value in set(Act) else None


def _role(value: Any) -> StaffRole | None:
    """The role of that value; None when there is none."""
    return StaffRole(value) if value in set(StaffRole) else None


class NoteForm(Form):
    """A line for colleagues."""

    body = TextAreaField(_("Note"), default="")


class StandingForm(HouseWordsForm):
    """Limit, suspend or restore, and why: the person is mailed these words."""

    act = RadioField(
        _("What happens"),
        choices=[SelectChoice(value, label) for value, label in ACTS.items()],
        coerce=_act,
        validate_choice=False,
    )
    reason = TextAreaField(_("Your words"), default="")

    def offer(self, acts: Collection[Act]) -> None:
        """Leave only these to choose from."""
        self.act.choices = [SelectChoice(value, ACTS[value]) for value in acts]

    @property
    def decision(self) -> dict[str, Any]:
        """What the rule about acting upon an account asks for."""
        return {
            "act": self.act.data,
            "days": self.days_typed,
            "reason": self.begun(self.reason.data),
        }


class RoleForm(Form):
    """What somebody is on the staff."""

    role = RadioField(
        _("Role"),
        choices=[SelectChoice(value, label) for value, label in ROLES.items()],
        coerce=_role,
        validate_choice=False,
    )
