"""How does a line get into the ledger, and into what its period adds up to? Nothing else writes.

What counts under a cap is what was given, whether or not it was taken back since: so no cap is
ever exceeded, and nothing is gained by losing something.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.points.periods import day_of, number_of
from skillswap.domain.points.rules import CAPS, within_day
from skillswap.models import (
    Event,
    PeriodKind,
    PointsEntry,
    PointsKind,
    PointsPeriod,
    PointsReason,
    PointsSkillPeriod,
)

K, R = PointsKind, PointsReason
P = PeriodKind
OF_SESSIONS = (K.TAUGHT, K.LEARNED)
WRITTEN = "points_written"  # in what is remembered of the unit of work
NOT_KEPT = (R.NOT_HELD, R.UNCONFIRMED)  # a line about a session that was none
Later = aliased(PointsEntry)


@dataclass(frozen=True, slots=True)
class Award:
    """What a rule gives somebody, before the caps."""

    user_id: int
    kind: PointsKind
    points: int
    source: str
    reason: PointsReason = R.WHOLE
    partner_id: int | None = None
    skill_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def insert_into(table: Any) -> Any:
    """An INSERT that may meet a row that is there."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(table.__table__)


def hold(user_ids: Iterable[int]) -> None:
    """Let nobody else count for these people until the transaction ends. Always in the order of
    their ids, and before the event that counts has its number: events count in their order."""
    rows = [
        {"kind": P.ALL, "number": 0, "user_id": user_id, "points": 0, "sessions": 0}
        for user_id in sorted(set(user_ids))
    ]
    if rows:
        db.session.execute(_adding(PointsPeriod), rows)


def award(event: Event, one: Award, so_far: tuple[int, int] | None = None) -> int:
    """Write what a rule gives, as far as the caps let it: a line, also of nothing, with why.
    Harmless when it is there. Returns the points given.

    `so_far` is how many of that kind its cap has let through and what the day has given, where
    the caller knows. Whoever awards adds up afterwards.
    """
    at = event.happened_at
    points, reason, facts = one.points, one.reason, dict(one.facts)
    if points:
        counted, used = so_far or _so_far(event, one)
        if (cap := CAPS.get(one.kind)) is not None:
            facts |= {"nth": counted + 1, "most": cap.most}
            if counted >= cap.most:
                points, reason = 0, R.FULL
        if points:
            points, reason = within_day(points, reason, used)
    line = {
        "user_id": one.user_id,
        "kind": one.kind,
        "source": one.source,
        "points": points,
        "reason": reason,
        "facts": facts,
        "partner_id": one.partner_id,
        "skill_id": one.skill_id,
        "subject_type": event.subject_type,
        "subject_id": event.subject_id,
        "event_id": event.id,
        "reverses_id": None,
        "counted_at": at,
        "created_at": at,
    }
    return points if _write(line) else 0


def is_full(event: Event, one: Award) -> bool:
    """Whether the kind's own cap lets no more of them through."""
    return _so_far(event, one)[0] >= CAPS[one.kind].most


def _so_far(event: Event, one: Award) -> tuple[int, int]:
    """How many of that kind its cap has let through, and what the day has given. One statement."""
    given = and_(PointsEntry.user_id == one.user_id, PointsEntry.reverses_id.is_(None))
    used = select(func.coalesce(func.sum(PointsEntry.points), 0)).where(
        given, *within(day_of(event.happened_at))
    )
    cap = CAPS.get(one.kind)
    if cap is None:
        return 0, db.session.scalar(used) or 0
    which = [given, PointsEntry.kind == one.kind, PointsEntry.points > 0]
    if cap.span:
        which += within(cap.span(event.happened_at))
    if cap.each_partner:
        which.append(PointsEntry.partner_id == one.partner_id)
    if cap.each_subject:
        which += about(event.subject_type, event.subject_id)
    times = select(func.count()).select_from(PointsEntry).where(*which)
    found = db.session.execute(select(times.scalar_subquery(), used.scalar_subquery())).one()
    return int(found[0]), int(found[1])


def within(span: tuple[datetime, datetime]) -> list[ColumnElement[bool]]:
    """Condition: lines that count in that span of time."""
    return [PointsEntry.counted_at >= span[0], PointsEntry.counted_at < span[1]]


