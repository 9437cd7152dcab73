"""Who hears what of a swap ring? Nobody is named for a no, a silence or a change of mind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skillswap.domain import events
from skillswap.models import Exchange, RingState, SwapRing, User
from skillswap.models.swap_ring import MEMBERS


def tell_started(ring: SwapRing, now: datetime) -> None:
    """The starter asks the two others."""
    starter = ring.members[0].user
    events.record(
        "ring.started", actor=starter, subject=ring, to=_all(ring), now=now, **_facts(ring)
    )


def tell_joined(ring: SwapRing, person: User, now: datetime) -> None:
    """One more has said yes, and one is still to answer."""
    events.record("ring.joined", actor=person, subject=ring, to=_all(ring), now=now, **_facts(ring))


def tell_accepted(ring: SwapRing, last: User, now: datetime) -> None:
    """All three have said yes; `last` was the last of them."""
    events.record("ring.accepted", actor=last, subject=ring, to=_all(ring), now=now, **_facts(ring))


def tell_linked(exchange: Exchange, skill: str, now: datetime) -> None:
    """A line in the thread of two: their ring has opened an exchange."""
    events.record("ring.linked", actor=None, subject=exchange, to=[], now=now, skill=skill)


def tell_ended(ring: SwapRing, but: User | None, now: datetime) -> None:
    """It has come to nothing. `but` ended it, and needs no telling."""
    match ring.state:
        case RingState.DECLINED:
            _tell("ring.declined", ring, but, now)
        case RingState.WITHDRAWN:
            _tell("ring.withdrawn", ring, but, now)
        case RingState.LAPSED:
            _tell("ring.lapsed", ring, but, now)
        case _:
            _tell("ring.closed", ring, but, now)


def _tell(kind: str, ring: SwapRing, but: User | None, now: datetime) -> None:
    to = [person for person in _all(ring) if but is None or person.id != but.id]
    events.record(kind, actor=None, subject=ring, to=to, now=now, **_facts(ring))


def _all(ring: SwapRing) -> list[User]:
    return [member.user for member in ring.members]


def _facts(ring: SwapRing) -> dict[str, Any]:
    """What each teaches and learns, by their ids, for the sentence each of them reads."""
    members = ring.members
    return {
        "members": [one.user_id for one in members],
        "teaches": {str(one.user_id): one.skill.name for one in members},
        "learns": {
            str(one.user_id): members[(one.position - 1) % MEMBERS].skill.name for one in members
        },
        "respond_by": ring.respond_by.isoformat(),
    }
