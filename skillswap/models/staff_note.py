"""What do staff want to remember of somebody?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import BigId, Model

NOTE_MOST = 2_000


class StaffNote(Model):
    """A line about a person that only staff read. It is neither changed nor taken back."""

    __tablename__ = "staff_notes"
    __table_args__ = (
        Index("ix_staff_notes_person", "person_id", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    body: Mapped[str] = mapped_column(String(NOTE_MOST))
    created_at: Mapped[datetime]
