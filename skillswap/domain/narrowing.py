"""Which of the listed teachers do the filters leave? Conditions on rows of `teacher_listings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntFlag, StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ScalarSelect,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)

from skillswap.domain.answering import PACES, Pace
from skillswap.domain.hour_masks import mask_of
from skillswap.domain.hours import DAY, HOUR, Window
from skillswap.domain.teachers import VIEWER, Mine
from skillswap.lib.languages import by_code
from skillswap.models import HourMask, Level, SwapEdge, User, UserSkill, UserSkillKind


class When(StrEnum):
    """When somebody is free: in an hour of mine, or in a part of the day on my clock."""

    MINE, MORNINGS, AFTERNOONS, EVENINGS, WEEKENDS = (
        "mine",
        "mornings",
        "afternoons",
        "evenings",
        "weekends",
    )


PARTS = {
    When.MORNINGS: (range(7), 6 * HOUR, 12 * HOUR),
    When.AFTERNOONS: (range(7), 12 * HOUR, 18 * HOUR),
    When.EVENINGS: (range(7), 18 * HOUR, DAY),
    When.WEEKENDS: (range(5, 7), 0, DAY),
}
RATINGS = (3_000, 4_000, 4_500)  # thousandths: what a mean may be asked to reach
MINUTES: Mapping[Pace, int] = {pace: minutes for minutes, pace in PACES}
HOURS = ("hours_0", "hours_1", "hours_2")


class Facet(IntFlag):
    """What can be chosen, one bit each."""

    LEVEL, LANGUAGE, WHEN, RATING, ANSWERS, SWAP, VERIFIED = (1 << bit for bit in range(7))


@dataclass(frozen=True, slots=True)
class Choices:
    """The filters that are on."""

    level: Level | None = None
    language: str = ""  # a code of data/languages.csv
    when: tuple[When, ...] = ()  # one of them; with MINE also an hour of mine
    rating: int = 0  # thousandths, at least
    answers: Pace | None = None  # within
    swap: bool = False  # wants something that the reader teaches
    verified: bool = False

    @property
    def facets(self) -> Facet:
        """Which of them are on."""
        values = (
            self.level,
            self.language,
            self.when,
            self.rating,
            self.answers,
            self.swap,
            self.verified,
        )
        return Facet(sum(facet for facet, value in zip(Facet, values, strict=True) if value))

    @property
    def mask(self) -> int:
        """The bit of the language asked for; 0 for any."""
        return by_code()[self.language].mask if self.language else 0


def conditions(row: Any, chosen: Choices) -> list[ColumnElement[bool]]:
    """What must hold of a row of `teacher_listings` (or a cut of it). Run with `values`."""
    found: list[ColumnElement[bool]] = []
    if chosen.level:
        found.append(row.level >= int(chosen.level))
    if chosen.language:
        found.append(row.language_mask.bitwise_and(chosen.mask) != 0)
    parts = [one for one in chosen.when if one is not When.MINE]
    if parts:
        found.append(or_(*(free(row, one) for one in parts)))
    if When.MINE in chosen.when:
        found.append(free(row, When.MINE))
    if chosen.rating:
        found.append(row.rating_milli >= chosen.rating)
    if chosen.answers:
        found.append(row.reply_minutes <= MINUTES[chosen.answers])
    if chosen.swap:
        found.append(swaps(row))
    if chosen.verified:
        found.append(row.is_verified.is_(True))
    return found


def free(row: Any, when: When) -> ColumnElement[bool]:
    """Condition: has a whole hour in that part of the week."""
    asked: list[Any] = (
        [my_hours(name) for name in HOURS]
        if when is When.MINE
        else [bindparam(f"{when.value}_{name}", type_=BigInteger()) for name in HOURS]
    )
    hours = (getattr(row, name) for name in HOURS)
    return or_(*(one.bitwise_and(part) != 0 for one, part in zip(hours, asked, strict=True)))


def my_hours(name: str) -> Any:
    """The reader's hours of a third of the week; none where they have not said."""
    column = getattr(HourMask, name)
    mine: ScalarSelect[int] = (
        select(column).where(HourMask.user_id == VIEWER).correlate(None).scalar_subquery()
    )
    return func.coalesce(mine, 0)


def swaps(row: Any) -> ColumnElement[bool]:
    """Condition: learns, and wants something that the reader teaches."""
    taught = select(Mine.skill_id).where(Mine.user_id == VIEWER, Mine.kind == UserSkillKind.OFFERED)
    wants = exists().where(
        UserSkill.user_id == row.user_id,
        UserSkill.kind == UserSkillKind.WANTED,
        UserSkill.skill_id.in_(taught.correlate(None)),
    )
    return and_(wants, exists().where(SwapEdge.user_id == row.user_id))


def values(viewer: User | None, now: datetime) -> dict[str, int]:
    """What these conditions are run with, beside the reader."""
    if viewer is None:
        return {}
    return _masks(viewer.timezone, now.date())


@lru_cache(maxsize=256)
def _masks(timezone: str, day: date) -> dict[str, int]:
    at = datetime.fromisoformat(f"{day}T12:00+00:00")
    found: dict[str, int] = {}
    for when, (days, start, end) in PARTS.items():
        mask = mask_of([Window(one, start, end) for one in days], timezone, at)
        found |= {f"{when.value}_{name}": bits for name, bits in zip(HOURS, mask, strict=True)}
    return found
