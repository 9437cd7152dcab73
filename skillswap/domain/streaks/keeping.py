"""What counts for whose week? Consequences that write marks, and what follows when four are full.

A mark is written once for its source, whenever that is: a session that is confirmed late counts
for the week in which it took place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, exists, func, literal_column, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from skillswap.db import Model, db
from skillswap.domain.answering import was_left
from skillswap.domain.streaks.counting import Week, bounds, week_of
from skillswap.domain.streaks.reading import count_of
from skillswap.models import (
    Event,
    LearningSession,
    MarkKind,
    Pitch,
    PitchState,
    PointsEntry,
    PointsKind,
    Post,
    StreakAward,
    StreakMark,
    User,
)


def keep_session(event: Event) -> list[Event]:
    """The consequence of a completed session: the week in which it took place, for both."""
    rows = db.session.execute(
        select(User.id, User.timezone, LearningSession.ends_at)
        .join(
            LearningSession,
            or_(LearningSession.teacher_id == User.id, LearningSession.learner_id == User.id),
        )
        .where(LearningSession.id == event.subject_id)
        .order_by(User.id)
    ).all()
    reached: list[Event] = []
    for user_id, zone_name, ended_at in rows:
        assert ended_at is not None  # noqa: S101 - it took place
        reached += keep(user_id, zone_name, MarkKind.SESSION, event.subject_id, ended_at, event)
    return reached


def keep_rating(event: Event) -> list[Event]:
    """The consequence of a rating: the week in which it was given."""
    assert event.actor_id is not None  # noqa: S101 - somebody rates
    zone_name = _zone_of(event.actor_id)
    at = event.happened_at
    return keep(event.actor_id, zone_name, MarkKind.RATING, event.subject_id, at, event)


def follow_tutorial(event: Event) -> list[Event]:
    """The consequence of a tutorial that scores, or scores no more: the week it was published."""
    row = db.session.execute(
        select(Post.author_id, Post.published_at, func.sum(PointsEntry.points), User.timezone)
        .join(User, User.id == Post.author_id)
        .outerjoin(
            PointsEntry,
            and_(
                PointsEntry.subject_type == Post.__tablename__,
                PointsEntry.subject_id == Post.id,
                PointsEntry.user_id == Post.author_id,
                PointsEntry.kind == PointsKind.TUTORIAL,
            ),
        )
        .where(Post.id == event.subject_id)
        .group_by(Post.author_id, Post.published_at, User.timezone)
    ).one()
    author_id, published_at, points, zone_name = row
    if not points or points < 0:
        _take_off(author_id, MarkKind.TUTORIAL, event.subject_id)
        return []
    kind, post_id = MarkKind.TUTORIAL, event.subject_id
    return keep(author_id, zone_name, kind, post_id, published_at or event.happened_at, event)


def keep_pitches(event: Event) -> list[Event]:
    """The consequence of a teacher's answer: the week, when no pitch due in it waits any more."""
    teacher_id = _teacher_of(event)
    if teacher_id != event.actor_id or teacher_id is None:
        return []
    zone_name = _zone_of(teacher_id)
    week, _early = week_of(event.happened_at, zone_name)
    if _waits(teacher_id, *bounds(week, zone_name)):
        return []
    return keep(teacher_id, zone_name, MarkKind.PITCHES, week, event.happened_at, event)


def undo_pitches(event: Event) -> None:
    """The consequence of an answer taken back: the week is kept by another answer, or not."""
    teacher_id = _teacher_of(event)
    if teacher_id is None:
        return
    zone_name = _zone_of(teacher_id)
    week, _early = week_of(event.happened_at, zone_name)
    start, end = bounds(week, zone_name)
    answered = select(Pitch.id).where(
        Pitch.teacher_id == teacher_id,
        Pitch.first_answered_at >= start,
        Pitch.first_answered_at < end,
    )
    if _waits(teacher_id, start, end) or db.session.scalar(answered.limit(1)) is None:
        _take_off(teacher_id, MarkKind.PITCHES, week)


def _teacher_of(event: Event) -> int | None:
    between = event.facts.get("between", ())
    return between[1] if between else None


def _waits(teacher_id: int, start: datetime, end: datetime) -> bool:
    """Whether a pitch to them is due in that week and has no answer."""
    unanswered = or_(Pitch.state == PitchState.PENDING, was_left())
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    Pitch.teacher_id == teacher_id,
                    Pitch.respond_by >= start,
                    Pitch.respond_by < end,
                    unanswered,
                )
            )
        )
    )


def _zone_of(user_id: int) -> str:
    return db.session.execute(select(User.timezone).where(User.id == user_id)).scalar_one()


# -- marks ----------------------------------------------------------------------------------------


def keep(
    user_id: int, zone_name: str, kind: MarkKind, source_id: int, at: datetime, event: Event
) -> list[Event]:
    """Write the mark unless it is there; the streak it makes may have reached something."""
    week, early = week_of(at, zone_name)
    row = {"kind": kind, "source_id": source_id, "week": week, "early": early, "at": at}
    if not put(StreakMark, user_id=user_id, **row):
        return []
    return list(award(user_id, zone_name, event.happened_at))


def put(table: type[Model], **columns: Any) -> bool:
    """Write a row; False when its key was there already, whoever of two was quicker."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    written = db.session.execute(
        dialect.insert(table.__table__)
        .values(**columns)
        .on_conflict_do_nothing()
        .returning(literal_column("1"))
    )
    return written.first() is not None


def _take_off(user_id: int, kind: MarkKind, source_id: int) -> None:
    db.session.execute(
        delete(StreakMark)
        .where(
            StreakMark.user_id == user_id,
            StreakMark.kind == kind,
            StreakMark.source_id == source_id,
        )
        .execution_options(synchronize_session=False)
    )


def award(user_id: int, zone_name: str, now: datetime) -> Iterable[Event]:
    """Say that four, eight, twelve … weeks are reached, as often as each run has them.

    A late confirmation may move the week in which that was; what was awarded counts on.
    """
    streak = count_of(user_id, zone_name, now)
    if not streak.reached:
        return
    given = set(db.session.scalars(select(StreakAward.week).where(StreakAward.user_id == user_id)))
    awarded = Counter(week.begins_run for week in streak.weeks if week.number in given)
    for run in dict.fromkeys(week.begins_run for week in streak.reached):
        reached = [week for week in streak.reached if week.begins_run == run]
        new = [week for week in reached if week.number not in given]
        for week in new[len(new) - max(0, len(reached) - awarded[run]) :]:
            row = {"week": week.number, "weeks": week.length, "reached_at": now}
            if put(StreakAward, user_id=user_id, **row):
                yield _reached(user_id, week, now)


def _reached(user_id: int, week: Week, now: datetime) -> Event:
    return Event(
        kind="streak.reached",
        actor_id=None,
        subject_type=StreakAward.__tablename__,
        subject_id=user_id,
        audience=[user_id],
        facts={"weeks": week.length, "week": week.number},
        happened_at=now,
    )
