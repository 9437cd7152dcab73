"""What does each badge ask for? Pure: the same parts decide, and are shown as the progress.

A badge is earned when all its parts are done. Those of `LOSABLE` look at the last 180 days and
may be lost on a Monday; what the others ask for was done once and for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from skillswap.domain.rating_totals import NOBODY, Total
from skillswap.domain.reliability import Reliability
from skillswap.models import BadgeCode

SESSIONS_LATELY = 10  # with fewer kept in 180 days, 95 % of ten cannot be
LIKES_EACH = 5  # of a tutorial that counts
DAY_MINUTES = 24 * 60
STARS_MILLI = 4_600
STARS_FROM = 5  # raters
WEEK = timedelta(weeks=1)
CLOCK_CHANGE = timedelta(hours=2)  # the same time next week may be that much earlier


@dataclass(frozen=True, slots=True)
class Facts:
    """All that badges know of a person. "Kept" is a session that took place."""

    learned: int = 0  # kept sessions in which they learned
    taught: int = 0
    learners: int = 0  # different people taught
    skills_taught: int = 0
    skills_learned: int = 0
    swaps: int = 0  # exchanges with a kept session each way
    haul: tuple[int, int] = (0, 0)  # of their longest exchange: kept sessions, weeks
    rated: int = 0  # different people, by published ratings
    accepted: int = 0  # pitches they sent
    tutorials: int = 0  # with enough likes
    streak: int = 0  # weeks, the most they ever had
    rings: int = 0
    # of the last 180 days
    answered: int = 0
    unanswered: int = 0
    reply_minutes: int | None = None
    record: Reliability = field(default_factory=Reliability)
    kept_lately: int = 0
    taught_lately: int = 0
    learners_lately: int = 0
    stars: Total = NOBODY  # as a teacher
    upheld: int = 0  # reports about them


class PartKind(StrEnum):
    """What one part of a rule counts."""

    LEARNED, TAUGHT, LEARNERS = "learned", "taught", "learners"
    SKILLS_TAUGHT, SKILLS_LEARNED = "skills_taught", "skills_learned"
    SWAPS, HAUL_SESSIONS, HAUL_WEEKS = "swaps", "haul_sessions", "haul_weeks"
    RATED, ACCEPTED, TUTORIALS = "rated", "accepted", "tutorials"
    STREAK, RINGS = "streak", "rings"
    RECEIVED, ANSWERED, MEDIAN = "received", "answered", "median"
    COUNTED, KEPT = "counted", "kept"
    RATERS, STARS, NO_REPORT = "raters", "stars", "no_report"


ALL_OR_NOTHING = frozenset({PartKind.MEDIAN, PartKind.STARS, PartKind.NO_REPORT})


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a badge asks for, and how far somebody is. `have` is None while nothing can be
    said. Not everything is a count: `is_done` is what decides."""

    kind: PartKind
    have: int | None
    need: int
    is_done: bool

    @property
    def filled(self) -> int:
        """How much of the bar: `need` only when it is done."""
        if self.is_done:
            return self.need
        if self.kind in ALL_OR_NOTHING:
            return 0
        return min(self.have or 0, self.need - 1)


P = PartKind


def count(kind: PartKind, have: int, need: int) -> Part:
    """So many of something."""
    return Part(kind, have, need, have >= need)


