"""How do two people come to a time? One offers starts, the other picks, or neither suits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from skillswap.db import db
from skillswap.domain import events, exchanges, slots
from skillswap.domain.learning_sessions.reading import session_of
from skillswap.domain.limits import (
    HORIZON,
    OPEN_OFFERS,
    PROPOSAL_LEAD,
    PROPOSAL_LIFE,
    check_free,
)
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.clock import day_bounds, on_quarter
from skillswap.models import (
    Exchange,
    ExchangeLeg,
    LearningSession,
    Proposal,
    ProposalState,
    SessionState,
    User,
)
from skillswap.models.learning_session import LENGTHS, STARTS_MOST

NOT_HELD = (SessionState.PROPOSED, SessionState.CANCELLED)  # what takes nobody's day


def propose_times(
    person: User,
    exchange_public_id: str,
    *,
    leg_id: int,
    starts: Sequence[datetime],
    minutes: int,
    body: str = "",
    now: datetime,
) -> LearningSession:
    """Offer one to three starts (aware) for a new session of one leg; the other picks one.

    The very same offer a second time is the first one again. A proposal to complete the exchange
    is taken back by it. Raises Refused for times the rules
    forbid (its parameter `index` says which), WrongState when the exchange is not active.
    """
    exchange = exchanges.active_exchange_of(person, exchange_public_id, now)
    check_free(person, now)
    leg = next((leg for leg in exchange.legs if leg.id == leg_id), None)
    if leg is None:
        raise Refused("leg", "unknown_leg")
    partner = exchange.partner_of(person)
    teacher = person if leg.teacher_id == person.id else partner
    check_starts(starts, minutes, teacher, now)
    offers = _open_offers(person, exchange, now)
    wanted = (leg_id, minutes, sorted(starts))
    for offer in offers:
        if (offer.learning_session.leg_id, offer.minutes, offer.starts) == wanted:
            return session_of(person, offer.learning_session.public_id)
    if len(offers) >= OPEN_OFFERS:
        raise Refused("starts", "too_many_offers", limit=OPEN_OFFERS, partner=partner.first_name)
    _check_held(starts, minutes, person, partner)
    learning_session = _offer(person, exchange, leg, sorted(starts), minutes, body.strip(), now)
    exchanges.times_offered(exchange, learning_session.proposals[-1].lapse_at)
    events.record(
        "session.proposed",
        actor=person,
        subject=learning_session,
        to=[partner],
        now=now,
        skill=leg.skill.name,
    )
    return learning_session


def _offer(
    person: User,
    exchange: Exchange,
    leg: ExchangeLeg,
    starts: Sequence[datetime],
    minutes: int,
    body: str,
    now: datetime,
) -> LearningSession:
    learning_session = LearningSession(
        exchange=exchange,
        leg=leg,
        teacher_id=leg.teacher_id,
        learner_id=leg.learner_id,
        skill_id=leg.skill_id,
        number=_next_number(exchange),
        minutes=minutes,
        created_at=now,
    )
    padded: list[datetime | None] = [*starts, None, None]
    proposal = Proposal(
        learning_session=learning_session,
        proposer_id=person.id,
        start_1=starts[0],
        start_2=padded[1],
        start_3=padded[2],
        minutes=minutes,
        body=body,
        lapse_at=lapse_of(starts, now),
        created_at=now,
    )
    db.session.add_all([learning_session, proposal])
    db.session.flush()
    return learning_session


def lapse_of(starts: Sequence[datetime], now: datetime) -> datetime:
    """Until when an offer stands: 7 days, and no later than 2 hours before its first start.

    A start nearer than 4 hours (where the teacher takes such short notice) leaves half the time.
    """
    first = min(starts)
    return min(now + PROPOSAL_LIFE, max(first - PROPOSAL_LEAD, now + (first - now) / 2))


def check_starts(starts: Sequence[datetime], minutes: int, teacher: User, now: datetime) -> None:
    """The rules for offered starts. Raises Refused with the first that says no."""
    if minutes not in LENGTHS:
        raise Refused("minutes", "length")
    if not starts:
        raise Refused("starts", "no_starts")
    if len(starts) > STARTS_MOST:
        raise Refused("starts", "too_many_starts")
    for index in range(len(starts)):
        if problem := first_problem(starts, index, teacher, now):
            raise problem


def first_problem(
    starts: Sequence[datetime], index: int, teacher: User, now: datetime
) -> Refused | None:
    """What the rules have against one of the starts, if anything."""
    start = starts[index]
    if start in starts[:index]:
        return Refused("starts", "twice_the_same", index=index)
    if not on_quarter(start):
        return Refused("starts", "not_on_quarter", index=index)
    if start < now + timedelta(hours=teacher.notice_hours):
        hours = teacher.notice_hours
        return Refused("starts", "too_soon", index=index, teacher=teacher.first_name, hours=hours)
    if start > now + HORIZON:
        return Refused("starts", "too_far", index=index)
    return None


def _check_held(starts: Sequence[datetime], minutes: int, person: User, partner: User) -> None:
    """Nobody offers an hour that one of the two has given away already."""
    held = slots.held((person.id, partner.id), starts, minutes)
    for index, start in enumerate(starts):
        if problem := held_problem(held, index, start, person, partner):
            raise problem


def held_problem(
    held: set[tuple[int, datetime]], index: int, start: datetime, person: User, partner: User
) -> Refused | None:
    """Who of the two has given that hour away already, as a refusal."""
    if (person.id, start) in held:
        return Refused("starts", "you_are_held", index=index)
    if (partner.id, start) in held:
        return Refused("starts", "partner_is_held", index=index, partner=partner.first_name)
    return None


def _open_offers(person: User, exchange: Exchange, now: datetime) -> Sequence[Proposal]:
    return db.session.scalars(
        select(Proposal)
        .join(Proposal.learning_session)
        .where(
            LearningSession.exchange_id == exchange.id,
            Proposal.proposer_id == person.id,
            Proposal.state == ProposalState.OPEN,
            Proposal.lapse_at > now,
        )
        .options(joinedload(Proposal.learning_session))
    ).all()


def _next_number(exchange: Exchange) -> int:
    last = db.session.scalar(
        select(func.max(LearningSession.number)).where(LearningSession.exchange_id == exchange.id)
    )
    return (last or 0) + 1


def accept_times(
    person: User, public_id: str, *, start: datetime | None, now: datetime
) -> LearningSession:
    """Pick one of the offered starts: the session is scheduled and both calendars hold it.

    Raises Refused when the start is none of those offered or somebody's day is full, Taken when
    one of the two has been booked for it meanwhile, WrongState when the offer is gone.
    """
    learning_session = session_of(person, public_id)
    exchanges.lock_people(learning_session.teacher_id, learning_session.learner_id)
    learning_session = session_of(person, public_id)  # again, now that nobody else may move it
    proposal = _open_proposal(learning_session, now)
    if proposal.proposer_id == person.id:
        raise NotFound("proposal")  # one answers the other's times, not one's own
    exchanges.check_active(learning_session.exchange, now)
    if start is None or start not in proposal.starts or start <= now:
        raise Refused("start", "not_a_start")
    for one in (learning_session.teacher, learning_session.learner):
        _check_day(one, start)
    proposal.move_to(ProposalState.ACCEPTED, now)
    learning_session.move_to(SessionState.SCHEDULED, now)
    learning_session.starts_at = start
    learning_session.ends_at = start + timedelta(minutes=proposal.minutes)
    learning_session.minutes = proposal.minutes
    slots.book(learning_session)
    exchanges.session_scheduled(learning_session.exchange, learning_session.ends_at)
    events.record(
        "session.scheduled",
        actor=person,
        subject=learning_session,
        to=[learning_session.partner_of(person)],
        now=now,
        skill=learning_session.skill.name,
        starts_at=start.isoformat(),
    )
    return learning_session


def _open_proposal(learning_session: LearningSession, now: datetime) -> Proposal:
    """The offer that waits for an answer. Raises WrongState naming what became of the last."""
    last = learning_session.proposals[-1]
    if learning_session.state is not SessionState.PROPOSED:
        if last.state in (ProposalState.DECLINED, ProposalState.WITHDRAWN):
            raise WrongState("proposal", last.state)
        raise WrongState("session", learning_session.state)
    if last.state_at(now) is not ProposalState.OPEN:
        raise WrongState("proposal", last.state_at(now))
    return last


def _check_day(person: User, start: datetime) -> None:
    """The person's own maximum of sessions on their own calendar day."""
    midnight, next_midnight = day_bounds(start, person.timezone)
    taken = db.session.scalar(
        select(func.count()).where(
            (LearningSession.teacher_id == person.id) | (LearningSession.learner_id == person.id),
            LearningSession.state.not_in(NOT_HELD),
            LearningSession.starts_at >= midnight,
            LearningSession.starts_at < next_midnight,
        )
    )
    if (taken or 0) >= person.daily_sessions:
        raise Refused("start", "day_full", person=person.first_name, limit=person.daily_sessions)


def decline_times(person: User, public_id: str, *, now: datetime) -> LearningSession:
    """None of these suits: the proposed session is cancelled, the proposer is told."""
    return _close_offer(person, public_id, ProposalState.DECLINED, now)


def withdraw_times(person: User, public_id: str, *, now: datetime) -> LearningSession:
    """Take back what I offered: the proposed session is cancelled, the other is told."""
    return _close_offer(person, public_id, ProposalState.WITHDRAWN, now)


def _close_offer(
    person: User, public_id: str, state: ProposalState, now: datetime
) -> LearningSession:
    learning_session = session_of(person, public_id)
    proposal = _open_proposal(learning_session, now)
    if (proposal.proposer_id == person.id) is not (state is ProposalState.WITHDRAWN):
        raise NotFound("proposal")
    proposal.move_to(state, now)
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
