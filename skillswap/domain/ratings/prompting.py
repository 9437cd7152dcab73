"""What is a person asked to rate, and how often?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import aliased, joinedload

from skillswap.db import Instant, db, earlier
from skillswap.domain import events, exchanges, learning_sessions, rating_prompts
from skillswap.domain.learning_sessions.reading import UserId, partner_id
from skillswap.domain.notifications import Face
from skillswap.domain.visibility import visible
from skillswap.errors import WrongState
from skillswap.lib.keyset import AnySelect
from skillswap.models import (
    LearningSession,
    RatedRole,
    Rating,
    RatingPrompt,
    SessionState,
    Skill,
    User,
)
from skillswap.models.rating import RATE_WITHIN
from skillswap.models.user import HUES, initials

Partner = aliased(User)


@dataclass(frozen=True, slots=True)
class ToRate:
    """A session that a person is asked to rate."""

    session_public_id: str
    skill: str
    starts_at: datetime
    partner: Face
    partner_first_name: str
    role: RatedRole  # what the partner was in it
    rate_by: datetime


def to_rate(person: User, now: datetime, limit: int) -> Sequence[ToRate]:
    """What this person is asked to rate, the soonest to close first. One statement."""
    rows = db.session.execute(
        asked_of(person.id, now)
        .with_only_columns(
            LearningSession.public_id,
            LearningSession.starts_at,
            LearningSession.ended_at,
            LearningSession.teacher_id,
            Skill.name.label("skill"),
            Partner.id,
            Partner.username,
            Partner.first_name,
            Partner.last_name,
            Partner.avatar,
        )
        .join(Skill, Skill.id == LearningSession.skill_id)
        .order_by(LearningSession.ended_at, LearningSession.id)
        .limit(limit)
    )
    return [
        ToRate(
            session_public_id=row.public_id,
            skill=row.skill,
            starts_at=row.starts_at,
            partner=Face(
                row.username,
                f"{row.first_name} {row.last_name}".strip(),
                initials(row.first_name, row.last_name),
                row.id % HUES + 1,
                f"/media/{row.avatar}" if row.avatar else None,
            ),
            partner_first_name=row.first_name,
            role=RatedRole.TEACHER if row.teacher_id == row.id else RatedRole.LEARNER,
            rate_by=row.ended_at + RATE_WITHIN,
        )
        for row in rows
    ]


def asked_of(user_id: UserId, now: Instant) -> AnySelect:
    """The ids of sessions that a person is asked to rate: neither rated nor skipped, not too late,
    the partner still there."""
    rated = exists().where(
        Rating.learning_session_id == LearningSession.id, Rating.rater_id == user_id
    )
    return (
        select(LearningSession.id)
        .join(
            RatingPrompt,
            and_(
                RatingPrompt.learning_session_id == LearningSession.id,
                RatingPrompt.user_id == user_id,
            ),
        )
        .join(Partner, Partner.id == partner_id(user_id))
        .where(
            LearningSession.state == SessionState.COMPLETED,
            LearningSession.ended_at > earlier(now, RATE_WITHIN),
            RatingPrompt.skipped_at.is_(None),
            visible(Partner, to=user_id),
            ~rated,
        )
    )


def to_rate_count(user_id: UserId, now: Instant) -> AnySelect:
    """How many those are."""
    return select(func.count()).select_from(asked_of(user_id, now).subquery())


def skip_rating(person: User, session_public_id: str, *, now: datetime) -> LearningSession:
    """Be asked no more about this session. It can still be rated. Harmless when repeated.

    Raises WrongState when it is rated already.
    """
    one = learning_sessions.session_of(person, session_public_id)
    exchanges.lock_people(one.teacher_id, one.learner_id)
    rated = select(Rating.id).where(
        Rating.learning_session_id == one.id, Rating.rater_id == person.id
    )
    if db.session.scalar(rated) is not None:
        raise WrongState("rating", "given")
    if one.state_at(now) is not SessionState.COMPLETED:
        raise WrongState("session", one.state_at(now))
    if rating_prompts.forget(one.id, person.id, skipped_at=now):
        return one
    db.session.add(
        RatingPrompt(learning_session_id=one.id, user_id=person.id, due_at=None, skipped_at=now)
    )
    db.session.flush()
    return one


def has_skipped(person: User, learning_session: LearningSession) -> bool:
    """Whether this person wants not to be asked about it."""
    row = db.session.get(RatingPrompt, (learning_session.id, person.id), populate_existing=True)
    return row is not None and row.skipped_at is not None


def prompt_due(now: datetime, limit: int) -> int:
    """Remind those who have neither rated nor skipped, after a day and after ten; returns how
    many reminders were due. For the sweep. A late one reminds once."""
    due = db.session.scalars(
        select(RatingPrompt)
        .where(RatingPrompt.due_at <= now)
        .order_by(RatingPrompt.due_at, RatingPrompt.learning_session_id, RatingPrompt.user_id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    if not due:
        return 0
    ids = {prompt.learning_session_id for prompt in due}
    found = db.session.scalars(
        select(LearningSession)
        .where(LearningSession.id.in_(ids))
        .options(
            joinedload(LearningSession.skill),
            joinedload(LearningSession.teacher),
            joinedload(LearningSession.learner),
        )
        .execution_options(populate_existing=True)
    )
    sessions = {one.id: one for one in found}
    rated = _rated(ids)
    for prompt in due:
        one = sessions[prompt.learning_session_id]
        if (one.id, prompt.user_id) in rated or not _is_open(one, prompt, now):
            prompt.due_at = None
            continue
        prompt.asked += 1
        prompt.due_at = rating_prompts.next_at(one.ended_at, now)  # type: ignore[arg-type]
        events.record(
            "rating.asked",
            actor=None,
            subject=one,
            to=[one.teacher if one.teacher_id == prompt.user_id else one.learner],
            now=now,
            **rating_prompts.facts_of(one, again=True),
        )
    return len(due)


def _rated(session_ids: set[int]) -> set[tuple[int, int]]:
    """Which of these sessions who has rated."""
    rows = db.session.execute(
        select(Rating.learning_session_id, Rating.rater_id).where(
            Rating.learning_session_id.in_(session_ids)
        )
    )
    return {(row.learning_session_id, row.rater_id) for row in rows}


def _is_open(one: LearningSession, prompt: RatingPrompt, now: datetime) -> bool:
    return (
        prompt.skipped_at is None and one.ended_at is not None and one.ended_at + RATE_WITHIN > now
    )
