"""How well does a teacher fit a learner? Nine parts, each a value from 0 to 1 times its weight.

The weights add up to 100. Nothing else is looked at: not age, looks, points or followers.
`bench/matching.py` says what becomes of the order when a number here is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

DAY = timedelta(days=1)


class PartKind(StrEnum):
    """What is looked at, in the order in which it is told."""

    SKILL, TIME, SWAP, LANGUAGE = "skill", "time", "swap", "language"
    RATING, ANSWERS, ACTIVE, ROOM, FAIR = "rating", "answers", "active", "room", "fair"


WEIGHTS: dict[PartKind, int] = {
    PartKind.SKILL: 14,
    PartKind.TIME: 18,
    PartKind.SWAP: 10,
    PartKind.LANGUAGE: 18,
    PartKind.RATING: 13,
    PartKind.ANSWERS: 9,
    PartKind.ACTIVE: 7,
    PartKind.ROOM: 3,
    PartKind.FAIR: 8,
}
# taught up to, less where the learner is; from the learner's level on everything fits
LEVEL_FIT = {-2: 0.1, -1: 0.4}
LEVEL_UNSAID = 0.8  # looked for, but on no list: nobody knows the learner's level
HALF_TIME = 75  # minutes in 14 days that are worth half of what any number is worth
TIME_UNSAID, LANGUAGE_UNSAID = 0.35, 0.5
SWAP_BELOW = 0.6  # they are further than the learner teaches
RATING_FROM, RATING_TO = 3_000, 5_000  # thousandths of the shrunken mean
ANSWERS_PRIOR, ANSWERS_WEIGHT = 3.3, 5.0  # as if 3.3 of 5 pitches had been answered before
SPEED_SHARE, SPEED_HALF = 0.2, 3 * 24 * 60  # minutes
SPEED_UNSAID = 0.5
GONE_AFTER = 40  # days without a sign: nothing is left of the part
WAITING_SHARE = 0.5  # what a full box of pitches takes of the room
NEW_UNDER = 3  # raters
NEW_SHARE, CHANCE_SHARE = 0.2, 0.2  # of the lift; chance is another every day
SHOWN_HALF = 6  # times shown in 7 days that halve the lift
OFTEN = 20


class Line(NamedTuple):
    """A skill of a person's list."""

    name: str
    level: int  # taught up to, or where they are


@dataclass(frozen=True, slots=True)
class Learner:
    """Who looks for a teacher, as far as it matters. Skills by their ids."""

    user_id: int
    wants: Mapping[int, int] = field(default_factory=dict)  # to the level they are at
    offers: Mapping[int, int] = field(default_factory=dict)  # to the level they teach up to
    language_mask: int = 0
    hours_known: bool = False
    looking_for: int | None = None  # a skill they asked for just now, on their list or not


@dataclass(frozen=True, slots=True)
class Candidate:
    """A teacher, as far as it matters."""

    user_id: int
    first_name: str = ""
    offers: Mapping[int, Line] = field(default_factory=dict)
    wants: Mapping[int, Line] = field(default_factory=dict)
    language_mask: int = 0
    hours_known: bool = False
    common_minutes: int | None = None  # in the next 14 days; None: one of the two has said nothing
    rating_rank: int = 4_100  # thousandths of the shrunken mean
    rating_milli: int = 0  # thousandths of the plain one
    rating_count: int = 0
    answered: int = 0
    unanswered: int = 0
    reply_minutes: int | None = None
    last_seen_at: datetime | None = None
    places: int = 3
    taken: int = 0
    pitch_cap: int = 10
    waiting: int = 0  # open pitches
    shown: int = 0  # times in lists like this in the last 7 days


@dataclass(frozen=True, slots=True)
class Part:
    """One of the nine, and what there is to say about it."""

    kind: PartKind
    value: float  # from 0 to 1
    says: str  # which sentence of `words` it is
    skill: Line | None = None
    count: int = 0
    of: int = 0

    @property
    def weight(self) -> int:
        """What it counts at most."""
        return WEIGHTS[self.kind]

    @property
    def contribution(self) -> float:
        """What it counts."""
        return self.value * self.weight

    @property
    def points(self) -> int:
        """What it counts, as a page prints it."""
        return round(self.contribution)


@dataclass(frozen=True, slots=True)
class Score:
    """How well the two fit. `total` is the order of lists."""

    learner: Learner
    teacher: Candidate
    parts: tuple[Part, ...]

    @property
    def total(self) -> float:
        """Of 100: the sum of the parts."""
        return sum(part.contribution for part in self.parts)

    @property
    def points(self) -> int:
        """Of 100, as a page prints it: what its parts add up to there."""
        return sum(part.points for part in self.parts)

    def part(self, kind: PartKind) -> Part:
        """The part of that kind."""
        return next(part for part in self.parts if part.kind is kind)


def score(learner: Learner, teacher: Candidate, now: datetime) -> Score:
    """How well this teacher fits this learner. The same question has the same answer all day."""
    skill = _skill(learner, teacher)
    parts = (
        skill,
        time_part(learner, teacher),
        _swap(learner, teacher, mutual=skill.says in MEETS),
        _language(learner, teacher),
        _rating(teacher),
        _answers(teacher),
        _active(teacher, now),
        _room(teacher),
        _fair(learner, teacher, now),
    )
    return Score(learner, teacher, parts)


