"""What was reported, by whom, and what did it look like then?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import BigId, Model, choice, public_id


class ReportState(StrEnum):
    OPEN, CLAIMED = "open", "claimed"
    DISMISSED, UPHELD = "dismissed", "upheld"


class ReportCategory(StrEnum):
    SAFETY, HARASSMENT, SPAM = "safety", "harassment", "spam"
    FALSE_IDENTITY, OFF_PURPOSE, OTHER = "false_identity", "off_purpose", "other"


REPORT_IS_OPEN = text("state IN ('open', 'claimed')")


class Report(Model):
    """One person's report of a thing. `evidence` is a copy: a later edit does not destroy it."""

    __tablename__ = "reports"
    __table_args__ = (
        Index(
            "uq_reports_open",
            "reporter_id",
            "subject_type",
            "subject_id",
            unique=True,
            sqlite_where=REPORT_IS_OPEN,
            postgresql_where=REPORT_IS_OPEN,
        ),
        Index("ix_reports_queue", "state", "created_at", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    reporter_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)  # whom it is about
    subject_type: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    category: Mapped[ReportCategory] = mapped_column(choice(ReportCategory))
    body: Mapped[str] = mapped_column(String(2_000), default="")
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[ReportState] = mapped_column(choice(ReportState), default=ReportState.OPEN)
    created_at: Mapped[datetime]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    decided_at: Mapped[datetime | None]
