"""What is a swap ring, and which ways may it go?"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice, public_id
from skillswap.errors import WrongState
from skillswap.models.exchange import Exchange
from skillswap.models.skill import Skill
from skillswap.models.user import User

WORDS_LEAST, WORDS_MOST = 20, 500
ANSWER_WITHIN = timedelta(days=7)
MEMBERS = 3


class RingState(StrEnum):
    PROPOSED, ACCEPTED, DECLINED = "proposed", "accepted", "declined"
    WITHDRAWN, LAPSED, CLOSED = "withdrawn", "lapsed", "closed"


class RingAnswer(StrEnum):
    WAITING, YES, NO = "waiting", "yes", "no"


ENDED = frozenset(RingState) - {RingState.PROPOSED}
IS_OPEN = text("state = 'proposed'")


class SwapRing(Model):
    """Three people of whom each would teach the next. All say yes, or nothing comes of it."""

    __tablename__ = "swap_rings"
    __table_args__ = (
        # the same three about the same skills, whoever of them began
        Index(
            "uq_swap_rings_open",
            "round_key",
            unique=True,
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
        Index("ix_swap_rings_round_key", "round_key", "ended_at"),
        Index("ix_swap_rings_starter", "starter_id", "started_at"),
        Index("ix_swap_rings_due", "respond_by", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    starter_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    round_key: Mapped[str] = mapped_column(String(120))
    state: Mapped[RingState] = mapped_column(choice(RingState), default=RingState.PROPOSED)
    started_at: Mapped[datetime]
    respond_by: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - the slower of two gets a 409

    members: Mapped[list[SwapRingMember]] = relationship(
        lazy="raise_on_sql", order_by="SwapRingMember.position", back_populates="ring"
    )

    def state_at(self, now: datetime) -> RingState:
        """The state with its deadline taken into account, also when no sweep has run yet."""
        return state_at(self, now)

    def move_to(self, state: RingState, now: datetime) -> None:
        """Make an allowed move: from proposed to any end. Raises WrongState when somebody was
        quicker, or time was."""
        due = self.state_at(now)
        if due is not RingState.PROPOSED and not (
            state is RingState.LAPSED and self.state is RingState.PROPOSED
        ):
            raise WrongState("ring", due)
        self.state, self.ended_at = state, now


def state_at(row: Any, now: datetime) -> RingState:
    """How a ring (or a row with its columns) stands by the clock."""
    if row.state is RingState.PROPOSED and row.respond_by <= now:
        return RingState.LAPSED
    return RingState(row.state)


class SwapRingMember(Model):
    """One of the three: what they teach the next, and what they say to it.

    The first began the ring. The last teaches the first.
    """

    __tablename__ = "swap_ring_members"
    __table_args__ = (
        CheckConstraint("position BETWEEN 0 AND 2", name="position"),
        UniqueConstraint("ring_id", "user_id"),
        Index("ix_swap_ring_members_user", "user_id", "ring_id"),
    )
    ring_id: Mapped[int] = mapped_column(
        ForeignKey("swap_rings.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"), index=True)
    answer: Mapped[RingAnswer] = mapped_column(choice(RingAnswer), default=RingAnswer.WAITING)
    body: Mapped[str] = mapped_column(String(WORDS_MOST), default="")
    answered_at: Mapped[datetime | None]
    # what came of it: the exchange in which this member teaches
    exchange_id: Mapped[int | None] = mapped_column(ForeignKey("exchanges.id"), unique=True)

    ring: Mapped[SwapRing] = relationship(lazy="raise_on_sql", back_populates="members")
    user: Mapped[User] = relationship(lazy="raise_on_sql")
    skill: Mapped[Skill] = relationship(lazy="raise_on_sql")
    exchange: Mapped[Exchange | None] = relationship(lazy="raise_on_sql")
