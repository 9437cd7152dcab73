"""Wishes and offers of the people of the tests. Each function commits."""

from __future__ import annotations

from datetime import datetime

from skillswap.db import transaction
from skillswap.domain import wishes
from skillswap.lib.clock import utcnow
from skillswap.models import Exchange, User, Wish, WishOffer

BODY = "My mother paints the river, and I would love to sit beside her."
OFFER = "I could start with you on Saturdays, with two brushes and a cup."


def make_wish(
    learner: User,
    skill: str = "watercolour",
    *,
    level: int = 1,
    body: str = BODY,
    now: datetime | None = None,
) -> Wish:
    """An open wish."""
    with transaction():
        return wishes.make_wish(learner, skill=skill, level=level, body=body, now=now or utcnow())


def make_offer(
    teacher: User, wish: Wish, *, in_return: str = "", now: datetime | None = None
) -> WishOffer:
    """An offer that waits."""
    with transaction():
        return wishes.offer_to_teach(
            teacher, wish.public_id, body=OFFER, in_return=in_return, now=now or utcnow()
        )


def accept(learner: User, offer: WishOffer, *, now: datetime | None = None) -> Exchange:
    """The exchange that a yes opens."""
    with transaction():
        return wishes.accept_offer(learner, offer.public_id, now=now or utcnow())
