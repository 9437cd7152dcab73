"""Who sees which pitch?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload, selectinload

from skillswap.db import db
from skillswap.domain.pitch_rules import is_open
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound
from skillswap.models import Exchange, Pitch, User

WITH_ALL = (
    joinedload(Pitch.learner),
    joinedload(Pitch.teacher),
    joinedload(Pitch.skill),
    joinedload(Pitch.offered_skill),
)


def received_pitch(teacher: User, public_id: str) -> Pitch:
    """The pitch as its teacher sees it. Raises NotFound for anybody else."""
    return one(Pitch.public_id == public_id, Pitch.teacher_id == teacher.id)


def sent_pitch(learner: User, public_id: str) -> Pitch:
    """The pitch as its learner sees it. Raises NotFound for anybody else."""
    return one(Pitch.public_id == public_id, Pitch.learner_id == learner.id)


def pitch_of(person: User, public_id: str) -> Pitch:
    """The pitch for either of its two. Raises NotFound for anybody else."""
    mine = or_(Pitch.teacher_id == person.id, Pitch.learner_id == person.id)
    return one(Pitch.public_id == public_id, mine)


def one(*which: ColumnElement[bool]) -> Pitch:
    """The pitch for which that holds. Raises NotFound.

    What is between two people goes when one of them does: suspended, deleted.
    """
    pitch = db.session.scalar(
        select(Pitch)
        .where(
            *which,
            Pitch.learner.has(visible(to=Pitch.teacher_id)),
            Pitch.teacher.has(visible(to=Pitch.learner_id)),
        )
        .options(*WITH_ALL, selectinload(Pitch.turns))
        .execution_options(populate_existing=True)
    )
    if pitch is None:
        raise NotFound("pitch")
    return pitch


def exchange_of(pitch: Pitch) -> str | None:
    """The public id of the exchange a pitch opened, if it did."""
    return db.session.scalar(select(Exchange.public_id).where(Exchange.pitch_id == pitch.id))


def siblings(learner: User, pitch: Pitch, now: datetime) -> Sequence[Pitch]:
    """Other open pitches of this learner for the same skill, with their teachers."""
    return db.session.scalars(
        select(Pitch)
        .where(
            Pitch.learner_id == learner.id,
            Pitch.skill_id == pitch.skill_id,
            Pitch.id != pitch.id,
            is_open(now),
            Pitch.teacher.has(visible(to=learner.id)),
        )
        .options(*WITH_ALL)
        .order_by(Pitch.id)
        .execution_options(populate_existing=True)
    ).all()


def other_of(pitch: Pitch, person: User) -> User:
    """The one of the two who this person is not."""
    return pitch.learner if pitch.teacher_id == person.id else pitch.teacher
