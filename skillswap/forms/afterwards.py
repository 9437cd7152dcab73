"""What do the forms about a session that is over hold: how it went, a contest, a decision?"""

from __future__ import annotations

from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.lib.i18n import _
from skillswap.models import ContestState, OutcomeAnswer


class OutcomeForm(Form):
    """How it went."""

    answer = StringField(_("What became of it?"), default="")

    @property
    def chosen(self) -> OutcomeAnswer:
        """The answer. Raises Refused for a word that is none."""
        try:
            return OutcomeAnswer(self.answer.data or "")
        except ValueError:
            raise Refused("answer", "not_an_answer") from None


class ContestForm(Form):
    """Why a mark is wrong; the partner and a moderator read it."""

    body = TextAreaField(_("What happened?"), default="")


class DecideForm(Form):
    """What a moderator decides about a mark; both read the words."""

    verdict = RadioField(
        _("The mark"),
        choices=[
            SelectChoice(ContestState.UPHELD.value, _("Take it off")),
            SelectChoice(ContestState.DISMISSED.value, _("Let it count")),
        ],
        validate_choice=False,
    )
    decision = TextAreaField(_("Your word to both"), default="")

    @property
    def upheld(self) -> bool | None:
        """Whether the mark comes off; None without a choice."""
        return {ContestState.UPHELD: True, ContestState.DISMISSED: False}.get(self.verdict.data)
