"""Who sees which wish, and which offer?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import joinedload

from skillswap.db import db
from skillswap.domain.visibility import visible
from skillswap.domain.wishes.rules import is_wished
from skillswap.errors import NotFound
from skillswap.models import Exchange, User, Wish, WishOffer

WISH_WITH_ALL = (joinedload(Wish.learner), joinedload(Wish.skill))
OFFER_WITH_ALL = (
    joinedload(WishOffer.wish).joinedload(Wish.skill),
    joinedload(WishOffer.learner),
    joinedload(WishOffer.teacher),
    joinedload(WishOffer.return_skill),
)


def wish_of(reader: User, public_id: str, now: datetime) -> Wish:
    """The wish as everybody may read it while it is open; later for whoever made it, and for
    those who offered. Raises NotFound for others.
    """
    offered = exists().where(WishOffer.wish_id == Wish.id, WishOffer.teacher_id == reader.id)
    wish = one_wish(
        Wish.public_id == public_id,
        Wish.learner.has(visible(to=reader.id)),
        or_(Wish.learner_id == reader.id, is_wished(now), offered),
    )
    if wish is None:
        raise NotFound("wish")
    return wish


def my_wish(learner: User, public_id: str) -> Wish:
    """The wish for whoever made it. Raises NotFound for anybody else."""
    wish = one_wish(Wish.public_id == public_id, Wish.learner_id == learner.id)
    if wish is None:
        raise NotFound("wish")
    return wish


def one_wish(*which: ColumnElement[bool]) -> Wish | None:
    """The wish for which that holds, read anew."""
    return db.session.scalar(
        select(Wish).where(*which).options(*WISH_WITH_ALL).execution_options(populate_existing=True)
    )


def offer_of(person: User, public_id: str) -> WishOffer:
    """The offer for either of its two. Raises NotFound for anybody else."""
    mine = or_(WishOffer.teacher_id == person.id, WishOffer.learner_id == person.id)
    return one_offer(WishOffer.public_id == public_id, mine)


def received_offer(learner: User, public_id: str) -> WishOffer:
    """The offer for whoever made the wish. Raises NotFound for anybody else."""
    return one_offer(WishOffer.public_id == public_id, WishOffer.learner_id == learner.id)


def made_offer(teacher: User, public_id: str) -> WishOffer:
    """The offer for whoever made it. Raises NotFound for anybody else."""
    return one_offer(WishOffer.public_id == public_id, WishOffer.teacher_id == teacher.id)


def one_offer(*which: ColumnElement[bool]) -> WishOffer:
    """The offer for which that holds, read anew. Raises NotFound.

    What is between two people goes when one of them does: blocked, suspended, deleted.
    """
    offer = db.session.scalar(
        select(WishOffer)
        .where(
            *which,
            WishOffer.learner.has(visible(to=WishOffer.teacher_id)),
            WishOffer.teacher.has(visible(to=WishOffer.learner_id)),
        )
        .options(*OFFER_WITH_ALL)
        .execution_options(populate_existing=True)
    )
    if offer is None:
        raise NotFound("offer")
    return offer


def exchange_of(offer: WishOffer) -> str | None:
    """The public id of the exchange that an offer opened, if it did."""
    if offer.pitch_id is None:
        return None
    return db.session.scalar(select(Exchange.public_id).where(Exchange.pitch_id == offer.pitch_id))
