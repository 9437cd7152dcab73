"""What is a wish, what is an offer made to it, and which ways may they go?"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice, public_id
from skillswap.errors import WrongState
from skillswap.models.pitch import ANSWER_MOST, Pitch
from skillswap.models.skill import Skill
from skillswap.models.user import User

BODY_LEAST, BODY_MOST = 20, 500
OFFER_MOST = 1_000
LIFE = timedelta(days=60)  # of a wish; whoever made it can renew it
RENEW_WITHIN = timedelta(days=14)  # of its end, or after it
ANSWER_WITHIN = timedelta(days=14)  # and never later than the wish ends


class WishState(StrEnum):
    OPEN, MET = "open", "met"
    CLOSED, LAPSED = "closed", "lapsed"


class OfferState(StrEnum):
    PENDING, ACCEPTED, DECLINED = "pending", "accepted", "declined"
    WITHDRAWN, LAPSED, CLOSED = "withdrawn", "lapsed", "closed"


WISH_MOVES = {
    WishState.OPEN: {WishState.MET, WishState.CLOSED, WishState.LAPSED},
    WishState.LAPSED: {WishState.OPEN, WishState.CLOSED},  # renewed, or let go
}
IS_OPEN = text("state = 'open'")
IS_PENDING = text("state = 'pending'")


class Wish(Model):
    """What somebody would love to learn, said to everybody: a teacher may offer."""

    __tablename__ = "wishes"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        Index(
            "uq_wishes_open",
            "learner_id",
            "skill_id",
            unique=True,
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
        # the list, the latest first, and the sweep
        Index("ix_wishes_newest", "ends_at", "id", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        Index(
            "ix_wishes_skill",
            "skill_id",
            "ends_at",
            "id",
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
        Index("ix_wishes_learner", "learner_id", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    learner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"), index=True)
    level: Mapped[int]  # where the learner stands
    body: Mapped[str] = mapped_column(String(BODY_MOST))
    state: Mapped[WishState] = mapped_column(choice(WishState), default=WishState.OPEN)
    made_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - the slower of two gets a 409

    learner: Mapped[User] = relationship(lazy="raise_on_sql")
    skill: Mapped[Skill] = relationship(lazy="raise_on_sql")

    def state_at(self, now: datetime) -> WishState:
        """The state with its end taken into account, also when no sweep has run yet."""
        return wish_state_at(self, now)

    def is_renewable_at(self, now: datetime) -> bool:
        """Whether it has lapsed, or soon does."""
        return is_renewable(self, now)

    def move_to(self, state: WishState, now: datetime) -> None:
        """Make an allowed move. Raises WrongState when somebody was quicker."""
        if state not in WISH_MOVES.get(self.state, ()):
            raise WrongState("wish", self.state_at(now))
        self.state, self.ended_at = state, None if state is WishState.OPEN else now


def wish_state_at(row: Any, now: datetime) -> WishState:
    """How a wish, or a row with its columns, stands by the clock."""
    if row.state is WishState.OPEN and row.ends_at <= now:
        return WishState.LAPSED
    return WishState(row.state)


def is_renewable(row: Any, now: datetime) -> bool:
    """Whether a wish, or a row with its columns, has lapsed, or soon does."""
    state = wish_state_at(row, now)
    soon = state is WishState.OPEN and row.ends_at <= now + RENEW_WITHIN
    return soon or state is WishState.LAPSED


class WishOffer(Model):
    """What a teacher offers to somebody's wish: a pitch with the roles swapped."""

    __tablename__ = "wish_offers"
    __table_args__ = (
        CheckConstraint("learner_id <> teacher_id", name="not_to_self"),
        CheckConstraint("(state = 'accepted') = (pitch_id IS NOT NULL)", name="pitch"),
        Index(
            "uq_wish_offers_pending",
            "wish_id",
            "teacher_id",
            unique=True,
            sqlite_where=IS_PENDING,
            postgresql_where=IS_PENDING,
        ),
        Index(
            "ix_wish_offers_due",
            "respond_by",
            sqlite_where=IS_PENDING,
            postgresql_where=IS_PENDING,
        ),
        Index("ix_wish_offers_wish", "wish_id", "id"),
        Index("ix_wish_offers_teacher", "teacher_id", "id"),
        Index("ix_wish_offers_learner", "learner_id", "state", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    wish_id: Mapped[int] = mapped_column(ForeignKey("wishes.id"))
    learner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))  # the wish's own
    teacher_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    # what the teacher would like to learn in return
    return_skill_id: Mapped[int | None] = mapped_column(ForeignKey("skills.id"), index=True)
    body: Mapped[str] = mapped_column(String(OFFER_MOST))
    state: Mapped[OfferState] = mapped_column(choice(OfferState), default=OfferState.PENDING)
    made_at: Mapped[datetime]
    respond_by: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer_body: Mapped[str] = mapped_column(String(ANSWER_MOST), default="")
    pitch_id: Mapped[int | None] = mapped_column(ForeignKey("pitches.id"), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - the slower of two gets a 409

    wish: Mapped[Wish] = relationship(lazy="raise_on_sql")
    learner: Mapped[User] = relationship(foreign_keys=learner_id, lazy="raise_on_sql")
    teacher: Mapped[User] = relationship(foreign_keys=teacher_id, lazy="raise_on_sql")
    return_skill: Mapped[Skill | None] = relationship(lazy="raise_on_sql")
    pitch: Mapped[Pitch | None] = relationship(lazy="raise_on_sql")

    def state_at(self, now: datetime) -> OfferState:
        """The state with its deadline taken into account, also when no sweep has run yet."""
        return offer_state_at(self, now)

    def move_to(self, state: OfferState, now: datetime) -> None:
        """End it while it waits. Raises WrongState when somebody was quicker, or time was."""
        if self.state_at(now) is not OfferState.PENDING:
            raise WrongState("offer", self.state_at(now))
        self.state, self.answered_at = state, now


def offer_state_at(row: Any, now: datetime) -> OfferState:
    """How an offer, or a row with its columns, stands by the clock."""
    if row.state is OfferState.PENDING and row.respond_by <= now:
        return OfferState.LAPSED
    return OfferState(row.state)
