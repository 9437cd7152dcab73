"""How does a pitch end that nobody ends: by its deadline, or by the place itself?"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from skillswap.db import db
from skillswap.domain import answering, events
from skillswap.domain.pitches.reading import WITH_ALL
from skillswap.models import Pitch, PitchState, User
from skillswap.models.pitch import OPEN


def expire(pitch: Pitch, now: datetime) -> bool:
    """Write the end of an open pitch whose time is over, and tell both. The caller holds the
    teacher's row. True when it was the teacher's turn, so that it counts against them.
    """
    left = pitch.state is PitchState.PENDING
    if left:
        pitch.first_answered_at = None  # what was asked before does not answer the reply
    pitch.state = PitchState.EXPIRED
    answering.recount(pitch.teacher, now)
    _tell("pitch.expired", pitch, [pitch.learner, pitch.teacher], now)
    return left


def close_open(
    *which: ColumnElement[bool],
    reason: str,
    by: User | None,
    now: datetime,
    gone: bool = False,
) -> list[Pitch]:
    """Close the open pitches for which that holds; counts against nobody. `by` is not told.

    What was due by then has expired instead. With `gone` their pages are no more for those who
    are told: the two were parted. Returns all of them.
    """
    found = open_pitches(*which)
    for pitch in found:
        if pitch.state_at(now) is PitchState.EXPIRED:
            expire(pitch, now)
            continue
        pitch.move_to(PitchState.CLOSED, now)
        pitch.close_reason = reason
        to = [one for one in (pitch.learner, pitch.teacher) if by is None or one.id != by.id]
        _tell("pitch.closed", pitch, to, now, gone=gone)
    return found


def open_pitches(*which: ColumnElement[bool], limit: int | None = None) -> list[Pitch]:
    """Open by their state, whatever the clock says, as they stand now and held for a change."""
    return list(
        db.session.scalars(
            select(Pitch)
            .where(Pitch.state.in_(OPEN), *which)
            .options(*WITH_ALL)
            .order_by(Pitch.id)
            .limit(limit)
            .with_for_update(of=Pitch)
            .execution_options(populate_existing=True)
        )
    )


def teachers_of(*which: ColumnElement[bool]) -> list[int]:
    """To whom the open pitches went for which that holds: they are held before the pitches are."""
    query = select(Pitch.teacher_id).where(Pitch.state.in_(OPEN), *which)
    return list(db.session.scalars(query.distinct()))


def _tell(
    kind: str, pitch: Pitch, to: Iterable[User], now: datetime, *, gone: bool = False
) -> None:
    facts: dict[str, Any] = {"skill": pitch.skill.name} | ({"gone": True} if gone else {})
    events.record(kind, actor=None, subject=pitch, to=list(to), now=now, **facts)
