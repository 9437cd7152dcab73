"""What does the clock do to a pitch? Also for the sweep, in batches."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update

from skillswap.db import db
from skillswap.domain import events, exchanges
from skillswap.domain.pitches.ending import expire, open_pitches
from skillswap.domain.pitches.pausing import pause_if_silent
from skillswap.domain.pitches.reading import WITH_ALL
from skillswap.models import Pitch, PitchState
from skillswap.models.pitch import OPEN

REMINDED_AFTER = (timedelta(days=3), timedelta(days=10))


def expire_if_due(pitch: Pitch, now: datetime) -> bool:
    """Write the end of an open pitch whose time is over, and tell both. True if it was so.

    The third in a row that a teacher left pauses them. The caller holds the teacher's row.
    """
    if pitch.state not in OPEN or pitch.state_at(now) is not PitchState.EXPIRED:
        return False
    if expire(pitch, now):
        pause_if_silent(pitch, now)
    return True


def expire_due(now: datetime, limit: int) -> int:
    """The same for every pitch it is due for, up to `limit`; returns how many it took up."""
    due = select(Pitch.id, Pitch.teacher_id).where(Pitch.state.in_(OPEN), Pitch.respond_by <= now)
    rows = db.session.execute(due.order_by(Pitch.respond_by, Pitch.id).limit(limit)).all()
    if not rows:
        return 0
    exchanges.lock_people(*{row.teacher_id for row in rows})
    for pitch in open_pitches(Pitch.id.in_([row.id for row in rows])):
        expire_if_due(pitch, now)
    return len(rows)


def remind_due(now: datetime, limit: int) -> int:
    """Remind teachers on the third and the tenth day of what waits for their answer.

    Not of what they ignore. Returns how many reminders that were.
    """
    first, second = (now - after for after in REMINDED_AFTER)
    pitches = db.session.scalars(
        select(Pitch)
        .where(
            Pitch.state == PitchState.PENDING,
            Pitch.respond_by > now,
            Pitch.ignored_at.is_(None),
            or_(
                and_(Pitch.reminders_sent < 1, Pitch.sent_at <= first),
                and_(Pitch.reminders_sent < 2, Pitch.sent_at <= second),
            ),
        )
        .options(*WITH_ALL)
        .order_by(Pitch.id)
        .limit(limit)
        .with_for_update(of=Pitch, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for pitch in pitches:
        _remind(pitch, 2 if pitch.sent_at <= second else 1, now)
    return len(pitches)


def _remind(pitch: Pitch, number: int, now: datetime) -> None:
    # not through the unit of work: a reminder must not refuse the answer it asks for
    db.session.execute(
        update(Pitch)
        .where(Pitch.id == pitch.id)
        .values(reminders_sent=number)
        .execution_options(synchronize_session=False)
    )
    events.record(
        "pitch.reminded",
        actor=None,
        subject=pitch,
        to=[pitch.teacher],
        now=now,
        skill=pitch.skill.name,
        respond_by=pitch.respond_by.isoformat(),
    )
