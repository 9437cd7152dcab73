"""What do the forms about a report, a strike and an appeal hold?"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from wtforms import BooleanField, RadioField, SelectField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.domain.strikes import RULES
from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.forms.house_words import HouseWordsForm, small_number
from skillswap.lib.i18n import _
from skillswap.models import StrikeOutcome, StrikeState

OUTCOMES = {
    StrikeOutcome.NOTE: _("Note: nothing else changes"),
    StrikeOutcome.WARNING: _("Warning"),
    StrikeOutcome.LIMITED: _("Limited, 7 to 30 days: finish what is agreed, begin nothing new"),
    StrikeOutcome.SUSPENDED: _("Suspended, 7 to 90 days: signed out and seen by nobody"),
    StrikeOutcome.BANNED: _("Banned: suspended without an end, by an admin only"),
}


def _outcome(value: Any) -> StrikeOutcome | None:
    """The outcome of that value; None when there is none."""
    return StrikeOutcome(value) if value in set(StrikeOutcome) else None


class UpholdForm(HouseWordsForm):
    """What follows from reports that are right. The person reads the rule and the words."""

    outcome = RadioField(
        _("What follows"),
        choices=[SelectChoice(value, label) for value, label in OUTCOMES.items()],
        coerce=_outcome,
        validate_choice=False,
    )
    rule = SelectField(
        _("Which rule"),
        choices=[
            SelectChoice(0, _("Choose a rule")),
            *(SelectChoice(one.number, f"{one.number}. {one.title}") for one in RULES),
        ],
        coerce=small_number,
        default=0,
        validate_choice=False,
    )
    hide = BooleanField(_("Take it out of sight"))
    words = TextAreaField(_("Your words"), default="")

    def offer(self, outcomes: Collection[StrikeOutcome]) -> None:
        """Leave only these to choose from."""
        self.outcome.choices = [SelectChoice(value, OUTCOMES[value]) for value in outcomes]

    @property
    def decision(self) -> dict[str, Any]:
        """What the rule about upholding asks for."""
        return {
            "outcome": self.outcome.data,
            "rule": self.rule.data,
            "days": self.days_typed,
            "hide": bool(self.hide.data),
            "words": self.begun(self.words.data),
        }


class DismissForm(Form):
    """Why nothing follows; for the log."""

    words = TextAreaField(_("Why"), default="", id="dismiss-words")


class AppealForm(Form):
    """Why a strike is wrong; another member of staff reads it."""

    body = TextAreaField(_("What did we miss?"), default="")


class AnswerForm(Form):
    """What a second member of staff says to an appeal; the person reads it."""

    verdict = RadioField(
        _("The strike"),
        choices=[
            SelectChoice(StrikeState.OVERTURNED.value, _("Overturn it")),
            SelectChoice(StrikeState.KEPT.value, _("Keep it")),
        ],
        validate_choice=False,
    )
    words = TextAreaField(_("Your words to them"), default="")

    @property
    def decision(self) -> dict[str, Any]:
        """What answering an appeal asks for. Raises Refused without a choice."""
        chosen = {StrikeState.OVERTURNED: True, StrikeState.KEPT: False}.get(self.verdict.data)
        if chosen is None:
            raise Refused("verdict", "appeal_verdict")
        return {"overturned": chosen, "words": self.words.data or ""}
