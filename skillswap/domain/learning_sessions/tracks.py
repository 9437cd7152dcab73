"""Which steps has an exchange taken, and where among them is this session?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import BigInteger, and_, bindparam, func, select

from skillswap.db import db
from skillswap.lib.keyset import AnySelect
from skillswap.models import LearningSession, Outcome, SessionState, Skill
from skillswap.models.learning_session import state_at

SHOWN = 4  # sessions: with the pitch, those left out, what is next and the end it stays short
LOOKED_AT = 60  # the newest of one exchange

# what decides a session that only one of the two has answered
_SAID = (
    select(Outcome.answer)
    .where(Outcome.learning_session_id == LearningSession.id)
    .limit(1)
    .correlate(LearningSession)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class TrackStep:
    """A session of the exchange that has a time, or waits for one."""

    id: int
    public_id: str
    number: int
    skill: str
    state: SessionState  # by the clock
    starts_at: datetime | None
    ends_at: datetime | None

    def is_over(self, now: datetime) -> bool:
        """Whether its agreed time has passed."""
        return self.ends_at is not None and self.ends_at <= now


@dataclass(frozen=True, slots=True)
class Track:
    """The steps around one session, and how many the page leaves out on either side."""

    steps: Sequence[TrackStep]
    before: int
    after: int
    some_ahead: bool  # one of all these is agreed on and not over


def track_of(learning_session: LearningSession, now: datetime) -> Track:
    """The sessions of its exchange in their order, this one among them; those that were never
    agreed on are left out. One statement."""
    values = {"exchange": learning_session.exchange_id, "here": learning_session.id}
    rows = db.session.execute(_steps(), values).all()
    steps = [
        TrackStep(
            id=row.id,
            public_id=row.public_id,
            number=row.number,
            skill=row.skill,
            state=state_at(row, now),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
        )
        for row in rows
    ]
    older = rows[0].all - len(rows) if rows else 0
    return _around(sorted(steps, key=_when), learning_session.id, older, now)


@cache
def _steps() -> AnySelect:
    return (
        select(
            LearningSession.id,
            LearningSession.public_id,
            LearningSession.number,
            LearningSession.state,
            LearningSession.starts_at,
            LearningSession.ends_at,
            LearningSession.confirm_by,
            Skill.name.label("skill"),
            _SAID.label("said"),
            func.count().over().label("all"),
        )
        .join(Skill, Skill.id == LearningSession.skill_id)
        .where(
            LearningSession.exchange_id == bindparam("exchange", type_=BigInteger()),
            ~and_(
                LearningSession.state.in_((SessionState.CANCELLED, SessionState.PROPOSED)),
                LearningSession.starts_at.is_(None),
                LearningSession.id != bindparam("here", type_=BigInteger()),
            ),
        )
        .order_by(LearningSession.id.desc())
        .limit(LOOKED_AT)
    )


def _when(step: TrackStep) -> tuple[bool, datetime | int, int]:
    """By its start; what has none yet comes last, by its number."""
    return step.starts_at is None, step.starts_at or step.number, step.id


def _around(steps: Sequence[TrackStep], here: int, older: int, now: datetime) -> Track:
    """Up to SHOWN steps, two of them before this one where that leaves room for what follows."""
    place = next((index for index, step in enumerate(steps) if step.id == here), len(steps))
    first = max(0, min(place - 2, len(steps) - SHOWN))
    shown = steps[first : first + SHOWN]
    return Track(
        steps=shown,
        before=first + older,
        after=len(steps) - first - len(shown),
        some_ahead=any(
            step.state is SessionState.SCHEDULED and not step.is_over(now) for step in steps
        ),
    )
