"""What does the clock do to wishes and offers? Also for the sweep, in batches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import events, exchanges
from skillswap.domain.wishes.ending import lapse, waiting_offers
from skillswap.domain.wishes.reading import WISH_WITH_ALL
from skillswap.models import OfferState, Wish, WishOffer, WishState


def lapse_wish_if_due(wish: Wish, now: datetime) -> bool:
    """Write the end of a wish whose time is over, and tell whoever made it. True if it was so.

    Its offers never wait longer than it, so none is left. The caller holds the learner's row.
    """
    if wish.state is not WishState.OPEN or wish.state_at(now) is not WishState.LAPSED:
        return False
    wish.move_to(WishState.LAPSED, now)
    db.session.flush()
    events.record(
        "wish.lapsed",
        actor=None,
        subject=wish,
        to=[wish.learner],
        now=now,
        skill=wish.skill.name,
    )
    return True


def lapse_offer_if_due(offer: WishOffer, now: datetime) -> bool:
    """The same for an offer; both are told."""
    if offer.state is not OfferState.PENDING or offer.state_at(now) is not OfferState.LAPSED:
        return False
    lapse(offer, now)
    return True


def lapse_offers_due(now: datetime, limit: int) -> int:
    """End the offers that nobody answered in time, up to `limit`; returns how many it took up."""
    due = select(WishOffer.id, WishOffer.learner_id).where(
        WishOffer.state == OfferState.PENDING, WishOffer.respond_by <= now
    )
    rows = db.session.execute(due.order_by(WishOffer.respond_by, WishOffer.id).limit(limit)).all()
    if not rows:
        return 0
    exchanges.lock_people(*{row.learner_id for row in rows})
    for offer in waiting_offers(WishOffer.id.in_([row.id for row in rows])):
        lapse_offer_if_due(offer, now)
    return len(rows)


def lapse_wishes_due(now: datetime, limit: int) -> int:
    """End the wishes whose 60 days are over, up to `limit`; returns how many it took up."""
    due = select(Wish.id, Wish.learner_id).where(Wish.state == WishState.OPEN, Wish.ends_at <= now)
    rows = db.session.execute(due.order_by(Wish.ends_at, Wish.id).limit(limit)).all()
    if not rows:
        return 0
    exchanges.lock_people(*{row.learner_id for row in rows})
    wishes = db.session.scalars(
        select(Wish)
        .where(Wish.id.in_([row.id for row in rows]))
        .options(*WISH_WITH_ALL)
        .order_by(Wish.id)
        .execution_options(populate_existing=True)
    ).all()
    for wish in wishes:
        lapse_wish_if_due(wish, now)
    return len(rows)
