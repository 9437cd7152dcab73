"""Who teaches what, as lists are searched? Derived rows: `domain/listings.py` owns all of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import Model

IS_SET = text("stale_at IS NOT NULL")
# all that a list filters by: the indexes hold it, so that a page reads nothing else
CHOSEN_BY = (
    "level",
    "language_mask",
    "hours_0",
    "hours_1",
    "hours_2",
    "rating_milli",
    "reply_minutes",
    "is_verified",
)


class TeacherListing(Model):
    """One skill of a teacher who takes pitches and has room, with all that a list filters by.

    `leads` is true of one line of each teacher, the one of their highest level: lists of all
    teachers read these.
    """

    __tablename__ = "teacher_listings"
    __table_args__ = (
        Index("ix_teacher_listings_browse", "skill_id", "rank", "user_id", *CHOSEN_BY),
        Index(
            "ix_teacher_listings_everybody",
            "rank",
            "user_id",
            *CHOSEN_BY,
            "skill_id",
            "leads",  # SQLite looks at it once more
            sqlite_where=text("leads = 1"),
            postgresql_where=text("leads"),
        ),
        Index("ix_teacher_listings_newest", "skill_id", "user_id"),
        {"sqlite_with_rowid": False},
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"), primary_key=True)
    rank: Mapped[int]  # the teacher's rating_rank
    level: Mapped[int]  # taught up to
    language_mask: Mapped[int] = mapped_column(BigInteger)
    hours_0: Mapped[int] = mapped_column(BigInteger)  # see HourMask
    hours_1: Mapped[int] = mapped_column(BigInteger)
    hours_2: Mapped[int] = mapped_column(BigInteger)
    rating_milli: Mapped[int]  # 0 while too few have rated
    reply_minutes: Mapped[int | None]  # the median; none while there are too few answers
    is_verified: Mapped[bool] = mapped_column(default=False, server_default=false())
    leads: Mapped[bool] = mapped_column(default=False, server_default=false())


class SwapEdge(Model):
    """Somebody in the lists offers one skill and wants another: the way to mutual swaps."""

    __tablename__ = "swap_edges"
    __table_args__ = (
        Index("ix_swap_edges_swap", "offer_id", "want_id", "rank", "user_id"),
        {"sqlite_with_rowid": False},
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    offer_id: Mapped[int] = mapped_column(ForeignKey("skills.id"), primary_key=True)
    want_id: Mapped[int] = mapped_column(ForeignKey("skills.id"), primary_key=True)
    rank: Mapped[int]


class HourMask(Model):
    """The whole hours of a UTC week in which somebody is usually free, 56 bits a column.

    Bit 0 of the first is Monday 0:00. A hint for ranking and filters: the exact hours decide.
    No row: nothing is known of their hours. `stale_at` is when their clocks change it.
    """

    __tablename__ = "hour_masks"
    __table_args__ = (
        Index("ix_hour_masks_stale", "stale_at", sqlite_where=IS_SET, postgresql_where=IS_SET),
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    hours_0: Mapped[int] = mapped_column(BigInteger)
    hours_1: Mapped[int] = mapped_column(BigInteger)
    hours_2: Mapped[int] = mapped_column(BigInteger)
    stale_at: Mapped[datetime | None]
