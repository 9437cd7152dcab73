"""How much of what somebody agreed to did they keep? Computed from the sessions, never stored.

Over the sessions that began in the last 180 days, for one person:
- kept: completed ones.
- a mark: a session they did not come to (1), said so themselves (½), or cancelled under 12 hours
  before the start (½). No mark counts that the partner forgave, or that was contested, unless a
  moderator dismissed the contest.
- counted: kept and the marks together, rounded up to a whole, so that a half is never hidden.

It is shown from three sessions on as "Kept 19 of 20".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    union_all,
)

from skillswap.db import db
from skillswap.errors import Refused
from skillswap.lib.clock import local
from skillswap.lib.keyset import AnySelect
from skillswap.models import (
    Contest,
    ContestState,
    LearningSession,
    Outcome,
    OutcomeAnswer,
    SessionState,
    User,
)

WINDOW = timedelta(days=180)
SHOWN_FROM = 3
BARRED_FROM = 3  # missed sessions within the window
BARRED_FOR = timedelta(days=14)
STATES = (
    SessionState.COMPLETED,
    SessionState.NO_SHOW,
    SessionState.CANCELLED,
    SessionState.SCHEDULED,  # what silence has decided, before a sweep has written it
)
UserId = int | SQLColumnExpression[int]


class MarkKind(StrEnum):
    """What a mark is for."""

    MISSED, ADMITTED, LATE = "missed", "admitted", "late"


HALVES = {MarkKind.MISSED: 2, MarkKind.ADMITTED: 1, MarkKind.LATE: 1}


@dataclass(frozen=True, slots=True)
class Reliability:
    """What somebody kept of what counts."""

    kept: int = 0
    marks: int = 0  # sessions with a mark that counts
    halves: int = 0  # what those marks weigh, in halves

    @property
    def counted(self) -> int:
        """Of how many, rounded up."""
        return self.kept + (self.halves + 1) // 2

    @property
    def is_shown(self) -> bool:
        """Whether there is enough to say anything."""
        return self.kept + self.marks >= SHOWN_FROM


# -- conditions on a session ----------------------------------------------------------------------


def is_kept(now: datetime) -> ColumnElement[bool]:
    """Condition: the session took place; also when one says so and the other has let the
    deadline pass, before a sweep has written it (`LearningSession.state_at`)."""
    return or_(
        LearningSession.state == SessionState.COMPLETED,
        and_(_is_due(now), _somebody_said(OutcomeAnswer.HAPPENED)),
    )


def is_missed_by(user_id: UserId, now: datetime) -> ColumnElement[bool]:
    """Condition: this person did not come, by the clock too."""
    return or_(
        and_(
            LearningSession.state == SessionState.NO_SHOW,
            LearningSession.absent_user_id == user_id,
        ),
        and_(
            _is_due(now),
            _somebody_said(OutcomeAnswer.THEY_DID_NOT_COME, Outcome.user_id != user_id),
        ),
    )


def is_late_by(user_id: UserId) -> ColumnElement[bool]:
    """Condition: this person cancelled it late."""
    return and_(
        LearningSession.state == SessionState.CANCELLED,
        LearningSession.cancelled_late.is_(True),
        LearningSession.cancelled_by_id == user_id,
    )


def is_off(user_id: UserId) -> ColumnElement[bool]:
    """Condition: a mark of this person for it does not count: forgiven, or contested and not
    dismissed."""
    return or_(
        LearningSession.forgiven_at.is_not(None),
        exists().where(
            Contest.learning_session_id == LearningSession.id,
            Contest.user_id == user_id,
            Contest.state != ContestState.DISMISSED,
        ),
    )


def _is_due(now: datetime) -> ColumnElement[bool]:
    return and_(LearningSession.state == SessionState.SCHEDULED, LearningSession.confirm_by <= now)


def _somebody_said(answer: OutcomeAnswer, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(
        Outcome.learning_session_id == LearningSession.id, Outcome.answer == answer, *more
    )


# -- what pages say -------------------------------------------------------------------------------


def of(user_ids: Collection[int], now: datetime) -> dict[int, Reliability]:
    """Each of these people's record. One statement, however many they are."""
    if not user_ids:
        return {}
    sides = union_all(
        _side(LearningSession.teacher_id, user_ids, now),
        _side(LearningSession.learner_id, user_ids, now),
    ).subquery()
    rows = db.session.execute(
        select(
            sides.c.user_id,
            func.sum(sides.c.kept),
            func.sum(case((sides.c.halves > 0, 1), else_=0)),
            func.sum(sides.c.halves),
        ).group_by(sides.c.user_id)
    )
    found = {row[0]: Reliability(int(row[1]), int(row[2]), int(row[3])) for row in rows}
    return {user_id: found.get(user_id, Reliability()) for user_id in user_ids}


def shown(person: User, now: datetime) -> Reliability | None:
    """What a page prints of one person; None while it says too little."""
    record = of([person.id], now)[person.id]
    return record if record.is_shown else None


def _side(user_id: SQLColumnExpression[int], user_ids: Collection[int], now: datetime) -> AnySelect:
    """The sessions in which these people teach, or learn: who, kept or not, halves of marks."""
    halves = case(
        (is_off(user_id), 0),
        (is_missed_by(user_id, now), case((LearningSession.absent_admitted, 1), else_=2)),
        (is_late_by(user_id), 1),
        else_=0,
    )
    return select(
        user_id.label("user_id"),
        case((is_kept(now), 1), else_=0).label("kept"),
        case((is_kept(now), 0), else_=halves).label("halves"),
    ).where(
        user_id.in_(user_ids),
        LearningSession.state.in_(STATES),
        LearningSession.starts_at > now - WINDOW,
    )


def barred_until(user_id: int, now: datetime) -> datetime | None:
    """Until when this person begins nothing new: 14 days from the third missed session within
    180 days, or from a later one; None when they are free. One statement."""
    settled_at = func.coalesce(LearningSession.ended_at, LearningSession.confirm_by)
    rows = db.session.execute(
        select(LearningSession.starts_at, settled_at.label("settled_at"))
        .where(
            or_(LearningSession.teacher_id == user_id, LearningSession.learner_id == user_id),
            LearningSession.state.in_((SessionState.NO_SHOW, SessionState.SCHEDULED)),
            LearningSession.starts_at > now - WINDOW,
            is_missed_by(user_id, now),
            ~is_off(user_id),
        )
        .order_by(LearningSession.starts_at.desc(), LearningSession.id.desc())
    ).all()
    if len(rows) < BARRED_FROM:
        return None
    latest = max(row.settled_at for row in rows)
    # once the third latest fades, only two are left
    until: datetime = min(latest + BARRED_FOR, rows[BARRED_FROM - 1].starts_at + WINDOW)
    return until if until > now else None


def barred(person: User, now: datetime, field: str) -> Refused | None:
    """Why this person may neither send nor accept a pitch just now: three sessions missed."""
    until = barred_until(person.id, now)
    if until is None:
        return None
    return Refused(field, "barred_until", day=local(until, person.timezone).day)
