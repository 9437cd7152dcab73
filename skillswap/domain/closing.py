"""How does what is open between people end when one of them goes? Without blame, by the system.

A block, a suspension and a deletion look the same from the other side: what was open is closed,
its page is no more, and one line says so without a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload, selectinload

from skillswap.db import db
from skillswap.domain import events, exchanges, pitches, rings, wishes
from skillswap.models import (
    Exchange,
    ExchangeLeg,
    ExchangeState,
    HeldPitch,
    HeldState,
    LearningSession,
    OfferState,
    Pitch,
    User,
    WishOffer,
)
from skillswap.models.pitch import OPEN

LIVE = (ExchangeState.ACTIVE, ExchangeState.DORMANT)
Between = type[Pitch] | type[HeldPitch] | type[Exchange] | type[WishOffer]


def close_between(person: User, other: User, reason: str, now: datetime) -> None:
    """Close every open pitch, offer and exchange of these two; `other` is told of it."""
    exchanges.lock_people(person.id, other.id)
    _close(person, reason, now, other)


def close_all(person: User, reason: str, now: datetime) -> None:
    """Close every open pitch, offer and exchange of this person; the others are told."""
    exchanges.lock_people(person.id, *_partners(person))
    _close(person, reason, now, None)


def _close(person: User, reason: str, now: datetime, other: User | None) -> None:
    pitches.close_open(_theirs(Pitch, person, other), reason=reason, by=person, gone=True, now=now)
    pitches.close_held(_theirs(HeldPitch, person, other), by=person, now=now)
    rings.close_of(person, other, now)
    wishes.close_offers(_theirs(WishOffer, person, other), by=person, gone=True, now=now)
    for exchange in _live_exchanges(person, other):
        if (
            exchanges.stands(exchange, now) in LIVE
        ):  # or the clock has ended it, and the sweep tells
            _close_exchange(exchange, person, now)


def _theirs(table: Between, person: User, other: User | None) -> ColumnElement[bool]:
    """Condition: it is this person's, and the other's if one is named."""
    ids = (table.learner_id, table.teacher_id)
    mine = or_(*(column == person.id for column in ids))
    return mine if other is None else mine & or_(*(column == other.id for column in ids))


def _partners(person: User) -> set[int]:
    """Who has something open with this person. Four statements."""
    found: set[int] = set()
    waiting: tuple[tuple[Between, ColumnElement[bool]], ...] = (
        (Pitch, Pitch.state.in_(OPEN)),
        (HeldPitch, HeldPitch.state == HeldState.HELD),
        (Exchange, Exchange.state.in_(LIVE)),
        (WishOffer, WishOffer.state == OfferState.PENDING),
    )
    for table, is_open in waiting:
        pairs: Any = select(table.learner_id, table.teacher_id)
        for pair in db.session.execute(pairs.where(_theirs(table, person, None), is_open)):
            found.update(pair)
    return found - {person.id}


# -- exchanges, and the sessions they had ahead ---------------------------------------------------


def _live_exchanges(person: User, other: User | None) -> Sequence[Exchange]:
    return db.session.scalars(
        select(Exchange)
        .where(_theirs(Exchange, person, other), Exchange.state.in_(LIVE))
        .options(
            joinedload(Exchange.learner),
            joinedload(Exchange.teacher),
            selectinload(Exchange.legs).joinedload(ExchangeLeg.skill),
        )
        .order_by(Exchange.id)
        .execution_options(populate_existing=True)
    ).all()


def _close_exchange(exchange: Exchange, person: User, now: datetime) -> None:
    """End it with no reason given, by nobody; each agreed time is told of, since it frees an
    hour."""
    exchange.move_to(ExchangeState.CANCELLED)
    exchange.ended_at, exchange.end_reason = now, ""
    exchange.completion_by_id = exchange.complete_by = None
    for one in exchanges.let_go(exchange, None, "", now):
        at = one.starts_at.isoformat() if one.starts_at else ""
        _tell("session.closed", one, exchange, person, now, skill=one.skill.name, starts_at=at)
    skill = exchange.legs[0].skill.name
    _tell("exchange.closed", exchange, exchange, person, now, skill=skill)


def _tell(
    kind: str,
    subject: Exchange | LearningSession,
    exchange: Exchange,
    person: User,
    now: datetime,
    **facts: Any,
) -> None:
    """Tell the other of the two. There is no page to open any more: it is `gone`."""
    theirs = exchange.partner_of(person)
    events.record(kind, actor=None, subject=subject, to=[theirs], now=now, gone=True, **facts)
