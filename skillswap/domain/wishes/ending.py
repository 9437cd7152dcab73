"""How does an offer end that neither of its two ends: by its deadline, or by the place itself?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from skillswap.db import db
from skillswap.domain import events
from skillswap.domain.wishes.reading import OFFER_WITH_ALL
from skillswap.models import OfferState, User, WishOffer


def lapse(offer: WishOffer, now: datetime) -> None:
    """Write the end of an offer whose time is over, and tell both. The caller holds the
    learner's row."""
    offer.state, offer.answered_at = OfferState.LAPSED, None
    _tell("offer.lapsed", offer, [offer.learner, offer.teacher], now)


def close_offers(
    *which: ColumnElement[bool],
    by: User | None,
    now: datetime,
    gone: bool = False,
) -> list[WishOffer]:
    """Close the offers that wait and for which that holds; counts against nobody. `by` is not
    told.

    What was due by then has lapsed instead. With `gone` their pages are no more for those who
    are told: the two were parted. The caller holds the learners' rows. Returns all of them.
    """
    found = waiting_offers(*which)
    for offer in found:
        if offer.state_at(now) is OfferState.LAPSED:
            lapse(offer, now)
            continue
        offer.move_to(OfferState.CLOSED, now)
        to = [one for one in (offer.learner, offer.teacher) if by is None or one.id != by.id]
        _tell("offer.closed", offer, to, now, gone=gone)
    return found


def waiting_offers(*which: ColumnElement[bool], limit: int | None = None) -> list[WishOffer]:
    """Those that wait by their state, whatever the clock says, as they stand now."""
    return list(
        db.session.scalars(
            select(WishOffer)
            .where(WishOffer.state == OfferState.PENDING, *which)
            .options(*OFFER_WITH_ALL)
            .order_by(WishOffer.id)
            .limit(limit)
            .with_for_update(of=WishOffer)
            .execution_options(populate_existing=True)
        )
    )


def learners_of(*which: ColumnElement[bool]) -> list[int]:
    """To whose wishes the waiting offers are for which that holds: they are held first."""
    query = select(WishOffer.learner_id).where(WishOffer.state == OfferState.PENDING, *which)
    return list(db.session.scalars(query.distinct()))


def _tell(
    kind: str, offer: WishOffer, to: Iterable[User], now: datetime, *, gone: bool = False
) -> None:
    facts: dict[str, Any] = {"skill": offer.wish.skill.name} | ({"gone": True} if gone else {})
    events.record(kind, actor=None, subject=offer, to=list(to), now=now, **facts)
