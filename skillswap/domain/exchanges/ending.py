"""How does an exchange end, and what becomes of the sessions it had ahead?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from skillswap.db import db
from skillswap.domain import events, points, slots
from skillswap.domain.exchanges.reading import (
    WITH_ALL,
    active_exchange_of,
    has_kept,
)
from skillswap.domain.limits import LATE_CANCEL, REASON_MOST
from skillswap.domain.reliability import is_kept
from skillswap.errors import Refused, WrongState
from skillswap.models import (
    Exchange,
    ExchangeState,
    LearningSession,
    ProposalState,
    SessionState,
    User,
)
from skillswap.models.exchange import AGREE_WITHIN, WAKE_WITHIN


def cancel_exchange(person: User, public_id: str, *, reason: str, now: datetime) -> Exchange:
    """End an active exchange before its goal, with a reason the partner reads.

    Sessions ahead are called off and their hours freed, open offers are closed; a session that
    has begun or is over stays, so that both may still say how it went. The places it took are
    free. Raises Refused without a reason, WrongState when it is not active.
    """
    exchange = active_exchange_of(person, public_id, now)
    partner = exchange.partner_of(person)
    reason = checked_reason(reason, partner)
    exchange.move_to(ExchangeState.CANCELLED)
    exchange.ended_at, exchange.end_reason = now, reason
    called_off = len(let_go(exchange, person, reason, now))
    events.record(
        "exchange.cancelled",
        actor=person,
        subject=exchange,
        to=[partner],
        now=now,
        skill=exchange.legs[0].skill.name,
        sessions=called_off,
    )
    return exchange


def complete_exchange(person: User, public_id: str, *, now: datetime) -> Exchange:
    """Say that an active exchange has reached its goal. It takes both.

    The first proposes it: a session was kept and none lies ahead. The other agrees by the same
    verb, or by seven days of silence (`settle_due`); proposing or picking times takes it back.
    Raises WrongState when nothing was kept yet, a session is still to come, or I have proposed
    it already.
    """
    exchange = active_exchange_of(person, public_id, now)
    if exchange.completion_by_id == person.id:
        raise WrongState("exchange", "completion_proposed")
    if exchange.completion_by_id is not None:
        _complete(exchange, person, now, now)
        return exchange
    _check_goal(exchange, now)
    exchange.completion_by_id, exchange.complete_by = person.id, now + AGREE_WITHIN
    events.record(
        "exchange.completion_proposed",
        actor=person,
        subject=exchange,
        to=[exchange.partner_of(person)],
        now=now,
        skill=exchange.legs[0].skill.name,
        complete_by=exchange.complete_by.isoformat(),
    )
    return exchange


def _check_goal(exchange: Exchange, now: datetime) -> None:
    kept, ahead = db.session.execute(
        select(
            func.count().filter(is_kept(now)),
            func.count().filter(
                LearningSession.state == SessionState.SCHEDULED, LearningSession.ends_at > now
            ),
        ).where(LearningSession.exchange_id == exchange.id)
    ).one()
    if ahead:
        raise WrongState("exchange", "session_ahead")
    if not kept:
        raise WrongState("exchange", "nothing_kept")


def _complete(exchange: Exchange, actor: User | None, at: datetime, now: datetime) -> None:
    """Completed at that instant, by the one who agreed or by the clock; who did not is told."""
    exchange.move_to(ExchangeState.COMPLETED)
    exchange.ended_at = at
    let_go(exchange, actor, "", now)
    events.record(
        "exchange.completed",
        actor=actor,
        subject=exchange,
        to=[exchange.learner, exchange.teacher],
        now=now,
        skill=exchange.legs[0].skill.name,
        by_clock=actor is None,
    )


def settle_due(now: datetime, limit: int) -> int:
    """Write the ends that the clock has brought, and tell both; returns how many.

    Seven days of silence complete what one side proposed to complete. An exchange that nobody
    woke for 90 days is completed when a session was kept, otherwise cancelled.
    """
    agreed = and_(Exchange.state == ExchangeState.ACTIVE, Exchange.complete_by <= now)
    slept = Exchange.dormant_at <= now - WAKE_WITHIN
    due = due_exchanges(or_(agreed, and_(Exchange.state == ExchangeState.DORMANT, slept)), limit)
    points.hold_people(points.people_of_sessions(due))
    for exchange in due:
        if exchange.state is ExchangeState.ACTIVE or has_kept(exchange, now):
            _complete(exchange, None, exchange.over_at, now)
        else:
            _fade(exchange, exchange.over_at, now)
    return len(due)


def _fade(exchange: Exchange, at: datetime, now: datetime) -> None:
    exchange.move_to(ExchangeState.CANCELLED)
    exchange.ended_at = at
    let_go(exchange, None, "", now)
    events.record(
        "exchange.cancelled",
        actor=None,
        subject=exchange,
        to=[exchange.learner, exchange.teacher],
        now=now,
        skill=exchange.legs[0].skill.name,
        by_clock=True,
    )


def due_exchanges(which: object, limit: int) -> list[Exchange]:
    """The first few that match, with people and legs; those a verb is moving are left to it."""
    return list(
        db.session.scalars(
            select(Exchange)
            .where(which)  # type: ignore[arg-type]  # a condition
            .order_by(Exchange.id)
            .limit(limit)
            .options(*WITH_ALL)
            .with_for_update(of=Exchange, skip_locked=True, key_share=True)
            .execution_options(populate_existing=True)
        )
    )


def let_go(
    exchange: Exchange, person: User | None, reason: str, now: datetime
) -> list[LearningSession]:
    """Call off the sessions ahead, free their hours and close open offers; returns the sessions
    called off. Without a person it was nobody's doing. What has begun is left to its deadlines."""
    open_ones = _open_sessions(exchange)
    ahead = [
        one
        for one in open_ones
        if one.state is SessionState.SCHEDULED and one.starts_at and one.starts_at > now
    ]
    for learning_session in ahead:
        call_off(learning_session, person, reason, now)
    if ahead:
        slots.free(ahead)
    for learning_session in open_ones:
        if learning_session.state is SessionState.PROPOSED:
            close_offer(learning_session, person, now)
            learning_session.move_to(SessionState.CANCELLED, now)
            learning_session.cancelled_by_id = person.id if person else None
    return ahead


