"""How often does a teacher answer, and how soon? The owner of three columns of users.

Over the last 180 days, of the pitches to one teacher:
- answered: those first answered in that time, by a question, a yes or a no. What the answer was
  does not matter, nor what became of the pitch.
- unanswered: those that expired in that time while the teacher's answer was due. A pitch that the
  teacher asked about and then left, once the reply was there, is among them; one whose learner
  never replied is answered.
- reply_minutes: the median time from the sending to the first answer.

Withdrawn and closed pitches that had no answer yet count neither way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm.attributes import set_committed_value

from skillswap.db import db
from skillswap.domain.touched import touch
from skillswap.models import Pitch, PitchState, User

WINDOW = timedelta(days=180)
SHOWN_FROM = 3
SLACK = timedelta(days=2)  # how long the sweep may have been away
COLUMNS = ("answered_count", "unanswered_count", "reply_minutes")


class Pace(StrEnum):
    """The usual time until an answer."""

    DAY, THREE_DAYS, WEEK, LONGER = "day", "three_days", "week", "longer"


PACES = ((24 * 60, Pace.DAY), (3 * 24 * 60, Pace.THREE_DAYS), (7 * 24 * 60, Pace.WEEK))


@dataclass(frozen=True, slots=True)
class Answers:
    """A teacher's answers as a fact on their profile."""

    answered: int
    asked: int
    pace: Pace | None  # None when nothing was answered


def shown(answered: int, unanswered: int, reply_minutes: int | None) -> Answers | None:
    """What a page prints of these columns; None while they say too little."""
    asked = answered + unanswered
    if asked < SHOWN_FROM:
        return None
    pace = None
    if reply_minutes is not None:
        pace = next((pace for most, pace in PACES if reply_minutes <= most), Pace.LONGER)
    return Answers(answered, asked, pace)


def answers_of(teacher: User) -> Answers | None:
    """What their profile prints."""
    return shown(teacher.answered_count, teacher.unanswered_count, teacher.reply_minutes)


def was_answered() -> ColumnElement[bool]:
    """Condition: counts as answered, whenever that was."""
    return Pitch.first_answered_at.is_not(None)


def was_left() -> ColumnElement[bool]:
    """Condition: counts as unanswered, whenever that was."""
    return and_(Pitch.state == PitchState.EXPIRED, Pitch.first_answered_at.is_(None))


def tally(teacher_id: int, now: datetime) -> tuple[int, int, int | None]:
    """The three numbers by their definition, from the pitches themselves. One statement."""
    since = now - WINDOW
    rows = db.session.execute(
        select(Pitch.sent_at, Pitch.first_answered_at).where(
            Pitch.teacher_id == teacher_id,
            or_(Pitch.first_answered_at > since, and_(was_left(), Pitch.respond_by > since)),
        )
    ).all()
    waits = [(row.first_answered_at - row.sent_at) for row in rows if row.first_answered_at]
    minutes = [int(wait.total_seconds() // 60) for wait in waits]
    return len(minutes), len(rows) - len(minutes), int(median(minutes)) if minutes else None


def recount(teacher: User, now: datetime) -> bool:
    """Write the numbers anew, in the transaction of what changed them. True if they moved.

    The caller holds the teacher's row (`lock_people`), or two answers at once would each miss the
    other.
    """
    db.session.flush()
    found = dict(zip(COLUMNS, tally(teacher.id, now), strict=True))
    if all(getattr(teacher, name) == value for name, value in found.items()):
        return False
    # not through the unit of work: a number that moves must not refuse somebody's open form
    touch(teacher.id)
    db.session.execute(
        update(User)
        .where(User.id == teacher.id)
        .values(found)
        .execution_options(synchronize_session=False)
    )
    for name, value in found.items():
        set_committed_value(teacher, name, value)
    return True


def recount_due(now: datetime, limit: int) -> int:
    """Let go of what is older than 180 days; returns for how many teachers. For the sweep."""
    old, older = now - WINDOW, now - WINDOW - SLACK
    leaving = or_(
        Pitch.first_answered_at.between(older, old),
        and_(was_left(), Pitch.respond_by.between(older, old)),
    )
    counted = or_(User.answered_count > 0, User.unanswered_count > 0)
    teachers = db.session.scalars(
        select(User)
        .where(User.id.in_(select(Pitch.teacher_id).where(leaving)), counted)
        .order_by(User.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    moved = 0
    for teacher in teachers:
        if moved < limit:
            moved += recount(teacher, now)
    return moved
