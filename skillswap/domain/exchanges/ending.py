"""How does an exchange end, and what becomes of the sessions it had ahead?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from skillswap.db import db
from skillswap.domain import events, slots
from skillswap.domain.exchanges.reading import active_exchange_of, is_kept
from skillswap.domain.limits import LATE_CANCEL, REASON_MOST
from skillswap.errors import Refused, WrongState
from skillswap.models import (
    Exchange,
    ExchangeState,
    LearningSession,
    ProposalState,
    SessionState,
    User,
)


def cancel_exchange(person: User, public_id: str, *, reason: str, now: datetime) -> Exchange:
    """End an active exchange before its goal, with a reason the partner reads.

    Sessions ahead are called off and their hours freed, open offers are closed; a session that
    has begun or is over stays, so that both may still say how it went. The places it took are
    free. Raises Refused without a reason, WrongState when it has ended already.
    """
    exchange = active_exchange_of(person, public_id)
    partner = exchange.partner_of(person)
    reason = checked_reason(reason, partner)
    exchange.move_to(ExchangeState.CANCELLED)
    exchange.ended_at, exchange.end_reason = now, reason
    ahead = [
        one
        for one in _open_sessions(exchange)
        if one.state is SessionState.SCHEDULED and one.starts_at and one.starts_at > now
    ]
    for learning_session in ahead:
        call_off(learning_session, person, reason, now)
    slots.free(ahead)
    _close_offers(exchange, person, now)
    events.record(
        "exchange.cancelled",
        actor=person,
        subject=exchange,
        to=[partner],
        now=now,
        skill=exchange.legs[0].skill.name,
        sessions=len(ahead),
    )
    return exchange


def complete_exchange(person: User, public_id: str, *, now: datetime) -> Exchange:
    """End an active exchange that reached its goal: a session was kept and none lies ahead.

    One step for now: it completes at once and the partner is told. With the full exchange
    machine it becomes two steps, where the partner agrees or is silent for seven days.
    Raises WrongState when nothing was kept yet, or a session is still to come.
    """
    exchange = active_exchange_of(person, public_id)
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
    exchange.move_to(ExchangeState.COMPLETED)
    exchange.ended_at = now
    _close_offers(exchange, person, now)
    events.record(
        "exchange.completed",
        actor=person,
        subject=exchange,
        to=[exchange.partner_of(person)],
        now=now,
        skill=exchange.legs[0].skill.name,
    )
    return exchange


def call_off(learning_session: LearningSession, person: User, reason: str, now: datetime) -> None:
    """Cancel a scheduled session that has not begun. The caller frees the hours and tells.

    `cancelled_late` is set under 12 hours before. Raises WrongState once it has begun.
    """
    starts_at = learning_session.starts_at
    if learning_session.state is not SessionState.SCHEDULED or starts_at is None:
        raise WrongState("session", learning_session.state)
    if starts_at <= now:
        raise WrongState("session", "started")
    learning_session.move_to(SessionState.CANCELLED, now)
    learning_session.cancelled_by_id = person.id
    learning_session.cancel_reason = reason
    learning_session.cancelled_late = starts_at - now < LATE_CANCEL
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
            .options(selectinload(LearningSession.proposals))
            .execution_options(populate_existing=True)
        )
    )


def _close_offers(exchange: Exchange, person: User, now: datetime) -> None:
    """No times are left to pick: my own offers are withdrawn, the other's declined."""
    for learning_session in _open_sessions(exchange):
        if learning_session.state is not SessionState.PROPOSED:
            continue
        proposal = learning_session.proposals[-1]
        if proposal.state_at(now) is ProposalState.OPEN:
            mine = proposal.proposer_id == person.id
            proposal.move_to(ProposalState.WITHDRAWN if mine else ProposalState.DECLINED, now)
        else:
            proposal.state = ProposalState.LAPSED
        learning_session.move_to(SessionState.CANCELLED, now)
        learning_session.cancelled_by_id = person.id
