"""Ada's swap rings: one to answer, one she began, one that lapsed, one she could begin."""

from __future__ import annotations

from datetime import datetime, timedelta

from skillswap.db import transaction
from skillswap.domain import rings
from skillswap.models import User
from skillswap.models.swap_ring import ANSWER_WITHIN
from tests import people
from tests.trios import WORDS

DAY = timedelta(days=1)
SKILLS = ["watercolour", "spanish", "portuguese"]


def fill(crowd: dict[str, User], now: datetime) -> list[str]:
    """The pages of hers, and of the one she could begin."""
    ada = crowd["ada"]
    for number in range(3):
        crowd[f"lou{number}"] = people.make_person(
            f"lou{number}", offers=("Spanish",), wants=("Watercolour",)
        )
        crowd[f"max{number}"] = people.make_person(
            f"max{number}", offers=("Portuguese",), wants=("Spanish",)
        )
    for name in ("lou2", "max2"):
        people.make_hours(crowd[name], "every day 0-24")
    long_ago = now - 50 * DAY
    lapsed = _begin(ada, ["lou0", "max0"], SKILLS, long_ago)
    with transaction():
        rings.lapse_due(long_ago + ANSWER_WITHIN, 100)
    begun = _begin(ada, ["lou1", "max1"], SKILLS, now - DAY)
    asked = _begin(crowd["lou0"], ["max0", "ada"], [*SKILLS[1:], SKILLS[0]], now - DAY)
    could_be = "second=lou2&third=max2&teach=watercolour"
    return [
        "/explore/rings",
        *(f"/explore/rings/{key}" for key in (lapsed, begun, asked)),
        f"/explore/rings/start?{could_be}&second_teaches=spanish&third_teaches=portuguese",
    ]


def _begin(starter: User, others: list[str], skills: list[str], now: datetime) -> str:
    with transaction():
        ring = rings.start_ring(starter, others, skills, body=WORDS, now=now)
    return ring.public_id
