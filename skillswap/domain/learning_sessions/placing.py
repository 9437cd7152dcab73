"""Where does a session take place, and what if the chosen service does not answer?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from skillswap.db import db
from skillswap.domain import events, meetings
from skillswap.domain.learning_sessions.reading import locked_session_of
from skillswap.domain.meeting_places import check_place, here, name_of
from skillswap.domain.meetings import Claim, Kept
from skillswap.errors import WrongState
from skillswap.lib.meeting import Made
from skillswap.models import LearningSession, PlaceKind, SessionState, User

MAY_CHANGE = (SessionState.PROPOSED, SessionState.SCHEDULED)


def change_place(
    person: User, public_id: str, *, kind: PlaceKind, body: str, now: datetime
) -> LearningSession:
    """Meet elsewhere: either side may say so until the start, and the other is told.

    An agreed session's calendar entry gets its next number. The same place again changes nothing.
    Raises WrongState once it has begun or is settled, Refused for what is no place.
    """
    learning_session = locked_session_of(person, public_id)
    check_changeable(learning_session, now)
    body = check_place(kind, body, at=here())
    if (learning_session.place_kind, learning_session.place_body) == (kind, body):
        return learning_session
    learning_session.place_kind, learning_session.place_body = kind, body
    if learning_session.state is SessionState.SCHEDULED:
        learning_session.sequence += 1
    db.session.flush()  # the meetings are planned from the row
    events.record(
        "session.place_changed",
        actor=person,
        subject=learning_session,
        to=[learning_session.partner_of(person)],
        now=now,
        **_facts(learning_session),
        place=kind.value,
    )
    return learning_session


def may_change(learning_session: LearningSession, now: datetime) -> bool:
    """Whether another place may still be named."""
    try:
        check_changeable(learning_session, now)
    except WrongState:
        return False
    return True


def check_changeable(learning_session: LearningSession, now: datetime) -> None:
    """Raises WrongState unless it lies ahead, agreed or on offer."""
    state = learning_session.state_at(now)
    if state not in MAY_CHANGE:
        raise WrongState("session", state)
    if learning_session.starts_at is not None and learning_session.starts_at <= now:
        raise WrongState("session", "begun")


def _facts(learning_session: LearningSession) -> dict[str, Any]:
    starts_at = learning_session.starts_at
    return {
        "skill": learning_session.skill.name,
        "starts_at": starts_at.isoformat() if starts_at else "",
    }


# -- what the worker brings ------------------------------------------------------------------------


def meeting_made(claim: Claim, made: Made, now: datetime) -> Kept:
    """The service holds it. Both are told when it came too late to meet there."""
    kept = meetings.mark_ready(claim, made)
    if kept is Kept.GIVEN_UP:
        _fall_back(claim, now)
    return kept


def meeting_failed(
    claim: Claim,
    said: str,
    now: datetime,
    *,
    retry_after: float | None = None,
    for_good: bool = False,
) -> Kept:
    """The service did not do it. Both are told, once, when it will not be asked again."""
    kept = meetings.mark_failed(claim, said, now, retry_after=retry_after, for_good=for_good)
    if kept is Kept.GIVEN_UP and now < claim.ends_at:
        _fall_back(claim, now)
    return kept


def _fall_back(claim: Claim, now: datetime) -> None:
    learning_session = db.session.scalars(
        select(LearningSession)
        .where(LearningSession.id == claim.learning_session_id)
        .options(
            joinedload(LearningSession.skill),
            joinedload(LearningSession.learner),
            joinedload(LearningSession.teacher),
        )
        .execution_options(populate_existing=True)
    ).one()
    events.record(
        "session.place_fell_back",
        actor=None,
        subject=learning_session,
        to=[learning_session.learner, learning_session.teacher],
        now=now,
        **_facts(learning_session),
        service=name_of(claim.provider),
    )
