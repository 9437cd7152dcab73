"""How does one exchange stand: its legs, what was kept of them, whose turn is next?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from skillswap.db import db
from skillswap.domain.exchanges.opening import lock_people
from skillswap.domain.reliability import is_kept
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound, WrongState
from skillswap.models import (
    Exchange,
    ExchangeLeg,
    ExchangeState,
    LearningSession,
    Skill,
    User,
)
from skillswap.models.exchange import ENDED

Partner = aliased(User)
WITH_ALL = (
    joinedload(Exchange.learner),
    joinedload(Exchange.teacher),
    selectinload(Exchange.legs).joinedload(ExchangeLeg.skill),
)


def exchange_of(person: User, public_id: str) -> Exchange:
    """The exchange for either of its two, with people and legs. Raises NotFound for others.

    Read anew each time, and gone for as long as the partner is.
    """
    exchange = db.session.scalar(
        select(Exchange)
        .join(Partner, Partner.id == partner_id(person))
        .where(Exchange.public_id == public_id, mine(person), visible(Partner, to=person.id))
        .options(*WITH_ALL)
        .execution_options(populate_existing=True)
    )
    if exchange is None:
        raise NotFound("exchange")
    return exchange


def locked_exchange_of(person: User, public_id: str) -> Exchange:
    """The same for a verb: both people are locked, so that nobody else moves it meanwhile."""
    exchange = exchange_of(person, public_id)
    lock_people(exchange.learner_id, exchange.teacher_id)
    return exchange_of(person, public_id)  # again, as it stands now


def active_exchange_of(person: User, public_id: str, now: datetime) -> Exchange:
    """The same, but raises WrongState unless it is active by the clock too."""
    exchange = locked_exchange_of(person, public_id)
    check_active(exchange, now)
    return exchange


def check_active(exchange: Exchange, now: datetime) -> None:
    """Raises WrongState, with how it stands by the clock, unless it is active."""
    if not exchange.is_active_at(now):
        raise WrongState("exchange", stands(exchange, now))


def stands(exchange: Exchange, now: datetime) -> ExchangeState:
    """Its state with every deadline taken into account. One statement, or none."""
    plain = exchange.state_at(now, kept=False)
    if exchange.state in ENDED or plain is not ExchangeState.CANCELLED:
        return plain
    return exchange.state_at(now, kept=has_kept(exchange, now))


def has_kept(exchange: Exchange, now: datetime) -> bool:
    """Whether a session of it took place."""
    kept = exists().where(LearningSession.exchange_id == exchange.id, is_kept(now))
    return bool(db.session.scalar(select(kept)))


def mine(person: User) -> ColumnElement[bool]:
    """Condition: this person is one of the two."""
    return or_(Exchange.learner_id == person.id, Exchange.teacher_id == person.id)


def partner_id(person: User) -> ColumnElement[int]:
    """The id of the other."""
    return case((Exchange.learner_id == person.id, Exchange.teacher_id), else_=Exchange.learner_id)


# -- legs and turns -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LegLine:
    """A leg from one person's side: what is taught, by whom, and what has been kept of it."""

    id: int
    skill: str
    i_teach: bool
    minutes: int
    kept: int  # sessions


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is to teach in a two-way exchange, and by how many minutes."""

    mine: bool
    minutes: int


def leg_lines(exchange_ids: Sequence[int], person: User, now: datetime) -> dict[int, list[LegLine]]:
    """For each exchange its legs, what I learn first, with what has been kept so far."""
    rows = db.session.execute(
        select(
            ExchangeLeg.exchange_id,
            ExchangeLeg.id,
            ExchangeLeg.teacher_id,
            Skill.name,
            func.coalesce(func.sum(LearningSession.minutes), 0),
            func.count(LearningSession.id),
        )
        .join(Skill, Skill.id == ExchangeLeg.skill_id)
        .outerjoin(LearningSession, and_(LearningSession.leg_id == ExchangeLeg.id, is_kept(now)))
        .where(ExchangeLeg.exchange_id.in_(exchange_ids))
        .group_by(ExchangeLeg.id, Skill.name)
        .order_by(ExchangeLeg.exchange_id, ExchangeLeg.position)
    ).all()
    lines: dict[int, list[LegLine]] = {exchange_id: [] for exchange_id in exchange_ids}
    for exchange_id, leg_id, teacher_id, skill, minutes, kept in rows:
        i_teach = teacher_id == person.id
        lines[exchange_id].append(LegLine(leg_id, skill, i_teach, int(minutes), kept))
    for legs in lines.values():
        legs.sort(key=lambda line: line.i_teach)
    return lines


def turn_of(legs: Sequence[LegLine]) -> Turn | None:
    """Who has taught less so far; None for a one-way exchange and while both are even."""
    if len(legs) < 2 or legs[0].minutes == legs[1].minutes:
        return None
    less, more = sorted(legs, key=lambda line: line.minutes)
    return Turn(mine=less.i_teach, minutes=more.minutes - less.minutes)
