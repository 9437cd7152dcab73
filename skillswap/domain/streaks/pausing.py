"""Nothing for some weeks, on purpose."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import delete, func, select

from skillswap.db import db
from skillswap.domain.streaks.counting import week_of
from skillswap.domain.streaks.keeping import put
from skillswap.errors import Refused
from skillswap.models import MarkKind, StreakMark, User

PAUSES = (1, 2, 4, 8)  # weeks, the present one among them


def pause_streak(person: User, *, weeks: int, now: datetime) -> int:
    """Ask nothing of this week and the following; returns the last week of the pause.

    A running pause becomes that long. Raises Refused.
    """
    if weeks not in PAUSES:
        raise Refused("weeks", "pause_weeks")
    first, early = week_of(now, person.timezone)
    _lift(person, first)
    for number in range(first, first + weeks):
        row = {"source_id": number, "week": number, "early": early, "at": now}
        put(StreakMark, user_id=person.id, kind=MarkKind.PAUSE, **row)
    return first + weeks - 1


def resume_streak(person: User, *, now: datetime) -> None:
    """End the pause: the present week counts again. Harmless when there is none."""
    _lift(person, week_of(now, person.timezone)[0])


def paused_until(person: User, now: datetime) -> date | None:
    """The last day of the pause that runs; None when none does. One statement."""
    week, _early = week_of(now, person.timezone)
    last: int | None = db.session.scalar(
        select(func.max(StreakMark.week)).where(
            StreakMark.user_id == person.id,
            StreakMark.kind == MarkKind.PAUSE,
            StreakMark.week >= week,
        )
    )
    return None if last is None else date.fromordinal(7 * last + 7)


def _lift(person: User, first: int) -> None:
    db.session.execute(
        delete(StreakMark)
        .where(
            StreakMark.user_id == person.id,
            StreakMark.kind == MarkKind.PAUSE,
            StreakMark.week >= first,
        )
        .execution_options(synchronize_session=False)
    )
