"""Who was shown to whom, and how often lately? `domain/impressions.py` owns both tables."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import Model, choice


class ShownIn(StrEnum):
    """The list that somebody stood in."""

    BROWSE, HOME, EXPLORE = "browse", "home", "explore"


class Impression(Model):
    """A teacher was shown to somebody on a day (UTC) in one of the lists by fit.

    Once for each list and day, however often it was looked at. `parts` are the values, from 0 to
    1, that the score was made of: from them and what became of it weights can be learned.
    """

    __tablename__ = "impressions"
    __table_args__ = (
        CheckConstraint("viewer_id <> teacher_id", name="not_oneself"),
        CheckConstraint("position >= 1", name="position"),
        Index("ix_impressions_day", "day"),
        Index("ix_impressions_teacher", "teacher_id", "day"),
        {"sqlite_with_rowid": False},
    )
    viewer_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    teacher_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    shown_in: Mapped[ShownIn] = mapped_column(choice(ShownIn), primary_key=True)
    position: Mapped[int]  # from 1, on the page they stood on
    # looked for just then; not indexed, since skills are merged and never deleted
    skill_id: Mapped[int | None] = mapped_column(ForeignKey("skills.id"))
    parts: Mapped[dict[str, Any]] = mapped_column(JSON)
    shown_at: Mapped[datetime]


class Exposure(Model):
    """How often a teacher was shown on a day (UTC): derived of the impressions."""

    __tablename__ = "exposures"
    __table_args__ = (
        CheckConstraint("shown >= 1", name="shown"),
        Index("ix_exposures_day", "day"),
        {"sqlite_with_rowid": False},
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    shown: Mapped[int]
