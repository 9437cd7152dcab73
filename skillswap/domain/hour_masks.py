"""In which whole hours of a UTC week is somebody usually free? Pure; a hint, never a refusal.

Three integers of 56 bits: bit 0 of the first is Monday 0:00 to 1:00. Two people's common hours are
found by `&`, on both engines. Where clocks change within two weeks both readings count, so that a
hint is rather too wide; `domain/free_time.py` decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise

from skillswap.domain.hours import DAY, HOUR, WEEK, Window
from skillswap.lib.clock import zone

Mask = tuple[int, int, int]
NO_HOURS: Mask = (0, 0, 0)
PART = 56  # hours in one integer: a signed column of 64 bits holds them
AHEAD = timedelta(days=14)  # how far a mask looks
LOOKED_AHEAD = 370  # days in which a change of the clocks is looked for


def mask_of(windows: Iterable[Window], zone_name: str, at: datetime) -> Mask:
    """The hours of a usual week on the clocks of that zone, from an instant on for 14 days."""
    windows, bits = list(windows), 0
    for minutes in _offsets(zone_name, at):
        bits |= _shifted(windows, minutes)
    return parts_of(bits)


def stale_at(zone_name: str, at: datetime) -> datetime | None:
    """When `mask_of` becomes another one by itself: as the clocks change, and 14 days before.

    None where they do not change within a year.
    """
    change = _next_change(zone_name, at)
    if change is None:
        return None
    return change if change <= at + AHEAD else change - AHEAD


def common_hours(one: Mask, other: Mask) -> int:
    """In how many hours of a week both are usually free."""
    return sum((mine & theirs).bit_count() for mine, theirs in zip(one, other, strict=True))


def parts_of(bits: int) -> Mask:
    """168 bits as they are kept."""
    whole = (1 << PART) - 1
    return bits & whole, bits >> PART & whole, bits >> 2 * PART & whole


def _shifted(windows: Iterable[Window], ahead: int) -> int:
    """The whole UTC hours in which they are free, with a wall so many minutes ahead of UTC."""
    free = bytearray(WEEK)
    for one in windows:
        at = (one.weekday * DAY + one.start_minute - ahead) % WEEK
        length = one.end_minute - one.start_minute
        before = min(length, WEEK - at)  # the rest begins the week anew
        free[at : at + before] = b"\1" * before
        free[: length - before] = b"\1" * (length - before)
    return sum(1 << hour for hour in range(WEEK // HOUR) if all(free[hour * HOUR :][:HOUR]))


def _offsets(zone_name: str, at: datetime) -> set[int]:
    """How many minutes the wall is ahead of UTC, at an instant and within the 14 days after."""
    found, change = {_ahead(at, zone_name)}, _next_change(zone_name, at)
    if change is not None and change <= at + AHEAD:
        found.add(_ahead(change, zone_name))
    return found


def _ahead(at: datetime, zone_name: str) -> int:
    there = at.astimezone(zone(zone_name)).utcoffset() or timedelta()
    return there // timedelta(minutes=1)


def _next_change(zone_name: str, at: datetime) -> datetime | None:
    """The first instant after this one at which the zone's clocks show something else."""
    for low, high in _changing_days(zone_name, at.astimezone(UTC).date()):
        if at >= high or _ahead(at, zone_name) == _ahead(high, zone_name):
            continue
        low = max(low, at)
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) / 2
            same = _ahead(middle, zone_name) == _ahead(at, zone_name)
            low, high = (middle, high) if same else (low, middle)
        return high.replace(microsecond=0)
    return None


@lru_cache(maxsize=1024)
def _changing_days(zone_name: str, first: date) -> list[tuple[datetime, datetime]]:
    """The UTC days, from a date on for a year, in which the offset changes."""
    midnight = datetime.combine(first, time(), UTC)
    days = [midnight + number * timedelta(days=1) for number in range(LOOKED_AHEAD)]
    return [
        (one, other)
        for one, other in pairwise(days)
        if _ahead(one, zone_name) != _ahead(other, zone_name)
    ]
