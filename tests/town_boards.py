"""The boards and streaks of the town: one that runs, one that is over, and four weeks in a row."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import update

from skillswap.db import db, transaction
from skillswap.domain import boards, streaks
from skillswap.domain.streaks.counting import bounds
from skillswap.domain.streaks.keeping import keep
from skillswap.models import Event, MarkKind, PeriodKind, PointsPeriod, User

WEEK = timedelta(weeks=1)


def fill(crowd: dict[str, User], now: datetime) -> list[str]:
    """Everybody has points in this week and in the one before last; returns the pages."""
    week = boards.at(PeriodKind.WEEK, now)
    with transaction():
        db.session.execute(update(User).values(boards_since=now - 20 * WEEK))
        for period in (week, week.before.before):
            for number, person in enumerate(crowd.values()):
                row = {"kind": period.kind, "number": period.number, "user_id": person.id}
                points = db.session.merge(PointsPeriod(**row, points=0, sessions=0))
                points.points, points.sessions = 90 - 10 * (number // 2) % 80, 2
    with transaction():
        boards.freeze_due(now, 100)
        _four_weeks(crowd["ada"], now)
        streaks.pause_streak(crowd["ben"], weeks=2, now=now)
    return ["/leaderboard", f"/leaderboard?week={week.before.before.key}", "/streak"]


def _four_weeks(ada: User, now: datetime) -> None:
    """Ended, saved and begun anew: as many kinds of weeks as there can be."""
    week, _early = streaks.week_of(now, ada.timezone)
    for number, back in enumerate((12, 11, 10, 9, 6, 4)):
        monday, _next = bounds(week - back, ada.timezone)
        at = monday + timedelta(days=3)
        event = Event(kind="rating.sealed", actor_id=ada.id, facts={}, happened_at=at)
        keep(ada.id, ada.timezone, MarkKind.RATING, 10_000 + number, at, event)
