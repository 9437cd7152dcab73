"""Which week or month is a board of? Those of UTC, as points are added up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from skillswap.domain.points import bounds, number_of
from skillswap.errors import NotFound
from skillswap.models import PeriodKind

FREEZES_AFTER = timedelta(hours=48)
FIRST_YEAR = 2020
KEYS = {
    PeriodKind.WEEK: re.compile(r"(\d{4})-W(\d{2})", re.ASCII),
    PeriodKind.MONTH: re.compile(r"(\d{4})-(\d{2})", re.ASCII),
}


@dataclass(frozen=True, slots=True)
class Period:
    """A week or a month: its number, and from when until when it runs."""

    kind: PeriodKind
    number: int
    starts_at: datetime
    ends_at: datetime

    @property
    def key(self) -> str:
        """As an address has it: `2026-W46`, `2026-11`."""
        year, part = divmod(self.number, 100)
        return f"{year}-W{part:02}" if self.kind is PeriodKind.WEEK else f"{year}-{part:02}"

    @property
    def last_at(self) -> datetime:
        """An instant of its last day."""
        return self.ends_at - timedelta(days=1)

    @property
    def freezes_at(self) -> datetime:
        """From then on its board is what it was."""
        return self.ends_at + FREEZES_AFTER

    @property
    def before(self) -> Period:
        """The one before."""
        return at(self.kind, self.starts_at - timedelta(days=1))

    @property
    def after(self) -> Period:
        """The one after."""
        return at(self.kind, self.ends_at)

    def is_over(self, now: datetime) -> bool:
        """Whether nothing that happens now counts for it."""
        return self.ends_at <= now


def at(kind: PeriodKind, instant: datetime) -> Period:
    """The period that holds an instant."""
    return numbered(kind, number_of(kind, instant))


def numbered(kind: PeriodKind, number: int) -> Period:
    """The period with that number. ValueError when there is none."""
    return Period(kind, number, *bounds(kind, number))


def keyed(kind: PeriodKind, key: str, now: datetime) -> Period:
    """The period an address names. Raises NotFound for none, and for one that is yet to come."""
    match = KEYS[kind].fullmatch(key)
    if match is None or int(match[1]) < FIRST_YEAR:
        raise NotFound("board")
    try:
        period = numbered(kind, int(match[1]) * 100 + int(match[2]))
    except ValueError:
        raise NotFound("board") from None
    if period.starts_at > now:
        raise NotFound("board")
    return period
