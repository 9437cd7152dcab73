"""When could two people of the demo meet, with nobody in two places at once?"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

from skillswap.demo.cast import Person
from skillswap.lib.clock import QUARTER_SECONDS, quarters, zone

MOST_A_DAY = 3  # what a person takes unless they say otherwise
HALF_HOUR = timedelta(minutes=30)
FIRST_HOUR, LAST_HOUR = 7.5, 21.5  # nobody begins earlier or ends later on their own clock
EVENING = 17.0
BEST_OF = 5
SATURDAY = 5


def next_quarter(at: datetime) -> datetime:
    """The first quarter hour at or after an instant."""
    return (at + timedelta(seconds=-at.timestamp() % QUARTER_SECONDS)).replace(microsecond=0)


def awake(person: Person, at: datetime, rng: random.Random) -> bool:
    """Whether somebody is likely to sit at a screen then; some sleep badly."""
    hour = at.astimezone(zone(person.timezone)).hour
    return 7 <= hour <= 22 or rng.random() < 0.05


class Diary:
    """All meetings of the plan; whatever was offered to somebody is kept free as well."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.held: dict[str, set[int]] = defaultdict(set)
        self.days: Counter[tuple[str, date]] = Counter()

    def book(self, one: Person, other: Person, start: datetime, minutes: int) -> None:
        """Note a meeting."""
        self.hold(one, other, start, minutes)
        for person in (one, other):
            self.days[person.username, self._day(person, start)] += 1

    def hold(self, one: Person, other: Person, start: datetime, minutes: int) -> None:
        """Note a start that was offered: nothing else is planned for it."""
        for person in (one, other):
            self.held[person.username] |= set(quarters(start, start + timedelta(minutes=minutes)))

    def is_free(self, one: Person, other: Person, start: datetime, minutes: int) -> bool:
        """Whether both have these minutes, a quarter hour around them, and room on that day."""
        around = timedelta(seconds=QUARTER_SECONDS)
        span = set(quarters(start - around, start + timedelta(minutes=minutes) + around))
        return all(
            not span & self.held[person.username]
            and self.days[person.username, self._day(person, start)] < MOST_A_DAY
            for person in (one, other)
        )

    def find(
        self, one: Person, other: Person, earliest: datetime, latest: datetime, minutes: int
    ) -> datetime | None:
        """A free start in that span which suits both their days; None when there is none."""
        free = []
        start = next_quarter(earliest)
        start += timedelta(seconds=-start.timestamp() % HALF_HOUR.total_seconds())
        while start <= latest:
            comfort = min(self._comfort(person, start, minutes) for person in (one, other))
            if comfort > 0 and self.is_free(one, other, start, minutes):
                free.append((comfort + self.rng.random() / 2, start))
            start += HALF_HOUR
        best = sorted(free, reverse=True)[:BEST_OF]
        return self.rng.choice(best)[1] if best else None

    def _comfort(self, person: Person, start: datetime, minutes: int) -> float:
        """Evenings and weekends before office hours, and never at night."""
        wall = start.astimezone(zone(person.timezone))
        hour = wall.hour + wall.minute / 60
        if hour < FIRST_HOUR or hour + minutes / 60 > LAST_HOUR:
            return 0
        weekend = wall.weekday() >= SATURDAY
        return 1.0 if weekend or hour >= EVENING else 0.5

    def _day(self, person: Person, start: datetime) -> date:
        return start.astimezone(zone(person.timezone)).date()
