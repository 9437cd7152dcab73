"""Who hears outside the app that somebody wrote? A push after a minute, a mail after ten.

Once for a thread until it is read; asked again at the moment of sending. What was written stays
here: the message names who wrote, not what.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, exists, func, or_, select, update

from skillswap.db import db, earlier
from skillswap.domain import deliveries, preferences
from skillswap.domain.conversations.reading import Mine, other_id
from skillswap.domain.preferences import Topic
from skillswap.domain.threads import THREAD
from skillswap.domain.visibility import SEEN, visible
from skillswap.models import (
    Channel,
    Conversation,
    ConversationMember,
    Message,
    MessageKind,
    Mute,
    PushSubscription,
    User,
)
from skillswap.models.conversation import FROZEN_FOR

KIND = "chat.message"
READER = bindparam("reader", type_=BigInteger())
PUSH_WAITS, MAIL_WAITS = timedelta(seconds=60), timedelta(minutes=10)


def plan(message: Message, reader_id: int, now: datetime) -> None:
    """Plan to tell the other of a new line, unless an earlier one is told and still unread.

    Part of sending, in its transaction. At most three statements.
    """
    asked = {"reader": reader_id, "sender": message.sender_id, "thread": message.conversation_id}
    row = db.session.execute(_reader(), asked).first()
    if row is None or row.told_seq > row.last_read_seq:
        return
    due = {
        Channel.PUSH: deliveries.after_quiet_hours(now + PUSH_WAITS, row.timezone),
        Channel.EMAIL: now + MAIL_WAITS,
    }
    facts = {"conversation": message.conversation_id, "seq": message.seq}
    rows = [
        deliveries.row_of(
            f"chat:{message.conversation_id}:{message.seq}:{channel}",
            reader_id,
            channel,
            KIND,
            at,
            now,
        )
        | {"payload": facts}
        for channel, at in due.items()
        if getattr(row, channel.value) and deliveries.is_offered(channel)
    ]
    if rows and not deliveries.are_silent():
        deliveries.add_new(rows)
        _note_told(message, reader_id)


@cache
def _reader() -> Select[*tuple[Any, ...]]:
    """The other of the two, if they can be told: what they have read, and by what they hear.

    Put together once, as what follows: that takes longer than running it.
    """
    member = ConversationMember
    return (
        select(
            User.timezone,
            member.told_seq,
            member.last_read_seq,
            (preferences.wants(User.id, Topic.CHAT, Channel.EMAIL) & deliveries.confirmed()).label(
                Channel.EMAIL.value
            ),
            (
                preferences.wants(User.id, Topic.CHAT, Channel.PUSH)
                & exists().where(PushSubscription.user_id == User.id)
            ).label(Channel.PUSH.value),
        )
        .join(member, member.user_id == User.id)
        .where(
            User.id == READER,
            User.state.in_(SEEN),
            member.conversation_id == THREAD,
            ~exists().where(
                Mute.muter_id == READER, Mute.muted_id == bindparam("sender", type_=BigInteger())
            ),
        )
    )


_NOTED = (
    update(ConversationMember)
    .where(ConversationMember.conversation_id == THREAD, ConversationMember.user_id == READER)
    .values(told_seq=bindparam("seq", type_=BigInteger()))
    .execution_options(synchronize_session=False)
)


def _note_told(message: Message, reader_id: int) -> None:
    facts = {"thread": message.conversation_id, "reader": reader_id, "seq": message.seq}
    db.session.execute(_NOTED, facts)


@dataclass(frozen=True, slots=True)
class Unread:
    """What somebody has not read of one conversation, at the moment of sending."""

    other: User
    public_id: str
    count: int
    last_at: datetime


def unread_of(reader_id: int, conversation_id: int, seq: int, now: datetime) -> Unread | None:
    """What is unread there, if that line still is and the two are there for each other."""
    other = User
    count = func.count(Message.seq)
    row = db.session.execute(
        select(other, Conversation.public_id, count, func.max(Message.created_at))
        .join(Conversation, other.id == other_id(reader_id))
        .join(Mine, (Mine.conversation_id == Conversation.id) & (Mine.user_id == reader_id))
        .join(Message, Message.conversation_id == Conversation.id)
        .where(
            Conversation.id == conversation_id,
            or_(
                Conversation.frozen_at.is_(None), Conversation.frozen_at <= earlier(now, FROZEN_FOR)
            ),
            Mine.last_read_seq < seq,
            Message.seq > Mine.last_read_seq,
            Message.sender_id == other.id,
            Message.kind == MessageKind.TEXT,
            Message.deleted_at.is_(None),
            visible(other, to=reader_id),
            ~exists().where(Mute.muter_id == reader_id, Mute.muted_id == other.id),
        )
        .group_by(other.id, Conversation.public_id)
    ).first()
    return Unread(row[0], row[1], row[2], row[3]) if row else None
