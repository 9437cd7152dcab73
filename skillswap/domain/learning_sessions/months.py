"""Which sessions fall into the weeks of a month, on one person's calendar?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from skillswap.domain.learning_sessions.lists import SessionCard, between
from skillswap.lib.clock import MONTHS, WEEKDAYS, from_wall, local
from skillswap.models import User

FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST = 200  # sessions of the five or six weeks that a month shows
IN_A_CELL = 3
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MonthDay:
    """One day of the table."""

    date: date
    is_out: bool  # of the month before or after
    is_today: bool
    cards: Sequence[SessionCard]

    @property
    def title(self) -> str:
        """`Thursday 26 March`."""
        return f"{WEEKDAYS[self.date.weekday()]} {self.date.day} {MONTHS[self.date.month - 1]}"

    @property
    def shown(self) -> Sequence[SessionCard]:
        """Those that stand in its cell; all of them stand in the list of the day."""
        return self.cards[:IN_A_CELL]

    @property
    def more(self) -> int:
        """How many the cell leaves out."""
        return len(self.cards) - len(self.shown)


@dataclass(frozen=True, slots=True)
class Month:
    """The weeks of a month, Monday first, with one day chosen."""

    first: date
    weeks: Sequence[Sequence[MonthDay]]
    chosen: MonthDay
    before: date | None  # the first of the month before, while the calendar goes on
    after: date | None
    today: date
    is_cut: bool  # there are more than the table holds

    @property
    def title(self) -> str:
        """`March 2026`."""
        return title_of(self.first)

    @property
    def is_empty(self) -> bool:
        """Whether nothing falls into the month itself."""
        return not any(day.cards for week in self.weeks for day in week if not day.is_out)


def title_of(first: date) -> str:
    """`March 2026`, of any day in it."""
    return f"{MONTHS[first.month - 1]} {first.year}"


def month_of(person: User, first: date, chosen: date | None, now: datetime) -> Month:
    """The month that begins with `first`, in the person's zone. One statement.

    Without a chosen day it is today, or the first day of the month that has something.
    """
    monday = first - first.weekday() * DAY
    after = _next(first)
    count = -(-(after - monday).days // 7) * 7
    days = [monday + number * DAY for number in range(count)]
    cards = between(person, _begins(days[0], person), _begins(days[-1] + DAY, person), now, MOST)
    by_day: dict[date, list[SessionCard]] = defaultdict(list)
    for card in cards[:MOST]:
        if at := card.starts_at or card.first_offered:
            by_day[local(at, person.timezone).date].append(card)
    today = local(now, person.timezone).date
    cells = [
        MonthDay(day, not first <= day < after, day == today, by_day.get(day, ())) for day in days
    ]
    before = (first - DAY).replace(day=1)
    return Month(
        first=first,
        weeks=[cells[number : number + 7] for number in range(0, count, 7)],
        chosen=_chosen(cells, chosen),
        before=before if before.year >= FIRST_YEAR else None,
        after=after if after.year <= LAST_YEAR else None,
        today=today,
        is_cut=len(cards) > MOST,
    )


def _begins(day: date, person: User) -> datetime:
    """The first instant of a day on that wall, also where the clocks skip midnight."""
    return from_wall(datetime.combine(day, time()), person.timezone)


def _next(first: date) -> date:
    """The first of the following month."""
    return (first + 31 * DAY).replace(day=1)


def _chosen(cells: Sequence[MonthDay], chosen: date | None) -> MonthDay:
    inside = [cell for cell in cells if not cell.is_out]
    wanted = next((cell for cell in cells if cell.date == chosen), None)
    today = next((cell for cell in inside if cell.is_today), None)
    filled = next((cell for cell in inside if cell.cards), None)
    return wanted or today or filled or inside[0]
