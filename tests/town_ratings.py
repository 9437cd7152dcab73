"""The ratings of the town: each way in which one can stand, once, from ada's side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from skillswap.db import db, transaction
from skillswap.domain import ratings
from skillswap.models import LearningSession, Rating, SessionState, User

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def fill(crowd: dict[str, User], now: datetime) -> list[str]:
    """To give, sealed, published with a reply, taken back; the pages that only ada may see."""
    ada, ben, ivo, gus = (crowd[name] for name in ("ada", "ben", "ivo", "gus"))
    (sealed,), (whole,), (open_,) = (kept(ada, other) for other in (ben, ivo, gus))
    rate(ada, sealed, now, stars=4, tags=["curious", "fun"], body="Asks the right questions.")
    rate(ivo, whole, now - 2 * DAY, stars=5, tags=["patient", "clear"], body="Kind and direct.")
    rate(ada, whole, now - DAY, stars=4, body="Plays what is not written.")
    said = key_of(ivo, whole)
    with transaction():
        ratings.reply_to_rating(ada, said, body="You did the work, Ivo.", now=now)
    pages = [f"/ratings/{said}/reply", f"/sessions/{sealed.public_id}/rate"]
    pages += [f"/sessions/{one.public_id}/rate" for one in (whole, open_)]
    return [*pages, *_with_lou(ada, now), "/people/ada/ratings", "/people/ada/ratings?role=learner"]


def _with_lou(ada: User, now: datetime) -> list[str]:
    """Long published: one to answer, and one that ada took back."""
    lou = db.session.scalars(select(User).where(User.username == "lou")).one()
    first, second, *_rest = kept(ada, lou)
    for one in (first, second):
        at = (one.ended_at or now) + HOUR
        rate(lou, one, at, stars=3, body="A good hour.\n\nA little short.")
        rate(ada, one, at, stars=2, tags=["on_time"])
    with transaction():
        ratings.retract_rating(ada, key_of(ada, second), now=now)
    return [f"/sessions/{one.public_id}/rate" for one in (first, second)]


def kept(ada: User, other: User) -> Sequence[LearningSession]:
    """Their sessions that took place, the oldest first."""
    return db.session.scalars(
        select(LearningSession)
        .where(
            LearningSession.state == SessionState.COMPLETED,
            or_(LearningSession.teacher_id == ada.id, LearningSession.learner_id == ada.id),
            or_(LearningSession.teacher_id == other.id, LearningSession.learner_id == other.id),
        )
        .order_by(LearningSession.starts_at)
    ).all()


def rate(who: User, one: LearningSession, at: datetime, **words: object) -> None:
    with transaction():
        ratings.rate_session(who, one.public_id, now=at, **words)  # type: ignore[arg-type]


def key_of(who: User, one: LearningSession) -> str:
    """What this one of the two said of it."""
    return db.session.scalars(
        select(Rating.public_id).where(
            Rating.learning_session_id == one.id, Rating.rater_id == who.id
        )
    ).one()
