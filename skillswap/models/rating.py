"""What does one side of a session say about the other?"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice, public_id
from skillswap.errors import WrongState
from skillswap.models.learning_session import LearningSession
from skillswap.models.user import User

STARS = range(1, 6)
TAGS_MOST = 3
BODY_MOST, REPLY_MOST = 1_000, 500
RATE_WITHIN = timedelta(days=14)  # of the end of the session; then what is sealed is published
REPLY_WITHIN = timedelta(days=30)  # of the publication
REMIND_AFTER = (timedelta(days=1), timedelta(days=10))


class RatingState(StrEnum):
    SEALED = "sealed"  # its author may change it; nobody else knows of it
    PUBLISHED = "published"
    RETRACTED = "retracted"  # by its author, once and for good
    HELD, HIDDEN = "held", "hidden"  # by staff, for a breach of the rules only


class RatedRole(StrEnum):
    TEACHER, LEARNER = "teacher", "learner"  # what the rated one was in that session


R = RatingState
MOVES = {
    R.SEALED: {R.PUBLISHED, R.HELD},
    R.PUBLISHED: {R.RETRACTED, R.HELD, R.HIDDEN},
    R.HELD: {R.PUBLISHED, R.SEALED, R.HIDDEN},
    R.HIDDEN: {R.PUBLISHED, R.HELD},
}
IS_SEALED = text("state = 'sealed'")
IS_DUE = text("due_at IS NOT NULL")


class Rating(Model):
    """One to five stars and some words, by one side of a session about the other."""

    __tablename__ = "ratings"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint("pitch_stars BETWEEN 1 AND 5", name="pitch_stars"),
        CheckConstraint("rater_id <> rated_id", name="not_oneself"),
        UniqueConstraint("learning_session_id", "rater_id"),
        Index("ix_ratings_rated", "rated_id", "rated_role", "state", "published_at", "id"),
        Index("ix_ratings_rater", "rater_id", "id"),
        Index(
            "ix_ratings_due",
            "publish_by",
            sqlite_where=IS_SEALED,
            postgresql_where=IS_SEALED,
        ),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    learning_session_id: Mapped[int] = mapped_column(ForeignKey("learning_sessions.id"))
    rater_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    rated_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    rated_role: Mapped[RatedRole] = mapped_column(choice(RatedRole))
    stars: Mapped[int]
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    body: Mapped[str] = mapped_column(String(BODY_MOST), default="")
    # these three are never published: the first two are told to the rated one as averages of five
    # or more, the third goes to the safety team
    meet_again: Mapped[bool | None]
    pitch_stars: Mapped[int | None]  # how clear the pitch was; only a teacher is asked
    private_body: Mapped[str] = mapped_column(String(BODY_MOST), default="")
    state: Mapped[RatingState] = mapped_column(choice(RatingState), default=RatingState.SEALED)
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    publish_by: Mapped[datetime]
    published_at: Mapped[datetime | None]
    retracted_at: Mapped[datetime | None]
    reply_body: Mapped[str] = mapped_column(String(REPLY_MOST), default="")  # of the rated one
    replied_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    learning_session: Mapped[LearningSession] = relationship(lazy="raise_on_sql")
    rater: Mapped[User] = relationship(foreign_keys=rater_id, lazy="raise_on_sql")
    rated: Mapped[User] = relationship(foreign_keys=rated_id, lazy="raise_on_sql")

    def is_due(self, now: datetime) -> bool:
        """Whether its time is over, and nobody has written yet that it is published."""
        return self.state is R.SEALED and self.publish_by <= now

    def state_at(self, now: datetime) -> RatingState:
        """The state with its deadline taken into account, also before a sweep has run."""
        return R.PUBLISHED if self.is_due(now) else self.state

    @property
    def since(self) -> datetime:
        """From when on everybody reads it, once they do."""
        return self.published_at or self.publish_by

    def move_to(self, state: RatingState) -> None:
        """Make an allowed move. Raises WrongState when somebody was quicker."""
        if state not in MOVES.get(self.state, ()):
            raise WrongState("rating", self.state)
        self.state = state


class RatingTotal(Model):
    """What all published ratings of a person in one role come to. Owned by `rating_totals.py`.

    One rater has one vote: the mean of their stars. In thousandths: the mean of the votes, and
    the same drawn towards the place's mean, which orders the lists.
    """

    __tablename__ = "rating_totals"
    __table_args__ = (CheckConstraint("raters > 0", name="raters"),)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[RatedRole] = mapped_column(choice(RatedRole), primary_key=True)
    raters: Mapped[int]
    mean_milli: Mapped[int]
    rank_milli: Mapped[int]


class RatingPrompt(Model):
    """That a person is asked to rate a session: at once, after a day, after ten; or skipped it."""

    __tablename__ = "rating_prompts"
    __table_args__ = (
        Index("ix_rating_prompts_due", "due_at", sqlite_where=IS_DUE, postgresql_where=IS_DUE),
        Index("ix_rating_prompts_user", "user_id", "learning_session_id"),
    )
    learning_session_id: Mapped[int] = mapped_column(
        ForeignKey("learning_sessions.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    asked: Mapped[int] = mapped_column(default=0)  # how often so far
    due_at: Mapped[datetime | None]  # when next; none when rated, skipped or asked often enough
    skipped_at: Mapped[datetime | None]
