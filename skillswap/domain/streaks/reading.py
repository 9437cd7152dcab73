"""How does somebody's streak stand? Counted from their marks whenever it is looked at."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, func, select

from skillswap.db import db
from skillswap.domain.streaks.counting import Found, Streak, count, week_of
from skillswap.models import MarkKind, StreakMark, User


def streak_of(person: User, now: datetime) -> Streak:
    """The streak of one person. One statement."""
    return count_of(person.id, person.timezone, now)


def count_of(user_id: int, zone_name: str, now: datetime) -> Streak:
    """The streak of whoever has that id and lives in that zone."""
    return count(found_of(user_id), *week_of(now, zone_name))


def found_of(user_id: int) -> dict[int, Found]:
    """What each week of theirs has. One statement."""
    is_pause = StreakMark.kind == MarkKind.PAUSE
    rows = db.session.execute(
        select(
            StreakMark.week,
            func.sum(case((is_pause, 0), (StreakMark.early, 1), else_=0)),
            func.sum(case((is_pause, 0), (StreakMark.early, 0), else_=1)),
            func.sum(case((is_pause, 1), else_=0)),
        )
        .where(StreakMark.user_id == user_id)
        .group_by(StreakMark.week)
    )
    return {
        week: Found(int(early), int(later), bool(paused)) for week, early, later, paused in rows
    }
