"""What happens to a skill, by the hour and by the day? Derived rows: `domain/trends/` owns them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import Model, choice


class TrendSpan(StrEnum):
    """How much time a trend is about, up to when it was counted."""

    DAY, WEEK = "day", "week"


class SkillHour(Model):
    """In this hour a person did something about a skill: wrote of it, asked for it, listed it.

    A row for each person, so that distinct people can be counted, and nobody counts twice. Hours
    are numbered since 1970 in UTC.
    """

    __tablename__ = "skill_hours"
    __table_args__ = (
        Index("ix_skill_hours_hour", "hour", "skill_id", "user_id"),
        {"sqlite_with_rowid": False},
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    hour: Mapped[int] = mapped_column(primary_key=True)
    skill_id: Mapped[int] = mapped_column(
        ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True
    )


class SkillDay(Model):
    """How many people did something about a skill on a day. Kept longer than their hours."""

    __tablename__ = "skill_days"
    __table_args__ = (
        CheckConstraint("people > 0", name="people"),
        Index("ix_skill_days_day", "day", "skill_id"),
        {"sqlite_with_rowid": False},
    )
    skill_id: Mapped[int] = mapped_column(
        ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[int] = mapped_column(primary_key=True)  # since 1970, in UTC
    people: Mapped[int]


class SkillCount(Model):
    """How many teach a skill and have room, and how many want it: up to 1,000 of each."""

    __tablename__ = "skill_counts"
    __table_args__ = (Index("ix_skill_counts_due", "counted_at"),)
    skill_id: Mapped[int] = mapped_column(
        ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True
    )
    teachers: Mapped[int]
    wanting: Mapped[int]
    counted_at: Mapped[datetime]


class Trend(Model):
    """A skill that rises, in its place. All rows are written anew every ten minutes."""

    __tablename__ = "trends"
    __table_args__ = (CheckConstraint("people >= 5", name="people"),)
    span: Mapped[TrendSpan] = mapped_column(choice(TrendSpan), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id", ondelete="CASCADE"), index=True)
    people: Mapped[int]  # who did something about it within the span
    percent: Mapped[int]  # more than usual
    is_past: Mapped[bool]  # of the week before: in this one nothing rose
