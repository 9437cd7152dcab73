"""What does a person want to hear, on which channel? Topics, defaults, and the switches moved.

In the app everything is told; the switches are for what leaves it: push, email, the daily digest.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    delete,
    exists,
    insert,
    literal,
    select,
)
from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.models import Channel, Preference

UserId = int | SQLColumnExpression[int]


class Topic(StrEnum):
    """A group of events with one row of switches. The words are the page's."""

    SECURITY = "security"  # sign-in, strikes, decisions on claims
    PITCHES = "pitches"  # received, answered
    SESSIONS = "sessions"  # proposed, scheduled, moved, cancelled
    REMINDERS = "reminders"  # and missed sessions
    CHAT = "chat"
    AFTERWARDS = "afterwards"  # did it happen, ratings, exchanges that rest or end
    PEOPLE = "people"  # likes, comments, follows
    PROGRESS = "progress"  # badges, streaks, people to meet


# DOMAIN.md §4: what is on until somebody switches it off
DEFAULTS: dict[Topic, frozenset[Channel]] = {
    Topic.SECURITY: frozenset({Channel.PUSH, Channel.EMAIL}),
    Topic.PITCHES: frozenset({Channel.PUSH, Channel.EMAIL}),
    Topic.SESSIONS: frozenset({Channel.PUSH, Channel.EMAIL}),
    Topic.REMINDERS: frozenset({Channel.PUSH, Channel.EMAIL}),
    Topic.CHAT: frozenset({Channel.PUSH, Channel.EMAIL}),
    Topic.AFTERWARDS: frozenset({Channel.PUSH, Channel.DIGEST}),
    Topic.PEOPLE: frozenset({Channel.DIGEST}),
    Topic.PROGRESS: frozenset({Channel.DIGEST}),
}
LOCKED = frozenset({Topic.SECURITY})  # no switch at all

# An event kind belongs to the topic of its noun, unless it is named itself.
TOPIC_OF_NOUN = {
    "pitch": Topic.PITCHES,
    "ring": Topic.PITCHES,  # of three pitches
    "teacher": Topic.PITCHES,  # asked for, and the place may soon be gone
    "wish": Topic.PITCHES,
    "offer": Topic.PITCHES,  # to a wish
    "exchange": Topic.AFTERWARDS,
    "session": Topic.SESSIONS,
    "contest": Topic.REMINDERS,
    "claim": Topic.SECURITY,
    "strike": Topic.SECURITY,
    "report": Topic.SECURITY,
    "chat": Topic.CHAT,
    "rating": Topic.AFTERWARDS,
    "post": Topic.PEOPLE,
    "comment": Topic.PEOPLE,
    "follow": Topic.PEOPLE,
    "badge": Topic.PROGRESS,
    "skill": Topic.PROGRESS,  # that I proposed
    "streak": Topic.PROGRESS,
}
TOPIC_OF_KIND = {
    "pitch.reminded": Topic.REMINDERS,
    "exchange.cancelled": Topic.PITCHES,
    "session.reminded": Topic.REMINDERS,
    "session.no_show": Topic.REMINDERS,
    "session.ended": Topic.AFTERWARDS,
    "session.asked_again": Topic.AFTERWARDS,
    "session.outcome_given": Topic.AFTERWARDS,
    "session.completed": Topic.AFTERWARDS,
    "session.not_held": Topic.AFTERWARDS,
    "session.disputed": Topic.AFTERWARDS,
    "session.forgiven": Topic.REMINDERS,
    "session.unconfirmed": Topic.AFTERWARDS,
    "post.partner_asked": Topic.AFTERWARDS,
    "post.partner_agreed": Topic.AFTERWARDS,
    "post.partner_unnamed": Topic.AFTERWARDS,
}
# channels that a kind never takes, whatever the switches say (DOMAIN.md §3.1)
NEVER_BY: dict[str, frozenset[Channel]] = {
    "session.prepared": frozenset({Channel.PUSH, Channel.EMAIL}),  # it is read with the session
    "pitch.declined": frozenset({Channel.PUSH}),
    "ring.joined": frozenset({Channel.PUSH, Channel.EMAIL}),  # the third yes is news
    "ring.declined": frozenset({Channel.PUSH}),
    "ring.withdrawn": frozenset({Channel.PUSH}),
    "ring.lapsed": frozenset({Channel.PUSH}),
    "pitch.withdrawn": frozenset({Channel.PUSH, Channel.EMAIL}),
    "offer.declined": frozenset({Channel.PUSH}),
    "offer.withdrawn": frozenset({Channel.PUSH, Channel.EMAIL}),
}


