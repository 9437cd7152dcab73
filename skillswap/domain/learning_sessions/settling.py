"""What does the clock decide about sessions: offers that lapse, and silence afterwards?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import joinedload, selectinload

from skillswap.db import db
from skillswap.domain import events, points
from skillswap.domain.learning_sessions.afterwards import UNSETTLED, settle
from skillswap.domain.learning_sessions.moving import lapse_move
from skillswap.models import (
    LearningSession,
    Proposal,
    ProposalKind,
    ProposalState,
    SessionState,
    User,
)
from skillswap.models.learning_session import ANSWER_WITHIN

WITH_PEOPLE = (
    joinedload(LearningSession.skill),
    joinedload(LearningSession.learner),
    joinedload(LearningSession.teacher),
)


def lapse_due(now: datetime, limit: int) -> int:
    """Write the end of offers that nobody answered in time; returns how many.

    The session that had no time yet is cancelled by nobody, an agreed time stands, and who
    offered is told.
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
        if proposal.kind is ProposalKind.MOVE:
            lapse_move(learning_session, proposal, now)
            continue
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

    What one has said counts after 72 hours of the other's silence. Neither has said anything for
    7 days, or they remember it differently for 7 days: unconfirmed, it counts for nobody.
    """
    silent = and_(
        LearningSession.state == SessionState.SCHEDULED,
        LearningSession.confirm_by.is_(None),
        LearningSession.ends_at <= now - ANSWER_WITHIN,
    )
    due = db.session.scalars(
        select(LearningSession)
        .where(LearningSession.state.in_(UNSETTLED), or_(LearningSession.confirm_by <= now, silent))
        .order_by(LearningSession.id)
        .limit(limit)
        .options(*WITH_PEOPLE, selectinload(LearningSession.outcomes))
        .with_for_update(of=LearningSession, skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    points.hold_people(points.people_of_sessions(due))
    for learning_session in due:
        settle(learning_session, now)
    return len(due)
