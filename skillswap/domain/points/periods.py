"""Which week and month is it, as points are added up? Those of UTC, so that no zone helps.

A week is numbered by its ISO year and week (202647), a month by year and month (202611).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from skillswap.models import PeriodKind

Span = tuple[datetime, datetime]  # from the first instant of a period to that after its last


def number_of(kind: PeriodKind, at: datetime) -> int:
    """The number of the period in which that instant lies."""
    day = at.astimezone(UTC)
    if kind is PeriodKind.WEEK:
        year, week, _weekday = day.isocalendar()
        return year * 100 + week
    return day.year * 100 + day.month if kind is PeriodKind.MONTH else 0


def bounds(kind: PeriodKind, number: int) -> Span:
    """When the week or month with that number begins and ends. ValueError when there is none."""
    year, part = divmod(number, 100)
    if kind is PeriodKind.WEEK:
        begins = _midnight(date.fromisocalendar(year, part, 1))
        return begins, begins + timedelta(weeks=1)
    begins = _midnight(date(year, part, 1))
    return begins, _midnight(date(year + part // 12, part % 12 + 1, 1))


def week_of(at: datetime) -> Span:
    """From Monday to Monday."""
    return bounds(PeriodKind.WEEK, number_of(PeriodKind.WEEK, at))


def day_of(at: datetime) -> Span:
    """From midnight to midnight."""
    begins = _midnight(at.astimezone(UTC).date())
    return begins, begins + timedelta(days=1)


def year_of(at: datetime) -> Span:
    """From New Year to New Year."""
    year = at.astimezone(UTC).year
    return _midnight(date(year, 1, 1)), _midnight(date(year + 1, 1, 1))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
