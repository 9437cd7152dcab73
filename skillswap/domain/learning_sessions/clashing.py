"""What is in the way of a start: an hour that one of the two has given away, or a full day?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from skillswap.db import db
from skillswap.domain import slots
from skillswap.lib.clock import local
from skillswap.models import LearningSession, SessionState, User

NOT_HELD = (SessionState.PROPOSED, SessionState.CANCELLED)  # what takes nobody's day
LONGEST_DAY = timedelta(hours=26)  # where the clocks go back, and some room


@dataclass(frozen=True, slots=True)
class Clash:
    """Whose calendar is in the way: with another session then, or with as many that day as they
    want."""

    person: User
    day_is_full: bool


def clashes(
    people: Sequence[User], starts: Sequence[datetime], minutes: int, but: int | None = None
) -> dict[datetime, Clash]:
    """The first thing in the way of each of those starts that cannot be. Two statements.

    The session with the id `but`, which is to be moved, is in nobody's way.
    """
    if not starts:
        return {}
    held = slots.held([person.id for person in people], starts, minutes, but)
    full = full_days(people, starts, but)
    found: dict[datetime, Clash] = {}
    for start in starts:
        for person in people:
            if (person.id, start) in held:
                found.setdefault(start, Clash(person, day_is_full=False))
        if start in full:
            found.setdefault(start, Clash(full[start], day_is_full=True))
    return found


def full_days(
    people: Sequence[User], starts: Sequence[datetime], but: int | None = None
) -> dict[datetime, User]:
    """Who has as many sessions as they want on their own calendar day, for each such start."""
    ids = [person.id for person in people]
    query = select(
        LearningSession.starts_at, LearningSession.teacher_id, LearningSession.learner_id
    ).where(
        or_(LearningSession.teacher_id.in_(ids), LearningSession.learner_id.in_(ids)),
        LearningSession.state.not_in(NOT_HELD),
        LearningSession.starts_at > min(starts) - LONGEST_DAY,
        LearningSession.starts_at < max(starts) + LONGEST_DAY,
    )
    if but is not None:
        query = query.where(LearningSession.id != but)
    zones = {person.id: person.timezone for person in people}
    taken: Counter[tuple[int, date]] = Counter()
    row: Any
    for row in db.session.execute(query):
        starts_at, *both = row
        taken.update((one, local(starts_at, zones[one]).date) for one in both if one in zones)
    return {
        start: person
        for start in starts
        for person in reversed(people)
        if taken[person.id, local(start, person.timezone).date] >= person.daily_sessions
    }
