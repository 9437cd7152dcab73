"""Which pitches wait for a person to look at them before they are sent?"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice, public_id
from skillswap.models.pitch import ANSWER_MOST, BODY_MOST
from skillswap.models.skill import Skill
from skillswap.models.user import User


class HeldState(StrEnum):
    HELD, RELEASED, REFUSED = "held", "released", "refused"
    WITHDRAWN, LAPSED, CLOSED = "withdrawn", "lapsed", "closed"


IS_HELD = text("state = 'held'")


class HeldPitch(Model):
    """A pitch with nearly the words of three others of that week: no teacher has received it."""

    __tablename__ = "held_pitches"
    __table_args__ = (
        CheckConstraint("learner_id <> teacher_id", name="not_to_self"),
        Index(
            "uq_held_pitches_held",
            "learner_id",
            "teacher_id",
            "skill_id",
            unique=True,
            sqlite_where=IS_HELD,
            postgresql_where=IS_HELD,
        ),
        Index("ix_held_pitches_learner", "learner_id", "id"),
        Index(
            "ix_held_pitches_teacher", "teacher_id", sqlite_where=IS_HELD, postgresql_where=IS_HELD
        ),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = public_id()
    learner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    teacher_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"), index=True)
    offered_skill_id: Mapped[int | None] = mapped_column(ForeignKey("skills.id"))
    body: Mapped[str] = mapped_column(String(BODY_MOST))
    days: Mapped[int]  # the teacher gets to answer, from when it is sent
    state: Mapped[HeldState] = mapped_column(choice(HeldState), default=HeldState.HELD)
    held_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decision_body: Mapped[str] = mapped_column(String(ANSWER_MOST), default="")  # staff's words
    # of `lapsed`: the rule that said no when it was released
    refusal: Mapped[str] = mapped_column(String(40), default="")
    refusal_facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    pitch_id: Mapped[int | None] = mapped_column(ForeignKey("pitches.id"))  # what became of it

    learner: Mapped[User] = relationship(foreign_keys=learner_id, lazy="raise_on_sql")
    teacher: Mapped[User] = relationship(foreign_keys=teacher_id, lazy="raise_on_sql")
    skill: Mapped[Skill] = relationship(foreign_keys=skill_id, lazy="raise_on_sql")
    offered_skill: Mapped[Skill | None] = relationship(
        foreign_keys=offered_skill_id, lazy="raise_on_sql"
    )
