"""What is a pitch, and which ways may it go?"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice, public_id
from skillswap.errors import WrongState
from skillswap.models.skill import Skill
from skillswap.models.user import User

BODY_LEAST, BODY_MOST = 20, 2_000
ANSWER_MOST = 1_000
TURN_MOST = 1_000
UNDO_WITHIN = timedelta(minutes=10)  # of a decline; the learner is told when they are over


class PitchState(StrEnum):
    PENDING, CLARIFYING = "pending", "clarifying"
    ACCEPTED, DECLINED, WITHDRAWN = "accepted", "declined", "withdrawn"
    EXPIRED, CLOSED = "expired", "closed"


class DeclineReason(StrEnum):
    NO_TIME, NOT_MY_FIELD, LEVEL = "no_time", "not_my_field", "level"
    TOO_VAGUE, PREFER_NOT_TO_SAY = "too_vague", "prefer_not_to_say"


OPEN = frozenset({PitchState.PENDING, PitchState.CLARIFYING})
FINAL = frozenset(PitchState) - OPEN
MOVES = {
    PitchState.PENDING: FINAL | {PitchState.CLARIFYING},
    PitchState.CLARIFYING: FINAL | {PitchState.PENDING},
    PitchState.DECLINED: {PitchState.PENDING},  # the teacher's ten-minute undo
}
IS_OPEN = text("state IN ('pending', 'clarifying')")


class Pitch(Model):
    """A learner's request to one teacher for one skill. Times are aware UTC."""

    __tablename__ = "pitches"
    __table_args__ = (
        CheckConstraint("learner_id <> teacher_id", name="not_to_self"),
        CheckConstraint("offered_skill_id <> skill_id", name="offers_another"),
        Index(
            "uq_pitches_open",
            "learner_id",
            "teacher_id",
            "skill_id",
            unique=True,
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
        Index("ix_pitches_received", "teacher_id", "state", "id"),
        Index("ix_pitches_sent", "learner_id", "state", "id"),
        Index("ix_pitches_due", "respond_by", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    learner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    teacher_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"), index=True)
    offered_skill_id: Mapped[int | None] = mapped_column(ForeignKey("skills.id"))
    body: Mapped[str] = mapped_column(String(BODY_MOST))
    state: Mapped[PitchState] = mapped_column(choice(PitchState), default=PitchState.PENDING)
    sent_at: Mapped[datetime]
    respond_by: Mapped[datetime]
    ignored_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    # a question, an acceptance or a decline: answering is what counts, not what the answer is
    first_answered_at: Mapped[datetime | None]
    reminders_sent: Mapped[int] = mapped_column(default=0)  # day 3, day 10
    close_reason: Mapped[str] = mapped_column(String(30), default="")  # of `closed`
    decline_reason: Mapped[DeclineReason | None] = mapped_column(choice(DeclineReason))
    answer_body: Mapped[str] = mapped_column(String(ANSWER_MOST), default="")
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__: dict[str, Any] = {"version_id_col": version}  # noqa: RUF012 - the slower of two gets a 409

    learner: Mapped[User] = relationship(foreign_keys=learner_id, lazy="raise_on_sql")
    teacher: Mapped[User] = relationship(foreign_keys=teacher_id, lazy="raise_on_sql")
    skill: Mapped[Skill] = relationship(foreign_keys=skill_id, lazy="raise_on_sql")
    offered_skill: Mapped[Skill | None] = relationship(
        foreign_keys=offered_skill_id, lazy="raise_on_sql"
    )
    turns: Mapped[list[PitchTurn]] = relationship(lazy="raise_on_sql", order_by="PitchTurn.id")

    def state_at(self, now: datetime) -> PitchState:
        """The state with its deadline taken into account, also when no sweep has run yet."""
        if self.state in OPEN and self.respond_by <= now:
            return PitchState.EXPIRED
        return self.state

    def state_for(self, reader_id: int, now: datetime) -> PitchState:
        """The state as this reader is told of it."""
        return state_for(self, reader_id, now)

    def is_veiled(self, now: datetime) -> bool:
        """Whether a decline may still be undone, so that the learner does not hear of it yet."""
        return is_veiled(self, now)

    def move_to(self, state: PitchState, now: datetime) -> None:
        """Make an allowed move. Raises WrongState when somebody was quicker, or time was."""
        due = self.state_at(now)
        if due is not self.state:
            raise WrongState("pitch", due)
        if state not in MOVES.get(self.state, ()):
            raise WrongState("pitch", self.state)
        self.state, self.answered_at = state, now if state in FINAL else None


class Standing(Protocol):
    """What tells how a pitch stands: a Pitch, or a row with its columns."""

    state: Any
    learner_id: Any
    respond_by: Any
    answered_at: Any


def is_veiled(pitch: Standing, now: datetime) -> bool:
    """Whether a decline may still be undone, so that the learner does not hear of it yet."""
    declined: bool = pitch.state is PitchState.DECLINED
    return declined and pitch.answered_at is not None and pitch.answered_at + UNDO_WITHIN > now


def state_for(pitch: Standing, reader_id: int, now: datetime) -> PitchState:
    """The state with its deadlines taken into account, as this reader is told of it."""
    if pitch.learner_id == reader_id and is_veiled(pitch, now):
        return PitchState.PENDING
    if pitch.state in OPEN and pitch.respond_by <= now:
        return PitchState.EXPIRED
    return PitchState(pitch.state)


class TurnKind(StrEnum):
    QUESTION, REPLY, CLOSING = "question", "reply", "closing"


class PitchTurn(Model):
    """What was said about a pitch after it was sent: a question, a reply, a last word.

    One closing word for each side.
    """

    __tablename__ = "pitch_turns"
    __table_args__ = (
        Index("ix_pitch_turns_pitch", "pitch_id", "id"),
        Index(
            "uq_pitch_turns_closing",
            "pitch_id",
            "author_id",
            unique=True,
            sqlite_where=text("kind = 'closing'"),
            postgresql_where=text("kind = 'closing'"),
        ),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    pitch_id: Mapped[int] = mapped_column(ForeignKey("pitches.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[TurnKind] = mapped_column(choice(TurnKind))
    body: Mapped[str] = mapped_column(String(TURN_MOST))
    written_at: Mapped[datetime]
