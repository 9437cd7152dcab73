"""Who says that a mark on their record is wrong?"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice, public_id
from skillswap.errors import WrongState
from skillswap.models.learning_session import LearningSession
from skillswap.models.user import User

CONTEST_WITHIN = timedelta(days=30)  # of the mark
DECIDE_WITHIN = timedelta(days=14)  # then the mark is taken off: nobody waits for staff for ever


class ContestState(StrEnum):
    OPEN = "open"
    AGREED = "agreed"  # the partner agrees: the mark is off
    UPHELD = "upheld"  # a moderator agrees: the mark is off
    DISMISSED = "dismissed"  # a moderator does not: the mark counts
    LAPSED = "lapsed"  # nobody decided in time: the mark is off


class Contest(Model):
    """One person's contradiction of one mark. While it is open the mark does not count."""

    __tablename__ = "contests"
    __table_args__ = (
        Index("uq_contests_session", "learning_session_id", "user_id", unique=True),
        Index("ix_contests_queue", "state", "decide_by", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    learning_session_id: Mapped[int] = mapped_column(
        ForeignKey("learning_sessions.id", ondelete="CASCADE")
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    body: Mapped[str] = mapped_column(String(1_000), default="")
    state: Mapped[ContestState] = mapped_column(choice(ContestState), default=ContestState.OPEN)
    created_at: Mapped[datetime]
    decide_by: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decision: Mapped[str] = mapped_column(String(500), default="")  # in the moderator's words
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    learning_session: Mapped[LearningSession] = relationship(lazy="raise_on_sql")
    user: Mapped[User] = relationship(foreign_keys=user_id, lazy="raise_on_sql")

    def state_at(self, now: datetime) -> ContestState:
        """The state with its deadline taken into account, also when no sweep has run yet."""
        if self.state is ContestState.OPEN and self.decide_by <= now:
            return ContestState.LAPSED
        return self.state

    def move_to(self, state: ContestState, now: datetime) -> None:
        """Decide it. Raises WrongState when somebody was quicker, or time was."""
        due = self.state_at(now)
        if due is not ContestState.OPEN:
            raise WrongState("contest", due)
        self.state, self.decided_at = state, now
