"""When could the people of the demo meet?"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from skillswap.demo.cast import LEADS, Person
from skillswap.domain.hours import Days, Window, merged, read_spans, read_week
from skillswap.lib.clock import local
from skillswap.models import ExceptionKind

Other = tuple[ExceptionKind, Days, str]
# each lead's week; ben's noons are ada's evenings, root has not said when
WEEKS = {
    "ada": ("Mon-Thu 18-21:30", "Fri 9:15-11:45", "Sat 10-13, 16-19"),
    "ben": ("Mon-Fri 12-15", "Wed 17-18:30", "Sat 9-13"),
    "cy": ("Mon-Fri 7:15-8", "Tue, Thu 18-20", "Sun 14-18"),
    "mo": ("Mon-Thu, Sun 17-20",),
}
FRIDAY_RESTS = frozenset(
    "Africa/Cairo Asia/Amman Asia/Jerusalem Asia/Kabul Asia/Qatar Asia/Tehran".split()
)
SILENT = 0.08  # of them have not said when
AWAY, EXTRA = 0.16, 0.1
EVENINGS = ("17:30-20", "18-20", "18-21", "18:30-21:30", "19-21", "19-22", "20-22")
MORNINGS = ("8-10", "9-12", "9:30-12:30", "10-13")
AFTERNOONS = ("13-16", "14-17", "14:30-17:30", "15-18")
LUNCHES = ("12-13", "12:15-13", "12:30-13:30")
TRIPS = ("Away", "Visiting family", "Exam week", "A course in the hills", "Moving house")
SPARE = ("Free day", "Shop is closed", "Children at their aunt's")


@dataclass(frozen=True, slots=True)
class Free:
    """What one of them has said of their time."""

    week: Sequence[Window] = ()
    other_days: Sequence[Other] = ()


def free_of(person: Person, now: datetime) -> Free:
    """Always the same for the same person and day. Pure."""
    rng = random.Random(f"hours of {person.username}")
    today = local(now, person.timezone).date
    if person.username in LEADS:
        others = _adas(today) if person.username == "ada" else ()
        return Free(read_week(*WEEKS.get(person.username, ())), others)
    if rng.random() < SILENT:
        return Free()
    return Free(_week(person, rng), _other_days(today, rng))


def _adas(today: date) -> list[Other]:
    """A holiday, and a day to make up for it."""
    first = today + timedelta(days=16)
    back = first + timedelta(days=9)
    return [
        (ExceptionKind.BUSY, Days(first, first + timedelta(days=4)), "Painting in Cornwall"),
        (ExceptionKind.EXTRA, Days(back, back, *read_spans("9-17")[0]), "Studio day"),
    ]


def _week(person: Person, rng: random.Random) -> list[Window]:
    """Evenings of some working days and a free morning; more of whoever teaches."""
    working, free = (0, 1, 2, 3, 4), (5, 6)
    if person.timezone in FRIDAY_RESTS:
        working, free = (0, 1, 2, 3, 6), (4, 5)
    kinds = [(working, EVENINGS, rng.randint(2, 4)), (free, MORNINGS, rng.randint(0, 2))]
    if person.teaching:
        kinds += [(free, AFTERNOONS, rng.randint(0, 1)), (working, LUNCHES, rng.choice((0, 0, 3)))]
        kinds += [(working, AFTERNOONS, rng.choice((0, 1, 3)))]
    found = []
    for days, spans, count in kinds:
        ((start, end),) = read_spans(rng.choice(spans))
        found += [Window(day, start, end) for day in rng.sample(days, count)]
    return merged(found)


def _other_days(today: date, rng: random.Random) -> list[Other]:
    found: list[Other] = []
    if rng.random() < AWAY:
        first = today + timedelta(days=rng.randint(1, 45))
        last = first + timedelta(days=rng.randint(1, 9))
        found.append((ExceptionKind.BUSY, Days(first, last), rng.choice(TRIPS)))
    if rng.random() < EXTRA:
        day = today + timedelta(days=rng.randint(3, 30))
        ((start, end),) = read_spans(rng.choice(AFTERNOONS))
        found.append((ExceptionKind.EXTRA, Days(day, day, start, end), rng.choice(SPARE)))
    return found
