"""When are two people both free? Their hours, less what is booked, on both clocks.

What is listed here as free is accepted by `learning_sessions.accept_times`: the same slots, the
same days, the same notice. The buffer makes the list shorter and never refuses anybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Protocol

from sqlalchemy import func, select

from skillswap.db import db
from skillswap.domain.limits import HORIZON
from skillswap.domain.scheduling import (
    OtherDays,
    Span,
    Window,
    expand,
    intersect,
    merge,
    starts_in,
    subtract,
    widen,
)
from skillswap.lib.clock import QUARTER_SECONDS, Local, day_bounds, from_wall, local
from skillswap.models import AvailabilityException, AvailabilityWindow, BookedSlot, User

WEEK = 7
NEAT = 30  # starts are offered on the half hours of the reader's wall where there are any
MANY = 16  # in a day: from then on only those on the hour
ALWAYS = [Window(weekday, 0, 1440) for weekday in range(7)]
MINUTE, SOON, SHORTEST = timedelta(minutes=1), timedelta(days=14), 30
AROUND = timedelta(days=2)  # more than any two calendars are apart


@dataclass(frozen=True, slots=True)
class Start:
    """An instant at which both could begin, on both walls."""

    at: datetime
    mine: Local
    theirs: Local

    @property
    def iso(self) -> str:
        """What a form sends for it."""
        return self.mine.iso

    @property
    def is_second(self) -> bool:
        """Whether my wall shows this time for the second time that day."""
        return bool(self.mine.wall.fold)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of my calendar on which both could begin; there is at least one start."""

    starts: Sequence[Start]

    @property
    def first(self) -> Local:
        """Names the day."""
        return self.starts[0].mine


@dataclass(frozen=True, slots=True)
class FreeTimes:
    """What the two have in common on some days of my calendar, and where there is more."""

    minutes: int
    first_on: date
    last_on: date
    days: Sequence[Day]  # those with a start
    earlier_on: date | None  # the days before begin there, where something may be offered
    later_on: date | None
    next_on: date | None  # of days without a start: the next day that has one
    hours_meet: bool  # whether the hours of the two meet on these days, booked or not
    mine_known: bool
    theirs_known: bool

    @property
    def is_known(self) -> bool:
        """Whether anything is known of the hours of either."""
        return self.mine_known or self.theirs_known

    @property
    def isos(self) -> frozenset[str]:
        """Every start that is listed, as a form sends it."""
        return frozenset(start.iso for day in self.days for start in day.starts)


