"""What did an accepted pitch open: who teaches whom what?"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice, public_id
from skillswap.errors import WrongState
from skillswap.lib.markdown import RULES_VERSION
from skillswap.models.pitch import Pitch
from skillswap.models.skill import Skill
from skillswap.models.user import User


class ExchangeState(StrEnum):
    ACTIVE, DORMANT = "active", "dormant"
    COMPLETED, CANCELLED = "completed", "cancelled"


MOVES = {
    ExchangeState.ACTIVE: {
        ExchangeState.DORMANT,
        ExchangeState.COMPLETED,
        ExchangeState.CANCELLED,
    },
    ExchangeState.DORMANT: {
        ExchangeState.ACTIVE,
        ExchangeState.COMPLETED,
        ExchangeState.CANCELLED,
    },
}


ENDED = (ExchangeState.COMPLETED, ExchangeState.CANCELLED)
AGREE_WITHIN = timedelta(days=7)  # then silence agrees that the exchange is completed
NUDGES_AFTER = (timedelta(days=10), timedelta(days=20))
REST_AFTER = timedelta(days=30)
WAKE_WITHIN = timedelta(days=90)


def new_room() -> str:
    """The unguessable name of an exchange's video room: 128 bits."""
    return secrets.token_hex(16)


class Exchange(Model):
    """The agreement an accepted pitch opens."""

    __tablename__ = "exchanges"
    __table_args__ = (
        CheckConstraint("learner_id <> teacher_id", name="not_with_self"),
        Index("ix_exchanges_learner", "learner_id", "state", "id"),
        Index("ix_exchanges_teacher", "teacher_id", "state", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    pitch_id: Mapped[int] = mapped_column(ForeignKey("pitches.id"), unique=True)
    learner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))  # who pitched
    teacher_id: Mapped[int] = mapped_column(ForeignKey("users.id"))  # who accepted
    state: Mapped[ExchangeState] = mapped_column(
        choice(ExchangeState), default=ExchangeState.ACTIVE
    )
    room: Mapped[str] = mapped_column(String(32), default=new_room)
    opened_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(String(300), default="")
    # two agree to complete, or one asks and the other is silent until then
    completion_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    complete_by: Mapped[datetime | None]
    # since when nothing has been scheduled; 30 days of it and the exchange rests
    quiet_since: Mapped[datetime]
    nudges_sent: Mapped[int] = mapped_column(default=0)  # day 10, day 20
    dormant_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name

    pitch: Mapped[Pitch] = relationship(lazy="raise_on_sql")
    learner: Mapped[User] = relationship(foreign_keys=learner_id, lazy="raise_on_sql")
    teacher: Mapped[User] = relationship(foreign_keys=teacher_id, lazy="raise_on_sql")
    legs: Mapped[list[ExchangeLeg]] = relationship(
        lazy="raise_on_sql", order_by="ExchangeLeg.position", back_populates="exchange"
    )

    def state_at(self, now: datetime, *, kept: bool) -> ExchangeState:
        """The state with its deadlines taken into account, also when no sweep has run yet."""
        return state_at(self, now, kept=kept)

    def is_active_at(self, now: datetime) -> bool:
        """Whether sessions can be proposed in it: no deadline has ended it or let it rest."""
        return self.state_at(now, kept=True) is ExchangeState.ACTIVE

    @property
    def rests_at(self) -> datetime:
        """When it comes to rest, unless a session is scheduled before."""
        return self.dormant_at or self.quiet_since + REST_AFTER

    @property
    def wake_by(self) -> datetime:
        """Until when it can be woken once it rests."""
        return self.rests_at + WAKE_WITHIN

    @property
    def over_at(self) -> datetime:
        """When it ended, or when the clock ends it."""
        return self.ended_at or self.complete_by or self.wake_by

    def move_to(self, state: ExchangeState) -> None:
        """Make an allowed move. Raises WrongState when somebody was quicker."""
        if state not in MOVES.get(self.state, ()):
            raise WrongState("exchange", self.state)
        self.state = state

    def partner_of(self, person: User) -> User:
        """The other of the two."""
        return self.teacher if person.id == self.learner_id else self.learner


def state_at(row: Any, now: datetime, *, kept: bool) -> ExchangeState:
    """How an exchange (or a row with its columns) stands by the clock; `kept` says whether a
    session of it took place, which decides how a long rest ends.

    While one side has proposed to complete it, it does not come to rest.
    """
    state: ExchangeState = row.state
    if state in ENDED:
        return state
    if state is ExchangeState.ACTIVE and row.complete_by is not None:
        return ExchangeState.COMPLETED if row.complete_by <= now else state
    rests_at = row.dormant_at or row.quiet_since + REST_AFTER
    if now < rests_at:
        return state
    if now < rests_at + WAKE_WITHIN:
        return ExchangeState.DORMANT
    return ExchangeState.COMPLETED if kept else ExchangeState.CANCELLED


class ExchangeLeg(Model):
    """One direction of an exchange: who teaches whom what. The first is the pitch's own."""

    __tablename__ = "exchange_legs"
    __table_args__ = (
        CheckConstraint("learner_id <> teacher_id", name="not_to_self"),
        CheckConstraint("position IN (0, 1)", name="position"),
        Index("uq_exchange_legs_position", "exchange_id", "position", unique=True),
        Index("ix_exchange_legs_teacher", "teacher_id", "exchange_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchanges.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(default=0)
    teacher_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    learner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"), index=True)
    exchange: Mapped[Exchange] = relationship(lazy="raise_on_sql", back_populates="legs")
    skill: Mapped[Skill] = relationship(lazy="raise_on_sql")


class ExchangeNote(Model):
    """The notes two people share; the version tells when both wrote at once."""

    __tablename__ = "exchange_notes"
    exchange_id: Mapped[int] = mapped_column(
        ForeignKey("exchanges.id", ondelete="CASCADE"), primary_key=True
    )
    body: Mapped[str] = mapped_column(String(10_000), default="")
    body_html: Mapped[str] = mapped_column(String, default="")  # made at write time, under:
    rules_version: Mapped[int] = mapped_column(default=RULES_VERSION, server_default="1")
    writer_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    written_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's name
