"""Which rule was broken, what came of it, and was it right?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import BigId, Model, choice, public_id


class StrikeOutcome(StrEnum):
    """What follows for the person; hiding what was reported comes beside it."""

    NOTE, WARNING = "note", "warning"
    LIMITED, SUSPENDED, BANNED = "limited", "suspended", "banned"


class StrikeState(StrEnum):
    STANDING, APPEALED = "standing", "appealed"
    KEPT, OVERTURNED = "kept", "overturned"  # by the answer to the appeal


class Strike(Model):
    """A report that was upheld, as its person reads it, with all it changed.

    `before` and `after` are how the account stood (domain/strikes/standings.py), `hid_from` is
    the state of what was reported before this strike hid it, or the name of the picture it took
    down; empty where it hid nothing.
    """

    __tablename__ = "strikes"
    __table_args__ = (
        CheckConstraint("rule > 0", name="rule"),
        CheckConstraint("(outcome IN ('limited', 'suspended')) = (days IS NOT NULL)", name="days"),
        CheckConstraint("(state = 'standing') = (appealed_at IS NULL)", name="appealed"),
        CheckConstraint(
            "(state IN ('kept', 'overturned')) = (answered_at IS NOT NULL)", name="answered"
        ),
        Index("ix_strikes_person", "person_id", "id"),
        Index("ix_strikes_subject", "subject_type", "subject_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    outcome: Mapped[StrikeOutcome] = mapped_column(choice(StrikeOutcome))
    rule: Mapped[int]  # its number in domain/strikes/rules.py
    days: Mapped[int | None]  # of limited and suspended
    body: Mapped[str] = mapped_column(String(1_000))  # why, in the words of who decided
    about: Mapped[str] = mapped_column(String(30))  # what kind of thing it was
    quote: Mapped[str] = mapped_column(String(1_000), default="")  # the person's own words
    subject_type: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[int] = mapped_column(BigInteger)
    hides: Mapped[bool]  # it is to be out of sight while this stands
    hid_from: Mapped[str] = mapped_column(String(40), default="")
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[StrikeState] = mapped_column(choice(StrikeState), default=StrikeState.STANDING)
    decided_at: Mapped[datetime]
    appeal_by: Mapped[datetime]
    # of a link mailed to somebody who cannot sign in, the SHA-256
    link_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    appeal_body: Mapped[str] = mapped_column(String(2_000), default="")
    appealed_at: Mapped[datetime | None]
    answer_body: Mapped[str] = mapped_column(String(1_000), default="")
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    @property
    def stands(self) -> bool:
        """Whether it has not been overturned."""
        return self.state is not StrikeState.OVERTURNED
