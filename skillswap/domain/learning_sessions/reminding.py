"""What are two people reminded of, and when? Before a session, at its end, and a day after it.

`remind_at` is the next of the four moments; whoever gives a session a time or takes it away plans
it anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload, selectinload

from skillswap.db import db
from skillswap.domain import events
from skillswap.models import LearningSession, SessionState, User
from skillswap.models.learning_session import ASK_AGAIN, JOIN_OPENS, REMIND_BEFORE

DAY_BEFORE, HOUR_BEFORE = REMIND_BEFORE


class Stage(StrEnum):
    """What a reminder is about, in the order of time."""

    DAY_BEFORE, HOUR_BEFORE = "day_before", "hour_before"
    ENDED, ASKED_AGAIN = "ended", "asked_again"


BEFORE = (Stage.DAY_BEFORE, Stage.HOUR_BEFORE)


def moments(starts_at: datetime, ends_at: datetime) -> list[tuple[datetime, Stage]]:
    """The four moments of a session, in their order."""
    return [
        (starts_at - DAY_BEFORE, Stage.DAY_BEFORE),
        (starts_at - HOUR_BEFORE, Stage.HOUR_BEFORE),
        (ends_at, Stage.ENDED),
        (ends_at + ASK_AGAIN, Stage.ASKED_AGAIN),
    ]


def plan_reminders(learning_session: LearningSession, now: datetime) -> None:
    """Set what is next to be reminded of: the first moment still ahead, none when nothing is."""
    learning_session.remind_at = next_moment(learning_session, now)


def next_moment(learning_session: LearningSession, now: datetime) -> datetime | None:
    """The first of its moments that is still ahead."""
    starts_at, ends_at = learning_session.starts_at, learning_session.ends_at
    if learning_session.state is not SessionState.SCHEDULED or not starts_at or not ends_at:
        return None
    return next((at for at, _stage in moments(starts_at, ends_at) if at > now), None)


def stage_at(learning_session: LearningSession, now: datetime) -> Stage | None:
    """What is to be said now: the latest moment reached since `remind_at`, as long as it makes
    sense; nothing before a session once it has begun."""
    starts_at, ends_at = learning_session.starts_at, learning_session.ends_at
    planned = learning_session.remind_at
    if not starts_at or not ends_at or not planned:
        return None
    reached = [stage for at, stage in moments(starts_at, ends_at) if planned <= at <= now]
    if not reached or (reached[-1] in BEFORE and starts_at <= now):
        return None
    return reached[-1]


def remind_due(now: datetime, limit: int) -> int:
    """Say what is due to be said about sessions that are near or over; returns how many were due.

    Each moment is said once, and of several that passed meanwhile only the latest.
    """
    due = db.session.scalars(
        select(LearningSession)
        .where(
            LearningSession.state == SessionState.SCHEDULED,
            LearningSession.remind_at <= now,
        )
        .order_by(LearningSession.remind_at, LearningSession.id)
        .limit(limit)
        .options(
            joinedload(LearningSession.skill),
            joinedload(LearningSession.learner),
            joinedload(LearningSession.teacher),
            selectinload(LearningSession.outcomes),
        )
        .with_for_update(of=LearningSession, skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for learning_session in due:
        _remind(learning_session, now)
    return len(due)


def _remind(learning_session: LearningSession, now: datetime) -> None:
    stage = stage_at(learning_session, now)
    # not through the unit of work: a reminder must not refuse the verb it reminds of
    db.session.execute(
        update(LearningSession)
        .where(LearningSession.id == learning_session.id)
        .values(remind_at=next_moment(learning_session, now))
        .execution_options(synchronize_session=False)
    )
    if learning_session.state_at(now) is not SessionState.SCHEDULED:
        return  # silence has decided, and `settle_due` tells that
    if stage in BEFORE:
        _coming(learning_session, stage, now)
    elif stage is not None:
        _ask(learning_session, stage, now)


def _coming(learning_session: LearningSession, stage: Stage, now: datetime) -> None:
    starts_at = learning_session.starts_at
    if starts_at is None:  # pragma: no cover - a scheduled one has a time
        return
    events.record(
        "session.reminded",
        actor=None,
        subject=learning_session,
        to=[learning_session.learner, learning_session.teacher],
        now=now,
        skill=learning_session.skill.name,
        stage=stage.value,
        starts_at=starts_at.isoformat(),
        opens_at=(starts_at - JOIN_OPENS).isoformat(),
    )


def _ask(learning_session: LearningSession, stage: Stage, now: datetime) -> None:
    silent = _silent(learning_session)
    if not silent or learning_session.starts_at is None:
        return
    events.record(
        "session.asked_again" if stage is Stage.ASKED_AGAIN else "session.ended",
        actor=None,
        subject=learning_session,
        to=silent,
        now=now,
        skill=learning_session.skill.name,
        starts_at=learning_session.starts_at.isoformat(),
    )


def _silent(learning_session: LearningSession) -> Sequence[User]:
    """Those of the two who have not said how it went."""
    said = {outcome.user_id for outcome in learning_session.outcomes}
    both = (learning_session.learner, learning_session.teacher)
    return [person for person in both if person.id not in said]
