"""What may be offered: up to three starts, for a week or for several, and until when?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from skillswap.db import db
from skillswap.domain import events, exchanges, slots
from skillswap.domain.learning_sessions.reading import session_of
from skillswap.domain.learning_sessions.repeating import weeks_that_fit
from skillswap.domain.limits import (
    HORIZON,
    OPEN_OFFERS,
    PROPOSAL_LEAD,
    PROPOSAL_LIFE,
    check_free,
)
from skillswap.domain.meeting_places import check_place, here
from skillswap.errors import Refused
from skillswap.lib.clock import on_quarter
from skillswap.models import (
    Exchange,
    ExchangeLeg,
    LearningSession,
    PlaceKind,
    Proposal,
    ProposalKind,
    ProposalState,
    User,
)
from skillswap.models.learning_session import LENGTHS, STARTS_MOST, WEEKS_MOST


def propose_times(
    person: User,
    exchange_public_id: str,
    *,
    leg_id: int,
    starts: Sequence[datetime],
    minutes: int,
    weeks: int = 0,
    body: str = "",
    place_kind: PlaceKind = PlaceKind.JITSI,
    place_body: str = "",
    now: datetime,
) -> LearningSession:
    """Offer one to three starts (aware) for a new session of one leg; the other picks one.

    `weeks` offers the same time again in so many further weeks. The same offer again is the first
    one. A proposal to complete the exchange is taken back. Raises Refused for times the rules
    forbid (its parameter `index` says which), WrongState when the exchange is not active.
    """
    exchange = exchanges.active_exchange_of(person, exchange_public_id, now)
    check_free(person, now)
    leg = _leg_of(exchange, leg_id)
    partner = exchange.partner_of(person)
    teacher = person if leg.teacher_id == person.id else partner
    place_body = check_place(place_kind, place_body, at=here())
    check_starts(starts, minutes, teacher, now)
    check_weeks(starts, weeks, teacher, now)
    offers = _open_offers(person, exchange, now)
    if stands := _the_same(offers, (leg_id, minutes, weeks, sorted(starts))):
        return session_of(person, stands.learning_session.public_id)
    _check_room(offers, partner)
    check_held(starts, minutes, person, partner)
    learning_session = new_session(leg, next_number(exchange), minutes, now)
    learning_session.place_kind, learning_session.place_body = place_kind, place_body
    proposal = new_proposal(learning_session, person, starts, body, lapse_of(starts, now), now)
    proposal.weeks = weeks
    db.session.add_all([learning_session, proposal])
    db.session.flush()
    exchanges.times_offered(exchange, proposal.lapse_at)
    _tell(learning_session, person, partner, leg.skill.name, now)
    return learning_session


def _tell(
    learning_session: LearningSession, person: User, partner: User, skill: str, now: datetime
) -> None:
    events.record(
        "session.proposed",
        actor=person,
        subject=learning_session,
        to=[partner],
        now=now,
        skill=skill,
    )


def _leg_of(exchange: Exchange, leg_id: int) -> ExchangeLeg:
    leg = next((leg for leg in exchange.legs if leg.id == leg_id), None)
    if leg is None:
        raise Refused("leg", "unknown_leg")
    return leg


def _check_room(offers: Sequence[Proposal], partner: User) -> None:
    if len(offers) >= OPEN_OFFERS:
        raise Refused("starts", "too_many_offers", limit=OPEN_OFFERS, partner=partner.first_name)


def _the_same(offers: Sequence[Proposal], wanted: tuple[Any, ...]) -> Proposal | None:
    """The one among open offers that says just that: leg, length, weeks, starts."""
    for offer in offers:
        said = (offer.learning_session.leg_id, offer.minutes, offer.weeks, offer.starts)
        if said == wanted:
            return offer
    return None


def new_session(leg: ExchangeLeg, number: int, minutes: int, now: datetime) -> LearningSession:
    """A session of that leg, not stored yet."""
    return LearningSession(
        exchange=leg.exchange,
        leg=leg,
        teacher_id=leg.teacher_id,
        learner_id=leg.learner_id,
        skill_id=leg.skill_id,
        number=number,
        minutes=minutes,
        created_at=now,
    )


def new_proposal(
    learning_session: LearningSession,
    person: User,
    starts: Sequence[datetime],
    body: str,
    lapse_at: datetime,
    now: datetime,
) -> Proposal:
    """An open offer of those starts and the session's length, not stored yet."""
    padded: list[datetime | None] = [*sorted(starts), None, None]
    return Proposal(
        learning_session=learning_session,
        proposer_id=person.id,
        start_1=min(starts),
        start_2=padded[1],
        start_3=padded[2],
        minutes=learning_session.minutes,
        body=body.strip(),
        lapse_at=lapse_at,
        created_at=now,
    )


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


def check_weeks(starts: Sequence[datetime], weeks: int, teacher: User, now: datetime) -> None:
    """Every repeat lies within the horizon. Raises Refused saying how many weeks fit."""
    if not 0 <= weeks <= WEEKS_MOST:
        raise Refused("weeks", "weeks_most", limit=WEEKS_MOST)
    fit = weeks_that_fit(starts, teacher.timezone, now) if weeks else 0
    if weeks > fit:
        raise Refused("weeks", "weeks_too_far" if fit else "no_weeks_fit", fit=fit)


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


def check_held(
    starts: Sequence[datetime], minutes: int, person: User, partner: User, but: int | None = None
) -> None:
    """Nobody offers an hour that one of the two has given away already, `but` to the session
    that is to be moved."""
    held = slots.held((person.id, partner.id), starts, minutes, but)
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
            Proposal.kind == ProposalKind.NEW,
            Proposal.state == ProposalState.OPEN,
            Proposal.lapse_at > now,
        )
        .options(joinedload(Proposal.learning_session))
    ).all()


def next_number(exchange: Exchange) -> int:
    """1, 2, 3 … within its exchange."""
    last = db.session.scalar(
        select(func.max(LearningSession.number)).where(LearningSession.exchange_id == exchange.id)
    )
    return (last or 0) + 1
