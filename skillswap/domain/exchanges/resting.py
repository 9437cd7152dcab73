"""When does an exchange come to rest, who is nudged before, and how does it wake?

It rests after 30 days in which no session was scheduled, counted from `quiet_since`. The verbs of
sessions move that instant by the four functions at the end.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update

from skillswap.db import db
from skillswap.domain import events
from skillswap.domain.exchanges.ending import due_exchanges
from skillswap.domain.exchanges.opening import check_places
from skillswap.domain.exchanges.reading import locked_exchange_of, stands
from skillswap.errors import WrongState
from skillswap.models import (
    Exchange,
    ExchangeState,
    LearningSession,
    Proposal,
    ProposalState,
    SessionState,
    User,
)
from skillswap.models.exchange import NUDGES_AFTER, REST_AFTER

QUIET = and_(Exchange.state == ExchangeState.ACTIVE, Exchange.complete_by.is_(None))


def wake_exchange(person: User, public_id: str, *, now: datetime) -> Exchange:
    """Go on with an exchange that rests, within 90 days; the partner is told.

    Raises Refused when a side that teaches in it has no free place, WrongState when it does not
    rest.
    """
    exchange = locked_exchange_of(person, public_id)
    state = stands(exchange, now)
    if state is not ExchangeState.DORMANT:
        raise WrongState("exchange", state)
    partner = exchange.partner_of(person)
    for leg in exchange.legs:
        if leg.teacher_id == person.id:
            check_places(person, now, "wake_no_places", limit=person.places)
        else:
            check_places(partner, now, "wake_partner_full", partner=partner.first_name)
    if exchange.state is ExchangeState.ACTIVE:  # no sweep has written it yet
        _rest(exchange, now)
    exchange.move_to(ExchangeState.ACTIVE)
    exchange.quiet_since, exchange.nudges_sent, exchange.dormant_at = now, 0, None
    events.record(
        "exchange.woken",
        actor=person,
        subject=exchange,
        to=[partner],
        now=now,
        skill=exchange.legs[0].skill.name,
    )
    return exchange


def rest_due(now: datetime, limit: int) -> int:
    """Write the rest of those that were quiet for 30 days, and tell both; returns how many."""
    due = due_exchanges(and_(QUIET, Exchange.quiet_since <= now - REST_AFTER), limit)
    for exchange in due:
        _rest(exchange, now)
    return len(due)


def _rest(exchange: Exchange, now: datetime) -> None:
    exchange.dormant_at = exchange.rests_at
    exchange.move_to(ExchangeState.DORMANT)
    _tell_both("exchange.rested", exchange, now, wake_by=exchange.wake_by.isoformat())


def nudge_due(now: datetime, limit: int) -> int:
    """Remind both of a quiet exchange on day 10 and day 20, while no times are on offer.

    Returns how many exchanges that were. Late sweeps send the last nudge due, not both.
    """
    due = due_exchanges(and_(QUIET, _nudge_is_due(now), ~_has_offer(now)), limit)
    for exchange in due:
        exchange.nudges_sent = sum(exchange.quiet_since + after <= now for after in NUDGES_AFTER)
        _tell_both("exchange.nudged", exchange, now, rests_at=exchange.rests_at.isoformat())
    return len(due)


def _nudge_is_due(now: datetime) -> ColumnElement[bool]:
    days = [
        and_(Exchange.nudges_sent <= number, Exchange.quiet_since <= now - after)
        for number, after in enumerate(NUDGES_AFTER)
    ]
    return and_(or_(*days), Exchange.quiet_since > now - REST_AFTER)


def _has_offer(now: datetime) -> ColumnElement[bool]:
    return exists().where(
        LearningSession.exchange_id == Exchange.id,
        Proposal.learning_session_id == LearningSession.id,
        Proposal.state == ProposalState.OPEN,
        Proposal.lapse_at > now,
    )


def _tell_both(kind: str, exchange: Exchange, now: datetime, **facts: Any) -> None:
    events.record(
        kind,
        actor=None,
        subject=exchange,
        to=[exchange.learner, exchange.teacher],
        now=now,
        skill=exchange.legs[0].skill.name,
        **facts,
    )


# -- what sessions do to it -----------------------------------------------------------------------


def times_offered(exchange: Exchange, lapse_at: datetime) -> None:
    """It goes on: a proposal to complete it is taken back, and it does not rest before the offer
    lapses."""
    exchange.completion_by_id = exchange.complete_by = None
    exchange.quiet_since = max(exchange.quiet_since, lapse_at - REST_AFTER)


def session_scheduled(exchange: Exchange, ends_at: datetime) -> None:
    """The quiet begins when the last session agreed on ends."""
    exchange.completion_by_id = exchange.complete_by = None
    exchange.quiet_since, exchange.nudges_sent = max(exchange.quiet_since, ends_at), 0


def session_kept(exchange: Exchange, now: datetime) -> None:
    """Both have said that a session took place: a sign of life."""
    if exchange.is_active_at(now):
        exchange.quiet_since, exchange.nudges_sent = max(exchange.quiet_since, now), 0


def session_moved(exchange_id: int, now: datetime) -> None:
    """One session ahead ends at another time: the quiet begins when the last of them does."""
    session_called_off(exchange_id, now)


def session_called_off(exchange_id: int, now: datetime) -> None:
    """One session less ahead: the quiet begins now, or when the last of the others ends.

    The row is written without its version, since the verb holds no lock on the exchange.
    """
    db.session.flush()
    last = db.session.scalar(
        select(func.max(LearningSession.ends_at)).where(
            LearningSession.exchange_id == exchange_id,
            LearningSession.state == SessionState.SCHEDULED,
        )
    )
    db.session.execute(
        update(Exchange)
        .where(Exchange.id == exchange_id, Exchange.state == ExchangeState.ACTIVE)
        .values(quiet_since=max(last or now, now))
        .execution_options(synchronize_session=False)
    )
