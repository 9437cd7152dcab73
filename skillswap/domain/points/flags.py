"""Whose points come from too few people, so that no board counts them?

Of the last 30 days: more than 60 of a hundred from one partner; or nearly all from two, where all
three are new here and trade with nobody else. A flag is a question to staff, so it opens a case:
they clear it or keep it. It goes by itself, and its case with it, once points come from others too,
and 30 days after it was last seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import ColumnElement, SQLColumnExpression, case, exists, func, or_, select, update

from skillswap.db import db, new_public_id, spelled
from skillswap.domain import cases
from skillswap.domain.points.writing import insert_into
from skillswap.models import Case, CaseKind, Event, PointsEntry, PointsFlag, User
from skillswap.models.points import IS_OPEN

WINDOW = timedelta(days=30)
LEAST_POINTS = 100
PAIR_SHARE, CIRCLE_SHARE = 60, 90  # of a hundred: more than that
NEW_FOR = timedelta(days=30)
Sums = dict[int | None, int]  # of one person, by partner; None: what comes from nobody
CLEARED_FOR = timedelta(days=90)  # a moderator has looked: not about the same partner again


def off_boards(user_id: SQLColumnExpression[int], now: datetime) -> ColumnElement[bool]:
    """Condition: a pattern of collusion stands against this person. For boards."""
    return exists().where(
        PointsFlag.user_id == user_id, PointsFlag.cleared_at.is_(None), PointsFlag.until > now
    )


@dataclass(frozen=True, slots=True)
class Pattern:
    """From whom most of somebody's points come."""

    partner_id: int
    other_id: int | None  # the third of a closed circle
    points: int
    share: int  # of a hundred


def look(event: Event) -> None:
    """After an event has given points for something between two: does either's pattern show?"""
    gained = select(PointsEntry.user_id).where(
        PointsEntry.event_id == event.id,
        PointsEntry.partner_id.is_not(None),
        PointsEntry.points > 0,
    )
    now = event.happened_at
    others = []
    for user_id, sums in _sums(PointsEntry.user_id.in_(gained), now).items():
        pattern = _pattern(user_id, sums, now)
        if pattern is None:
            others.append(user_id)
        elif not _was_cleared(user_id, pattern, now):
            _flag(user_id, pattern, now)
    if others:
        _let_be(others, now)


def _pattern(user_id: int, sums: Sums, now: datetime) -> Pattern | None:
    total = sum(sums.values())
    partners = Counter({who: points for who, points in sums.items() if who is not None})
    if total < LEAST_POINTS or not partners:
        return None
    (partner_id, points), *rest = partners.most_common(2)
    if 100 * points > PAIR_SHARE * total:
        return Pattern(partner_id, None, total, ceil(100 * points / total))
    if not rest or not _is_closed({user_id, partner_id, rest[0][0]}, now):
        return None
    return Pattern(partner_id, rest[0][0], total, ceil(100 * (points + rest[0][1]) / total))


def _sums(whose: ColumnElement[bool], now: datetime) -> dict[int, Sums]:
    """What the last 30 days gave each of these, and from whom. One statement."""
    rows = db.session.execute(
        select(PointsEntry.user_id, PointsEntry.partner_id, func.sum(PointsEntry.points))
        .where(whose, PointsEntry.counted_at > now - WINDOW, PointsEntry.counted_at <= now)
        .group_by(PointsEntry.user_id, PointsEntry.partner_id)
        .order_by(PointsEntry.user_id, PointsEntry.partner_id)
    )
    found: dict[int, Sums] = {}
    for user_id, partner_id, points in rows:
        found.setdefault(user_id, {})[partner_id] = int(points)
    return found


def _is_closed(three: set[int], now: datetime) -> bool:
    """Whether three new people get nearly all their points from one another."""
    new = select(func.count()).where(User.id.in_(three), User.created_at > now - NEW_FOR)
    if db.session.scalar(new) != len(three):
        return False
    found = _sums(PointsEntry.user_id.in_(three), now)
    for one in three:
        sums = found.get(one, {})
        among = sum(points for who, points in sums.items() if who in three)
        if 100 * among <= CIRCLE_SHARE * sum(sums.values()):
            return False
    return True