def call_off(
    learning_session: LearningSession, person: User | None, reason: str, now: datetime
) -> None:
    """Cancel a scheduled session that has not begun, and with it an open move. The caller frees
    the hours and tells.

    `cancelled_late` is set when somebody does so under 12 hours before. Raises WrongState once
    it has begun.
    """
    starts_at = learning_session.starts_at
    if learning_session.state is not SessionState.SCHEDULED or starts_at is None:
        raise WrongState("session", learning_session.state_at(now))
    if starts_at <= now:
        raise WrongState("session", "started")
    close_offer(learning_session, person, now)
    learning_session.move_to(SessionState.CANCELLED, now)
    learning_session.cancelled_by_id = person.id if person else None
    learning_session.cancel_reason = reason
    learning_session.cancelled_late = person is not None and starts_at - now < LATE_CANCEL
    learning_session.remind_at = None
    learning_session.sequence += 1


def checked_reason(reason: str, partner: User) -> str:
    """The reason as it is kept. Raises Refused when it is empty or too long."""
    reason = reason.strip()
    if not reason:
        raise Refused("reason", "reason_needed", partner=partner.first_name)
    if len(reason) > REASON_MOST:
        raise Refused("reason", "too_long", limit=REASON_MOST)
    return reason


def _open_sessions(exchange: Exchange) -> list[LearningSession]:
    return list(
        db.session.scalars(
            select(LearningSession)
            .where(
                LearningSession.exchange_id == exchange.id,
                LearningSession.state.in_((SessionState.PROPOSED, SessionState.SCHEDULED)),
            )
            .order_by(LearningSession.id)
            .options(selectinload(LearningSession.proposals), joinedload(LearningSession.skill))
            .execution_options(populate_existing=True)
        )
    )


def close_offer(learning_session: LearningSession, person: User | None, now: datetime) -> None:
    """No time is left to pick: an offer of mine is withdrawn, one of the other's declined; with
    nobody's doing it lapses."""
    proposal = learning_session.proposals[-1]
    if proposal.state is not ProposalState.OPEN:
        return
    if person is None or proposal.state_at(now) is not ProposalState.OPEN:
        proposal.state = ProposalState.LAPSED
        return
    mine = proposal.proposer_id == person.id
    proposal.move_to(ProposalState.WITHDRAWN if mine else ProposalState.DECLINED, now)
