"""How did it go, day by day? The numbers of a small chart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain.trends.hours import hour_of
from skillswap.domain.trends.rising import DAY_HOURS, LEAST_PEOPLE
from skillswap.models import SkillDay

CHART_DAYS = 14


@dataclass(frozen=True, slots=True)
class Chart:
    """How many people did something about a skill on each of some days, today the last."""

    people: tuple[int, ...]
    last: date

    @property
    def most(self) -> int:
        """The highest of the numbers."""
        return max(self.people)

    @property
    def days(self) -> list[tuple[date, int]]:
        """Each day with its number."""
        first = self.last - timedelta(days=len(self.people) - 1)
        return [(first + timedelta(days=n), people) for n, people in enumerate(self.people)]


def charts_of(skill_ids: Collection[int], now: datetime) -> dict[int, Chart]:
    """The last two weeks of these skills, in UTC; of those about which a handful of people did
    something, since a smaller number would say who. One statement.
    """
    today = hour_of(now) // DAY_HOURS
    first = today - CHART_DAYS + 1
    rows = db.session.execute(
        select(SkillDay.skill_id, SkillDay.day, SkillDay.people).where(
            SkillDay.skill_id.in_(sorted(skill_ids)),
            SkillDay.day >= first,
            SkillDay.day <= today,
        )
    )
    found: dict[int, list[int]] = {}
    for skill_id, day, people in rows:
        found.setdefault(skill_id, [0] * CHART_DAYS)[day - first] = people
    last = now.astimezone(UTC).date()
    return {
        skill_id: Chart(tuple(people), last)
        for skill_id, people in found.items()
        if sum(people) >= LEAST_PEOPLE
    }