def percent(kind: PartKind, part: int, whole: int, need: int) -> Part:
    """So many of a hundred, rounded down so that what is shown is never more than it is."""
    if whole == 0:
        return Part(kind, None, need, is_done=False)
    return Part(kind, 100 * part // whole, need, 100 * part >= need * whole)


def _haul(facts: Facts) -> list[Part]:
    sessions, weeks = facts.haul
    return [count(P.HAUL_SESSIONS, sessions, 8), count(P.HAUL_WEEKS, weeks, 8)]


def _answers(facts: Facts) -> list[Part]:
    asked, minutes = facts.answered + facts.unanswered, facts.reply_minutes
    in_time = minutes is not None and minutes <= DAY_MINUTES
    return [
        count(P.RECEIVED, asked, 10),
        percent(P.ANSWERED, facts.answered, asked, 90),
        Part(P.MEDIAN, None if minutes is None else -(-minutes // 60), 24, in_time),
    ]


def _kept(facts: Facts) -> Part:
    """In halves, as marks are."""
    record = facts.record
    return percent(P.KEPT, 2 * record.kept, 2 * record.kept + record.halves, 95)


def _reliable(facts: Facts) -> list[Part]:
    return [count(P.COUNTED, facts.record.kept + facts.record.marks, SESSIONS_LATELY), _kept(facts)]


def _top_mentor(facts: Facts) -> list[Part]:
    stars, enough = facts.stars, facts.stars.raters >= STARS_FROM
    good = enough and stars.mean_milli >= STARS_MILLI
    return [
        count(P.TAUGHT, facts.taught_lately, SESSIONS_LATELY),
        count(P.LEARNERS, facts.learners_lately, 5),
        _kept(facts),
        count(P.RATERS, stars.raters, STARS_FROM),
        Part(P.STARS, stars.mean_milli if enough else None, STARS_MILLI, good),
        Part(P.NO_REPORT, facts.upheld, 0, facts.upheld == 0),
    ]


RULES: dict[BadgeCode, Callable[[Facts], list[Part]]] = {
    BadgeCode.FIRST_LESSON: lambda facts: [count(P.LEARNED, facts.learned, 1)],
    BadgeCode.FIRST_CLASS: lambda facts: [count(P.TAUGHT, facts.taught, 1)],
    BadgeCode.FAIR_SWAP: lambda facts: [count(P.SWAPS, facts.swaps, 1)],
    BadgeCode.CLEAR_PITCH: lambda facts: [count(P.ACCEPTED, facts.accepted, 3)],
    BadgeCode.GOOD_NEIGHBOUR: lambda facts: [count(P.RATED, facts.rated, 10)],
    BadgeCode.RING_MAKER: lambda facts: [count(P.RINGS, facts.rings, 1)],
    BadgeCode.POLYMATH: lambda facts: [
        count(P.SKILLS_TAUGHT, facts.skills_taught, 3),
        count(P.SKILLS_LEARNED, facts.skills_learned, 3),
    ],
    BadgeCode.LONG_HAUL: _haul,
    BadgeCode.MENTOR_10: lambda facts: [count(P.LEARNERS, facts.learners, 10)],
    BadgeCode.STEADY_12: lambda facts: [count(P.STREAK, facts.streak, 12)],
    BadgeCode.AUTHOR: lambda facts: [count(P.TUTORIALS, facts.tutorials, 5)],
    BadgeCode.FAST_RESPONDER: _answers,
    BadgeCode.RELIABLE: _reliable,
    BadgeCode.TOP_MENTOR: _top_mentor,
}
# what may still be won by mere waiting, since what speaks against it fades: enough is there
ENOUGH: dict[BadgeCode, frozenset[PartKind]] = {
    BadgeCode.FAST_RESPONDER: frozenset({P.RECEIVED}),
    BadgeCode.RELIABLE: frozenset({P.COUNTED}),
    BadgeCode.TOP_MENTOR: frozenset({P.TAUGHT, P.LEARNERS, P.RATERS}),
}


def parts_of(code: BadgeCode, facts: Facts) -> list[Part]:
    """Everything that badge asks for, and how far this person is."""
    return RULES[code](facts)


def is_earned(code: BadgeCode, facts: Facts) -> bool:
    """Whether it is theirs by now."""
    return all(part.is_done for part in parts_of(code, facts))


def may_come_by_itself(code: BadgeCode, facts: Facts) -> bool:
    """Whether it may be theirs one Monday although nothing happens till then."""
    wanted = ENOUGH.get(code, frozenset())
    done = {part.kind for part in parts_of(code, facts) if part.is_done}
    return bool(wanted) and wanted <= done


def weeks_between(first: timedelta) -> int:
    """In which week after the first session, itself in week 1, one lies so much later."""
    return (first + CLOCK_CHANGE) // WEEK + 1