class Clocked(Protocol):
    """What counts of a person here: a User, or a row with these columns."""

    @property
    def timezone(self) -> str:
        """The IANA name."""

    @property
    def daily_sessions(self) -> int:
        """So many a day at most."""

    @property
    def buffer_minutes(self) -> int:
        """The room they want around each."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: what they say of their time, and what they have given away of it."""

    person: Clocked
    windows: Sequence[Window]
    others: Sequence[OtherDays]
    booked: Sequence[Span]  # one for each session

    @property
    def is_known(self) -> bool:
        """Whether they have entered any hours. Who is only away now and then has not."""
        return bool(self.windows) or any(one.kind == "extra" for one in self.others)

    def hours(self, span: Span) -> list[Span]:
        """When they are free by their own word; all the time while they have said nothing."""
        first, last = (local(at, self.person.timezone).date for at in span)
        windows = self.windows if self.is_known else ALWAYS
        return expand(windows, self.others, self.person.timezone, first, last)

    def closed(self) -> list[Span]:
        """Their sessions with the room they want around them, and the days that are full."""
        there, most = self.person.timezone, self.person.daily_sessions
        days = Counter(local(start, there).date for start, _end in self.booked)
        full = [
            day_bounds(start, there)
            for start, _end in self.booked
            if days[local(start, there).date] >= most
        ]
        buffer = timedelta(minutes=self.person.buffer_minutes)
        return merge([*widen(self.booked, buffer), *full])


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people's time as it stood when it was read. Asks the database nothing more."""

    me: Side
    partner: Side
    now: datetime
    agreed: tuple[datetime, int] | None = None  # what is to be moved: the same is no other time

    def common_starts(
        self, *, teacher: User, minutes: int, first_on: date | None = None, days: int = WEEK
    ) -> FreeTimes:
        """What is free on so many days of my calendar, at the earliest from the teacher's notice.

        Without `first_on`, or with a day outside the weeks that may be offered, the nearest in it.
        """
        begins, ends = self._offered(teacher)
        earliest, latest = (local(at, self._mine).date for at in (begins, ends))
        first_on = min(max(first_on or earliest, earliest), latest)
        next_on = first_on + timedelta(days=days)
        span = max(begins, self._midnight(first_on)), min(ends, self._midnight(next_on))
        is_known = self.me.is_known or self.partner.is_known
        starts = self._starts(span, minutes) if is_known else []
        return FreeTimes(
            minutes,
            first_on,
            next_on - timedelta(days=1),
            self._days(starts),
            max(earliest, first_on - timedelta(days=days)) if first_on > earliest else None,
            next_on if next_on <= latest else None,
            None if starts or not is_known else self._next_on((span[1], ends), minutes),
            bool(starts) or any(_fits(one, minutes) for one in self._hours(span, minutes)),
            self.me.is_known,
            self.partner.is_known,
        )

    def next_starts(
        self, *, teacher: User, minutes: int, limit: int, after: datetime | None = None
    ) -> Sequence[Start]:
        """The first few common starts, from `after` on where it is given."""
        begins, ends = self._offered(teacher)
        if not (self.me.is_known or self.partner.is_known):
            return []
        starts = self._starts((max(begins, after or begins), ends), minutes)
        return [self.start(at) for at in starts[:limit]]

    def outside(self, starts: Iterable[datetime], minutes: int) -> frozenset[datetime]:
        """Which of these begin or end outside the hours of one of the two, as far as known."""
        length = timedelta(minutes=minutes)
        return frozenset(
            at
            for at in starts
            if not any(
                begin <= at and at + length <= end for begin, end in self._hours((at, at), minutes)
            )
        )

    def start(self, at: datetime) -> Start:
        """An instant on both walls."""
        return Start(at, local(at, self._mine), local(at, self.partner.person.timezone))

    @property
    def _mine(self) -> str:
        return self.me.person.timezone

    def _offered(self, teacher: User) -> Span:
        """From the first to the last instant that may be offered at all, just after it."""
        begins = self.now + timedelta(hours=teacher.notice_hours)
        return begins, self.now + HORIZON + timedelta(microseconds=1)

    def _midnight(self, day: date) -> datetime:
        return from_wall(datetime.combine(day, time()), self._mine)

    def _hours(self, span: Span, minutes: int) -> list[Span]:
        """The hours of both, with room for what begins at the end of the span."""
        span = span[0], span[1] + timedelta(minutes=minutes)
        return intersect(self.me.hours(span), self.partner.hours(span))

    def _starts(self, span: Span, minutes: int) -> list[datetime]:
        length = timedelta(minutes=minutes)
        hours = intersect([(span[0], span[1] + length)], self._hours(span, minutes))
        closed = merge([*self.me.closed(), *self.partner.closed()])
        found = starts_in(subtract(hours, closed), minutes, NEAT, self._mine)
        return [at for at in found if at < span[1] and (at, minutes) != self.agreed]

    def _next_on(self, span: Span, minutes: int) -> date | None:
        starts = self._starts(span, minutes) if span[0] < span[1] else []
        return local(starts[0], self._mine).date if starts else None

    def _days(self, starts: Iterable[datetime]) -> list[Day]:
        made = map(self.start, starts)
        return [Day(_some(list(day))) for _on, day in groupby(made, lambda one: one.mine.date)]


def _some(starts: list[Start]) -> list[Start]:
    """All of a day, or when they are many those on the hour."""
    if len(starts) <= MANY:
        return starts
    return [start for start in starts if start.mine.wall.minute == 0] or starts


def _fits(span: Span, minutes: int) -> bool:
    return span[1] - span[0] >= timedelta(minutes=minutes)


def common_minutes(me: Side, teacher: Side, notice_hours: int, now: datetime) -> int | None:
    """How much time the two have for sessions in the next 14 days, from the teacher's notice on.

    None while either has said nothing of their hours.
    """
    if not (me.is_known and teacher.is_known):
        return None
    return sum(
        (end - start) // MINUTE for start, end in common_spans(me, teacher, notice_hours, now)
    )


