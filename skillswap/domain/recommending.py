"""Whom does the place recommend? People who fit best and are not known or put aside already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, union_all

from skillswap.domain import matches
from skillswap.domain.matches.reading import NOW
from skillswap.domain.teachers import VIEWER, TeacherCard
from skillswap.lib.keyset import AnySelect
from skillswap.models import Dismissal, Exchange, ExchangeState, Mute, Pitch, ShownIn, User
from skillswap.models.pitch import OPEN

SHOWN = 3
LIVE = (ExchangeState.ACTIVE, ExchangeState.DORMANT)


def _left_out() -> AnySelect:
    """Whom it would be no use to recommend: put aside, muted, asked already, a partner."""
    rows = union_all(
        select(Dismissal.dismissed_id.label("id")).where(
            Dismissal.user_id == VIEWER, Dismissal.until > NOW
        ),
        select(Mute.muted_id).where(Mute.muter_id == VIEWER),
        select(Pitch.teacher_id).where(Pitch.learner_id == VIEWER, Pitch.state.in_(OPEN)),
        select(Exchange.teacher_id).where(Exchange.learner_id == VIEWER, Exchange.state.in_(LIVE)),
        select(Exchange.learner_id).where(Exchange.teacher_id == VIEWER, Exchange.state.in_(LIVE)),
    ).subquery("left_out")
    found: AnySelect = select(rows.c.id)
    return found


ASKED = matches.Asked(but=_left_out())


def people_for_you(
    person: User, shown_in: ShownIn, now: datetime, most: int = SHOWN
) -> Sequence[TeacherCard]:
    """The teachers who fit this person best, with reasons. Two statements.

    Nobody for who wants to learn nothing: there would be nothing to fit.
    """
    if not person.learning:
        return []
    ranking = matches.ranking_of(person, ASKED, None, now)
    return matches.best_of(person, ranking, None, now, limit=most, shown_in=shown_in).rows
