"""Which badges are there, and who has earned which?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import BigId, Model, choice


class BadgeCode(StrEnum):
    """The fourteen, in the order of the page."""

    FIRST_LESSON = "first_lesson"
    FIRST_CLASS = "first_class"
    FAIR_SWAP = "fair_swap"
    CLEAR_PITCH = "clear_pitch"
    GOOD_NEIGHBOUR = "good_neighbour"
    RING_MAKER = "ring_maker"
    POLYMATH = "polymath"
    LONG_HAUL = "long_haul"
    MENTOR_10 = "mentor_10"
    STEADY_12 = "steady_12"
    AUTHOR = "author"
    FAST_RESPONDER = "fast_responder"
    RELIABLE = "reliable"
    TOP_MENTOR = "top_mentor"


# those that look at the last 180 days: every Monday they may be lost, and won again
LOSABLE = frozenset({BadgeCode.FAST_RESPONDER, BadgeCode.RELIABLE, BadgeCode.TOP_MENTOR})
IS_HELD = text("lost_at IS NULL")


class BadgeGrant(Model):
    """Somebody earned a badge. It stays as history once the badge is lost; won again is a row
    of its own."""

    __tablename__ = "badge_grants"
    __table_args__ = (
        CheckConstraint("lost_at >= granted_at", name="lost_after_granted"),
        Index(
            "uq_badge_grants_held",
            "user_id",
            "code",
            unique=True,
            sqlite_where=IS_HELD,
            postgresql_where=IS_HELD,
        ),
        Index(
            "ix_badge_grants_holders",
            "code",
            "granted_at",
            "id",
            sqlite_where=IS_HELD,
            postgresql_where=IS_HELD,
        ),
        Index("ix_badge_grants_user", "user_id", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code: Mapped[BadgeCode] = mapped_column(choice(BadgeCode))
    granted_at: Mapped[datetime]
    lost_at: Mapped[datetime | None]


class BadgeCheck(Model):
    """That somebody's badges are to be looked at again: soon, or on a Monday."""

    __tablename__ = "badge_checks"
    __table_args__ = (
        Index("ix_badge_checks_due", "due_at", "id"),
        Index("ix_badge_checks_user", "user_id", "due_at"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    due_at: Mapped[datetime]
    weekly: Mapped[bool]  # only such a one may take a badge away
