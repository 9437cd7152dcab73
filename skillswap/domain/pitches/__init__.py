"""What may be done with a pitch, and who sees which?

`sending`, `answers` and `talking` hold the verbs of its two people, `holding` what waits for staff
before it is sent, `clock`, `ending` and `pausing` what happens by itself, `reading` one pitch,
`lists` all of somebody's.
"""

from skillswap.domain.pitches.answers import (
    accept_pitch,
    decline_pitch,
    ignore_pitch,
    undo_decline,
    undo_until,
    withdraw_pitch,
    withdraw_siblings,
)
from skillswap.domain.pitches.clock import expire_due, expire_if_due, remind_due
from skillswap.domain.pitches.coaching import look_over
from skillswap.domain.pitches.ending import close_open, teachers_of
from skillswap.domain.pitches.holding import (
    Alike,
    Sent,
    alike_of,
    close_held,
    held_in,
    held_of,
    held_pitch,
    keep_back,
    release,
    send_or_hold,
    withdraw_held,
)
from skillswap.domain.pitches.lists import (
    Box,
    PitchCard,
    box,
    box_of,
    card_of,
    closed,
    inbox,
    sent,
    waiting_count,
    waiting_for,
)
from skillswap.domain.pitches.pausing import pause, resume, resume_due
from skillswap.domain.pitches.reading import (
    WITH_ALL,
    exchange_of,
    other_of,
    pitch_of,
    received_pitch,
    sent_pitch,
    siblings,
)
from skillswap.domain.pitches.sending import send_pitch
from skillswap.domain.pitches.story import Moment, story_of
from skillswap.domain.pitches.talking import ask, ended_at, has_last_word, last_word, reply

__all__ = [
    "WITH_ALL",
    "Alike",
    "Box",
    "Moment",
    "PitchCard",
    "Sent",
    "accept_pitch",
    "alike_of",
    "ask",
    "box",
    "box_of",
    "card_of",
    "close_held",
    "close_open",
    "closed",
    "decline_pitch",
    "ended_at",
    "exchange_of",
    "expire_due",
    "expire_if_due",
    "has_last_word",
    "held_in",
    "held_of",
    "held_pitch",
    "ignore_pitch",
    "inbox",
    "keep_back",
    "last_word",
    "look_over",
    "other_of",
    "pause",
    "pitch_of",
    "received_pitch",
    "release",
    "remind_due",
    "reply",
    "resume",
    "resume_due",
    "send_or_hold",
    "send_pitch",
    "sent",
    "sent_pitch",
    "siblings",
    "story_of",
    "teachers_of",
    "undo_decline",
    "undo_until",
    "waiting_count",
    "waiting_for",
    "withdraw_held",
    "withdraw_pitch",
    "withdraw_siblings",
]
