"""Invented people whose true wishes are known: what matching is measured against.

Knows nothing of the scorer. A chance is made of three: that the teacher accepts, that the two get
as far as meeting, that the learner is glad of it. Its forms are others than the scorer's on
purpose (a log-normal curve of common hours, a bell of levels, logistic acceptance), and taste and
true quality are seen by nobody. What people show of themselves, ratings, answers, is drawn from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import erf, sqrt

import numpy as np

HOURS = 168
ZONES = np.array([0, 1, -6, -3, 8, 5.5, 1, 0])  # hours ahead of UTC
TASTES = 4
EVENINGS = [(day, range(18, 22)) for day in range(5)]
MORNINGS = [(day, range(8, 12)) for day in range(5)]
AFTERNOONS = [(day, range(13, 18)) for day in range(5)]
WEEKENDS = [(day, range(9, 18)) for day in (5, 6)]
HABITS = (EVENINGS, MORNINGS, AFTERNOONS, WEEKENDS)
Array = np.ndarray
normal_cdf = np.vectorize(lambda x: 0.5 * (1 + erf(x / sqrt(2))), otypes=[float])


@dataclass(frozen=True)
class World:
    """What people here care about; each number is a strength, 1 is usual."""

    name: str
    held_out: bool = False  # not looked at while the weights were chosen
    hours: float = 1.0
    language: float = 1.0
    swap: float = 1.0
    quality: float = 1.0
    level: float = 1.0
    reliability: float = 1.0
    presence: float = 1.0
    load: float = 1.0
    taste: float = 1.0


WORLDS = (
    World("balanced"),
    World("schedule", hours=1.6, swap=0.6),
    World("quality", quality=1.8, reliability=1.4, swap=0.7),
    World("swap", swap=1.6, quality=0.7),
    World("noisy taste", taste=2.4),
    World("many languages", language=1.4, level=1.4),
    World("busy teachers", held_out=True, load=2.2, presence=1.6, reliability=1.6),
    World("no returns", held_out=True, swap=0.3, level=1.5, quality=1.3),
    World("easy going", held_out=True, hours=0.6, level=0.4, taste=1.4),
)


@dataclass
class People:
    """A population, a column each."""

    offers: list[dict[int, int]]
    wants: list[dict[int, int]]
    languages: Array  # masks
    free: Array  # people × hours of a UTC week
    quality: Array
    reliability: Array
    taste: Array
    idle: Array  # days
    places: Array
    taken: Array
    waiting: Array
    raters: Array
    rating_sum: Array
    answered: Array
    unanswered: Array
    reply_minutes: Array
    teachers: dict[int, list[int]] = field(default_factory=dict)  # of a skill, with room

    def __len__(self) -> int:
        return len(self.offers)

    def common_hours(self, one: int, others: Array) -> Array:
        """In how many hours of a week both are free."""
        return (self.free[others] & self.free[one]).sum(axis=1)


def people(count: int, seed: int, skills: int = 60) -> People:
    """A population. The same for the same numbers."""
    draw = np.random.default_rng(seed)
    popular = 1 / np.arange(1, skills + 1)
    popular /= popular.sum()
    lists = [draw.choice(skills, size=6, replace=False, p=popular) for _ in range(count)]
    split = draw.integers(1, 4, size=(count, 2))
    levels = draw.integers(1, 4, size=(count, 6))
    offers = [dict(zip(map(int, s[: n[0]]), map(int, v[: n[0]]), strict=True))
              for s, n, v in zip(lists, split, levels, strict=True)]  # fmt: skip
    at = np.minimum(levels, 2)  # who is an expert does not look for a teacher
    wants = [dict(zip(map(int, s[3 : 3 + n[1]]), map(int, v[3 : 3 + n[1]]), strict=True))
             for s, n, v in zip(lists, split, at, strict=True)]  # fmt: skip
    quality, reliability = draw.normal(size=count), draw.beta(4, 2, size=count)
    raters = draw.negative_binomial(1, 0.12, size=count) * (draw.random(count) < 0.75)
    votes = [np.clip(np.round(4.1 + 0.45 * q + draw.normal(0, 0.7, n)), 1, 5).sum()
             for q, n in zip(quality, raters, strict=True)]  # fmt: skip
    asked = draw.poisson(1 + raters * 0.8)
    answered = draw.binomial(asked, reliability)
    home = draw.integers(0, len(ZONES), size=count)
    made = People(
        offers, wants, _languages(home, draw), _free(home, draw), quality, reliability,
        draw.normal(size=(count, TASTES)), draw.exponential(14, count).astype(int),
        (places := draw.integers(1, 6, size=count)), draw.binomial(places, 0.35),
        draw.poisson(1.0 + 0.1 * raters), raters, np.array(votes, dtype=int), answered,
        asked - answered, np.exp(draw.normal(7.4 - 1.2 * reliability, 0.8)).astype(int),
    )  # fmt: skip
    for person in np.flatnonzero(made.taken < made.places):
        for skill in made.offers[person]:
            made.teachers.setdefault(skill, []).append(int(person))
    return made


def _languages(home: Array, draw: np.random.Generator) -> Array:
    """A language of the place, English for most, another for some."""
    masks = 1 << (1 + home % 6)
    masks |= (draw.random(len(home)) < 0.6).astype(int)
    extra = 1 << draw.integers(0, 8, size=len(home))
    return masks | np.where(draw.random(len(home)) < 0.2, extra, 0)


def _free(home: Array, draw: np.random.Generator) -> Array:
    free = np.zeros((len(home), HOURS), dtype=bool)
    for person, zone in enumerate(home):
        for habit in draw.choice(len(HABITS), size=draw.integers(1, 3), replace=False):
            for day, hours in HABITS[habit]:
                if draw.random() < 0.6:
                    for hour in hours:
                        free[person, int(day * 24 + hour - ZONES[zone]) % HOURS] = True
    return free


def chances(world: World, who: People, learner: int, skill: int, others: Array) -> Array:
    """For each of the others, the true chance that a pitch for the skill ends well."""
    return (
        _accepts(world, who, learner, skill, others)
        * _meets(world, who, learner, others)
        * _is_glad(world, who, learner, skill, others)
    )


def _accepts(world: World, who: People, learner: int, skill: int, others: Array) -> Array:
    mutual = np.array([bool(who.wants[o].keys() & who.offers[learner].keys()) for o in others])
    drive = (
        -0.9
        + world.swap * 1.5 * mutual
        + world.reliability * 3.0 * (who.reliability[others] - 0.67)
        - world.load * 0.35 * np.sqrt(who.waiting[others])
        - world.load * 0.5 * (who.taken[others] / who.places[others])
    )
    there = np.exp(-world.presence * (who.idle[others] / 30) ** 1.5)
    return there / (1 + np.exp(-drive))


def _meets(world: World, who: People, learner: int, others: Array) -> Array:
    """No words, or no hours: almost never."""
    hours = who.common_hours(learner, others)
    curve = normal_cdf((np.log(np.maximum(hours, 0.05)) - np.log(2.5)) / 0.8)
    finds_time = (0.06 + 0.94 * curve) ** world.hours
    speaks = np.where(who.languages[others] & who.languages[learner], 1.0, 0.10**world.language)
    return finds_time * speaks


def _is_glad(world: World, who: People, learner: int, skill: int, others: Array) -> Array:
    gap = np.array([who.offers[o][skill] for o in others]) - who.wants[learner][skill]
    bell = np.exp(-((gap - 0.7) ** 2) / 2.4)
    liking = who.taste[others] @ who.taste[learner] / sqrt(TASTES)
    drive = (
        0.1
        + world.quality * 0.9 * who.quality[others]
        + world.level * 2.2 * (bell - 0.6)
        + world.taste * 0.5 * liking
    )
    return 1 / (1 + np.exp(-drive))
