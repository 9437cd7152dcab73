"""What does somebody ask to have checked, and what came of it?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice, public_id
from skillswap.models.skill import Skill
from skillswap.models.user import User


class ClaimKind(StrEnum):
    IDENTITY = "identity"
    CREDENTIAL = "credential"  # for one skill


class ClaimState(StrEnum):
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"  # never stored: submitted, and a member of staff has taken its case
    MORE_NEEDED = "more_needed"
    APPROVED, REFUSED = "approved", "refused"
    WITHDRAWN, EXPIRED, REVOKED = "withdrawn", "expired", "revoked"


CLAIM_IS_OPEN = text("state IN ('submitted', 'more_needed')")
OPEN_CLAIMS = (ClaimState.SUBMITTED, ClaimState.MORE_NEEDED)


class Claim(Model):
    """One request to be checked, with its verdict. The files go; this row stays."""

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("(kind = 'credential') = (skill_id IS NOT NULL)", name="skill"),
        Index(
            "uq_claims_identity",
            "user_id",
            unique=True,
            sqlite_where=text("kind = 'identity' AND state IN ('submitted', 'more_needed')"),
            postgresql_where=text("kind = 'identity' AND state IN ('submitted', 'more_needed')"),
        ),
        Index(
            "uq_claims_credential",
            "user_id",
            "skill_id",
            unique=True,
            sqlite_where=CLAIM_IS_OPEN,
            postgresql_where=CLAIM_IS_OPEN,
        ),
        Index("ix_claims_user", "user_id", "id"),
        Index("ix_claims_due", "state", "due_at"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[ClaimKind] = mapped_column(choice(ClaimKind))
    skill_id: Mapped[int | None] = mapped_column(ForeignKey("skills.id"), index=True)
    state: Mapped[ClaimState] = mapped_column(choice(ClaimState), default=ClaimState.SUBMITTED)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime]  # lately: with the first files, or with more
    # when the state ends by itself: waiting and asked for more lapse, an approval grows old
    due_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    verdict: Mapped[str] = mapped_column(String(120), default="")  # what the badge says
    words: Mapped[str] = mapped_column(String(500), default="")  # of staff, to the member
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    user: Mapped[User] = relationship(foreign_keys=user_id, lazy="raise_on_sql")
    skill: Mapped[Skill | None] = relationship(lazy="raise_on_sql")

    def state_at(self, now: datetime) -> ClaimState:
        """The state with its end taken into account, also when no sweep has run yet."""
        ends = self.state in (*OPEN_CLAIMS, ClaimState.APPROVED)
        return ClaimState.EXPIRED if ends and self.due_at and self.due_at <= now else self.state


class ClaimFile(Model):
    """One file of a claim. Where it lay and what it was called is forgotten with the file."""

    __tablename__ = "claim_files"
    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        Index("ix_claim_files_claim", "claim_id", "id"),
        Index(
            "ix_claim_files_erase",
            "erase_by",
            sqlite_where=text("name IS NOT NULL"),
            postgresql_where=text("name IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id", ondelete="CASCADE"))
    name: Mapped[str | None] = mapped_column(String(40), unique=True)  # in the storage
    title: Mapped[str] = mapped_column(String(120), default="")  # what its owner called it
    mime: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]  # bytes, before sealing
    key_mark: Mapped[str] = mapped_column(String(16))  # which DOCUMENT_KEY sealed it
    created_at: Mapped[datetime]
    erase_by: Mapped[datetime]  # it goes then at the latest; at once when that is past
    erased_at: Mapped[datetime | None]
