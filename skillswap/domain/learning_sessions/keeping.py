"""What happens to a scheduled session: called off, and joined?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain import events, exchanges, slots
from skillswap.domain.learning_sessions.reading import locked_session_of, session_of
from skillswap.errors import WrongState
from skillswap.models import (
    LearningSession,
    Presence,
    SessionState,
    User,
)


def cancel_session(person: User, public_id: str, *, reason: str, now: datetime) -> LearningSession:
    """Call a scheduled session off before it starts; both get their hours back, and an open move
    of it is closed.

    `cancelled_late` is set under 12 hours before. Raises WrongState once it has begun.
    """
    learning_session = locked_session_of(person, public_id)
    partner = learning_session.partner_of(person)
    # what it is now comes before what was typed: nobody mends a reason for nothing
    if learning_session.state_at(now) is not SessionState.SCHEDULED:
        raise WrongState("session", learning_session.state_at(now))
    reason = exchanges.checked_reason(reason, partner)
    exchanges.call_off(learning_session, person, reason, now)
    slots.free([learning_session])
    exchanges.session_called_off(learning_session.exchange_id, now)
    events.record(
        "session.cancelled",
        actor=person,
        subject=learning_session,
        to=[partner],
        now=now,
        skill=learning_session.skill.name,
        starts_at=learning_session.starts_at.isoformat() if learning_session.starts_at else "",
    )
    return learning_session


def join_session(person: User, public_id: str, *, jitsi_url: str, now: datetime) -> str:
    """Where the call is, noting who opened it first when. Raises WrongState while it is closed."""
    learning_session = session_of(person, public_id)
    if not learning_session.join_is_open(now):
        raise WrongState("session", "closed")
    presence = Presence(learning_session_id=learning_session.id, user_id=person.id, joined_at=now)
    try:
        with db.session.begin_nested():
            db.session.add(presence)
    except IntegrityError:
        pass  # opened before: the first time counts
    return _address(learning_session, jitsi_url)


def call_of(
    person: User, public_id: str, *, jitsi_url: str, now: datetime
) -> tuple[LearningSession, str | None]:
    """The session, and the call's address for somebody who has joined while it is open."""
    learning_session = session_of(person, public_id)
    joined = db.session.scalar(
        select(Presence.joined_at).where(
            Presence.learning_session_id == learning_session.id, Presence.user_id == person.id
        )
    )
    if joined is None or not learning_session.join_is_open(now):
        return learning_session, None
    return learning_session, _address(learning_session, jitsi_url)


def _address(learning_session: LearningSession, jitsi_url: str) -> str:
    """One unguessable room for each exchange."""
    return f"{jitsi_url}/SkillSwap-{learning_session.exchange.room}"
