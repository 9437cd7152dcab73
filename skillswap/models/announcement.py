"""What is said to everybody by those who look after the place, and who has put it away?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import BigId, Model, choice, public_id
from skillswap.lib.markdown import RULES_VERSION

TITLE_MOST, BODY_MOST = 120, 2_000
STANDS = text("withdrawn_at IS NULL")


class Audience(StrEnum):
    EVERYBODY, TEACHERS, STAFF = "everybody", "teachers", "staff"


class AnnouncementState(StrEnum):
    PLANNED, SHOWN = "planned", "shown"
    OVER, WITHDRAWN = "over", "withdrawn"


class Announcement(Model):
    """A note on Home from one instant to another, for those it is meant for."""

    __tablename__ = "announcements"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("NOT is_public OR audience = 'everybody'", name="public_is_for_everybody"),
        Index("ix_announcements_shown", "ends_at", sqlite_where=STANDS, postgresql_where=STANDS),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(String(TITLE_MOST))
    body: Mapped[str] = mapped_column(String(BODY_MOST))
    body_html: Mapped[str] = mapped_column(String, default="")  # made at write time, under:
    rules_version: Mapped[int] = mapped_column(default=RULES_VERSION)
    audience: Mapped[Audience] = mapped_column(choice(Audience))
    is_public: Mapped[bool] = mapped_column(default=False)  # on the front page too
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    def state_at(self, now: datetime) -> AnnouncementState:
        """How it stands by the clock."""
        if self.withdrawn_at is not None:
            return AnnouncementState.WITHDRAWN
        if now < self.starts_at:
            return AnnouncementState.PLANNED
        return AnnouncementState.SHOWN if now < self.ends_at else AnnouncementState.OVER


class AnnouncementDismissal(Model):
    """This person has read it, and does not want to see it again."""

    __tablename__ = "announcement_dismissals"
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    announcement_id: Mapped[int] = mapped_column(
        ForeignKey("announcements.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime]
