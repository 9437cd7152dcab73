"""What has to leave the house, and what has to be done later? Rows with a lease."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import BigId, Model, choice, public_id

IS_WAITING = text("done_at IS NULL")


class Channel(StrEnum):
    EMAIL, PUSH, DIGEST = "email", "push", "digest"


class DeliveryResult(StrEnum):
    SENT = "sent"
    DROPPED = "dropped"  # read meanwhile, switched off, blocked, subscription gone
    FAILED = "failed"  # given up


class Delivery(Model):
    """One attempt to tell somebody by email or push.

    Written in the transaction of what it tells. `key` makes writing it twice harmless. A sweeper
    claims it until `claimed_until`, sends, and marks it done; the row's public id is the mail's
    Message-ID, so that a repeated mail is recognised.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_due", "due_at", sqlite_where=IS_WAITING, postgresql_where=IS_WAITING),
        Index("ix_deliveries_user", "user_id", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    key: Mapped[str] = mapped_column(String(120), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    notification_id: Mapped[int | None] = mapped_column(
        ForeignKey("notifications.id", ondelete="CASCADE"), index=True
    )
    channel: Mapped[Channel] = mapped_column(choice(Channel))
    kind: Mapped[str] = mapped_column(String(40))  # of the event, or of the mail
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    owner: Mapped[str] = mapped_column(String(40), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    result: Mapped[DeliveryResult | None] = mapped_column(choice(DeliveryResult))
    error: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]


class Preference(Model):
    """A switch a person moved away from its default: a group of events, on one channel."""

    __tablename__ = "preferences"
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    topic: Mapped[str] = mapped_column(String(30), primary_key=True)
    channel: Mapped[Channel] = mapped_column(choice(Channel), primary_key=True)
    wanted: Mapped[bool]


class PushSubscription(Model):
    """A browser that takes web push for a person, as long as their sign-in there lives."""

    __tablename__ = "push_subscriptions"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    sign_in_id: Mapped[int] = mapped_column(
        ForeignKey("sign_ins.id", ondelete="CASCADE"), index=True
    )
    endpoint: Mapped[str] = mapped_column(String(1_000), unique=True)
    p256dh: Mapped[str] = mapped_column(String(200))
    auth: Mapped[str] = mapped_column(String(100))
    device: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
