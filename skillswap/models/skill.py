"""What can be taught and learnt, and who does?"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from skillswap.db import BigId, Model, choice


class SkillState(StrEnum):
    ACTIVE, PROPOSED, MERGED = "active", "proposed", "merged"


class UserSkillKind(StrEnum):
    OFFERED, WANTED = "offered", "wanted"


class Level(IntEnum):
    """Taught up to (offered), or where one stands (wanted)."""

    BEGINNER, INTERMEDIATE, EXPERT = 1, 2, 3

    @property
    def word(self) -> str:
        """`beginner`, `intermediate` or `expert`."""
        return self.name.lower()


class Skill(Model):
    """One entry of the catalogue."""

    __tablename__ = "skills"
    __table_args__ = ({"sqlite_autoincrement": True},)
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    category: Mapped[str] = mapped_column(String(40), index=True)
    state: Mapped[SkillState] = mapped_column(choice(SkillState), default=SkillState.ACTIVE)
    # of a merged one; into nothing when staff refused what somebody proposed
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("skills.id"))
    proposed_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]
    curated_at: Mapped[datetime | None]  # staff chose its words: the catalogue leaves it alone
    # just merged: what was begun meanwhile follows then (domain/merging.py)
    follow_at: Mapped[datetime | None]


class SkillName(Model):
    """A word people call a skill by: its name or an alias, as a search key.

    `key` is unique, so two skills cannot answer to the same word.
    """

    __tablename__ = "skill_names"
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id", ondelete="CASCADE"), index=True)
    is_alias: Mapped[bool] = mapped_column(default=True)


class UserSkill(Model):
    """A person's line: a skill they offer or want."""

    __tablename__ = "user_skills"
    __table_args__ = (
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        Index("ix_user_skills_skill", "skill_id", "kind", "user_id", "level"),
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[UserSkillKind] = mapped_column(choice(UserSkillKind), primary_key=True)
    skill_id: Mapped[int] = mapped_column(ForeignKey("skills.id"), primary_key=True)
    level: Mapped[int]
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    skill: Mapped[Skill] = relationship(lazy="raise_on_sql")
