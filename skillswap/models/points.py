"""Who earned what, for what? The ledger, which is only ever added to, and what it adds up to."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import BigId, Model, choice, public_id

IS_OPEN = text("cleared_at IS NULL")


class PointsKind(StrEnum):
    TAUGHT, LEARNED, PARTNER = "taught", "learned", "partner"  # the last: the first with somebody
    EXCHANGE, RATING, ANSWER = "exchange", "rating", "answer"
    TUTORIAL, LIKE, REPORT = "tutorial", "like", "report"
    PROFILE, CLAIM, STREAK = "profile", "claim", "streak"


class PointsReason(StrEnum):
    WHOLE = "whole"  # all that the rule gives
    HALF, REPEATED = "half", "repeated"  # session 5 to 8 of a pair in 30 days, and those after
    SHORT, ARRANGED_LATE = "short", "arranged_late"
    NOT_HELD, UNCONFIRMED = "not_held", "unconfirmed"
    FEW, SLOW, BRIEF = "few", "slow", "brief"  # sessions, the answer, the tutorial
    NEWCOMER = "newcomer"  # a like from somebody without standing
    FULL = "full"  # the rule's own cap
    DAY_CUT, DAY_FULL = "day_cut", "day_full"  # the cap of the day: a part of it, or nothing
    TAKEN_BACK, GIVEN_BACK = "taken_back", "given_back"


class PeriodKind(StrEnum):
    WEEK, MONTH, ALL = "week", "month", "all"


class PointsEntry(Model):
    """One line of somebody's ledger, also when it is zero. Never changed, never deleted.

    `source` says what the line is for: one person is given points for one thing once, whatever
    is repeated. What was given wrongly is taken back by a line of its own that names the first.
    """

    __tablename__ = "points_entries"
    __table_args__ = (
        UniqueConstraint("user_id", "kind", "source"),
        CheckConstraint("user_id <> partner_id", name="not_with_self"),
        CheckConstraint("points >= 0 OR reverses_id IS NOT NULL", name="only_reversals_take"),
        Index("ix_points_entries_user", "user_id", "created_at", "id"),
        Index("ix_points_entries_counted", "user_id", "counted_at"),
        Index("ix_points_entries_partner", "user_id", "partner_id", "counted_at"),
        Index("ix_points_entries_subject", "subject_type", "subject_id", "user_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[PointsKind] = mapped_column(choice(PointsKind))
    source: Mapped[str] = mapped_column(String(60))
    points: Mapped[int]
    reason: Mapped[PointsReason] = mapped_column(choice(PointsReason))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # for its sentence
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    skill_id: Mapped[int | None] = mapped_column(ForeignKey("skills.id"))  # of a session
    subject_type: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("points_entries.id"), unique=True)
    counted_at: Mapped[datetime]  # in whose day, week and month it counts; a reversal in the old
    created_at: Mapped[datetime]


class PointsPeriod(Model):
    """What a person's lines of one period add up to. Owned by `domain/points`.

    Periods are those of UTC: week 202647 is the ISO week 2026-W47, month 202611 is November 2026,
    "all" has the number 0. The row of "all" is also what is held while a person's points move.
    """

    __tablename__ = "points_periods"
    __table_args__ = (
        Index("ix_points_periods_board", "kind", "number", "points", "user_id", "sessions"),
        Index("ix_points_periods_user", "user_id", "kind", "number"),
        {"sqlite_with_rowid": False},
    )
    kind: Mapped[PeriodKind] = mapped_column(choice(PeriodKind), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    points: Mapped[int] = mapped_column(default=0)
    sessions: Mapped[int] = mapped_column(default=0)  # completed, whatever they gave


class PointsSkillPeriod(Model):
    """The same of sessions about one skill: weeks and months."""

    __tablename__ = "points_skill_periods"
    __table_args__ = (
        Index(
            "ix_points_skill_periods_board",
            "skill_id",
            "kind",
            "number",
            "points",
            "user_id",
            "sessions",
        ),
        {"sqlite_with_rowid": False},
    )
    kind: Mapped[PeriodKind] = mapped_column(choice(PeriodKind), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    points: Mapped[int] = mapped_column(default=0)
    sessions: Mapped[int] = mapped_column(default=0)


class PointsDue(Model):
    """A tutorial that gives points once it has stood for a day, and when that is."""

    __tablename__ = "points_due"
    post_id: Mapped[int] = mapped_column(
        ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True
    )
    due_at: Mapped[datetime] = mapped_column(index=True)


class PointsFlag(Model):
    """Most of a person's points of 30 days come from one partner, or from a closed circle.

    While it stands, the person is on no board, and a case asks staff about it. It goes by itself 30
    days after the pattern was last seen, or at once when they clear it.
    """

    __tablename__ = "points_flags"
    __table_args__ = (
        CheckConstraint("user_id <> partner_id", name="not_with_self"),
        Index(
            "uq_points_flags_open",
            "user_id",
            unique=True,
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
        Index("ix_points_flags_user", "user_id", "partner_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    partner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    other_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # the third of a circle
    points: Mapped[int]  # of the 30 days, when it was last seen
    share: Mapped[int]  # of a hundred
    found_at: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)
    kept_at: Mapped[datetime | None]  # staff looked, and it stands: no case about it again
    cleared_at: Mapped[datetime | None]
    cleared_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
