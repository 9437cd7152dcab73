"""What do others read of somebody's usual week?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ScalarSelect, SQLColumnExpression, String, cast, func, select

from skillswap.domain.hours import DAY, HOUR, Span, Window, merged_spans, spans_of
from skillswap.domain.scheduling import expand
from skillswap.lib.clock import WEEKDAYS, local, zone
from skillswap.lib.i18n import _
from skillswap.models import AvailabilityWindow, User

A_DAY = timedelta(days=1)
WORTH_IT = 30  # minutes in common: the shortest session
PARTS = {
    _("weekday mornings"): (range(5), 6 * HOUR, 12 * HOUR),
    _("weekday afternoons"): (range(5), 12 * HOUR, 18 * HOUR),
    _("weekday evenings"): (range(5), 18 * HOUR, DAY),
    _("weekday nights"): (range(5), 0, 6 * HOUR),
    _("weekend mornings"): (range(5, 7), 6 * HOUR, 12 * HOUR),
    _("weekend afternoons"): (range(5, 7), 12 * HOUR, 18 * HOUR),
    _("weekend evenings"): (range(5, 7), 18 * HOUR, DAY),
    _("weekend nights"): (range(5, 7), 0, 6 * HOUR),
}


@dataclass(frozen=True, slots=True)
class UsualHours:
    """A person's usual week as one reader sees it."""

    said: bool
    days: Sequence[tuple[str, Sequence[Span]]] = ()  # from Monday, on the reader's clock
    parts: Sequence[str] = ()  # for a visitor: "weekday evenings", and no hours
    reader_said: bool = False  # whether the reader has hours of their own
    shared: int = 0  # on how many of the days the two have some in common


def week_query(user_id: SQLColumnExpression[int] | int) -> ScalarSelect[str]:
    """Somebody's week as one text, "0-1080-1260,…": a column beside others of theirs."""
    columns = (
        AvailabilityWindow.weekday,
        AvailabilityWindow.start_minute,
        AvailabilityWindow.end_minute,
    )
    weekday, start, end = (cast(column, String) for column in columns)
    return (
        select(func.aggregate_strings(weekday + "-" + start + "-" + end, ","))
        .where(AvailabilityWindow.user_id == user_id)
        .scalar_subquery()
    )


def read_week(week: str | None) -> list[Window]:
    """What `week_query` found."""
    return [Window(*map(int, one.split("-"))) for one in week.split(",")] if week else []


def usual_hours(
    person: User, week: str | None, reader: User | None, readers: str | None, now: datetime
) -> UsualHours:
    """A person's usual week in the 7 days from today; for a visitor only parts of it.

    Hours beside a zone say when somebody is at home: they are not for everybody. Days unlike the
    week and sessions are nobody's business, so they are not taken off. The weeks are what
    `week_query` found.
    """
    theirs = read_week(week)
    if reader is None or not theirs:
        return UsualHours(bool(theirs), parts=_parts(theirs))
    days = _on_clock(theirs, person.timezone, reader.timezone, now)
    mine = read_week(readers) if reader.id != person.id else []
    return UsualHours(
        said=True,
        days=[(_(name), days[number]) for number, name in enumerate(WEEKDAYS)],
        reader_said=bool(mine),
        shared=sum(_meet(days[number], spans_of(mine, number)) for number in range(7)),
    )


def _on_clock(
    week: Iterable[Window], theirs: str, mine: str, now: datetime
) -> dict[int, list[Span]]:
    """The hours of the 7 days from today, by weekday, as the reader's wall shows them."""
    today = local(now, mine).date
    found: dict[date, list[Span]] = defaultdict(list)
    for span in expand(week, (), theirs, today - 2 * A_DAY, today + 8 * A_DAY):
        low, high = (at.astimezone(zone(mine)).replace(tzinfo=None) for at in span)
        while low < high:
            on = low.date()
            end = min(high, datetime.combine(on + A_DAY, time()))
            found[on].append((_minute(low), _minute(end) or DAY))
            low = end
    days = [today + number * A_DAY for number in range(7)]
    return {day.weekday(): merged_spans(found[day]) for day in days}


def _minute(wall: datetime) -> int:
    return wall.hour * HOUR + wall.minute


def _meet(one: Sequence[Span], other: Sequence[Span]) -> bool:
    """Whether two have time for a session in common."""
    return any(
        min(here[1], there[1]) - max(here[0], there[0]) >= WORTH_IT
        for here in one
        for there in other
    )


def _parts(week: Sequence[Window]) -> list[str]:
    """The parts of the week in which there is an hour or more on some day."""
    return [
        words
        for words, (days, start, end) in PARTS.items()
        if any(
            sum(max(0, min(high, end) - max(low, start)) for low, high in spans_of(week, day))
            >= HOUR
            for day in days
        )
    ]
