"""What does an accepted pitch open, and how does it stand?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from skillswap.db import db
from skillswap.domain import events
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound, Refused
from skillswap.lib.keyset import Key, Page, page, paginate
from skillswap.models import (
    Exchange,
    ExchangeLeg,
    ExchangeState,
    LearningSession,
    Pitch,
    SessionState,
    User,
)

_Learner, _Teacher = aliased(User), aliased(User)
WITH_ALL = (
    joinedload(Exchange.learner),
    joinedload(Exchange.teacher),
    selectinload(Exchange.legs).joinedload(ExchangeLeg.skill),
)


def lock_people(*user_ids: int) -> None:
    """Let nobody else decide about these people until the transaction ends.

    Always in the order of their ids, so that two verbs cannot wait for each other. `key_share`
    lets rows that merely refer to a person (an event, a notification) be written meanwhile:
    without it PostgreSQL's foreign keys deadlock with verbs that take no lock here.
    """
    db.session.execute(
        select(User.id).where(User.id.in_(user_ids)).order_by(User.id).with_for_update(key_share=True)
    )


def open_exchange(pitch: Pitch, now: datetime) -> Exchange:
    """Open the exchange an accepted pitch means: a leg for the skill, one for the return.

    Called by `accept_pitch`, which holds both people's locks. Raises Refused when a side that
    would teach has no free place.
    """
    _check_places(pitch.teacher, "no_places", limit=pitch.teacher.places)
    legs = [
        ExchangeLeg(
            position=0,
            teacher_id=pitch.teacher_id,
            learner_id=pitch.learner_id,
            skill_id=pitch.skill_id,
        )
    ]
    if pitch.offered_skill_id is not None:
        _check_places(pitch.learner, "partner_no_places", partner=pitch.learner.first_name)
        legs.append(
            ExchangeLeg(
                position=1,
                teacher_id=pitch.learner_id,
                learner_id=pitch.teacher_id,
                skill_id=pitch.offered_skill_id,
            )
        )
    exchange = Exchange(
        pitch=pitch, learner=pitch.learner, teacher=pitch.teacher, legs=legs, opened_at=now
    )
    db.session.add(exchange)
    db.session.flush()
    events.record("exchange.opened", actor=pitch.teacher, subject=exchange, to=[], now=now)
    return exchange


def _check_places(person: User, code: str, **params: Any) -> None:
    if places_taken(person) >= person.places:
        raise Refused("body", code, **params)


def places_taken(person: User) -> int:
    """In how many active exchanges this person teaches."""
    return (
        db.session.scalar(
            select(func.count(func.distinct(ExchangeLeg.exchange_id)))
            .join(Exchange, Exchange.id == ExchangeLeg.exchange_id)
            .where(ExchangeLeg.teacher_id == person.id, Exchange.state == ExchangeState.ACTIVE)
        )
        or 0
    )


def exchange_of(person: User, public_id: str) -> Exchange:
    """The exchange for either of its two, with people and legs. Raises NotFound for others."""
    exchange = db.session.scalar(
        select(Exchange)
        .where(
            Exchange.public_id == public_id,
            or_(Exchange.learner_id == person.id, Exchange.teacher_id == person.id),
        )
        .options(*WITH_ALL)
    )
    if exchange is None:
        raise NotFound("exchange")
    return exchange


@dataclass(frozen=True, slots=True)
class LegLine:
    """A leg from one person's side: what is taught, by whom, and for how long so far."""

    id: int
    skill: str
    i_teach: bool
    minutes: int


def leg_lines(exchanges: Sequence[Exchange], person: User) -> dict[int, list[LegLine]]:
    """For each exchange id its legs, what I learn first, with the minutes kept so far."""
    sums = db.session.execute(
        select(LearningSession.leg_id, func.sum(LearningSession.minutes))
        .where(
            LearningSession.exchange_id.in_([exchange.id for exchange in exchanges]),
            LearningSession.state == SessionState.COMPLETED,
        )
        .group_by(LearningSession.leg_id)
    ).all()
    kept = {leg_id: int(minutes) for leg_id, minutes in sums}
    return {
        exchange.id: sorted(
            (
                LegLine(leg.id, leg.skill.name, leg.teacher_id == person.id, kept.get(leg.id, 0))
                for leg in exchange.legs
            ),
            key=lambda line: line.i_teach,
        )
        for exchange in exchanges
    }


NEWEST = [Key(Exchange.id, "id")]  # type: ignore[arg-type]  # a mapped column is an expression


def exchanges_of(person: User, cursor: str | None) -> Page:
    """This person's exchanges, newest first, with people and legs loaded."""
    query = (
        select(Exchange)
        .join(Exchange.learner.of_type(_Learner))
        .join(Exchange.teacher.of_type(_Teacher))
        .where(
            or_(Exchange.learner_id == person.id, Exchange.teacher_id == person.id),
            visible(_Learner),
            visible(_Teacher),
        )
        .options(*WITH_ALL)
    )
    rows = db.session.scalars(paginate(query, NEWEST, cursor)).all()
    return page(rows, NEWEST)
