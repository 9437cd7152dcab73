"""How much happened on a day? Numbers about the place, never about one person."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import Model, choice


class Metric(StrEnum):
    """What is counted. Of a pitch: on the day it was sent; of a session: on the day of its time."""

    JOINED = "joined"
    ACTIVE = "active"  # of the seven days up to that one
    PITCHES, ANSWERED, ACCEPTED = "pitches", "answered", "accepted"
    AGREED, MET = "agreed", "met"  # pitches that led to a first session agreed on, and kept
    ANSWER_MINUTES = "answer_minutes"  # the median of the seven days up to that one
    SESSIONS, KEPT = "sessions", "kept"
    REPORTS, DECIDED = "reports", "decided"
    REPORT_MINUTES = "report_minutes"  # the median of the seven days up to that one
    DRIFT = "drift"  # counters found wrong when somebody looked: not to be had again from rows


class DailyStat(Model):
    """One number of one day. Derived rows: `domain/statistics/` owns them."""

    __tablename__ = "daily_stats"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's name
    day: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # since 1970, in UTC
    metric: Mapped[Metric] = mapped_column(choice(Metric), primary_key=True)
    value: Mapped[int | None]  # None: a median of nothing
