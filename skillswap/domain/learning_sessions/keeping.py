"""What happens to a scheduled session: called off, and joined?"""

from __future__ import annotations

from datetime import datetime

from skillswap.domain import events, exchanges, slots
from skillswap.domain.learning_sessions.reading import locked_session_of
from skillswap.errors import WrongState
from skillswap.models import (
    LearningSession,
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
