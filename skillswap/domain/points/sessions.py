"""What do sessions and exchanges give their two people?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.points.periods import day_of, week_of
from skillswap.domain.points.rules import (
    FLAT,
    LEAST_SESSIONS,
    PAIR_WINDOW,
    session_points,
    taught_points,
)
from skillswap.domain.points.writing import NOT_KEPT, OF_SESSIONS, Award, award, within
from skillswap.models import Event, Exchange, LearningSession, PointsEntry, PointsKind, PointsReason

K, R = PointsKind, PointsReason
ARRANGED = ("session.scheduled", "session.moved")
Earlier, Ended = aliased(Event), aliased(Event)
Met = aliased(PointsEntry)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What of a session never changes, and what had happened by then."""

    id: int
    skill_id: int
    exchange_id: int
    ahead: timedelta  # it was arranged so long before its start
    minutes: int
    said: dict[str, Any]  # for the sentence
    exchange_is_over: bool


def both(event: Event) -> Sequence[int]:
    """The two of a session or an exchange."""
    learner_id, teacher_id = event.facts["between"]
    return learner_id, teacher_id


def completed(event: Event) -> None:
    """Taught, learned, the first with this partner; and their exchange, if it was too early."""
    one = _facts(event)
    learner_id, teacher_id = both(event)
    taught = taught_points(one.minutes)
    _session(event, one, K.TAUGHT, taught, teacher_id, learner_id)
    _session(event, one, K.LEARNED, FLAT[K.LEARNED], learner_id, teacher_id)
    if one.exchange_is_over:  # confirmed later than it was said to have reached its goal
        _exchange(event, one.exchange_id, said=one.said, count=_kept(one.exchange_id, event.id + 1))


def _session(
    event: Event, one: _Facts, kind: PointsKind, whole: int, user_id: int, partner_id: int
) -> None:
    stands = _stands(event, user_id, partner_id)
    nth = stands.pair + 1
    points, reason = session_points(whole, minutes=one.minutes, ahead=one.ahead, nth=nth)
    source, said = f"learning_sessions/{one.id}", one.said | {"pair": nth}
    line = Award(user_id, kind, points, source, reason, partner_id, one.skill_id, said)
    given = award(event, line, (stands.learned, stands.used))
    if not stands.has_met:
        source, whole = f"users/{partner_id}", FLAT[K.PARTNER]
        first = Award(user_id, K.PARTNER, whole, source, partner_id=partner_id)
        award(event, first, (stands.partners, stands.used + given))


@dataclass(frozen=True, slots=True)
class _Stands:
    """What somebody's ledger says before a session counts."""

    pair: int  # sessions with this partner in 30 days
    learned: int  # that counted this week
    partners: int  # new ones that counted this week
    used: int  # of the day's points
    has_met: bool


def _stands(event: Event, user_id: int, partner_id: int) -> _Stands:
    """One statement, over a month of lines."""
    at, line = event.happened_at, PointsEntry
    this_week, this_day = and_(*within(week_of(at))), and_(*within(day_of(at)))
    pair = and_(
        line.partner_id == partner_id,
        line.counted_at > at - PAIR_WINDOW,
        line.counted_at <= at,
        line.kind.in_(OF_SESSIONS),
        line.reason.not_in(NOT_KEPT),
    )
    counts = and_(this_week, line.points > 0)
    met = exists().where(
        Met.user_id == user_id, Met.kind == K.PARTNER, Met.source == f"users/{partner_id}"
    )
    row = db.session.execute(
        select(
            func.count().filter(pair),
            func.count().filter(counts, line.kind == K.LEARNED),
            func.count().filter(counts, line.kind == K.PARTNER),
            func.coalesce(func.sum(line.points).filter(this_day), 0),
            met,
        ).where(
            line.user_id == user_id,
            line.counted_at > at - PAIR_WINDOW,
            line.reverses_id.is_(None),
        )
    ).one()
    pair_count, learned, partners, used, has_met = row
    return _Stands(pair_count, learned, partners, int(used), bool(has_met))


def not_kept(event: Event) -> None:
    """It did not take place, or nobody can say: nothing, and why."""
    learner_id, teacher_id = both(event)
    reason = R.NOT_HELD if event.kind == "session.no_show" else R.UNCONFIRMED
    source = f"learning_sessions/{event.subject_id}/{reason}"
    said = {name: event.facts.get(name) for name in ("skill", "minutes", "public_id")}
    for user_id, partner_id, kind in (
        (teacher_id, learner_id, K.TAUGHT),
        (learner_id, teacher_id, K.LEARNED),
    ):
        award(event, Award(user_id, kind, 0, source, reason, partner_id, None, said))


def exchange_completed(event: Event) -> None:
    """For both, once two sessions of it took place."""
    said = {name: event.facts.get(name) for name in ("skill", "public_id")}
    _exchange(event, event.subject_id, said=said, count=_kept(event.subject_id, event.id))


def _exchange(event: Event, exchange_id: int, *, said: dict[str, Any], count: int) -> None:
    row = db.session.execute(
        select(Exchange.learner_id, Exchange.teacher_id).where(Exchange.id == exchange_id)
    ).one()
    enough = count >= LEAST_SESSIONS
    source = f"exchanges/{exchange_id}" + ("" if enough else "/few")
    points, reason = (FLAT[K.EXCHANGE], R.WHOLE) if enough else (0, R.FEW)
    for user_id, partner_id in (tuple(row), tuple(reversed(row))):
        facts = said | {"sessions": count}
        award(event, Award(user_id, K.EXCHANGE, points, source, reason, partner_id, None, facts))


def _facts(event: Event) -> _Facts:
    """One statement."""
    one, since = LearningSession, Earlier.subject_id == LearningSession.id
    arranged = (
        select(func.max(Earlier.happened_at))
        .where(
            since,
            Earlier.subject_type == one.__tablename__,
            Earlier.kind.in_(ARRANGED),
            Earlier.id < event.id,
        )
        .scalar_subquery()
    )
    over = exists().where(
        Ended.subject_type == Exchange.__tablename__,
        Ended.subject_id == one.exchange_id,
        Ended.kind == "exchange.completed",
        Ended.id < event.id,
    )
    row = db.session.execute(
        select(one.skill_id, one.exchange_id, one.created_at, arranged, over).where(
            one.id == event.subject_id
        )
    ).one()
    skill_id, exchange_id, created_at, arranged_at, is_over = row
    starts_at = datetime.fromisoformat(event.facts["starts_at"])
    return _Facts(
        id=event.subject_id,
        skill_id=skill_id,
        exchange_id=exchange_id,
        ahead=starts_at - (arranged_at or created_at),  # a week's repeat was made when agreed
        minutes=event.facts["minutes"],
        said={name: event.facts.get(name) for name in ("skill", "minutes", "public_id")},
        exchange_is_over=is_over,
    )


def _kept(exchange_id: int, before: int) -> int:
    """How many sessions of an exchange were completed by events before that one."""
    of_it = and_(
        LearningSession.id == Earlier.subject_id, LearningSession.exchange_id == exchange_id
    )
    found = db.session.scalar(
        select(func.count())
        .select_from(LearningSession)
        .join(Earlier, of_it)
        .where(
            Earlier.subject_type == LearningSession.__tablename__,
            Earlier.kind == "session.completed",
            Earlier.id < before,
        )
    )
    return found or 0


def people_of_sessions(rows: Iterable[Any]) -> list[int]:
    """The people of many sessions or exchanges, whom a batch holds at once."""
    return [user_id for row in rows for user_id in (row.learner_id, row.teacher_id)]
