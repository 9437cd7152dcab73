"""Which stretches of time are a person's usual week and other days? Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from skillswap.domain.hours import Window
from skillswap.domain.scheduling.spans import Span, merge, subtract
from skillswap.lib.clock import from_wall, zone
from skillswap.models.availability import ExceptionKind

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
DAYS_KEPT = 8192  # days of zones whose offsets are remembered: 8 weeks of some hundred zones


@dataclass(frozen=True, slots=True)
class OtherDays:
    """Days unlike the usual week, both ends included: busy, or free beyond it, at those minutes."""

    kind: ExceptionKind
    first_on: date
    last_on: date
    start_minute: int = 0
    end_minute: int = 1440


def expand(
    windows: Iterable[Window],
    exceptions: Sequence[OtherDays],
    zone_name: str,
    first: date,
    last: date,
) -> list[Span]:
    """When somebody is free on the days from `first` to `last` (both included) of their calendar.

    Sorted and merged. What is busy wins over the usual week and over what is extra.
    """
    week: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for one in windows:
        week[one.weekday].append((one.start_minute, one.end_minute))
    free = [
        wall_span(zone_name, day, start, end)
        for day in _days(first, last)
        for start, end in week.get(day.weekday(), ())
    ]
    free += _spans(exceptions, ExceptionKind.EXTRA, zone_name, first, last)
    busy = _spans(exceptions, ExceptionKind.BUSY, zone_name, first, last)
    return subtract(merge(free), merge(busy))


def wall_span(zone_name: str, day: date, start_minute: int, end_minute: int) -> Span:
    """The time between two minutes of a day's wall clock; minute 1440 is the next midnight.

    A start in the spring gap moves to the first real minute, an end there to the same one, so
    what lies wholly inside has no length. Where the clocks go back, the start is the first time
    the wall shows it and the end the last.
    """
    offset = _even_offset(zone_name, day)
    if offset is not None:
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - offset
        return midnight + start_minute * MINUTE, midnight + end_minute * MINUTE
    midnight = datetime.combine(day, time())
    start = from_wall(midnight + start_minute * MINUTE, zone_name)
    return start, _end(midnight + end_minute * MINUTE, zone_name)


def _end(wall: datetime, zone_name: str) -> datetime:
    """When the minute before a wall time is over for the last time.

    At the very hour to which the clocks go back that is the first time the wall shows it: who is
    free until 2:00 is not free from 2:00 to 3:00.
    """
    last_minute = _last(wall - MINUTE, zone_name)
    return from_wall(wall, zone_name) if last_minute is None else last_minute + MINUTE


def _last(wall: datetime, zone_name: str) -> datetime | None:
    """The last instant at which the wall shows a time; None for one it never shows."""
    at = wall.replace(tzinfo=zone(zone_name), fold=1).astimezone(UTC)
    return at if at.astimezone(zone(zone_name)).replace(tzinfo=None) == wall else None


@lru_cache(maxsize=DAYS_KEPT)
def _even_offset(zone_name: str, day: date) -> timedelta | None:
    """The offset that holds all day there; None when the clocks change on it, or at its ends."""
    there = zone(zone_name)
    midnight = datetime.combine(day, time(), there)
    before = midnight.utcoffset()
    after = (midnight + DAY).replace(fold=1).utcoffset()
    return before if before == after else None


def _days(first: date, last: date) -> list[date]:
    return [first + number * DAY for number in range((last - first).days + 1)]


def _spans(
    exceptions: Sequence[OtherDays], kind: str, zone_name: str, first: date, last: date
) -> list[Span]:
    return [
        wall_span(zone_name, day, one.start_minute, one.end_minute)
        for one in exceptions
        if one.kind == kind
        for day in _days(max(first, one.first_on), min(last, one.last_on))
    ]
