"""Wishes of the town: ada's own with an offer, one she can teach, one she has offered for."""

from __future__ import annotations

from datetime import datetime

from skillswap.models import User
from tests.wishing import make_offer, make_wish


def fill(crowd: dict[str, User], now: datetime) -> list[str]:
    """Make them; returns the addresses that ada can open."""
    people = (crowd[name] for name in ("ada", "ben", "cy", "rui"))
    ada, ben, cy, rui = people
    mine = make_wish(ada, "sourdough", now=now)
    theirs, taken = make_wish(cy, "piano", now=now), make_wish(rui, "watercolour", now=now)
    make_offer(ada, taken, in_return="portuguese", now=now)
    offer = make_offer(ben, mine, in_return="piano", now=now)
    pages = [f"/wishes/{mine.public_id}", f"/wishes/{theirs.public_id}"]
    return ["/wishes", *pages, f"/wishes/offers/{offer.public_id}"]
