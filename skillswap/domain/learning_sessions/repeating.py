"""When is "the same time next week", and which of those weeks lie near enough?

Pure. The wall clock of the teacher's zone decides: a session at 18:00 stays at 18:00 there when
the clocks change, and only the learner's may shift.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from skillswap.domain.limits import HORIZON
from skillswap.lib.clock import from_wall, zone
from skillswap.models.learning_session import WEEKS_MOST


def weekly(start: datetime, weeks: int, zone_name: str) -> list[datetime]:
    """The same wall time of that zone in each of so many weeks after a start.

    Where the clocks jump over it, the first real minute; where it comes twice, the first.
    """
    wall = start.astimezone(zone(zone_name)).replace(tzinfo=None)
    return [from_wall(wall + timedelta(weeks=week), zone_name) for week in range(1, weeks + 1)]


def weeks_that_fit(starts: Sequence[datetime], zone_name: str, now: datetime) -> int:
    """For how many weeks the latest of the starts can be repeated within the horizon."""
    repeats = weekly(max(starts), WEEKS_MOST, zone_name)
    return sum(start <= now + HORIZON for start in repeats)
