"""What does a wall-clock time mean, for two people in two zones? Pure: no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from skillswap.lib.clock import from_wall, zone

STEP = timedelta(days=1)  # no zone changes its offset twice within one


@dataclass(frozen=True, slots=True)
class Reading:
    """The instant a wall time stands for, and whether the clock made it odd."""

    at: datetime
    moved: bool  # the wall time does not exist: the clocks jump over it, this is when they land
    twice: bool  # the wall time comes twice: this is the first


def read_wall(wall: datetime, zone_name: str) -> Reading:
    """The instant of a naive wall time in a zone.

    A time in the spring gap moves to the first real minute; one that comes twice is the first.
    """
    at = from_wall(wall, zone_name)
    there = zone(zone_name)
    moved = at.astimezone(there).replace(tzinfo=None) != wall
    second = wall.replace(tzinfo=there, fold=1).astimezone(UTC)
    return Reading(at, moved, not moved and second != at)


@dataclass(frozen=True, slots=True)
class OffsetChange:
    """From `at` on, the same wall time of one person is another wall time for the other."""

    at: datetime
    shift_minutes: int  # what the partner's clock shows more (or less) than before
    mine: bool  # my own clocks change then
    theirs: bool


def offset_changes(
    mine: str, theirs: str, start: datetime, end: datetime
) -> Sequence[OffsetChange]:
    """When the difference between two zones' clocks changes within a span, the earliest first.

    Nothing for two zones that change together by the same amount.
    """
    found: list[OffsetChange] = []
    before = start
    while before < end:
        after = min(before + STEP, end)
        if _offsets(before, mine, theirs) != _offsets(after, mine, theirs):
            found += _changes_between(before, after, mine, theirs)
        before = after
    return _without_undone(found)


def _changes_between(
    low: datetime, high: datetime, mine: str, theirs: str
) -> Sequence[OffsetChange]:
    """The changes in a span in which at least one zone changes; both may, hours apart."""
    found = []
    while _offsets(low, mine, theirs) != _offsets(high, mine, theirs):
        at = _first_change(low, high, mine, theirs)
        before, after = (
            _offsets(at - timedelta(seconds=1), mine, theirs),
            _offsets(at, mine, theirs),
        )
        shift = (after[1] - after[0]) - (before[1] - before[0])
        if shift:
            found.append(
                OffsetChange(
                    at,
                    round(shift.total_seconds() / 60),
                    mine=after[0] != before[0],
                    theirs=after[1] != before[1],
                )
            )
        low = at
    return found


def _without_undone(found: Sequence[OffsetChange]) -> Sequence[OffsetChange]:
    """Without changes that the next undoes within a day: New York and Chicago, an hour apart."""
    left: list[OffsetChange] = []
    for one in found:
        last = left[-1] if left else None
        if last and one.at - last.at < STEP and one.shift_minutes == -last.shift_minutes:
            left.pop()
        else:
            left.append(one)
    return left


def _first_change(low: datetime, high: datetime, mine: str, theirs: str) -> datetime:
    at_low = _offsets(low, mine, theirs)
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if _offsets(middle, mine, theirs) == at_low:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _offsets(at: datetime, mine: str, theirs: str) -> tuple[timedelta, timedelta]:
    one, other = (at.astimezone(zone(name)).utcoffset() for name in (mine, theirs))
    return one or timedelta(), other or timedelta()
