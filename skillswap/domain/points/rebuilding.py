"""Does the ledger say what the events say, and its periods what the ledger says? And make it so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import delete, select, text

from skillswap.db import db
from skillswap.domain.points import counting
from skillswap.domain.points.periods import number_of
from skillswap.domain.points.writing import sessions_of
from skillswap.models import (
    Event,
    PeriodKind,
    PointsDue,
    PointsEntry,
    PointsPeriod,
    PointsSkillPeriod,
)

BATCH = 500
Sums = dict[tuple[Any, ...], list[int]]


def rebuild() -> int:
    """Write the whole ledger anew from what has happened, in the caller's transaction; returns how
    many events counted. Whoever gives or gets points meanwhile waits. Flags stay: staff decide.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE points_periods IN EXCLUSIVE MODE"))
    for table in (PointsEntry, PointsPeriod, PointsSkillPeriod, PointsDue):
        db.session.execute(delete(table).execution_options(synchronize_session=False))
    last, done = 0, 0
    while found := _after(last):
        for event in found:
            counting.apply(event)
        last, done = found[-1].id, done + len(found)
        for event in found:
            db.session.expunge(event)
    return done


def are_missing() -> bool:
    """Whether something happened that counts, and nothing was ever counted: the ledger is new."""
    happened = select(Event.id).where(Event.kind.in_(counting.COUNTS)).limit(1)
    kept = db.session.scalar(select(PointsEntry.id).limit(1))
    return kept is None and db.session.scalar(happened) is not None


def _after(last: int) -> list[Event]:
    return list(
        db.session.scalars(
            select(Event)
            .where(Event.id > last, Event.kind.in_(counting.COUNTS))
            .order_by(Event.id)
            .limit(BATCH)
        )
    )


def drift() -> Iterator[str]:
    """Every week, month and whole that is not the sum of its lines. For the doctor."""
    right, right_of_skill = _sums()
    yield from _differences(PointsPeriod, ("kind", "number", "user_id"), right)
    keys = ("kind", "number", "skill_id", "user_id")
    yield from _differences(PointsSkillPeriod, keys, right_of_skill)


def _sums() -> tuple[Sums, Sums]:
    """What the lines come to, by period."""
    entry = PointsEntry
    rows = db.session.execute(
        select(
            entry.user_id, entry.skill_id, entry.kind, entry.reason, entry.points, entry.counted_at
        ).execution_options(yield_per=BATCH)
    )
    of_all: Sums = defaultdict(lambda: [0, 0])
    of_skill: Sums = defaultdict(lambda: [0, 0])
    for user_id, skill_id, kind, reason, points, at in rows:
        sessions = sessions_of(kind, reason)
        for period in PeriodKind:
            number = number_of(period, at)
            sums = [of_all[period, number, user_id]]
            if skill_id is not None and period is not PeriodKind.ALL:
                sums.append(of_skill[period, number, skill_id, user_id])
            for one in sums:
                one[0] += points
                one[1] += sessions
    return of_all, of_skill


def _differences(table: Any, keys: tuple[str, ...], right: Sums) -> Iterator[str]:
    columns = [getattr(table, name) for name in (*keys, "points", "sessions")]
    for row in db.session.execute(select(*columns)):
        key, kept = tuple(row[: len(keys)]), list(row[len(keys) :])
        if kept != (real := right.pop(key, [0, 0])):
            yield f"{table.__tablename__} {key} has {kept}, not {real}"
    for key, real in right.items():
        if real != [0, 0]:
            yield f"{table.__tablename__} {key} is missing, with {real}"
