"""How does a teacher answer a wish, and what may its two people decide about the offer?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain import events, exchanges, pitches
from skillswap.domain.pitch_rules import checked_words
from skillswap.domain.wishes import rules
from skillswap.domain.wishes.clock import lapse_offer_if_due
from skillswap.domain.wishes.ending import close_offers, waiting_offers
from skillswap.domain.wishes.reading import made_offer, one_offer, received_offer, wish_of
from skillswap.errors import Refused, WrongState
from skillswap.models import (
    Exchange,
    OfferState,
    Pitch,
    PitchState,
    User,
    Wish,
    WishOffer,
    WishState,
)
from skillswap.models.wish import ANSWER_WITHIN


def offer_to_teach(
    teacher: User, public_id: str, *, body: str, in_return: str = "", now: datetime
) -> WishOffer:
    """Offer to teach what somebody wishes for, and tell them. `in_return` is a slug of theirs.

    Raises Refused with the first rule that says no, TooMany when a quota is used up, WrongState
    when the wish is open no more.
    """
    wish = _held_wish(teacher, public_id, now)
    if (state := wish.state_at(now)) is not WishState.OPEN:
        raise WrongState("wish", state)
    free = teacher.places - exchanges.places_taken(teacher, now)
    for refusal in rules.against_offering(teacher, wish, free, now):
        raise refusal
    returned = rules.chosen_return(wish, in_return)
    body = rules.checked_offer(teacher, wish, body, now)
    for earlier in waiting_offers(WishOffer.wish_id == wish.id, WishOffer.teacher_id == teacher.id):
        lapse_offer_if_due(earlier, now)
    db.session.flush()
    for refusal in rules.over_quota(teacher, wish, now):
        raise refusal
    offer = WishOffer(
        wish=wish,
        learner=wish.learner,
        teacher=teacher,
        return_skill=returned,
        body=body,
        made_at=now,
        respond_by=min(now + ANSWER_WITHIN, wish.ends_at),
    )
    _add(offer)
    until = offer.respond_by.isoformat()
    in_words = returned.name if returned else ""
    _tell("offer.made", teacher, offer, wish.learner, now, in_return=in_words, respond_by=until)
    return offer


def _held_wish(teacher: User, public_id: str, now: datetime) -> Wish:
    """The wish as it stands once nobody else may move it or offer for this teacher."""
    wish = wish_of(teacher, public_id, now)
    exchanges.lock_people(wish.learner_id, teacher.id)
    return wish_of(teacher, public_id, now)


def _add(offer: WishOffer) -> None:
    """The unique index decides, not a look before it. Raises Refused when one is open."""
    name = offer.learner.first_name
    try:
        with db.session.begin_nested():
            db.session.add(offer)
    except IntegrityError:
        raise Refused("offer", "offer_open", learner=name) from None


def accept_offer(learner: User, public_id: str, *, body: str = "", now: datetime) -> Exchange:
    """Say yes: the wish is met, and an exchange is open as after a pitch that was accepted.

    Raises Refused when a teaching side has no free place, WrongState when somebody was quicker.
    """
    offer = _alone_with(received_offer(learner, public_id))
    _check_waits(offer, now)
    words = checked_words(body)
    rules.check_acceptance(offer, now)
    # one that waits between the two says the same: it is answered by this
    asked = (Pitch.learner_id == learner.id) & (Pitch.teacher_id == offer.teacher_id)
    about = asked & (Pitch.skill_id == offer.wish.skill_id)
    pitches.close_open(about, reason="wish", by=learner, now=now)
    pitch = _as_pitch(offer, now)
    exchange = exchanges.open_exchange(pitch, now)
    offer.pitch, offer.state, offer.answered_at = pitch, OfferState.ACCEPTED, now
    offer.answer_body = words
    offer.wish.move_to(WishState.MET, now)
    db.session.flush()
    close_offers(WishOffer.wish_id == offer.wish_id, by=learner, now=now)
    skill, opened = offer.wish.skill.name, exchange.public_id
    events.record("wish.met", actor=learner, subject=offer.wish, to=[], now=now, skill=skill)
    _tell("offer.accepted", learner, offer, offer.teacher, now, exchange=opened)
    return exchange


def _as_pitch(offer: WishOffer, now: datetime) -> Pitch:
    """What the two would have said in the usual order: the learner asked, the teacher accepted.

    The wish is what was asked, on its day. `first_answered_at` stays empty: nobody asked this
    teacher anything, so it counts neither for nor against how they answer.
    """
    wish = offer.wish
    pitch = Pitch(
        learner=offer.learner,
        teacher=offer.teacher,
        skill=wish.skill,
        offered_skill=offer.return_skill,
        body=wish.body,
        state=PitchState.ACCEPTED,
        sent_at=wish.made_at,
        respond_by=offer.respond_by,
        answered_at=now,
        answer_body=offer.body,
    )
    db.session.add(pitch)
    db.session.flush()
    return pitch


def decline_offer(learner: User, public_id: str, *, body: str = "", now: datetime) -> WishOffer:
    """Say no, with words if one likes; the wish stays open, and this teacher offers no more for
    it. Raises WrongState when somebody was quicker.
    """
    offer = _alone_with(received_offer(learner, public_id))
    offer.move_to(OfferState.DECLINED, now)
    offer.answer_body = checked_words(body)
    _tell("offer.declined", learner, offer, offer.teacher, now)
    return offer


def withdraw_offer(teacher: User, public_id: str, *, now: datetime) -> WishOffer:
    """Take it back. Raises WrongState when it was answered meanwhile."""
    offer = _alone_with(made_offer(teacher, public_id))
    offer.move_to(OfferState.WITHDRAWN, now)
    _tell("offer.withdrawn", teacher, offer, offer.learner, now)
    return offer


def _alone_with(offer: WishOffer) -> WishOffer:
    """As it stands once nobody else may move it. People are held before rows, everywhere."""
    exchanges.lock_people(offer.teacher_id, offer.learner_id)
    return one_offer(WishOffer.id == offer.id)


def _check_waits(offer: WishOffer, now: datetime) -> None:
    if (state := offer.state_at(now)) is not OfferState.PENDING:
        raise WrongState("offer", state)


def _tell(kind: str, actor: User, offer: WishOffer, to: User, now: datetime, **facts: Any) -> None:
    facts["skill"] = offer.wish.skill.name
    events.record(kind, actor=actor, subject=offer, to=[to], now=now, **facts)
