"""When could a person meet? Wall-clock truth: it is read in the person's zone (`scheduling.py`)."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import BigId, Model, choice

DAY_MINUTES = 1440


class ExceptionKind(StrEnum):
    BUSY = "busy"
    EXTRA = "extra"  # free beyond the usual week


class AvailabilityWindow(Model):
    """Hours of every week: a weekday (0 is Monday) from minute to minute of its wall clock."""

    __tablename__ = "availability_windows"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint(
            "0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440", name="span"
        ),
        CheckConstraint("start_minute % 15 = 0 AND end_minute % 15 = 0", name="quarters"),
        UniqueConstraint("user_id", "weekday", "start_minute"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    weekday: Mapped[int]
    start_minute: Mapped[int]
    end_minute: Mapped[int]


class AvailabilityException(Model):
    """Days that are not like the usual week, both ends included: away, or free at other hours.

    On each of the days it is about the minutes from start to end of that day's wall clock.
    """

    __tablename__ = "availability_exceptions"
    __table_args__ = (
        CheckConstraint("last_on >= first_on", name="days"),
        CheckConstraint(
            "0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440", name="span"
        ),
        CheckConstraint("start_minute % 15 = 0 AND end_minute % 15 = 0", name="quarters"),
        Index("ix_availability_exceptions_user", "user_id", "last_on"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[ExceptionKind] = mapped_column(choice(ExceptionKind))
    first_on: Mapped[date]
    last_on: Mapped[date]
    start_minute: Mapped[int] = mapped_column(default=0)
    end_minute: Mapped[int] = mapped_column(default=DAY_MINUTES)
    body: Mapped[str] = mapped_column(String(80), default="")  # for oneself: "Lisbon trip"
