"""What is to be prepared for a session, and who wrote it last?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import events, exchanges
from skillswap.domain.learning_sessions.reading import session_of
from skillswap.domain.limits import PREPARATION_MOST
from skillswap.errors import Refused, Taken, WrongState
from skillswap.models import Event, LearningSession, ProposalState, SessionState, User

PREPARED = "session.prepared"


@dataclass(frozen=True, slots=True)
class Preparation:
    """What stands there. Version 0: nobody has written anything yet."""

    body: str = ""
    version: int = 0  # the number of the event, so that no column is needed
    writer_id: int | None = None
    written_at: datetime | None = None


def preparation_of(learning_session: LearningSession) -> Preparation:
    """What is to be prepared for a session that one may see. One statement, found by an index."""
    last = db.session.execute(
        select(Event.id, Event.actor_id, Event.happened_at)
        .where(
            Event.subject_type == LearningSession.__tablename__,
            Event.subject_id == learning_session.id,
            Event.kind == PREPARED,
        )
        .order_by(Event.id.desc())
        .limit(1)
    ).first()
    if last is None:
        return Preparation(learning_session.preparation)
    return Preparation(learning_session.preparation, last.id, last.actor_id, last.happened_at)


def may_prepare(learning_session: LearningSession, now: datetime) -> bool:
    """Whether something can still be written: times are on offer, or it has not begun."""
    return _closed(learning_session, now) is None


def prepare_session(
    person: User, public_id: str, *, body: str, version: int, now: datetime
) -> LearningSession:
    """Replace what is to be prepared; `version` is that of the text the writer began with.

    Both may write until the start. Raises Taken when the other has written meanwhile, Refused
    when it is too long, WrongState once it has begun or is off. The same text again is harmless.
    """
    learning_session = session_of(person, public_id)
    exchanges.lock_people(learning_session.teacher_id, learning_session.learner_id)
    learning_session = session_of(person, public_id)  # again, with what the other just wrote
    if closed := _closed(learning_session, now):
        raise closed
    body = body.replace("\r\n", "\n").strip()
    if len(body) > PREPARATION_MOST:
        raise Refused("body", "too_long", limit=PREPARATION_MOST)
    present = preparation_of(learning_session)
    if body == present.body:
        return learning_session
    partner = learning_session.partner_of(person)
    if version != present.version:
        raise Taken("body", "preparation_changed", partner=partner.first_name)
    learning_session.preparation = body
    starts_at = learning_session.starts_at
    events.record(
        "session.prepared",
        actor=person,
        subject=learning_session,
        to=[partner],
        now=now,
        skill=learning_session.skill.name,
        starts_at=starts_at.isoformat() if starts_at else "",
    )
    return learning_session


def _closed(learning_session: LearningSession, now: datetime) -> WrongState | None:
    """Why nothing can be written any more."""
    state, starts_at = learning_session.state_at(now), learning_session.starts_at
    if state is SessionState.PROPOSED:
        offer = learning_session.proposals[-1].state_at(now)
        return None if offer is ProposalState.OPEN else WrongState("proposal", offer)
    if state is not SessionState.SCHEDULED:
        return WrongState("session", state)
    return WrongState("session", "begun") if starts_at is None or starts_at <= now else None
