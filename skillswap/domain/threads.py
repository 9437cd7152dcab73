"""How does a line come into the thread of two people? The one place that appends to it.

Who may write, and what, is decided above (`conversations.py`, `cards.py`).
"""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import BigInteger, ColumnElement, Update, bindparam, case, select, update
from sqlalchemy.exc import IntegrityError

from skillswap.db import UtcDateTime, db
from skillswap.domain import live
from skillswap.models import Conversation, ConversationMember, Message, MessageKind


def between(one_id: int, other_id: int) -> ColumnElement[bool]:
    """Condition: it is the conversation of these two."""
    low, high = sorted((one_id, other_id))
    return (Conversation.low_id == low) & (Conversation.high_id == high)


def open_thread(one_id: int, other_id: int, now: datetime, *, listed: bool) -> Conversation:
    """The conversation of these two, made when there is none yet.

    A new one that is not `listed` stays out of both lists until somebody writes.
    """
    found = db.session.scalar(select(Conversation).where(between(one_id, other_id)))
    if found is not None:
        return found
    low, high = sorted((one_id, other_id))
    made = Conversation(low_id=low, high_id=high, created_at=now)
    try:
        with db.session.begin_nested():
            db.session.add(made)
            db.session.flush()
            db.session.add_all(
                ConversationMember(
                    conversation_id=made.id,
                    user_id=user_id,
                    last_message_at=now,
                    hidden_at=None if listed else now,
                )
                for user_id in (low, high)
            )
    except IntegrityError:  # the other of the two was quicker
        return db.session.scalars(select(Conversation).where(between(one_id, other_id))).one()
    return made


def append(conversation: Conversation, message: Message, *, listed: bool, now: datetime) -> Message:
    """Give the message the next place in its thread and store it; both are told.

    The conversation's row is locked by taking the place, so two never share one. The sender has
    read up to their own line, and a card makes nothing unread for somebody who had read all.
    Raises IntegrityError for a `client_key` this sender has used; the place is free again then.
    """
    with db.session.begin_nested():
        message.conversation_id, message.created_at = conversation.id, now
        message.seq = _next_place(conversation)
        db.session.add(message)
        db.session.flush()
    _note(message, listed, now)
    told = (conversation.low_id, conversation.high_id)
    live.tell(told, "message", conversation=conversation.public_id, seq=message.seq)
    return message


# the statements of a line are put together once: that takes longer than running them
THREAD = bindparam("thread", type_=BigInteger())
_NEXT_PLACE = (
    update(Conversation)
    .where(Conversation.id == THREAD)
    .values(last_seq=Conversation.last_seq + 1)
    .returning(Conversation.last_seq)
    .execution_options(synchronize_session=False)
)


def _next_place(conversation: Conversation) -> int:
    return int(db.session.scalars(_NEXT_PLACE, {"thread": conversation.id}).one())


def _note(message: Message, listed: bool, now: datetime) -> None:
    """The order of both lists, and how far the two have read."""
    facts = {"thread": message.conversation_id, "at": now, "seq": message.seq}
    if message.kind is MessageKind.TEXT:
        facts["sender"] = message.sender_id
    db.session.execute(_noted(message.kind, listed), facts)


@cache
def _noted(kind: MessageKind, listed: bool) -> Update:
    member, seq = ConversationMember, bindparam("seq", type_=BigInteger())
    reads = member.user_id == bindparam("sender", type_=BigInteger())
    if kind is MessageKind.CARD:
        reads = member.last_read_seq == seq - 1
    changes = {
        "last_message_at": bindparam("at", type_=UtcDateTime()),
        "last_read_seq": case((reads, seq), else_=member.last_read_seq),
    }
    return (
        update(member)
        .where(member.conversation_id == THREAD)
        .values(changes | ({"hidden_at": None} if listed else {}))
        .execution_options(synchronize_session=False)
    )
