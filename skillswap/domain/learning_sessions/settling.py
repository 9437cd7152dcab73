"""What does the clock decide about sessions: offers that lapse, and silence afterwards?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload

from skillswap.db import db
from skillswap.domain import events
from skillswap.models import LearningSession, Proposal, ProposalState, SessionState, User
from skillswap.models.learning_session import ANSWER_WITHIN

WITH_PEOPLE = (
    joinedload(LearningSession.skill),
    joinedload(LearningSession.learner),
    joinedload(LearningSession.teacher),
)


def lapse_due(now: datetime, limit: int) -> int:
    """Write the end of offers that nobody answered in time; returns how many.

    The session that had no time yet is cancelled by nobody, and who offered is told.
    """
    due = db.session.scalars(
        select(Proposal)
        .where(Proposal.state == ProposalState.OPEN, Proposal.lapse_at <= now)
        .order_by(Proposal.lapse_at, Proposal.id)
        .limit(limit)
        .options(joinedload(Proposal.learning_session).options(*WITH_PEOPLE))
        .with_for_update(of=Proposal, skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for proposal in due:
        learning_session = proposal.learning_session
        proposal.state = ProposalState.LAPSED
        if learning_session.state is SessionState.PROPOSED:
            learning_session.move_to(SessionState.CANCELLED, proposal.lapse_at)
        proposer = _person(learning_session, proposal.proposer_id)
        events.record(
            "session.lapsed",
            actor=None,
            subject=learning_session,
            to=[proposer],
            now=now,
            skill=learning_session.skill.name,
        )
    return len(due)


def _person(learning_session: LearningSession, user_id: int) -> User:
    teaches = learning_session.teacher_id == user_id
    return learning_session.teacher if teaches else learning_session.learner


def settle_due(now: datetime, limit: int) -> int:
    """Write what silence decided about sessions that are over, and tell both; returns how many.

    One has said it happened and the other nothing for 72 hours: completed. Neither has said
    anything for 7 days: unconfirmed, it counts for nobody.
    """
    silent = and_(
        LearningSession.confirm_by.is_(None), LearningSession.ends_at <= now - ANSWER_WITHIN
    )
    due = db.session.scalars(
        select(LearningSession)
        .where(
            LearningSession.state == SessionState.SCHEDULED,
            or_(LearningSession.confirm_by <= now, silent),
        )
        .order_by(LearningSession.id)
        .limit(limit)
        .options(*WITH_PEOPLE)
        .with_for_update(of=LearningSession, skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for learning_session in due:
        _settle(learning_session, now)
    return len(due)


def _settle(learning_session: LearningSession, now: datetime) -> None:
    state = learning_session.state_at(now)
    learning_session.move_to(state, learning_session.confirm_by or now)
    starts_at = learning_session.starts_at
    events.record(
        "session.completed" if state is SessionState.COMPLETED else "session.unconfirmed",
        actor=None,
        subject=learning_session,
        to=[learning_session.learner, learning_session.teacher],
        now=now,
        skill=learning_session.skill.name,
        starts_at=starts_at.isoformat() if starts_at else "",
        minutes=learning_session.minutes,
        by_clock=True,
    )
