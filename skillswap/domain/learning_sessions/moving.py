"""What becomes of an agreed time when one of the two needs another one?

A move is an offer over a scheduled session. The agreed time stands until the other has accepted:
refused, withdrawn or lapsed, nothing changes but the offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from skillswap.db import db
from skillswap.domain import events, exchanges, slots
from skillswap.domain.learning_sessions.proposing import (
    check_held,
    check_starts,
    lapse_of,
    new_proposal,
)
from skillswap.domain.learning_sessions.reading import locked_session_of, session_of
from skillswap.domain.learning_sessions.reminding import plan_reminders
from skillswap.errors import Refused, WrongState
from skillswap.models import (
    LearningSession,
    Proposal,
    ProposalKind,
    ProposalState,
    SessionState,
    User,
)
from skillswap.models.learning_session import MOVE_UNTIL


def propose_move(
    person: User,
    public_id: str,
    *,
    starts: Sequence[datetime],
    minutes: int,
    body: str = "",
    now: datetime,
) -> LearningSession:
    """Offer one to three other starts (aware) for a scheduled session; the other picks one.

    The very same move a second time is the first one again. Raises Refused for times the rules
    forbid, WrongState when it is not scheduled or begins within the hour, and while another move
    of it waits for an answer.
    """
    learning_session = locked_session_of(person, public_id)
    starts_at = agreed_start(learning_session, now)
    exchanges.check_active(learning_session.exchange, now)
    last = learning_session.proposals[-1]
    if last.state_at(now) is ProposalState.OPEN:
        if (last.proposer_id, last.minutes, last.starts) == (person.id, minutes, sorted(starts)):
            return learning_session
        mine = last.proposer_id == person.id
        raise WrongState("move", "mine_open" if mine else "theirs_open")
    check_starts(starts, minutes, learning_session.teacher, now)
    if minutes == learning_session.minutes and starts_at in starts:
        raise Refused("starts", "same_as_agreed", index=list(starts).index(starts_at))
    partner = learning_session.partner_of(person)
    check_held(starts, minutes, person, partner, but=learning_session.id)
    if last.state is ProposalState.OPEN:  # no sweep has written its end yet
        lapse_move(learning_session, last, now)
        db.session.flush()  # before another one: there is one open offer to a session
    move = new_proposal(
        learning_session, person, starts, body, lapse_of_move(starts, starts_at, now), now
    )
    move.kind, move.minutes = ProposalKind.MOVE, minutes
    db.session.add(move)
    _tell("session.move_proposed", person, learning_session, now, lapse_at=move.lapse_at)
    return session_of(person, public_id)


def agreed_start(learning_session: LearningSession, now: datetime) -> datetime:
    """When a session is to begin that may still be moved. Raises WrongState otherwise."""
    state, starts_at = learning_session.state_at(now), learning_session.starts_at
    if state is not SessionState.SCHEDULED or starts_at is None:
        raise WrongState("session", state)
    if not may_move(learning_session, now):
        raise WrongState("move", "too_late")
    return starts_at


def may_move(learning_session: LearningSession, now: datetime) -> bool:
    """Whether the clock still lets another time be asked for: until an hour before the start."""
    starts_at = learning_session.starts_at
    if learning_session.state is not SessionState.SCHEDULED or starts_at is None:
        return False
    return now < starts_at - MOVE_UNTIL


def lapse_of_move(starts: Sequence[datetime], starts_at: datetime, now: datetime) -> datetime:
    """Until when a move can be answered: as any offer, and no later than an hour before the
    agreed start; one that is nearer than two hours leaves half the time."""
    return min(lapse_of(starts, now), max(starts_at - MOVE_UNTIL, now + (starts_at - now) / 2))


def move_session(
    person: User, learning_session: LearningSession, start: datetime, minutes: int, now: datetime
) -> LearningSession:
    """Give a scheduled session its new time: the same row, the next number of its calendar entry.

    Called by `accept_times`, which has checked the rules. Raises Taken when an hour is held.
    """
    was = learning_session.starts_at
    learning_session.starts_at = start
    learning_session.ends_at = start + timedelta(minutes=minutes)
    learning_session.minutes = minutes
    learning_session.confirm_by = None
    learning_session.sequence += 1
    plan_reminders(learning_session, now)
    slots.rebook(learning_session)
    exchanges.session_moved(learning_session.exchange_id, now)
    _tell("session.moved", person, learning_session, now, was=was)
    return learning_session


def close_move(
    person: User, learning_session: LearningSession, proposal: Proposal, now: datetime
) -> LearningSession:
    """Tell the other that a move was declined or withdrawn; the agreed time stands."""
    declined = proposal.state is ProposalState.DECLINED
    _tell(
        "session.move_declined" if declined else "session.move_withdrawn",
        person,
        learning_session,
        now,
    )
    return learning_session


def lapse_move(learning_session: LearningSession, proposal: Proposal, now: datetime) -> None:
    """Nobody has answered: the agreed time stands, and who asked for another is told."""
    proposal.state = ProposalState.LAPSED
    teaches = learning_session.teacher_id == proposal.proposer_id
    events.record(
        "session.move_lapsed",
        actor=None,
        subject=learning_session,
        to=[learning_session.teacher if teaches else learning_session.learner],
        now=now,
        **_facts(learning_session),
    )


def _tell(
    kind: str,
    person: User,
    learning_session: LearningSession,
    now: datetime,
    **moments: datetime | None,
) -> None:
    facts: dict[str, Any] = {name: at.isoformat() for name, at in moments.items() if at}
    events.record(
        kind,
        actor=person,
        subject=learning_session,
        to=[learning_session.partner_of(person)],
        now=now,
        **_facts(learning_session),
        **facts,
    )


def _facts(learning_session: LearningSession) -> dict[str, Any]:
    starts_at = learning_session.starts_at
    return {
        "skill": learning_session.skill.name,
        "starts_at": starts_at.isoformat() if starts_at else "",
    }
