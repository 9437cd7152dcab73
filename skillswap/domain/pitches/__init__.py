"""What may be done with a pitch, and who sees which?

`sending`, `answers` and `talking` hold the verbs of its two people, `clock`, `ending` and `pausing`
what happens by itself, `reading` one pitch, `lists` all of somebody's.
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
    "Box",
    "Moment",
    "PitchCard",
    "accept_pitch",
    "ask",
    "box",
    "box_of",
    "card_of",
    "close_open",
    "closed",
    "decline_pitch",
    "ended_at",
    "exchange_of",
    "expire_due",
    "expire_if_due",
    "has_last_word",
    "ignore_pitch",
    "inbox",
    "last_word",
    "look_over",
    "other_of",
    "pause",
    "pitch_of",
    "received_pitch",
    "remind_due",
    "reply",
    "resume",
    "resume_due",
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
    "withdraw_pitch",
    "withdraw_siblings",
]
