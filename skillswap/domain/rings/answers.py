"""What may its three people say to a swap ring?"""

from __future__ import annotations

from datetime import datetime

from skillswap.db import db
from skillswap.domain import exchanges, reliability
from skillswap.domain.limits import check_free
from skillswap.domain.pitches.ending import close_open
from skillswap.domain.rings import rules, telling
from skillswap.domain.rings.reading import ring_with
from skillswap.errors import NotFound, WrongState
from skillswap.models import (
    Pitch,
    PitchState,
    RingAnswer,
    RingState,
    SwapRing,
    SwapRingMember,
    User,
)
from skillswap.models.swap_ring import MEMBERS


def accept_ring(person: User, public_id: str, *, body: str, now: datetime) -> SwapRing:
    """Say yes, with words for the two others. The third yes opens three exchanges at once.

    A ring that cannot be opened any more is closed instead, with no blame: look at its state.
    Raises Refused for what is typed, WrongState when it is over or answered already.
    """
    ring, mine = _held(person, public_id, now)
    if mine.answer is not RingAnswer.WAITING:
        raise WrongState("ring", "joined")
    check_free(person, now, "body")
    if barred := reliability.barred(person, now, "body"):
        raise barred
    mine.body = rules.checked_words(body)
    mine.answer, mine.answered_at = RingAnswer.YES, now
    last = all(one.answer is RingAnswer.YES for one in ring.members)
    if not rules.can_open(ring, now) or (last and _somebody_is_barred(ring, now)):
        _end(ring, RingState.CLOSED, None, now)
    elif last:
        _open(ring, person, now)
    else:
        telling.tell_joined(ring, person, now)
    return ring


def decline_ring(person: User, public_id: str, *, now: datetime) -> SwapRing:
    """Say no: it comes to nothing, and the others are not told by whom.

    Raises WrongState when it is over, or this person has said yes.
    """
    ring, mine = _held(person, public_id, now)
    if mine.answer is not RingAnswer.WAITING:
        raise WrongState("ring", "joined")
    mine.answer, mine.answered_at = RingAnswer.NO, now
    return _end(ring, RingState.DECLINED, person, now)


def withdraw_ring(person: User, public_id: str, *, now: datetime) -> SwapRing:
    """Take one's yes back while somebody has not answered: it comes to nothing.

    Raises WrongState when it is over, or this person has not said yes.
    """
    ring, mine = _held(person, public_id, now)
    if mine.answer is not RingAnswer.YES:
        raise WrongState("ring", "waiting")
    return _end(ring, RingState.WITHDRAWN, person, now)


def _held(person: User, public_id: str, now: datetime) -> tuple[SwapRing, SwapRingMember]:
    """An open ring as it stands once nobody else may move it, and this person's place in it.

    Raises NotFound for who is none of the three, WrongState when it is over.
    """
    ids = [one.user_id for one in ring_with(public_id).members]
    if person.id not in ids:
        raise NotFound("ring")
    exchanges.lock_people(*ids)
    ring = ring_with(public_id)
    if (state := ring.state_at(now)) is not RingState.PROPOSED:
        raise WrongState("ring", state)
    return ring, next(one for one in ring.members if one.user_id == person.id)


def _end(ring: SwapRing, state: RingState, by: User | None, now: datetime) -> SwapRing:
    ring.move_to(state, now)
    telling.tell_ended(ring, by, now)
    return ring


def _somebody_is_barred(ring: SwapRing, now: datetime) -> bool:
    """Whether one of the three has missed so many sessions that they begin nothing new."""
    return any(reliability.barred_until(one.user_id, now) for one in ring.members)


def _open(ring: SwapRing, last: User, now: datetime) -> None:
    """All have said yes: three accepted pitches and their exchanges, or nothing of it."""
    ring.move_to(RingState.ACCEPTED, now)
    for place, teaches in enumerate(ring.members):
        _open_one(ring, teaches, ring.members[(place + 1) % MEMBERS], now)
    telling.tell_accepted(ring, last, now)


def _open_one(
    ring: SwapRing, teaches: SwapRingMember, learns: SwapRingMember, now: datetime
) -> None:
    """One of the three exchanges. Its pitch was answered by the ring: it is no answer to a pitch
    that somebody received, so it counts in nobody's answer rate."""
    same = (
        Pitch.learner_id == learns.user_id,
        Pitch.teacher_id == teaches.user_id,
        Pitch.skill_id == teaches.skill_id,
    )
    close_open(*same, reason="ring", by=None, now=now)
    pitch = Pitch(
        learner=learns.user,
        teacher=teaches.user,
        skill=teaches.skill,
        offered_skill=None,
        body=learns.body,
        answer_body=teaches.body,
        state=PitchState.ACCEPTED,
        sent_at=ring.started_at,
        respond_by=ring.respond_by,
        answered_at=now,
    )
    db.session.add(pitch)
    db.session.flush()
    exchange = exchanges.open_exchange(pitch, now)
    teaches.exchange_id = exchange.id
    telling.tell_linked(exchange, teaches.skill.name, now)