def about(subject_type: str, subject_id: int) -> list[ColumnElement[bool]]:
    """Condition: lines about that row."""
    return [PointsEntry.subject_type == subject_type, PointsEntry.subject_id == subject_id]


# -- back and forth -------------------------------------------------------------------------------


def take_back(event: Event, lines: Sequence[PointsEntry], why: str) -> None:
    """A line for each of these that gave something, which takes it away again."""
    for line in lines:
        if line.points > 0:
            _turn(event, line, R.TAKEN_BACK, {"why": why})


def give_back(event: Event, lines: Sequence[PointsEntry]) -> None:
    """A line for each of these that took something, which gives it again."""
    for line in lines:
        if line.points < 0:
            _turn(event, line, R.GIVEN_BACK, {})


def last_lines(user_id: int, subject_type: str, subject_id: int) -> Sequence[PointsEntry]:
    """A person's lines about a row, as they stand: none that a later one has turned."""
    turned = select(Later.id).where(Later.reverses_id == PointsEntry.id).exists()
    return db.session.scalars(
        select(PointsEntry)
        .where(PointsEntry.user_id == user_id, *about(subject_type, subject_id), ~turned)
        .order_by(PointsEntry.id)
    ).all()


def _turn(event: Event, line: PointsEntry, reason: PointsReason, facts: dict[str, Any]) -> None:
    """In the day, week and month in which the first one counted."""
    kept = ("user_id", "kind", "partner_id", "skill_id", "subject_type", "subject_id", "counted_at")
    _write(
        {name: getattr(line, name) for name in kept}
        | {
            "source": f"{line.source.partition('#')[0]}#{event.id}",
            "points": -line.points,
            "reason": reason,
            "facts": line.facts | facts,
            "event_id": event.id,
            "reverses_id": line.id,
            "created_at": event.happened_at,
        }
    )


# -- rows -----------------------------------------------------------------------------------------


def _write(line: dict[str, Any]) -> bool:
    """The line, whose periods wait for `add_up`; False when it is there already."""
    adding = insert_into(PointsEntry).on_conflict_do_nothing()
    found = db.session.execute(adding.returning(PointsEntry.__table__.c.id), line)
    if found.first() is None:
        return False
    points, sessions = line["points"], sessions_of(line["kind"], line["reason"])
    if points or sessions:
        db.session.info.setdefault(WRITTEN, []).append((line, points, sessions))
    return True


def sessions_of(kind: PointsKind, reason: PointsReason) -> int:
    """By how many a line moves the sessions of its period."""
    if kind not in OF_SESSIONS or reason in NOT_KEPT:
        return 0
    return -1 if reason is R.TAKEN_BACK else 1


def begin() -> None:
    """Nothing waits to be added up: what a transaction left that was undone is forgotten."""
    db.session.info.pop(WRITTEN, None)


def add_up() -> None:
    """Add the lines written since to their weeks and months and to all. Two statements."""
    whole: dict[tuple[Any, ...], list[int]] = {}
    of_skill: dict[tuple[Any, ...], list[int]] = {}
    for line, points, sessions in db.session.info.pop(WRITTEN, ()):
        for kind in PeriodKind:
            key = (kind, number_of(kind, line["counted_at"]), line["user_id"])
            sums = [whole.setdefault(key, [0, 0])]
            if line["skill_id"] is not None and kind is not P.ALL:
                sums.append(of_skill.setdefault((*key, line["skill_id"]), [0, 0]))
            for one in sums:
                one[0] += points
                one[1] += sessions
    for table, found in ((PointsPeriod, whole), (PointsSkillPeriod, of_skill)):
        names = ("kind", "number", "user_id", "skill_id")
        rows = [
            dict(zip(names, key, strict=False)) | {"points": points, "sessions": sessions}
            for key, (points, sessions) in sorted(found.items())
        ]
        if rows:
            db.session.execute(_adding(table), rows)


def _adding(table: type[PointsPeriod] | type[PointsSkillPeriod]) -> Any:
    """An INSERT that adds to the row that is there."""
    adding = insert_into(table)
    more = {
        name: getattr(table, name) + getattr(adding.excluded, name)
        for name in ("points", "sessions")
    }
    keys = [column.name for column in table.__table__.primary_key]
    return adding.on_conflict_do_update(index_elements=keys, set_=more)
