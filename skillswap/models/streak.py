"""In which weeks has somebody kept at it?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import Model, choice


class MarkKind(StrEnum):
    SESSION, RATING, TUTORIAL = "session", "rating", "tutorial"
    PITCHES = "pitches"  # every one that was due is answered
    PAUSE = "pause"  # the week is not asked of them


class StreakMark(Model):
    """Something that counts for one week of one person, once.

    The week is that of the wall they lived by when it was written, and stays so when they move.
    `source_id` is the session, rating or post; of pitches and pauses it is the week itself.
    """

    __tablename__ = "streak_marks"
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[MarkKind] = mapped_column(choice(MarkKind), primary_key=True)
    source_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    week: Mapped[int]  # whole weeks since Monday 1 January of year 1
    early: Mapped[bool]  # in its first 36 hours: it can still save the week before
    at: Mapped[datetime]


class StreakAward(Model):
    """Four, eight, twelve … weeks in a row, reached in that week. It is never taken back."""

    __tablename__ = "streak_awards"
    __table_args__ = (CheckConstraint("weeks >= 4 AND weeks % 4 = 0", name="weeks"),)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    week: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    weeks: Mapped[int]
    reached_at: Mapped[datetime]
