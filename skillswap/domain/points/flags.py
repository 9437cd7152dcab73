"""Whose points come from too few people, so that no board counts them?

Of the last 30 days: more than 60 of a hundred from one partner; or nearly all from two, where all
three are new here and trade with nobody else. A flag is a question to a moderator, who may clear
it; it goes by itself when the pattern has not been seen for 30 days.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, SQLColumnExpression, exists, func, or_, select

from skillswap.db import db, new_public_id
from skillswap.domain.points.writing import insert_into
from skillswap.models import Event, PointsEntry, PointsFlag, User
from skillswap.models.points import IS_OPEN

WINDOW = timedelta(days=30)
LEAST_POINTS = 100
PAIR_SHARE, CIRCLE_SHARE = 60, 90  # of a hundred: more than that
NEW_FOR = timedelta(days=30)
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
    gained = db.session.scalars(
        select(PointsEntry.user_id)
        .where(
            PointsEntry.event_id == event.id,
            PointsEntry.partner_id.is_not(None),
            PointsEntry.points > 0,
        )
        .distinct()
        .order_by(PointsEntry.user_id)
    ).all()
    for user_id in gained:
        pattern = pattern_of(user_id, event.happened_at)
        if pattern is not None and not _was_cleared(user_id, pattern, event.happened_at):
            _flag(user_id, pattern, event.happened_at)


def pattern_of(user_id: int, now: datetime) -> Pattern | None:
    """One statement; three more where two partners give a newcomer nearly everything."""
    total, partners = _sums(user_id, now)
    if total < LEAST_POINTS or not partners:
        return None
    (partner_id, points), *rest = partners.most_common(2)
    if 100 * points > PAIR_SHARE * total:
        return Pattern(partner_id, None, total, 100 * points // total)
    if not rest or not _is_closed(user_id, {user_id, partner_id, rest[0][0]}, now):
        return None
    return Pattern(partner_id, rest[0][0], total, 100 * (points + rest[0][1]) // total)


def _sums(user_id: int, now: datetime) -> tuple[int, Counter[int]]:
    """What the last 30 days gave in all, and from whom."""
    rows = db.session.execute(
        select(PointsEntry.partner_id, func.sum(PointsEntry.points))
        .where(
            PointsEntry.user_id == user_id,
            PointsEntry.counted_at > now - WINDOW,
            PointsEntry.counted_at <= now,
        )
        .group_by(PointsEntry.partner_id)
        .order_by(PointsEntry.partner_id)
    )
    found = {partner_id: int(points) for partner_id, points in rows}
    total = sum(found.values())
    return total, Counter({who: sum_ for who, sum_ in found.items() if who is not None})


def _is_closed(user_id: int, three: set[int], now: datetime) -> bool:
    """Whether three new people get nearly all their points from one another."""
    new = select(func.count()).where(User.id.in_(three), User.created_at > now - NEW_FOR)
    if db.session.scalar(new) != len(three):
        return False
    for one in sorted(three):
        total, partners = _sums(one, now)
        within = sum(points for who, points in partners.items() if who in three)
        if 100 * within <= CIRCLE_SHARE * total:
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


def _flag(user_id: int, pattern: Pattern, now: datetime) -> None:
    """One at a time for each person: what is seen again stands longer."""
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
    db.session.execute(
        adding.on_conflict_do_update(index_elements=["user_id"], index_where=IS_OPEN, set_=seen)
    )
