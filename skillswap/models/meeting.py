"""Which meeting does a video provider hold for a session?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import Model, choice
from skillswap.models.learning_session import LearningSession, PlaceKind


class MeetingState(StrEnum):
    WANTED = "wanted"  # to be created, or changed to the session's present time
    READY = "ready"
    UNWANTED = "unwanted"  # the session is off: to be deleted there
    GONE = "gone"
    FAILED = "failed"  # given up: the session has its Jitsi room instead


HAS_WORK = text("state IN ('wanted', 'unwanted')")


class Meeting(Model):
    """A meeting at Zoom or Google for one session: one row for each service it has asked. The rows
    are what should be; a worker claims those with work until `claimed_until` and makes it so. As
    long as none is ready, the session's Jitsi room serves: no session is ever without a link."""

    __tablename__ = "meetings"
    __table_args__ = (
        Index("ix_meetings_due", "due_at", sqlite_where=HAS_WORK, postgresql_where=HAS_WORK),
    )
    learning_session_id: Mapped[int] = mapped_column(
        ForeignKey("learning_sessions.id", ondelete="CASCADE"), primary_key=True
    )
    provider: Mapped[PlaceKind] = mapped_column(choice(PlaceKind), primary_key=True)  # zoom, meet
    state: Mapped[MeetingState] = mapped_column(choice(MeetingState), default=MeetingState.WANTED)
    external_id: Mapped[str] = mapped_column(String(200), default="")
    join_url: Mapped[str] = mapped_column(String(1_000), default="")
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    # who holds it; emptied when what is wanted changes meanwhile, while the claim goes on
    owner: Mapped[str] = mapped_column(String(40), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(500), default="")

    learning_session: Mapped[LearningSession] = relationship(lazy="raise_on_sql")