def common_spans(me: Side, teacher: Side, notice_hours: int, now: datetime) -> list[Span]:
    """The stretches of the next 14 days in which the two could meet, as far as they have said."""
    span = now + timedelta(hours=notice_hours), now + SOON
    if span[0] >= span[1]:
        return []
    hours = intersect([span], intersect(me.hours(span), teacher.hours(span)))
    free = subtract(hours, merge([*me.closed(), *teacher.closed()]))
    return [one for one in free if _fits(one, SHORTEST)]


def pair_of(me: User, partner: User, now: datetime, but: int | None = None) -> Pair:
    """All that is known of the time of two people in the weeks ahead. Three statements.

    The session with the id `but` is passed over: to move it, its own hours are not in the way.
    """
    ids = (me.id, partner.id)
    span = now - AROUND, now + HORIZON + AROUND
    windows, others, booked = _windows(ids), _others(ids, span), _booked(ids, span, but)
    mine, theirs = (
        Side(one, windows.get(one.id, []), others.get(one.id, []), booked.get(one.id, []))
        for one in (me, partner)
    )
    return Pair(mine, theirs, now)


def _windows(ids: Collection[int]) -> dict[int, list[Window]]:
    found: dict[int, list[Window]] = {}
    one = AvailabilityWindow
    query = select(one.user_id, one.weekday, one.start_minute, one.end_minute)
    for row in db.session.execute(query.where(one.user_id.in_(ids))):
        window = Window(row.weekday, row.start_minute, row.end_minute)
        found.setdefault(row.user_id, []).append(window)
    return found


def _others(ids: Collection[int], span: Span) -> dict[int, list[OtherDays]]:
    found: dict[int, list[OtherDays]] = {}
    one = AvailabilityException
    query = select(
        one.user_id, one.kind, one.first_on, one.last_on, one.start_minute, one.end_minute
    ).where(one.user_id.in_(ids), one.last_on >= span[0].date(), one.first_on <= span[1].date())
    for row in db.session.execute(query):
        days = OtherDays(row.kind, row.first_on, row.last_on, row.start_minute, row.end_minute)
        found.setdefault(row.user_id, []).append(days)
    return found


def _booked(ids: Collection[int], span: Span, but: int | None) -> dict[int, list[Span]]:
    """What each has given away, session by session."""
    first, last = (int(at.timestamp()) // QUARTER_SECONDS for at in span)
    table = BookedSlot
    query = (
        select(table.user_id, func.min(table.slot), func.max(table.slot))
        .where(table.user_id.in_(ids), table.slot.between(first, last))
        .group_by(table.user_id, table.learning_session_id)
    )
    if but is not None:
        query = query.where(table.learning_session_id != but)
    found: dict[int, list[Span]] = {}
    for user_id, low, high in db.session.execute(query):
        found.setdefault(user_id, []).append((instant(low), instant(high + 1)))
    return found


def instant(slot: int) -> datetime:
    """When a quarter hour begins."""
    return datetime.fromtimestamp(slot * QUARTER_SECONDS, UTC)


def common_starts(
    me: User,
    partner: User,
    *,
    teacher: User,
    minutes: int,
    now: datetime,
    first_on: date | None = None,
    days: int = WEEK,
) -> FreeTimes:
    """When both could begin, on so many days of my calendar. Three statements."""
    return pair_of(me, partner, now).common_starts(
        teacher=teacher, minutes=minutes, first_on=first_on, days=days
    )


def next_starts(
    me: User,
    partner: User,
    *,
    teacher: User,
    minutes: int,
    now: datetime,
    limit: int = 3,
    after: datetime | None = None,
    but: int | None = None,
) -> Sequence[Start]:
    """The first few starts that both have in common: for whoever was the slower. 3 statements."""
    return pair_of(me, partner, now, but).next_starts(
        teacher=teacher, minutes=minutes, limit=limit, after=after
    )


def is_common(me: User, partner: User, start: datetime, minutes: int, now: datetime) -> bool:
    """Whether it lies within the hours of both, as far as they have said. Three statements."""
    return not pair_of(me, partner, now).outside([start], minutes)
