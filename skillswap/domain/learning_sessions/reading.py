"""How does one session stand, and which wait for somebody?"""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased, joinedload, selectinload

from skillswap.db import Instant, db, earlier, spelled
from skillswap.domain import exchanges
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound
from skillswap.lib.keyset import AnySelect
from skillswap.models import (
    LearningSession,
    Outcome,
    Presence,
    Proposal,
    ProposalState,
    SessionState,
    User,
)
from skillswap.models.learning_session import ANSWER_WITHIN

COUNTED_TO = 100
WITH_ALL = (
    joinedload(LearningSession.teacher),
    joinedload(LearningSession.learner),
    joinedload(LearningSession.skill),
    joinedload(LearningSession.exchange),
    selectinload(LearningSession.proposals),
    selectinload(LearningSession.outcomes),
)
Other = aliased(User)
UserId = int | SQLColumnExpression[int]


def session_of(person: User, public_id: str) -> LearningSession:
    """The session for either of its two, with all its page prints. NotFound for others.

    Read anew each time, and gone for as long as the partner is.
    """
    learning_session = db.session.scalar(_one(), {"me": person.id, "key": public_id})
    if learning_session is None:
        raise NotFound("session")
    return learning_session


@cache
def _one() -> Select[LearningSession]:
    """The statement of `session_of`, put together once."""
    me, key = bindparam("me", type_=BigInteger()), bindparam("key", type_=String())
    return (
        select(LearningSession)
        .join(Other, Other.id == partner_id(me))
        .where(LearningSession.public_id == key, mine(me), visible(Other, to=me))
        .options(*WITH_ALL)
        .execution_options(populate_existing=True)
    )


def locked_session_of(person: User, public_id: str) -> LearningSession:
    """The same for a verb: both people are locked, so that nobody else moves it meanwhile."""
    learning_session = session_of(person, public_id)
    exchanges.lock_people(learning_session.teacher_id, learning_session.learner_id)
    return session_of(person, public_id)  # again, as it stands now


def presences_of(learning_session: LearningSession) -> dict[int, datetime]:
    """When each of the two opened the call first, by user id."""
    rows = db.session.execute(
        select(Presence.user_id, Presence.joined_at).where(
            Presence.learning_session_id == learning_session.id
        )
    ).all()
    return {row.user_id: row.joined_at for row in rows}


# -- what waits -----------------------------------------------------------------------------------


def waiting_count(user_id: UserId, now: Instant) -> AnySelect:
    """How many sessions wait for this person, counted to 100: times to pick, ends to confirm."""
    rows = waiting_for(user_id, now).limit(COUNTED_TO)
    return select(func.count()).select_from(rows.subquery())


def waiting_for(user_id: UserId, now: Instant) -> AnySelect:
    """The ids of sessions whose times I may pick, or whose outcome I have not said."""
    return (
        select(LearningSession.id)
        .join(Other, Other.id == partner_id(user_id))
        .where(
            mine(user_id),
            visible(Other, to=user_id),
            or_(to_pick(user_id, now), to_confirm(user_id, now)),
        )
    )


def mine(user_id: UserId) -> ColumnElement[bool]:
    """Condition: this person teaches or learns in it."""
    return or_(LearningSession.teacher_id == user_id, LearningSession.learner_id == user_id)


def partner_id(user_id: UserId) -> ColumnElement[int]:
    """The id of the other of the two."""
    return case(
        (LearningSession.teacher_id == user_id, LearningSession.learner_id),
        else_=LearningSession.teacher_id,
    )


def has_offer(now: Instant, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    """Condition: times are offered, new ones or to move an agreed one, and nobody has answered,
    the clock neither."""
    return and_(
        LearningSession.state.in_((SessionState.PROPOSED, SessionState.SCHEDULED)),
        exists().where(
            Proposal.learning_session_id == LearningSession.id,
            Proposal.state == spelled(ProposalState.OPEN),
            Proposal.lapse_at > now,
            *more,
        ),
    )


def to_pick(user_id: UserId, now: Instant) -> ColumnElement[bool]:
    """Condition: the other has offered times."""
    return has_offer(now, Proposal.proposer_id != user_id)


def to_confirm(user_id: UserId, now: Instant) -> ColumnElement[bool]:
    """Condition: it is over, or the other has said that I did not come, and I have not said how
    it went; or we remember it differently. Not settled since, by the clock either."""
    mine_said = exists().where(
        Outcome.learning_session_id == LearningSession.id, Outcome.user_id == user_id
    )
    asked = and_(
        LearningSession.state == SessionState.SCHEDULED,
        or_(
            LearningSession.confirm_by > now,
            and_(
                LearningSession.confirm_by.is_(None),
                LearningSession.ends_at <= now,
                LearningSession.ends_at > earlier(now, ANSWER_WITHIN),
            ),
        ),
        ~mine_said,
    )
    differ = and_(LearningSession.state == SessionState.DISPUTED, LearningSession.confirm_by > now)
    return or_(asked, differ)
