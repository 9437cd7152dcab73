"""What happened? Facts, in the past tense, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import BigId, Model


class Event(Model):
    """One fact: who did what to which row, and whom it concerns.

    `facts` holds what a sentence about it needs (names of skills, instants as ISO, the public id
    of the subject's page), so that wording it later reads no other row.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_subject", "subject_type", "subject_id", "id"),
        Index("ix_events_actor", "actor_id", "id"),
        Index("ix_events_happened", "happened_at", "actor_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    subject_type: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    audience: Mapped[list[int]] = mapped_column(JSON, default=list)  # user ids to be told
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    happened_at: Mapped[datetime]

    due_at = None  # told then, if later: set while it is recorded, never stored
