"""What waits for a member of staff, and who has taken it?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import BigId, Model, choice, public_id


class CaseKind(StrEnum):
    REPORT, CLAIM, APPEAL = "report", "claim", "appeal"
    PITCH, SKILL, FLAG = "pitch", "skill", "flag"


IS_WAITING = text("closed_at IS NULL")


class Case(Model):
    """One thing for staff to decide. Who takes it has it for 24 hours; nobody else decides it.

    The order of the queue stands in the row: `rank` (0 is safety), the day it was opened, `doubt`
    (100 less how many of a hundred reports of its reporter were upheld), then the number.
    """

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("doubt BETWEEN 0 AND 100", name="doubt"),
        Index(
            "uq_cases_waiting",
            "kind",
            "subject_type",
            "subject_id",
            "person_id",
            unique=True,
            sqlite_where=IS_WAITING,
            postgresql_where=IS_WAITING,
        ),
        Index(
            "ix_cases_queue",
            "rank",
            "opened_on",
            "doubt",
            "id",
            sqlite_where=IS_WAITING,
            postgresql_where=IS_WAITING,
        ),
        Index("ix_cases_person", "person_id", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    kind: Mapped[CaseKind] = mapped_column(choice(CaseKind))
    subject_type: Mapped[str] = mapped_column(String(30))  # the table of what it is about
    subject_id: Mapped[int] = mapped_column(BigInteger)
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id"))  # whom it is about
    other_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)  # who asked
    # a member of staff who decided before, and so may not decide again
    not_for_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    rank: Mapped[int] = mapped_column(default=1)
    opened_on: Mapped[int]  # the UTC day, as its ordinal
    doubt: Mapped[int] = mapped_column(default=50)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # what its line says
    opened_at: Mapped[datetime]
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    claimed_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # or by itself
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    def holder_at(self, now: datetime) -> int | None:
        """Who has taken it, unless their 24 hours are over."""
        held = self.claimed_until is not None and self.claimed_until > now
        return self.claimed_by_id if held else None
