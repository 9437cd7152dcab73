"""Who lives in the demo, and who of them could teach whom?"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from skillswap.lib.clock import zone

TABLE = Path(__file__).resolve().parent.parent / "data" / "demo_people.json"
# the five one signs in as; nothing happens to them but what `leads.py` says
LEADS = ("ada", "ben", "cy", "mo", "root")
DAYS_AGO = {"ada": 410, "ben": 300, "cy": 130, "mo": 700, "root": 760}
# whom these five have met, so who has been here for long
SETTLED = frozenset(
    """
    camila-rojas freya-halvorsen gustavo-pimentel hannah-whitcombe hye-jin-oh ines-duarte
    malik-robinson marcus-feldmann mateus-albuquerque mei-ling-tsai naomi-sinclair nour-khalil
    oliver-nyberg patricia-nunes phoebe-langdon tala
    """.split()
)
NEWCOMERS = 14
HOURS_APART = 8  # further apart, two people hardly share a waking hour


@dataclass(frozen=True, slots=True)
class Line:
    """A skill somebody offers or wants."""

    skill: str  # its slug
    level: str
    note: str


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One line of data/demo_people.json, with the day they joined."""

    username: str
    first_name: str
    last_name: str
    timezone: str
    birth_year: int
    headline: str
    bio: str
    education: Sequence[str]
    languages: Sequence[str]
    learning: bool
    teaching: bool
    offered: Mapping[str, Line]  # by slug
    wanted: Mapping[str, Line]
    joined_at: datetime

    @property
    def teaches(self) -> Mapping[str, Line]:
        """What they offer, if they teach at all."""
        return self.offered if self.teaching else {}


@dataclass(frozen=True, slots=True)
class Pair:
    """Somebody who wants a skill, and somebody who offers it."""

    learner: Person
    teacher: Person
    skill: str
    returns: Sequence[str]  # what the teacher wants and the learner offers


@lru_cache(maxsize=1)
def _rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return rows


def usernames() -> list[str]:
    """Everybody's username, in the order of the file."""
    return [row["username"] for row in _rows()]


def cast(now: datetime, rng: random.Random) -> dict[str, Person]:
    """The people by username, who joined at all times between yesterday and two years ago."""
    known = SETTLED | set(LEADS)
    newcomers = set(rng.sample([name for name in usernames() if name not in known], NEWCOMERS))
    people = {}
    for row in _rows():
        username = row["username"]
        days = rng.uniform(3.2, 25) ** 2 + 5
        if username in newcomers:
            days = rng.uniform(0.2, 6)
        elif username in known:
            days = DAYS_AGO.get(username, 180 + days)
        joined = now - timedelta(days=days)
        people[username] = Person(
            **{name: row[name] for name in PLAIN},
            offered={line["skill"]: Line(**line) for line in row["offered"]},
            wanted={line["skill"]: Line(**line) for line in row["wanted"]},
            joined_at=joined.replace(microsecond=0),
        )
    return people


PLAIN = (
    "username",
    "first_name",
    "last_name",
    "timezone",
    "birth_year",
    "headline",
    "bio",
    "education",
    "languages",
    "learning",
    "teaching",
)


def returns_of(learner: Person, teacher: Person) -> list[str]:
    """What this learner could teach that teacher for what that teacher wants, too."""
    return [slug for slug in teacher.wanted if slug in learner.teaches and teacher.learning]


def pairs(people: Mapping[str, Person], at: datetime) -> list[Pair]:
    """Everybody's wants with everybody who teaches them, where the two could meet and talk."""
    others = [person for person in people.values() if person.username not in LEADS]
    found = []
    for learner in (person for person in others if person.learning):
        for teacher in others:
            skills = [slug for slug in learner.wanted if slug in teacher.teaches]
            if not skills or learner is teacher or not _could_meet(learner, teacher, at):
                continue
            returns = returns_of(learner, teacher)
            found += [
                Pair(learner, teacher, slug, [back for back in returns if back != slug])
                for slug in skills
            ]
    return found


def _could_meet(one: Person, other: Person, at: datetime) -> bool:
    common = set(one.languages) & set(other.languages)
    return bool(common) and hours_apart(one, other, at) <= HOURS_APART


def hours_apart(one: Person, other: Person, at: datetime) -> float:
    """By how much their clocks differ, the short way round."""
    here, there = (at.astimezone(zone(person.timezone)).utcoffset() for person in (one, other))
    hours = abs(((here or timedelta()) - (there or timedelta())).total_seconds()) / 3600
    return min(hours, 24 - hours)
