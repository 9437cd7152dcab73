"""How do two people come to a time? One offers starts, the other picks, or neither suits.

The same three answers are given to new times and to a move (`moving.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from skillswap.db import db
from skillswap.domain import events, exchanges, slots
from skillswap.domain.learning_sessions.clashing import clashes, full_days
from skillswap.domain.learning_sessions.moving import close_move, move_session
from skillswap.domain.learning_sessions.proposing import next_number
from skillswap.domain.learning_sessions.reading import locked_session_of
from skillswap.domain.learning_sessions.reminding import plan_reminders
from skillswap.domain.learning_sessions.repeating import weekly
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.models import (
    LearningSession,
    Proposal,
    ProposalKind,
    ProposalState,
    SessionState,
    User,
)


def accept_times(
    person: User, public_id: str, *, start: datetime | None, now: datetime
) -> LearningSession:
    """Pick one of the offered starts: the session is scheduled, or moved, and both calendars hold
    it. The weeks offered along are agreed with it, but for those in which something is in the way.

    Raises Refused when the start is none of those offered or somebody's day is full, Taken when
    one of the two has been booked for it meanwhile, WrongState when the offer is gone.
    """
    learning_session = locked_session_of(person, public_id)
    proposal = _open_proposal(learning_session, now)
    if proposal.proposer_id == person.id:
        raise NotFound("proposal")  # one answers the other's times, not one's own
    exchanges.check_active(learning_session.exchange, now)
    if start is None or start not in proposal.starts or start <= now:
        raise Refused("start", "not_a_start")
    _check_day(learning_session, start)
    proposal.move_to(ProposalState.ACCEPTED, now)
    if proposal.kind is ProposalKind.MOVE:
        return move_session(person, learning_session, start, proposal.minutes, now)
    _schedule(learning_session, start, proposal.minutes, now)
    repeats = _repeat(learning_session, proposal, now)
    latest = max([learning_session, *repeats], key=lambda one: one.ends_at or now)
    exchanges.session_scheduled(learning_session.exchange, latest.ends_at or now)
    made = [one.starts_at for one in repeats]
    events.record(
        "session.scheduled",
        actor=person,
        subject=learning_session,
        to=[learning_session.partner_of(person)],
        now=now,
        skill=learning_session.skill.name,
        starts_at=start.isoformat(),
        weeks_made=[at.isoformat() for at in made if at],
        weeks_left_out=[
            at.isoformat() for at in _weeks_of(learning_session, proposal) if at not in made
        ],
    )
    return learning_session


def _check_day(learning_session: LearningSession, start: datetime) -> None:
    """Each one's own maximum of sessions on their own calendar day, this one not counted."""
    people = (learning_session.teacher, learning_session.learner)
    if person := full_days(people, [start], learning_session.id).get(start):
        limit = person.daily_sessions
        raise Refused("start", "day_full", person=person.first_name, limit=limit)


def _schedule(
    learning_session: LearningSession, start: datetime, minutes: int, now: datetime
) -> None:
    learning_session.move_to(SessionState.SCHEDULED, now)
    learning_session.starts_at = start
    learning_session.ends_at = start + timedelta(minutes=minutes)
    learning_session.minutes = minutes
    plan_reminders(learning_session, now)
    slots.book(learning_session)


def _weeks_of(learning_session: LearningSession, proposal: Proposal) -> Sequence[datetime]:
    """The same time again in the weeks offered along, on the teacher's clock."""
    if learning_session.starts_at is None or not proposal.weeks:
        return []
    zone_name = learning_session.teacher.timezone
    return weekly(learning_session.starts_at, proposal.weeks, zone_name)


def _repeat(first: LearningSession, proposal: Proposal, now: datetime) -> Sequence[LearningSession]:
    """The sessions of the following weeks, each with a row of its own; a week in which something
    is in the way is left out."""
    starts = _weeks_of(first, proposal)
    taken = clashes((first.teacher, first.learner), starts, proposal.minutes)
    free = [start for start in starts if start not in taken]
    number = next_number(first.exchange) if free else 0
    made = [_again(first, proposal, start, number + index, now) for index, start in enumerate(free)]
    db.session.add_all(made)
    db.session.flush()
    for one, start in zip(made, free, strict=True):
        _schedule(one, start, proposal.minutes, now)
    return made


def _again(
    first: LearningSession, proposal: Proposal, start: datetime, number: int, now: datetime
) -> LearningSession:
    """A further week: a session like the first, with its part of the offer, accepted."""
    said_yes = Proposal(
        proposer_id=proposal.proposer_id,
        start_1=start,
        minutes=proposal.minutes,
        lapse_at=proposal.lapse_at,
        state=ProposalState.ACCEPTED,
        created_at=proposal.created_at,
        answered_at=now,
    )
    return LearningSession(
        exchange_id=first.exchange_id,
        leg_id=first.leg_id,
        teacher_id=first.teacher_id,
        learner_id=first.learner_id,
        skill_id=first.skill_id,
        number=number,
        minutes=proposal.minutes,
        place_kind=first.place_kind,
        place_body=first.place_body,
        created_at=now,
        proposals=[said_yes],
    )


def decline_times(person: User, public_id: str, *, now: datetime) -> LearningSession:
    """None of these suits: a session without a time is cancelled, an agreed time stands; the
    proposer is told."""
    return _close_offer(person, public_id, ProposalState.DECLINED, now)


def withdraw_times(person: User, public_id: str, *, now: datetime) -> LearningSession:
    """Take back what I offered: a session without a time is cancelled, an agreed time stands; the
    other is told."""
    return _close_offer(person, public_id, ProposalState.WITHDRAWN, now)


def _close_offer(
    person: User, public_id: str, state: ProposalState, now: datetime
) -> LearningSession:
    learning_session = locked_session_of(person, public_id)
    proposal = _open_proposal(learning_session, now)
    if (proposal.proposer_id == person.id) is not (state is ProposalState.WITHDRAWN):
        raise NotFound("proposal")
    proposal.move_to(state, now)
    if proposal.kind is ProposalKind.MOVE:
        return close_move(person, learning_session, proposal, now)
    learning_session.move_to(SessionState.CANCELLED, now)
    learning_session.cancelled_by_id = person.id
    events.record(
        f"session.{state}",
        actor=person,
        subject=learning_session,
        to=[learning_session.partner_of(person)],
        now=now,
        skill=learning_session.skill.name,
    )
    return learning_session


def _open_proposal(learning_session: LearningSession, now: datetime) -> Proposal:
    """The offer that waits for an answer. Raises WrongState naming what became of the last."""
    last = learning_session.proposals[-1]
    stands, state = last.state_at(now), learning_session.state_at(now)
    if last.kind is ProposalKind.MOVE:
        if state is SessionState.SCHEDULED and stands is ProposalState.OPEN:
            return last
        if state is SessionState.SCHEDULED and stands is not ProposalState.ACCEPTED:
            raise WrongState("move", stands)
        raise WrongState("session", state)
    if state is not SessionState.PROPOSED:
        if stands in (ProposalState.DECLINED, ProposalState.WITHDRAWN):
            raise WrongState("proposal", stands)
        raise WrongState("session", state)
    if stands is not ProposalState.OPEN:
        raise WrongState("proposal", stands)
    return last
