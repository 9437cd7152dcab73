"""When does a teacher take no new pitches, and what becomes of the open ones?"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm.attributes import set_committed_value

from skillswap.db import db
from skillswap.domain import answering, events, exchanges
from skillswap.domain.pitches.ending import close_open
from skillswap.domain.touched import touch
from skillswap.errors import Refused, WrongState
from skillswap.lib.clock import from_wall, local
from skillswap.models import Event, PauseKind, Pitch, User

IN_A_ROW = 3
LONGEST = timedelta(days=365)


def pause(teacher: User, *, until: date | None, now: datetime) -> None:
    """Take no new pitches, until that day on their clock begins or until they return.

    Open pitches are closed, against nobody. Once more changes the day. Raises Refused for a day
    that is over or more than a year away.
    """
    exchanges.lock_people(teacher.id)
    db.session.refresh(teacher)
    _set(teacher, paused=PauseKind.OWN, paused_until=_day_begins(teacher, until, now))
    close_open(Pitch.teacher_id == teacher.id, reason="pause", by=teacher, now=now)
    events.record("person.paused", actor=teacher, subject=teacher, to=[], now=now)


def _day_begins(teacher: User, day: date | None, now: datetime) -> datetime | None:
    if day is None:
        return None
    if day <= local(now, teacher.timezone).date:
        raise Refused("until", "pause_past")
    if day > (now + LONGEST).date():
        raise Refused("until", "pause_far")
    return from_wall(datetime(day.year, day.month, day.day), teacher.timezone)  # noqa: DTZ001 - a wall


def resume(teacher: User, *, now: datetime) -> None:
    """Take pitches again. Raises WrongState when there is no pause."""
    exchanges.lock_people(teacher.id)
    db.session.refresh(teacher)
    if teacher.paused is None:
        raise WrongState("pause", "none")
    _set(teacher, paused=None, paused_until=None)
    events.record("person.returned", actor=teacher, subject=teacher, to=[], now=now)


def resume_due(now: datetime, limit: int) -> int:
    """End the pauses whose day has come; returns how many. For the sweep."""
    due = db.session.scalars(
        select(User)
        .where(User.paused.is_not(None), User.paused_until <= now)
        .order_by(User.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for teacher in due:
        _set(teacher, paused=None, paused_until=None)
        events.record("person.returned", actor=None, subject=teacher, to=[], now=now)
    return len(due)


def pause_if_silent(pitch: Pitch, now: datetime) -> bool:
    """Pause a teacher whose third pitch in a row has just expired, and tell them.

    The caller holds the teacher's row.
    """
    teacher = pitch.teacher
    if teacher.paused is not None or not _is_third(teacher, now):
        return False
    _set(teacher, paused=PauseKind.UNANSWERED, paused_until=None)
    close_open(Pitch.teacher_id == teacher.id, reason="pause", by=teacher, now=now)
    events.record(
        "pitch.paused", actor=None, subject=pitch, to=[teacher], now=now, skill=pitch.skill.name
    )
    return True


def _is_third(teacher: User, now: datetime) -> bool:
    """Whether the last three that count were all left, since their return from a pause."""
    moment = func.coalesce(Pitch.first_answered_at, Pitch.respond_by)
    counts = answering.was_answered() | answering.was_left()
    last = db.session.execute(
        select(answering.was_left().label("left"), Pitch.respond_by)
        .where(Pitch.teacher_id == teacher.id, counts)
        .order_by(moment.desc(), Pitch.id.desc())
        .limit(IN_A_ROW)
    ).all()
    if len(last) < IN_A_ROW or not all(row.left for row in last):
        return False
    returned_at = db.session.scalar(
        select(func.max(Event.happened_at)).where(
            Event.subject_type == User.__tablename__,
            Event.subject_id == teacher.id,
            Event.kind == "person.returned",
        )
    )
    return returned_at is None or all(row.respond_by > returned_at for row in last)


def _set(teacher: User, **values: Any) -> None:
    """Not through the unit of work: a pause must not refuse somebody's open settings."""
    touch(teacher.id)
    db.session.execute(
        update(User)
        .where(User.id == teacher.id)
        .values(values)
        .execution_options(synchronize_session=False)
    )
    for name, value in values.items():
        set_committed_value(teacher, name, value)
