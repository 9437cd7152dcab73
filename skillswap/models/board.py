"""Who stood where when a week or month was over?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from skillswap.db import Model, choice
from skillswap.models.points import PeriodKind


class Board(Model):
    """The board of a week or month that is settled: 48 hours after its end. Never changed."""

    __tablename__ = "boards"
    kind: Mapped[PeriodKind] = mapped_column(choice(PeriodKind), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    people: Mapped[int]  # how many had points; from 1,000 on it says 1,000
    frozen_at: Mapped[datetime]


class BoardPlace(Model):
    """One of its first fifty. The place is counted when it is read, among those who can be seen."""

    __tablename__ = "board_places"
    __table_args__ = (
        ForeignKeyConstraint(
            ["kind", "number"], ["boards.kind", "boards.number"], ondelete="CASCADE"
        ),
        Index("ix_board_places_order", "kind", "number", "points", "user_id"),
    )
    kind: Mapped[PeriodKind] = mapped_column(choice(PeriodKind), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    points: Mapped[int]
    sessions: Mapped[int]
