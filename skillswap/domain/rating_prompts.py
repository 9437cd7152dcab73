"""Who is asked to rate a session? Both, after the first of an exchange and after its end.

Any other session can be rated as well; nobody is asked for it. The reminders are sent by the
sweep (`ratings.prompt_due`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from skillswap.db import db
from skillswap.models import (
    Event,
    Exchange,
    ExchangeState,
    LearningSession,
    Rating,
    RatingPrompt,
    SessionState,
)
from skillswap.models.rating import RATE_WITHIN, REMIND_AFTER


def ask_first(event: Event) -> Iterable[Event]:
    """The consequence of a completed session: the two are asked when it is the first of its
    exchange, or when the exchange has ended before."""
    row = db.session.execute(
        select(
            Exchange.id,
            Exchange.state,
            select(func.count(LearningSession.id))
            .where(
                LearningSession.exchange_id == Exchange.id,
                LearningSession.state == SessionState.COMPLETED,
            )
            .correlate(Exchange)
            .scalar_subquery(),
        )
        .join(LearningSession, LearningSession.exchange_id == Exchange.id)
        .where(LearningSession.id == event.subject_id)
    ).one()
    _exchange_id, state, kept = row
    if kept > 1 and state is not ExchangeState.COMPLETED:
        return []
    return _ask(event.subject_id, event.happened_at)


def ask_last(event: Event) -> Iterable[Event]:
    """The consequence of a completed exchange: the two are asked about its last session."""
    last_id = db.session.scalar(
        select(LearningSession.id)
        .where(
            LearningSession.exchange_id == event.subject_id,
            LearningSession.state == SessionState.COMPLETED,
        )
        .order_by(LearningSession.starts_at.desc(), LearningSession.id.desc())
        .limit(1)
    )
    return [] if last_id is None else _ask(last_id, event.happened_at)


def _ask(session_id: int, now: datetime) -> list[Event]:
    """Ask each of the two who has not rated, nor been asked about it before."""
    one = db.session.scalars(
        select(LearningSession)
        .where(LearningSession.id == session_id)
        .options(joinedload(LearningSession.skill))
    ).one()
    if one.ended_at is None or one.ended_at + RATE_WITHIN <= now:
        return []
    done = set(
        db.session.scalars(
            select(Rating.rater_id)
            .where(Rating.learning_session_id == session_id)
            .union_all(
                select(RatingPrompt.user_id).where(RatingPrompt.learning_session_id == session_id)
            )
        )
    )
    asked = []
    for user_id in (one.learner_id, one.teacher_id):
        if user_id not in done:
            due_at = next_at(one.ended_at, now)
            db.session.add(
                RatingPrompt(
                    learning_session_id=session_id, user_id=user_id, asked=1, due_at=due_at
                )
            )
            asked.append(_asked(one, user_id, now))
    db.session.flush()
    return asked


def next_at(ended_at: datetime, now: datetime) -> datetime | None:
    """When to remind next; None when that was all."""
    days = (ended_at + after for after in REMIND_AFTER)
    return next((at for at in days if at > now), None)


def _asked(one: LearningSession, user_id: int, now: datetime) -> Event:
    return Event(
        kind="rating.asked",
        actor_id=None,
        subject_type=LearningSession.__tablename__,
        subject_id=one.id,
        audience=[user_id],
        facts={
            "public_id": one.public_id,
            "between": [one.learner_id, one.teacher_id],
            **facts_of(one),
        },
        happened_at=now,
    )


def facts_of(one: LearningSession, *, again: bool = False) -> dict[str, Any]:
    """What a sentence that asks needs."""
    assert one.ended_at is not None  # noqa: S101 - it is completed
    return {
        "skill": one.skill.name,
        "starts_at": one.starts_at.isoformat() if one.starts_at else "",
        "rate_by": (one.ended_at + RATE_WITHIN).isoformat(),
        "again": again,
    }


def forget(session_id: int, user_id: int, *, skipped_at: datetime | None = None) -> bool:
    """Ask this person no more about that session. False when they had not been asked."""
    values = {"due_at": None} | ({"skipped_at": skipped_at} if skipped_at else {})
    done = db.session.execute(
        update(RatingPrompt)
        .where(
            RatingPrompt.learning_session_id == session_id,
            RatingPrompt.user_id == user_id,
        )
        .values(values)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one
