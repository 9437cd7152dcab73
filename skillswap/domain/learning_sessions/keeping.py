"""What happens to a scheduled session: called off, joined, and told how it went?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain import events, exchanges, slots
from skillswap.domain.learning_sessions.reading import session_of
from skillswap.domain.limits import CONFIRM_WITHIN
from skillswap.errors import Refused, WrongState
from skillswap.models import (
    LearningSession,
    Outcome,
    OutcomeAnswer,
    Presence,
    SessionState,
    User,
)


def cancel_session(person: User, public_id: str, *, reason: str, now: datetime) -> LearningSession:
    """Call a scheduled session off before it starts; both get their hours back.

    `cancelled_late` is set under 12 hours before. Raises WrongState once it has begun.
    """
    learning_session = session_of(person, public_id)
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


def give_outcome(
    person: User, public_id: str, *, answer: OutcomeAnswer, now: datetime
) -> LearningSession:
    """Say that a session which is over happened. When both say so it is completed; when the
    other is silent for 72 hours it counts as completed too (`settle_due`).

    The other three answers come with the full machine of outcomes: until then they are refused.
    Raises WrongState before its end, when this person has answered already, and once silence has
    decided.
    """
    if answer is not OutcomeAnswer.HAPPENED:
        raise Refused("answer", "not_an_answer")
    learning_session = session_of(person, public_id)
    exchanges.lock_people(learning_session.teacher_id, learning_session.learner_id)
    learning_session = session_of(person, public_id)  # again, with what the other just said
    state = learning_session.state_at(now)
    if state is not SessionState.SCHEDULED or learning_session.starts_at is None:
        raise WrongState("session", state)
    if not learning_session.is_over(now):
        raise WrongState("session", "early")
    if any(outcome.user_id == person.id for outcome in learning_session.outcomes):
        raise WrongState("session", "answered")
    both = bool(learning_session.outcomes)
    db.session.add(
        Outcome(
            learning_session_id=learning_session.id,
            user_id=person.id,
            answer=answer,
            answered_at=now,
        )
    )
    if both:
        learning_session.move_to(SessionState.COMPLETED, now)
        exchanges.session_kept(learning_session.exchange, now)
    else:
        learning_session.confirm_by = now + CONFIRM_WITHIN
    events.record(
        "session.completed" if both else "session.outcome_given",
        actor=person,
        subject=learning_session,
        to=[learning_session.partner_of(person)],
        now=now,
        skill=learning_session.skill.name,
        starts_at=learning_session.starts_at.isoformat(),
        minutes=learning_session.minutes,
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
