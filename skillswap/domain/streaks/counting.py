"""How many weeks in a row? Pure: marks in, a streak out.

A week runs from Monday to Sunday on the person's wall:
- something done in it keeps it; while there is a streak to save, so does something of the first
  36 hours of the week after, which then counts for this one and not for its own;
- a pause neither adds nor ends anything;
- every fourth week of a streak banks a rest week, two at most; an empty week takes one and adds
  nothing;
- an empty week with no rest banked ends the streak, once its 36 hours are over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from skillswap.lib.clock import from_wall, zone

GRACE = timedelta(hours=36)
REST_EVERY, MOST_RESTS = 4, 2


class WeekState(StrEnum):
    KEPT, SAVED = "kept", "saved"  # saved: by something of the next week's first hours
    RESTED, PAUSED = "rested", "paused"
    OPEN, MISSED = "open", "missed"


@dataclass(frozen=True, slots=True)
class Found:
    """What a week has: so many things in its first 36 hours, so many later, or a pause."""

    early: int = 0
    later: int = 0
    paused: bool = False


NOTHING = Found()


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a streak, and the length it had after it."""

    number: int
    state: WeekState
    length: int
    begins_run: int  # the first week of the run it belongs to

    @property
    def monday(self) -> date:
        """Its first day."""
        return date.fromordinal(7 * self.number + 1)


@dataclass(frozen=True, slots=True)
class Streak:
    """How somebody stands."""

    current: int = 0
    longest: int = 0
    rests: int = 0  # weeks banked
    weeks: tuple[Week, ...] = ()  # from the first that had something to the present one
    now_week: int = 0

    @property
    def this_week(self) -> WeekState:
        """How the present week stands."""
        return self._state_of(self.now_week)

    @property
    def last_week_is_open(self) -> bool:
        """Whether the week before can still be saved, and needs to be."""
        return self.current > 0 and self._state_of(self.now_week - 1) is WeekState.OPEN

    @property
    def reached(self) -> list[Week]:
        """The weeks in which a multiple of four was reached."""
        return [week for week in self.weeks if adds(week) and week.length % REST_EVERY == 0]

    def _state_of(self, number: int) -> WeekState:
        found = (week.state for week in self.weeks if week.number == number)
        return next(found, WeekState.OPEN)


def adds(week: Week) -> bool:
    """Whether the streak grew by that week."""
    return week.state in (WeekState.KEPT, WeekState.SAVED)


def week_of(at: datetime, zone_name: str) -> tuple[int, bool]:
    """The week an instant falls in on that wall, and whether in its first 36 hours."""
    wall = at.astimezone(zone(zone_name)).replace(tzinfo=None)
    number = (wall.toordinal() - 1) // 7
    return number, wall - monday_of(number) < GRACE


def monday_of(number: int) -> datetime:
    """The wall time at which a week begins."""
    return datetime.fromordinal(7 * number + 1)


def bounds(number: int, zone_name: str) -> tuple[datetime, datetime]:
    """The first instant of a week on that wall, and that of the next."""
    return from_wall(monday_of(number), zone_name), from_wall(monday_of(number + 1), zone_name)


def count(found: Mapping[int, Found], now_week: int, now_early: bool) -> Streak:
    """The streak of somebody with these weeks, at a moment in `now_week`."""
    done = [number for number, one in found.items() if one.early or one.later]
    if not done:
        return Streak(now_week=now_week)
    weeks: list[Week] = []
    length, longest, rests, begins, borrowed = 0, 0, 0, min(done), False
    for number in range(min(done), max(now_week, *done) + 1):
        one, after = found.get(number, NOTHING), found.get(number + 1, NOTHING)
        has = one.early + one.later - borrowed
        settled = now_week > number + 1 or (now_week == number + 1 and not now_early)
        state = _state(has, one, after if length else NOTHING, settled, rests if length else 0)
        borrowed = state is WeekState.SAVED
        if state is WeekState.MISSED:
            length, begins = 0, number + 1
        elif state is WeekState.RESTED:
            rests -= 1
        elif state in (WeekState.KEPT, WeekState.SAVED):
            length += 1
            longest = max(longest, length)
            if length % REST_EVERY == 0:
                rests = min(MOST_RESTS, rests + 1)
        weeks.append(Week(number, state, length, begins))
    return Streak(length, longest, rests, tuple(weeks), now_week)


def _state(has: int, one: Found, after: Found, settled: bool, rests: int) -> WeekState:
    if has > 0:
        return WeekState.KEPT
    if one.paused:
        return WeekState.PAUSED
    if after.early:
        return WeekState.SAVED
    if not settled:
        return WeekState.OPEN
    return WeekState.RESTED if rests else WeekState.MISSED