def topic_of(kind: str) -> Topic:
    """The topic of an event kind. A noun not named here concerns the account: never missed."""
    noun = kind.partition(".")[0]
    return TOPIC_OF_KIND.get(kind) or TOPIC_OF_NOUN.get(noun, Topic.SECURITY)


def may_go_by(kind: str, channel: Channel) -> bool:
    """Whether events of that kind ever take that channel."""
    return channel not in NEVER_BY.get(kind, ())


def wants(user_id: UserId, topic: Topic, channel: Channel) -> ColumnElement[bool]:
    """Condition: that person hears of the topic on that channel.

    A column must belong to the query that this stands in, not to one further out.
    """
    default = channel in DEFAULTS[topic]
    if topic in LOCKED:
        return literal(default)
    moved = exists(
        select(Preference.user_id).where(
            Preference.user_id == user_id,
            Preference.topic == topic.value,
            Preference.channel == channel,
            Preference.wanted.is_(not default),
        )
    )
    return ~moved if default else moved


def wanted(user_id: int, topic: Topic, channel: Channel) -> bool:
    """Whether that person hears of the topic on that channel."""
    return bool(db.session.scalar(select(wants(user_id, topic, channel))))


def switches(user_id: int) -> dict[tuple[Topic, Channel], bool]:
    """Every switch of a person as it stands, the locked ones too."""
    table = {(topic, channel): channel in DEFAULTS[topic] for topic in Topic for channel in Channel}
    query = select(Preference).where(Preference.user_id == user_id)
    for row in db.session.scalars(query):
        if row.topic in set(Topic) and Topic(row.topic) not in LOCKED:
            table[Topic(row.topic), row.channel] = row.wanted
    return table


def switch(user_id: int, topic: Topic, channel: Channel, *, on: bool) -> bool:
    """Move one switch. Harmless when it stands so already or is locked; returns how it stands."""
    if topic in LOCKED:
        return channel in DEFAULTS[topic]
    key = {"user_id": user_id, "topic": topic.value, "channel": channel}
    db.session.execute(delete(Preference).filter_by(**key))
    if on != (channel in DEFAULTS[topic]):
        with suppress(IntegrityError), db.session.begin_nested():  # the same click in two tabs
            db.session.execute(insert(Preference).values(**key, wanted=on))
    return on


def move(
    user_id: int, on: Collection[tuple[Topic, Channel]], *, among: Collection[tuple[Topic, Channel]]
) -> None:
    """Let those be on and the others of `among` off. Writes only what stands otherwise."""
    table = switches(user_id)
    for topic, channel in among:
        if table[topic, channel] != ((topic, channel) in on):
            switch(user_id, topic, channel, on=(topic, channel) in on)


def is_on(user_id: int, topic: Topic | None, channel: Channel) -> bool:
    """Whether that switch is on; without a topic, whether any of the channel's is."""
    if topic is not None:
        return wanted(user_id, topic, channel)
    table = switches(user_id)
    return any(on for (_topic, by), on in table.items() if by is channel)


def switch_all(user_id: int, topic: Topic | None, channel: Channel, *, on: bool) -> None:
    """Move that switch; without a topic, all of the channel's off, or back to their defaults."""
    for one in [topic] if topic is not None else Topic:
        default = channel in DEFAULTS[one]
        switch(user_id, one, channel, on=on if topic is not None else on and default)
