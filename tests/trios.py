"""Three people who could be a swap ring, and a ring of theirs."""

from __future__ import annotations

from datetime import datetime

from skillswap.db import transaction
from skillswap.domain import rings
from skillswap.lib.clock import utcnow
from skillswap.models import SwapRing, User
from tests import people

WORDS = "I would love to learn this slowly, an hour a week."
SKILLS = ["watercolour", "spanish", "portuguese"]


def trio() -> tuple[User, User, User]:
    """Ada teaches ben watercolour, ben teaches cleo Spanish, cleo teaches ada Portuguese."""
    ada = people.make_person("ada", offers=("Watercolour",), wants=("Portuguese",))
    ben = people.make_person("ben", offers=("Spanish",), wants=("Watercolour",))
    cleo = people.make_person("cleo", offers=("Portuguese",), wants=("Spanish",))
    for person in (ada, ben, cleo):
        people.make_hours(person, "every day 9-21")
    return ada, ben, cleo


def make_ring(
    ada: User, ben: User, cleo: User, *, now: datetime | None = None, body: str = WORDS
) -> SwapRing:
    """A ring that ada has begun."""
    with transaction():
        others = [ben.username, cleo.username]
        return rings.start_ring(ada, others, SKILLS, body=body, now=now or utcnow())