def _was_cleared(user_id: int, pattern: Pattern, now: datetime) -> bool:
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    PointsFlag.user_id == user_id,
                    or_(
                        PointsFlag.partner_id == pattern.partner_id,
                        PointsFlag.other_id == pattern.partner_id,
                    ),
                    PointsFlag.cleared_at > now - CLEARED_FOR,
                )
            )
        )
    )


def shares_of(user_id: int, now: datetime) -> list[tuple[int | None, int]]:
    """From whom somebody's points of the last 30 days come, the most first; None: from nobody.
    One statement."""
    sums = _sums(PointsEntry.user_id == user_id, now).get(user_id, {})
    return sorted(sums.items(), key=lambda one: (-one[1], one[0] or 0))


def lapse_due(now: datetime, limit: int) -> int:
    """Close the cases of up to `limit` flags that were seen too long ago; returns how many."""
    due = (
        select(PointsFlag.id)
        .join(Case, Case.subject_id == PointsFlag.id)
        .where(_is_asked(), PointsFlag.until <= now)
        .order_by(PointsFlag.id)
        .limit(limit)
    )
    if ids := list(db.session.scalars(due)):
        held = select(PointsFlag.id).where(PointsFlag.id.in_(ids), PointsFlag.until <= now)
        _close(list(db.session.scalars(held.order_by(PointsFlag.id).with_for_update())), now)
    return len(ids)


def _let_be(user_ids: list[int], now: datetime) -> None:
    """Somebody else's points have come since: what stood against them is over."""
    over = db.session.scalars(
        update(PointsFlag)
        .where(
            PointsFlag.user_id.in_(user_ids),
            PointsFlag.cleared_at.is_(None),
            PointsFlag.until > now,
        )
        .values(until=now)
        .returning(PointsFlag.id)
        .execution_options(synchronize_session=False)
    ).all()
    if over:
        _close(over, now)


def _is_asked() -> ColumnElement[bool]:
    """A case about a flag waits."""
    return (
        (Case.kind == spelled(CaseKind.FLAG))
        & (Case.subject_type == PointsFlag.__tablename__)
        & Case.closed_at.is_(None)
    )


def _close(flag_ids: Sequence[int], now: datetime) -> None:
    """There is nothing to decide about these any more."""
    query = select(Case).where(_is_asked(), Case.subject_id.in_(flag_ids)).order_by(Case.id)
    fresh = query.with_for_update().execution_options(populate_existing=True)
    for waiting in db.session.scalars(fresh).all():
        cases.close(waiting, now)


def _flag(user_id: int, pattern: Pattern, now: datetime) -> None:
    """One at a time for each person: what is seen again stands longer. What staff have kept is no
    question any more, until it has been over."""
    seen = {
        "partner_id": pattern.partner_id,
        "other_id": pattern.other_id,
        "points": pattern.points,
        "share": pattern.share,
        "until": now + WINDOW,
    }
    adding = insert_into(PointsFlag).values(
        user_id=user_id, public_id=new_public_id(), found_at=now, **seen
    )
    was_over = PointsFlag.until <= now
    again = {
        "found_at": case((was_over, now), else_=PointsFlag.found_at),
        "kept_at": case((was_over, None), else_=PointsFlag.kept_at),
    }
    row = db.session.execute(
        adding.on_conflict_do_update(
            index_elements=["user_id"], index_where=IS_OPEN, set_=seen | again
        ).returning(PointsFlag.id, PointsFlag.kept_at)
    ).one()
    if row.kept_at is None:
        _ask(row.id, user_id, pattern, now)


def _ask(flag_id: int, user_id: int, pattern: Pattern, now: datetime) -> None:
    """Put it before the staff; none of those whom it names decides it."""
    third = pattern.other_id
    cases.open_case(
        CaseKind.FLAG,
        PointsFlag.__tablename__,
        flag_id,
        person=db.session.get_one(User, user_id),
        other=db.session.get_one(User, pattern.partner_id),
        not_for=db.session.get_one(User, third) if third else None,
        now=now,
        points=pattern.points,
        share=pattern.share,
    )
