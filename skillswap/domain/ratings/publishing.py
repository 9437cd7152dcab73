"""When does everybody read a rating? In the instant its pair is whole, or the time is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from skillswap.db import db
from skillswap.domain import events, exchanges, rating_totals
from skillswap.domain.rating_totals import is_due
from skillswap.models import LearningSession, Rating, RatingState, User

WITH_ALL = (
    joinedload(Rating.rater),
    joinedload(Rating.rated),
    joinedload(Rating.learning_session).options(
        joinedload(LearningSession.skill),
        joinedload(LearningSession.teacher),
        joinedload(LearningSession.learner),
    ),
)


def publish(ratings: Sequence[Rating], *, actor: User | None, at: datetime, now: datetime) -> None:
    """Let everybody read these ratings of one session from the same instant on, count them and
    tell both people, but for who did it. The caller holds both."""
    for rating in ratings:
        rating.move_to(RatingState.PUBLISHED)
        rating.published_at = rating.published_at or at
    for rating in ratings:
        rating_totals.recount(rating.rated, rating.rated_role)
    one = ratings[0]
    tell(
        "rating.published",
        one.learning_session,
        actor=actor,
        to=[one.learning_session.learner, one.learning_session.teacher],
        now=now,
        by_clock=actor is None,
        raters=sorted(rating.rater_id for rating in ratings),
    )


def publish_if_due(rating: Rating, now: datetime) -> None:
    """Write what the clock has decided, before a verb goes on from there."""
    if rating.is_due(now):
        publish([rating], actor=None, at=rating.publish_by, now=now)


def publish_due(now: datetime, limit: int) -> int:
    """Write the publication of ratings whose time is over; returns how many. For the sweep."""
    due = db.session.execute(
        select(Rating.id, Rating.rater_id, Rating.rated_id)
        .where(is_due(now))
        .order_by(Rating.publish_by, Rating.id)
        .limit(limit)
    ).all()
    if not due:
        return 0
    exchanges.lock_people(*{row.rater_id for row in due}, *{row.rated_id for row in due})
    ratings = db.session.scalars(
        select(Rating)
        .where(Rating.id.in_([row.id for row in due]), is_due(now))
        .order_by(Rating.publish_by, Rating.id)
        .options(*WITH_ALL)
        .execution_options(populate_existing=True)
    ).all()
    for rating in ratings:
        publish_if_due(rating, now)
    return len(ratings)


def tell(
    kind: str,
    learning_session: LearningSession,
    *,
    actor: User | None,
    to: Sequence[User],
    now: datetime,
    **facts: Any,
) -> None:
    """Say something about a published rating: where it is read, never how many stars it has."""
    starts_at = learning_session.starts_at
    events.record(
        kind,
        actor=actor,
        subject=learning_session,
        to=to,
        now=now,
        skill=learning_session.skill.name,
        starts_at=starts_at.isoformat() if starts_at else "",
        **facts,
    )
