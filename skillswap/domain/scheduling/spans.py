"""Stretches of time: joined, cut, and the starts that fit in them. Aware UTC; ends are not in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from skillswap.lib.clock import QUARTER_SECONDS, zone

Span = tuple[datetime, datetime]  # aware UTC, the end not included
QUARTER = timedelta(seconds=QUARTER_SECONDS)


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same time in as few spans as possible, in their order; those without length vanish."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            if end > found[-1][1]:
                found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found


def intersect(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """What lies in both. Both are sorted and merged, and so is the answer."""
    found: list[Span] = []
    here = there = 0
    while here < len(one) and there < len(other):
        start = max(one[here][0], other[there][0])
        end = min(one[here][1], other[there][1])
        if start < end:
            found.append((start, end))
        if one[here][1] <= other[there][1]:
            here += 1
        else:
            there += 1
    return found


def subtract(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """What lies in the first, not in the second. Both, and the answer, are sorted and merged."""
    found: list[Span] = []
    at = 0
    for start, end in spans:
        while at < len(holes) and holes[at][1] <= start:
            at += 1
        one = at
        while one < len(holes) and holes[one][0] < end:
            if start < holes[one][0]:
                found.append((start, holes[one][0]))
            start = holes[one][1]
            one += 1
        if start < end:
            found.append((start, end))
    return found


def widen(spans: Iterable[Span], by: timedelta) -> list[Span]:
    """Each with so much room before and after, merged."""
    return merge((start - by, end + by) for start, end in spans)


def starts_in(
    spans: Sequence[Span], minutes: int, step: int = 15, zone_name: str = "UTC"
) -> list[datetime]:
    """The instants from which so many minutes fit into one of the spans.

    They lie on quarter hours of UTC, and where a span has such starts, on multiples of `step`
    minutes of the hour on that zone's wall.
    """
    length, there = timedelta(minutes=minutes), zone(zone_name)
    found: list[datetime] = []
    for start, end in spans:
        at, last = _next_quarter(start), end - length
        fitting = []
        while at <= last:
            fitting.append(at)
            at += QUARTER
        neat = [at for at in fitting if at.astimezone(there).minute % step == 0]
        found += neat or fitting
    return found


def _next_quarter(at: datetime) -> datetime:
    """The first quarter hour of UTC at or after an instant."""
    seconds = at.timestamp()
    over = -seconds % QUARTER_SECONDS
    return at + timedelta(seconds=over) if over else at.astimezone(UTC)