MEETS = ("beyond", "level", "below", "asked")  # what `_skill` says where they teach what is wanted


def _skill(learner: Learner, teacher: Candidate) -> Part:
    """What they teach of what is wanted: the line that fits best, or the one asked for."""
    asked = learner.looking_for
    if asked is not None and asked in teacher.offers:
        return _skill_part(learner, asked, teacher.offers[asked])
    found = [
        _skill_part(learner, skill_id, teacher.offers[skill_id])
        for skill_id in learner.wants
        if skill_id in teacher.offers
    ]
    if not found:
        return Part(PartKind.SKILL, 0.0, "none")
    return min(found, key=lambda part: (-part.value, part.skill))


def _skill_part(learner: Learner, skill_id: int, line: Line) -> Part:
    mine = learner.wants.get(skill_id)
    if mine is None:
        return Part(PartKind.SKILL, LEVEL_UNSAID, "asked", line)
    gap = line.level - mine
    says = "beyond" if gap > 0 else "below" if gap else "level"
    return Part(PartKind.SKILL, LEVEL_FIT.get(gap, 1.0), says, line)


def time_part(learner: Learner, teacher: Candidate) -> Part:
    """Each further hour is worth less than the one before."""
    minutes = teacher.common_minutes
    if minutes is not None:
        value = minutes / (minutes + HALF_TIME)
        return Part(PartKind.TIME, value, "some" if minutes else "none", count=minutes)
    says = "theirs" if learner.hours_known else "mine" if teacher.hours_known else "both"
    return Part(PartKind.TIME, TIME_UNSAID, says)


def _swap(learner: Learner, teacher: Candidate, *, mutual: bool) -> Part:
    """What they want of what the learner teaches."""
    found = [
        (1.0 if level >= teacher.wants[skill_id].level else SWAP_BELOW, teacher.wants[skill_id])
        for skill_id, level in learner.offers.items()
        if skill_id in teacher.wants
    ]
    if not found:
        return Part(PartKind.SWAP, 0.0, "none")
    value, line = min(found, key=lambda one: (-one[0], one[1]))
    return Part(PartKind.SWAP, value, "mutual" if mutual else "theirs", line)


def _language(learner: Learner, teacher: Candidate) -> Part:
    if not (learner.language_mask and teacher.language_mask):
        return Part(
            PartKind.LANGUAGE, LANGUAGE_UNSAID, "theirs" if learner.language_mask else "mine"
        )
    shared = learner.language_mask & teacher.language_mask
    return Part(
        PartKind.LANGUAGE, float(bool(shared)), "shared" if shared else "none", count=shared
    )


def _rating(teacher: Candidate) -> Part:
    """The shrunken mean, so that one glad friend does not stand above thirty glad strangers."""
    value = (teacher.rating_rank - RATING_FROM) / (RATING_TO - RATING_FROM)
    says = "rated" if teacher.rating_count >= NEW_UNDER else "few"
    value = min(1.0, max(0.0, value))
    return Part(PartKind.RATING, value, says, count=teacher.rating_milli, of=teacher.rating_count)


def _answers(teacher: Candidate) -> Part:
    asked = teacher.answered + teacher.unanswered
    rate = (teacher.answered + ANSWERS_PRIOR) / (asked + ANSWERS_WEIGHT)
    speed = SPEED_UNSAID
    if teacher.reply_minutes is not None:
        speed = SPEED_HALF / (SPEED_HALF + teacher.reply_minutes)
    value = (1 - SPEED_SHARE) * rate + SPEED_SHARE * speed
    return Part(PartKind.ANSWERS, value, "answers", count=teacher.answered, of=asked)


def _active(teacher: Candidate, now: datetime) -> Part:
    idle = max(0, (now - teacher.last_seen_at) // DAY) if teacher.last_seen_at else GONE_AFTER
    return Part(PartKind.ACTIVE, max(0.0, 1 - idle / GONE_AFTER), "seen", count=idle)


def _room(teacher: Candidate) -> Part:
    free = max(0, teacher.places - teacher.taken)
    share = free / teacher.places if teacher.places else 0.0
    crowd = min(1.0, teacher.waiting / teacher.pitch_cap) if teacher.pitch_cap else 1.0
    value = share * (1 - WAITING_SHARE * crowd)
    return Part(PartKind.ROOM, value, "free", count=free, of=teacher.places)


def _fair(learner: Learner, teacher: Candidate, now: datetime) -> Part:
    """A small lift, so that everybody is seen: more for newcomers, less for the often shown."""
    is_new = teacher.rating_count < NEW_UNDER
    chance = jitter(learner.user_id, teacher.user_id, now)
    lift = 1 - NEW_SHARE * (not is_new) - CHANCE_SHARE * (1 - chance)
    value = lift * SHOWN_HALF / (SHOWN_HALF + teacher.shown)
    says = "often" if teacher.shown >= OFTEN else "new" if is_new else "turn"
    return Part(PartKind.FAIR, value, says, count=teacher.shown)


def jitter(learner_id: int, teacher_id: int, now: datetime) -> float:
    """From 0 to 1: chance, but the same for these two all day, whichever process is asked."""
    of = f"{learner_id}:{teacher_id}:{now.date().toordinal()}".encode()
    return int.from_bytes(blake2b(of, digest_size=4).digest(), "big") / 2**32
