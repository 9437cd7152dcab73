"""When are the numbers of a day written? An hour after it is over, and again while they change.

What the sweep keeps day by day is what `rebuild` finds at once: tests/domain/test_statistics.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from skillswap.db import db
from skillswap.domain.statistics.counting import SOURCES, Numbers, Source, day_of
from skillswap.models import DailyStat, Event, Metric

AFTER_MIDNIGHT = timedelta(hours=1)  # what began on the day before is written by then
AT_ONCE = 92  # days of a source in one statement


def last_over(now: datetime) -> int:
    """The last day whose numbers can be counted."""
    return day_of(now - AFTER_MIDNIGHT) - 1


def last_kept() -> int | None:
    """The last day that was counted, or None. One statement."""
    return db.session.scalar(
        select(func.max(DailyStat.day)).where(DailyStat.metric == Metric.JOINED)
    )


def day_without(metric: Metric) -> int | None:
    """The last day that was counted, when it lacks that number. One statement."""
    last = select(func.max(DailyStat.day)).where(DailyStat.metric == Metric.JOINED)
    there = exists().where(DailyStat.metric == metric, DailyStat.day >= last.scalar_subquery())
    return db.session.scalar(last.where(~there))


def roll_up_due(now: datetime, limit: int) -> int:
    """Count the days that are over and were not counted, and anew those that can have changed.
    Returns how many days are new. For the sweep; any number of workers may do it at once.
    """
    last, kept = last_over(now), last_kept()
    if kept is not None and kept >= last:
        return 0
    begins = _first()
    if begins is None or begins > last:
        return 0
    new = begins if kept is None else kept + 1
    for source in SOURCES:
        _count(source, max(begins, new - source.changes_for), last)
    return last - new + 1


def rebuild(now: datetime) -> int:
    """Count every day anew; returns how many. What cannot be found out again stays (`DRIFT`)."""
    begins, last = _first(), last_over(now)
    if begins is None or begins > last:
        return 0
    for source in SOURCES:
        _count(source, begins, last)
    return last - begins + 1


def _first() -> int | None:
    """The day on which something happened first."""
    at = db.session.scalar(select(func.min(Event.happened_at)))
    return None if at is None else day_of(at)


def _count(source: Source, begins: int, last: int) -> None:
    for first in range(begins, last + 1, AT_ONCE):
        keep(source.count(first, min(first + AT_ONCE - 1, last)))


def keep(numbers: Numbers) -> None:
    """Write these, in one order for everybody who does."""
    rows = [
        {"day": day, "metric": metric, "value": value}
        for (day, metric), value in sorted(numbers.items())
    ]
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    new = dialect.insert(DailyStat)
    changed = new.on_conflict_do_update(
        index_elements=["day", "metric"], set_={"value": new.excluded.value}
    )
    db.session.execute(changed, rows)
