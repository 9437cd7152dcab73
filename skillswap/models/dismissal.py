"""Whom does somebody not want to be shown for a while?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import Model


class Dismissal(Model):
    """Not for me: until then that person is not recommended. They never learn of it."""

    __tablename__ = "dismissals"
    __table_args__ = (
        CheckConstraint("user_id <> dismissed_id", name="not_oneself"),
        Index("ix_dismissals_until", "until"),
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    dismissed_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime]
    until: Mapped[datetime]
