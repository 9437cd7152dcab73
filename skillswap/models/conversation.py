"""What have two people written to each other?"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice, public_id
from skillswap.models.user import User

MESSAGE_MOST = 5_000
EDIT_WITHIN = timedelta(minutes=15)
FROZEN_FOR = timedelta(days=7)  # unless staff decide before: nobody waits for them for ever


class MessageKind(StrEnum):
    TEXT = "text"
    CARD = "card"  # something happened between the two: it stands in the thread with its buttons


class Conversation(Model):
    """The one thread of two people; `low_id` is the smaller of their ids.

    Locked for update it hands out the next `seq`, so that no two messages share one.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        CheckConstraint("low_id < high_id", name="two_people_in_order"),
        UniqueConstraint("low_id", "high_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    low_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    high_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    # a stranger's one message, since when; it waits until the other lets them in
    request_from_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    requested_at: Mapped[datetime | None]
    let_in_at: Mapped[datetime | None]
    frozen_at: Mapped[datetime | None]  # by a report about safety, or by staff
    created_at: Mapped[datetime]

    def is_frozen_at(self, now: datetime) -> bool:
        """Whether nobody may write just now."""
        return self.frozen_at is not None and self.frozen_at + FROZEN_FOR > now

    low: Mapped[User] = relationship(foreign_keys=low_id, lazy="raise_on_sql")
    high: Mapped[User] = relationship(foreign_keys=high_id, lazy="raise_on_sql")


class ConversationMember(Model):
    """One side of a conversation: how far they have read, and whether it is listed.

    Unread is `last_seq - last_read_seq` of rows that are listed: never a counter of its own.
    """

    __tablename__ = "conversation_members"
    __table_args__ = (
        Index("ix_conversation_members_list", "user_id", "last_message_at", "conversation_id"),
    )
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    last_read_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    last_message_at: Mapped[datetime]  # of the conversation: the order of the list
    told_seq: Mapped[int] = mapped_column(BigInteger, default=0)  # what push and mail were about
    hidden_at: Mapped[datetime | None]  # not listed: nobody has spoken yet, or it was put aside


class Message(Model):
    """One line of a conversation, or a card in it, keyed by its place (conversation, seq).

    A deleted one leaves its row, without its body. `client_key` makes sending it twice harmless.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "sender_id", "client_key"),
        Index("ix_messages_created", "created_at", "kind", "sender_id"),
        {"sqlite_with_rowid": False},
    )
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    public_id: Mapped[str] = public_id()
    kind: Mapped[MessageKind] = mapped_column(choice(MessageKind), default=MessageKind.TEXT)
    sender_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id")
    )  # of a card by the clock: none
    body: Mapped[str] = mapped_column(String(MESSAGE_MOST), default="")
    client_key: Mapped[str | None] = mapped_column(String(40))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"), index=True)  # of a card
    media_id: Mapped[int | None] = mapped_column(ForeignKey("media.id"), index=True)
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class LivePerson(Model):
    """Who had a socket open when last looked at: written for all of a process together, so that
    every process knows whom a push message would reach twice."""

    __tablename__ = "live_people"
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    seen_at: Mapped[datetime]
