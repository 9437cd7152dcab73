"""What is a person told in the app?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model
from skillswap.models.event import Event

IS_UNREAD = text("read_at IS NULL")


class Notification(Model):
    """One event told to one person. Worded when read (`domain/notifications.py`)."""

    __tablename__ = "notifications"
    __table_args__ = (
        Index("uq_notifications_event", "user_id", "event_id", unique=True),
        Index("ix_notifications_user", "user_id", "id"),
        Index(
            "ix_notifications_unread",
            "user_id",
            "subject_type",
            "subject_id",
            sqlite_where=IS_UNREAD,
            postgresql_where=IS_UNREAD,
        ),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    # the other one it is about: who did it, or who else the thing is between. While they are not
    # there for the reader, nor is this
    person_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    subject_type: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]  # told from then on; a decline waits for its ten-minute undo
    read_at: Mapped[datetime | None]
    event: Mapped[Event] = relationship(lazy="raise_on_sql")
