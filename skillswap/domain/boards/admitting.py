"""Who is on boards at all? From 7 days after joining and a second partner on; who wants to be.

Owns `users.boards_since` and `users.hides_from_boards`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import CompoundSelect, Subquery, func, or_, select, union, update
from sqlalchemy.orm.attributes import set_committed_value

from skillswap.db import db
from skillswap.models import Event, LearningSession, SessionState, User

NEW_FOR = timedelta(days=7)
PARTNERS = 2
MET = LearningSession.state == SessionState.COMPLETED


def admit(event: Event) -> None:
    """The consequence of a completed session: whoever has met a second partner is on boards."""
    new = db.session.execute(
        select(User.id, User.created_at)
        .join(
            LearningSession,
            or_(LearningSession.teacher_id == User.id, LearningSession.learner_id == User.id),
        )
        .where(LearningSession.id == event.subject_id, User.boards_since.is_(None))
        .order_by(User.id)
    ).all()
    for user_id, created_at in new:
        met = db.session.scalar(select(func.count()).select_from(_pairs(user_id))) or 0
        if met >= PARTNERS:
            _write(user_id, boards_since=max(event.happened_at, created_at + NEW_FOR))


def _pairs(user_id: int | None = None) -> Subquery:
    """Each person and each partner of a completed session, once."""
    taught = select(LearningSession.teacher_id.label("id"), LearningSession.learner_id.label("met"))
    learned = select(LearningSession.learner_id, LearningSession.teacher_id)
    if user_id is not None:
        taught = taught.where(LearningSession.teacher_id == user_id)
        learned = learned.where(LearningSession.learner_id == user_id)
    both: CompoundSelect[tuple[int, int]] = union(taught.where(MET), learned.where(MET))
    return both.subquery()


def show(person: User, *, shown: bool) -> None:
    """Be on boards, or not. Harmless when repeated."""
    _write(person.id, hides_from_boards=not shown)
    set_committed_value(person, "hides_from_boards", not shown)


def _write(user_id: int, **columns: object) -> None:
    """Not through the unit of work: it must not refuse somebody's open form."""
    db.session.execute(
        update(User)
        .where(User.id == user_id)
        .values(columns)
        .execution_options(synchronize_session=False)
    )


def drift() -> Iterator[str]:
    """Each person who is on boards with too few partners, or is not with enough. For the doctor."""
    pairs = _pairs()
    many = select(pairs.c.id).group_by(pairs.c.id).having(func.count() >= PARTNERS)
    wrong = (User.boards_since.is_(None)) == User.id.in_(many)
    for username in db.session.scalars(select(User.username).where(wrong)):
        yield f"{username} is on boards without partners, or the other way round"
