"""Which teachers does somebody keep for later?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import Model

IS_WATCHED = text("watched_since IS NOT NULL")


class SavedTeacher(Model):
    """A teacher on somebody's own list; nobody else knows.

    `watched_since`: they want to be told once when that teacher takes pitches again.
    """

    __tablename__ = "saved_teachers"
    __table_args__ = (
        CheckConstraint("user_id <> teacher_id", name="not_oneself"),
        Index("ix_saved_teachers_list", "user_id", "created_at", "teacher_id"),
        Index(
            "ix_saved_teachers_watched",
            "teacher_id",
            "user_id",
            sqlite_where=IS_WATCHED,
            postgresql_where=IS_WATCHED,
        ),
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    teacher_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime]
    watched_since: Mapped[datetime | None]
