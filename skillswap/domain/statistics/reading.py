"""How did the last weeks go? What the page of the numbers shows, in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select

from skillswap.db import db
from skillswap.domain.statistics.counting import start_of
from skillswap.models import DailyStat, Metric

WEEKS = (8, 13)
DAYS = 7
ROLLS = frozenset({Metric.ACTIVE, Metric.ANSWER_MINUTES, Metric.REPORT_MINUTES})  # of seven days
FUNNEL = (Metric.PITCHES, Metric.ANSWERED, Metric.ACCEPTED, Metric.AGREED, Metric.MET)
Numbers = Mapping[Metric, int | None]


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days, and what they come to."""

    begins: date
    numbers: Numbers

    @property
    def number(self) -> int:
        """Which week of its year, by ISO."""
        return self.begins.isocalendar().week


@dataclass(frozen=True, slots=True)
class Step:
    """How far pitches came: so many of all that were sent."""

    metric: Metric
    count: int
    percent: int | None  # of those sent; None when there were none


@dataclass(frozen=True, slots=True)
class Summary:
    """The last weeks that are over, the oldest first, and the last seven days."""

    until: date  # the last day that was counted
    seven: Week
    weeks: Sequence[Week]
    funnel: Sequence[Step]
    drift: int | None  # of the last look; None before the first

    def of(self, metric: Metric) -> list[int | None]:
        """That number of each week."""
        return [week.numbers[metric] for week in self.weeks]

    def share(self, part: Metric, whole: Metric) -> int | None:
        """How many of a hundred, in the last seven days."""
        return percent(self.seven.numbers[part] or 0, self.seven.numbers[whole] or 0)


def percent(part: int, whole: int) -> int | None:
    """How many of a hundred; None of nothing."""
    return round(100 * part / whole) if whole else None


def read(weeks: int) -> Summary | None:
    """So many whole weeks (Monday to Sunday) and the last seven days; None before any day was
    counted. One statement.
    """
    newest = select(func.max(DailyStat.day)).where(DailyStat.metric == Metric.JOINED)
    rows = db.session.execute(
        select(DailyStat.day, DailyStat.metric, DailyStat.value).where(
            DailyStat.day > newest.scalar_subquery() - DAYS * (weeks + 1)
        )
    ).all()
    found = {(day, metric): value for day, metric, value in rows}
    counted = [day for day, metric in found if metric is Metric.JOINED]
    if not counted:
        return None
    last = max(counted)
    sunday = last - (start_of(last).weekday() + 1) % DAYS
    seen = [_week(found, sunday - DAYS * back) for back in reversed(range(weeks))]
    looks = [value for (_day, metric), value in sorted(found.items()) if metric is Metric.DRIFT]
    return Summary(
        until=start_of(last).date(),
        seven=_week(found, last),
        weeks=seen,
        funnel=_funnel(seen),
        drift=looks[-1] if looks else None,
    )


def _week(found: Mapping[tuple[int, Metric], int | None], last: int) -> Week:
    """The seven days up to that one."""
    numbers = {
        metric: found.get((last, metric))
        if metric in ROLLS
        else sum(found.get((day, metric)) or 0 for day in range(last - DAYS + 1, last + 1))
        for metric in Metric
    }
    return Week(start_of(last).date() - timedelta(days=DAYS - 1), numbers)


def _funnel(weeks: Sequence[Week]) -> list[Step]:
    sums = {metric: sum(week.numbers[metric] or 0 for week in weeks) for metric in FUNNEL}
    sent = sums[Metric.PITCHES]
    return [Step(metric, count, percent(count, sent)) for metric, count in sums.items()]
