"""How does a swap ring end that none of the three ends: by its deadline, or by what has changed?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, select

from skillswap.db import db
from skillswap.domain import exchanges
from skillswap.domain.rings import rules, telling
from skillswap.domain.rings.reading import rings_with
from skillswap.models import RingState, SwapRing, SwapRingMember, User


def lapse_due(now: datetime, limit: int) -> int:
    """Write the end of rings whose seven days are over, and tell all three. For the sweep."""
    return _end_all(SwapRing.respond_by <= now, RingState.LAPSED, now, limit)


def close_due(now: datetime, limit: int) -> int:
    """Close rings that could not be opened any more: one of the three is on a break, has no
    place left, or no longer teaches that. For the sweep."""
    which = (SwapRing.respond_by > now) & rules.is_broken(now)
    return _end_all(which, RingState.CLOSED, now, limit)


def _end_all(which: ColumnElement[bool], state: RingState, now: datetime, limit: int) -> int:
    proposed = SwapRing.state == RingState.PROPOSED
    query = select(SwapRing.id).where(proposed, which)
    ids = db.session.scalars(query.order_by(SwapRing.respond_by, SwapRing.id).limit(limit)).all()
    if not ids:
        return 0
    member = SwapRingMember.user_id
    exchanges.lock_people(
        *db.session.scalars(select(member).where(SwapRingMember.ring_id.in_(ids)).distinct())
    )
    for ring in rings_with(SwapRing.id.in_(ids), proposed, which):
        ring.move_to(state, now)
        telling.tell_ended(ring, None, now)
    return len(ids)


def close_of(person: User, other: User | None, now: datetime) -> None:
    """Close what is open of this person's, or of these two: they part. The caller holds them."""
    of = [SwapRing.id.in_(_rings_of(one)) for one in (person, other) if one is not None]
    for ring in rings_with(SwapRing.state == RingState.PROPOSED, *of):
        state = RingState.LAPSED if ring.respond_by <= now else RingState.CLOSED
        ring.move_to(state, now)
        telling.tell_ended(ring, person, now)


def _rings_of(person: User) -> Select[int]:
    return select(SwapRingMember.ring_id).where(SwapRingMember.user_id == person.id)
