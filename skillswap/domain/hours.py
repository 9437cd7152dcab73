"""What are the hours of a week? Merging, reading, moving and naming them. Pure: no database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from skillswap.lib.clock import WEEKDAYS, from_wall, zone

QUARTER, HOUR, DAY = 15, 60, 1440
WEEK = 7 * DAY
Span = tuple[int, int]  # minutes of one day's wall clock, the end not included

_CLOCK = r"(\d{1,2})(?:[:.h](\d{2}))?"
_SPAN = re.compile(rf"{_CLOCK}\s*(?:-|–|—|to)\s*{_CLOCK}")
_SHORT = {name[:3].lower(): number for number, name in enumerate(WEEKDAYS)}


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Hours of every week: a weekday (0 is Monday) from minute to minute of its wall clock."""

    weekday: int
    start_minute: int
    end_minute: int


def is_span(start: int, end: int) -> bool:
    """Whether these are minutes of a day that may be kept: on quarters, and the start first."""
    return 0 <= start < end <= DAY and start % QUARTER == 0 and end % QUARTER == 0


def merged_spans(spans: Iterable[Span]) -> list[Span]:
    """The same minutes in as few spans as possible, in their order."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return found


def merged(windows: Iterable[Window]) -> list[Window]:
    """The same hours in as few windows as possible, in their order."""
    windows = list(windows)
    return [
        Window(weekday, start, end)
        for weekday in range(7)
        for start, end in merged_spans(spans_of(windows, weekday))
    ]


def spans_of(windows: Iterable[Window], weekday: int) -> list[Span]:
    """What a week holds on one weekday."""
    return [(one.start_minute, one.end_minute) for one in windows if one.weekday == weekday]


def moved(windows: Iterable[Window], minutes: int) -> list[Window]:
    """The week on a clock that shows so many minutes more: over midnight, and over its end."""
    pieces: list[Window] = []
    for one in windows:
        at = (one.weekday * DAY + one.start_minute + minutes) % WEEK
        left = one.end_minute - one.start_minute
        while left:
            weekday, start = divmod(at, DAY)
            length = min(left, DAY - start)
            pieces.append(Window(weekday, start, start + length))
            at, left = (at + length) % WEEK, left - length
    return merged(pieces)


# -- on another clock -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Days:
    """The same minutes of some days in a row, both ends included."""

    first_on: date
    last_on: date
    start_minute: int = 0
    end_minute: int = DAY

    @property
    def whole(self) -> bool:
        """Whether it is about all of each day."""
        return (self.start_minute, self.end_minute) == (0, DAY)


def ahead(at: datetime, old: str, new: str) -> int:
    """How many minutes more the new zone's clocks show than the old one's at that instant."""
    there, here = (at.astimezone(zone(name)).utcoffset() or timedelta() for name in (new, old))
    return (there - here) // timedelta(minutes=1)


def moved_days(days: Days, old: str, new: str) -> list[Days]:
    """The same moments on the clocks of another zone, each day by that day's difference.

    Whole days stay whole days: who is away on Friday is away on Friday.
    """
    if days.whole:
        return [days]
    pieces: list[tuple[Span, date]] = []
    for number in range((days.last_on - days.first_on).days + 1):
        on = days.first_on + timedelta(days=number)
        start = datetime.combine(on, time()) + timedelta(minutes=days.start_minute)
        at = days.start_minute + ahead(from_wall(start, old), old, new)
        end = at + days.end_minute - days.start_minute
        for shift in (-1, 0, 1):
            low, high = max(at, shift * DAY), min(end, (shift + 1) * DAY)
            if low < high:
                span = low - shift * DAY, high - shift * DAY
                pieces.append((span, on + timedelta(days=shift)))
    return _in_a_row(pieces)


def _in_a_row(pieces: list[tuple[Span, date]]) -> list[Days]:
    """One for each run of days with the same span, in their order."""
    found: list[Days] = []
    for (start, end), on in sorted(pieces):
        last = found[-1] if found else None
        same = last and (last.start_minute, last.end_minute) == (start, end)
        if last and same and on - last.last_on <= timedelta(days=1):
            found[-1] = Days(last.first_on, on, start, end)
        else:
            found.append(Days(on, on, start, end))
    return sorted(found)


# -- as people write them -------------------------------------------------------------------------


def read_spans(text: str) -> list[Span]:
    """ "9-12, 14:15-16" as minutes. Raises ValueError for what is none, and off quarters."""
    spans = []
    for part in re.split(r"[,;\n]", text):
        if not part.strip():
            continue
        found = _SPAN.fullmatch(part.strip().lower())
        if found is None:
            raise ValueError(part)
        start, end = _minutes(found[1], found[2]), _minutes(found[3], found[4])
        end = end or DAY  # until midnight
        if not is_span(start, end):
            raise ValueError(part)
        spans.append((start, end))
    return merged_spans(spans)


def _minutes(hour: str, minute: str | None) -> int:
    if int(minute or 0) >= HOUR:
        raise ValueError(minute)
    return int(hour) * HOUR + int(minute or 0)


def read_week(*lines: str) -> list[Window]:
    """ "Mon-Fri 18-21", "Sat, Sun 9-12", "every day 0-24" as a week. Raises ValueError."""
    found = []
    for line in lines:
        split = re.search(r"(?<=\D)(?=\d)", line)
        if split is None:
            raise ValueError(line)
        days, spans = line[: split.start()], read_spans(line[split.start() :])
        found += [Window(day, start, end) for day in _days(days) for start, end in spans]
    return merged(found)


def _days(text: str) -> list[int]:
    text = text.strip().lower()
    if text == "every day":
        return list(range(7))
    found: list[int] = []
    for part in text.split(","):
        ends = [_SHORT.get(name.strip()[:3]) for name in part.split("-")]
        first, last = ends[0], ends[-1]
        if first is None or last is None or first > last:
            raise ValueError(text)
        found += range(first, last + 1)
    return found


def clock(minute: int) -> str:
    """`18`, `9:15`: as short as it can be."""
    hour, rest = divmod(minute, HOUR)
    return f"{hour}:{rest:02}" if rest else str(hour)


def write_spans(spans: Iterable[Span]) -> str:
    """What `read_spans` reads back: `9:15-10:45, 20:30-21`."""
    return ", ".join(f"{clock(start)}-{clock(end)}" for start, end in spans)


def by_hours(spans: Sequence[Span]) -> tuple[list[int], list[Span]]:
    """The whole hours in some spans, and what is left of them besides."""
    hours: list[int] = []
    rest: list[Span] = []
    for start, end in merged_spans(spans):
        first, last = -(-start // HOUR), end // HOUR
        if first >= last:
            rest.append((start, end))
            continue
        hours += range(first, last)
        rest += [
            (one, other)
            for one, other in ((start, first * HOUR), (last * HOUR, end))
            if one < other
        ]
    return hours, merged_spans(rest)


def of_hours(hours: Iterable[int]) -> list[Span]:
    """Whole hours as spans."""
    return merged_spans((hour * HOUR, (hour + 1) * HOUR) for hour in hours)
