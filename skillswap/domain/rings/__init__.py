"""Which swap rings could there be, who is in which, and what may they say to it?

`finding` looks for rings of three, `starting` and `answers` hold the verbs, `ending` what happens
by itself, `rules` what must hold, `reading` what pages print, `telling` who hears of it.
"""

from skillswap.domain.rings.answers import accept_ring, decline_ring, withdraw_ring
from skillswap.domain.rings.ending import close_due, close_of, lapse_due
from skillswap.domain.rings.finding import Place, Possible, possible_rings
from skillswap.domain.rings.reading import (
    Member,
    RingFace,
    RingView,
    earlier_rings,
    open_rings,
    ring_of,
    waiting_count,
)
from skillswap.domain.rings.rules import Round
from skillswap.domain.rings.starting import look_at, round_of, start_ring

__all__ = [
    "Member",
    "Place",
    "Possible",
    "RingFace",
    "RingView",
    "Round",
    "accept_ring",
    "close_due",
    "close_of",
    "decline_ring",
    "earlier_rings",
    "lapse_due",
    "look_at",
    "open_rings",
    "possible_rings",
    "ring_of",
    "round_of",
    "start_ring",
    "waiting_count",
    "withdraw_ring",
]
