"""How do two people come to a time, and what becomes of it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, joinedload, selectinload

from skillswap.db import db
from skillswap.domain import events, exchanges
from skillswap.domain.limits import (
    CONFIRM_WITHIN,
    HORIZON,
    LATE_CANCEL,
    PROPOSAL_LEAD,
    PROPOSAL_LIFE,
)
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound, Refused, Taken, WrongState
from skillswap.lib.clock import on_quarter, quarters, zone
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import (
    BookedSlot,
    Exchange,
    ExchangeLeg,
    ExchangeState,
    LearningSession,
    Outcome,
    OutcomeAnswer,
    Presence,
    Proposal,
    ProposalState,
    SessionState,
    Skill,
    User,
)
from skillswap.models.learning_session import LENGTHS, STARTS_MOST
from skillswap.models.user import HUES, initials

COUNTED_TO = 100
REASON_MOST = 300
WITH_ALL = (
    joinedload(LearningSession.teacher),
    joinedload(LearningSession.learner),
    joinedload(LearningSession.skill),
    joinedload(LearningSession.exchange),
    selectinload(LearningSession.proposals),
    selectinload(LearningSession.outcomes),
)
Other = aliased(User)
Mine = aliased(Outcome)
OpenProposal = aliased(Proposal)


# -- verbs: agreeing on a time --------------------------------------------------------------------


def propose_times(
    person: User,
    exchange_public_id: str,
    *,
    leg_id: int,
    starts: Sequence[datetime],
    minutes: int,
    body: str = "",
    now: datetime,
) -> LearningSession:
    """Offer one to three starts (aware) for a new session of one leg; the other picks one.

    Raises Refused for times the rules forbid, WrongState when the exchange is not active.
    """
    exchange = exchanges.exchange_of(person, exchange_public_id)
    if exchange.state is not ExchangeState.ACTIVE:
        raise WrongState("exchange", exchange.state)
    leg = next((leg for leg in exchange.legs if leg.id == leg_id), None)
    if leg is None:
        raise Refused("leg", "unknown_leg")
    partner = exchange.partner_of(person)
    teacher = person if leg.teacher_id == person.id else partner
    check_starts(starts, minutes, teacher, now)
    learning_session = LearningSession(
        exchange=exchange,
        leg=leg,
        teacher_id=leg.teacher_id,
        learner_id=leg.learner_id,
        skill_id=leg.skill_id,
        number=_next_number(exchange),
        minutes=minutes,
        created_at=now,
    )
    ordered = sorted(starts)
    padded: list[datetime | None] = [*ordered, None, None]
    proposal = Proposal(
        learning_session=learning_session,
        proposer_id=person.id,
        start_1=ordered[0],
        start_2=padded[1],
        start_3=padded[2],
        minutes=minutes,
        body=body.strip(),
        lapse_at=min(now + PROPOSAL_LIFE, ordered[0] - PROPOSAL_LEAD),
        created_at=now,
    )
    db.session.add_all([learning_session, proposal])
    db.session.flush()
    events.record(
        "session.proposed",
        actor=person,
        subject=learning_session,
        to=[partner],
        now=now,
        skill=leg.skill.name,
    )
    return learning_session


def check_starts(starts: Sequence[datetime], minutes: int, teacher: User, now: datetime) -> None:
    """The rules for offered starts. Raises Refused with the first that says no."""
    if minutes not in LENGTHS:
        raise Refused("minutes", "length")
    if not starts:
        raise Refused("starts", "no_starts")
    if len(starts) > STARTS_MOST:
        raise Refused("starts", "too_many_starts")
    if len(set(starts)) < len(starts):
        raise Refused("starts", "twice_the_same")
    for start in starts:
        if not on_quarter(start):
            raise Refused("starts", "not_on_quarter")
        if start < now + timedelta(hours=teacher.notice_hours):
            raise Refused(
                "starts", "too_soon", teacher=teacher.first_name, hours=teacher.notice_hours
            )
        if start > now + HORIZON:
            raise Refused("starts", "too_far")


def _next_number(exchange: Exchange) -> int:
    last = db.session.scalar(
        select(func.max(LearningSession.number)).where(LearningSession.exchange_id == exchange.id)
    )
    return (last or 0) + 1


def accept_times(
    person: User, public_id: str, *, start: datetime, now: datetime
) -> LearningSession:
    """Pick one of the offered starts: the session is scheduled and both calendars hold it.

    Raises Refused when the start is none of those offered or somebody's day is full, Taken when
    one of the two has been booked for it meanwhile, WrongState when the offer is gone.
    """
    learning_session = session_of(person, public_id)
    exchanges.lock_people(learning_session.teacher_id, learning_session.learner_id)
    learning_session = session_of(person, public_id)  # again, now that nobody else may move it
    proposal = _open_proposal(learning_session, now)
    if proposal.proposer_id == person.id:
        raise NotFound("proposal")  # one answers the other's times, not one's own
    if start not in proposal.starts or start <= now:
        raise Refused("start", "not_a_start")
    end = start + timedelta(minutes=proposal.minutes)
    for one in (learning_session.teacher, learning_session.learner):
        _check_day(one, start)
    proposal.move_to(ProposalState.ACCEPTED, now)
    learning_session.move_to(SessionState.SCHEDULED, now)
    learning_session.starts_at, learning_session.ends_at = start, end
    learning_session.minutes = proposal.minutes
    _book(learning_session)
    events.record(
        "session.scheduled",
        actor=person,
        subject=learning_session,
        to=[learning_session.partner_of(person)],
        now=now,
        skill=learning_session.skill.name,
        starts_at=start.isoformat(),
    )
    return learning_session


def _open_proposal(learning_session: LearningSession, now: datetime) -> Proposal:
    """The offer that waits for an answer. Raises WrongState naming what became of the last."""
    if learning_session.state is not SessionState.PROPOSED:
        raise WrongState("session", learning_session.state)
    last = learning_session.proposals[-1]
    if last.state_at(now) is not ProposalState.OPEN:
        raise WrongState("proposal", last.state_at(now))
    return last


def _check_day(person: User, start: datetime) -> None:
    """The person's own maximum of sessions on their own calendar day."""
    midnight = start.astimezone(zone(person.timezone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    taken = db.session.scalar(
        select(func.count()).where(
            or_(
                LearningSession.teacher_id == person.id, LearningSession.learner_id == person.id
            ),
            LearningSession.state == SessionState.SCHEDULED,
            LearningSession.starts_at >= midnight.astimezone(UTC),
            LearningSession.starts_at < (midnight + timedelta(days=1)).astimezone(UTC),
        )
    )
    if (taken or 0) >= person.daily_sessions:
        raise Refused("start", "day_full", person=person.first_name, limit=person.daily_sessions)


def _book(learning_session: LearningSession) -> None:
    """Hold every quarter hour for both. The key (user, slot) decides; the loser gets Taken."""
    if learning_session.starts_at is None or learning_session.ends_at is None:
        raise ValueError("book a session that has a time")
    slots = quarters(learning_session.starts_at, learning_session.ends_at)
    people = sorted((learning_session.teacher_id, learning_session.learner_id))
    try:
        with db.session.begin_nested():
            db.session.add_all(
                BookedSlot(user_id=user_id, slot=slot, learning_session_id=learning_session.id)
                for user_id in people
                for slot in slots
            )
    except IntegrityError:
        raise Taken("start", "slot_taken") from None


def decline_times(person: User, public_id: str, *, now: datetime) -> LearningSession:
    """None of these suits: the proposed session is cancelled, the proposer is told."""
    return _close_offer(person, public_id, ProposalState.DECLINED, now)


def withdraw_times(person: User, public_id: str, *, now: datetime) -> LearningSession:
    """Take back what I offered: the proposed session is cancelled, the other is told."""
    return _close_offer(person, public_id, ProposalState.WITHDRAWN, now)


def _close_offer(
    person: User, public_id: str, state: ProposalState, now: datetime
) -> LearningSession:
    learning_session = session_of(person, public_id)
    proposal = _open_proposal(learning_session, now)
    if (proposal.proposer_id == person.id) is not (state is ProposalState.WITHDRAWN):
        raise NotFound("proposal")
    proposal.move_to(state, now)
    learning_session.move_to(SessionState.CANCELLED, now)
    learning_session.cancelled_by_id = person.id
    events.record(
        f"session.{state}",
        actor=person,
        subject=learning_session,
        to=[learning_session.partner_of(person)],
        now=now,
        skill=learning_session.skill.name,
    )
    return learning_session


# -- verbs: a scheduled session -------------------------------------------------------------------


def cancel_session(person: User, public_id: str, *, reason: str, now: datetime) -> LearningSession:
    """Call a scheduled session off before it starts; both get their hours back.

    `cancelled_late` is set under 12 hours before. Raises WrongState once it has begun.
    """
    learning_session = session_of(person, public_id)
    partner = learning_session.partner_of(person)
    reason = reason.strip()
    if not reason:
        raise Refused("reason", "reason_needed", partner=partner.first_name)
    if len(reason) > REASON_MOST:
        raise Refused("reason", "too_long", limit=REASON_MOST)
    starts_at = learning_session.starts_at
    if learning_session.state is not SessionState.SCHEDULED or starts_at is None:
        raise WrongState("session", learning_session.state)
    if starts_at <= now:
        raise WrongState("session", "started")
    learning_session.move_to(SessionState.CANCELLED, now)
    learning_session.cancelled_by_id = person.id
    learning_session.cancel_reason = reason
    learning_session.cancelled_late = starts_at - now < LATE_CANCEL
    learning_session.sequence += 1
    db.session.flush()  # the version decides first who cancels; then the hours are free
    db.session.execute(
        delete(BookedSlot).where(BookedSlot.learning_session_id == learning_session.id)
    )
    events.record(
        "session.cancelled",
        actor=person,
        subject=learning_session,
        to=[partner],
        now=now,
        skill=learning_session.skill.name,
        starts_at=starts_at.isoformat(),
    )
    return learning_session


def give_outcome(
    person: User, public_id: str, *, answer: OutcomeAnswer, now: datetime
) -> LearningSession:
    """Say how a session that is over went. When both say it happened it is completed.

    Raises WrongState before its end, and when this person has answered already.
    """
    learning_session = session_of(person, public_id)
    exchanges.lock_people(learning_session.teacher_id, learning_session.learner_id)
    learning_session = session_of(person, public_id)  # again, with what the other just said
    if learning_session.state is not SessionState.SCHEDULED:
        raise WrongState("session", learning_session.state)
    if not learning_session.is_over(now) or learning_session.starts_at is None:
        raise WrongState("session", "early")
    if any(outcome.user_id == person.id for outcome in learning_session.outcomes):
        raise WrongState("session", "answered")
    partner = learning_session.partner_of(person)
    outcome = Outcome(
        learning_session_id=learning_session.id,
        user_id=person.id,
        answer=answer,
        answered_at=now,
    )
    db.session.add(outcome)
    db.session.flush()
    both = any(
        theirs.user_id == partner.id and theirs.answer is OutcomeAnswer.HAPPENED
        for theirs in learning_session.outcomes
    )
    if both:
        learning_session.move_to(SessionState.COMPLETED, now)
    else:
        learning_session.confirm_by = now + CONFIRM_WITHIN
    events.record(
        "session.completed" if both else "session.outcome_given",
        actor=person,
        subject=learning_session,
        to=[partner],
        now=now,
        skill=learning_session.skill.name,
        starts_at=learning_session.starts_at.isoformat() if learning_session.starts_at else "",
        minutes=learning_session.minutes,
    )
    return learning_session


def join_session(person: User, public_id: str, *, jitsi_url: str, now: datetime) -> str:
    """Where the call is, noting who opened it first when. Raises WrongState while it is closed."""
    learning_session = session_of(person, public_id)
    if not learning_session.join_is_open(now):
        raise WrongState("session", "closed")
    presence = Presence(learning_session_id=learning_session.id, user_id=person.id, joined_at=now)
    try:
        with db.session.begin_nested():
            db.session.add(presence)
    except IntegrityError:
        pass  # opened before: the first time counts
    return f"{jitsi_url}/SkillSwap-{learning_session.exchange.room}"


# -- reads ---------------------------------------------------------------------------------------


def session_of(person: User, public_id: str) -> LearningSession:
    """The session for either of its two, with all its page prints. NotFound for others."""
    learning_session = db.session.scalar(
        select(LearningSession)
        .where(LearningSession.public_id == public_id, _mine(person.id))
        .options(*WITH_ALL)
        .execution_options(populate_existing=True)
    )
    if learning_session is None:
        raise NotFound("session")
    return learning_session


def _mine(user_id: int | SQLColumnExpression[int]) -> ColumnElement[bool]:
    return or_(LearningSession.teacher_id == user_id, LearningSession.learner_id == user_id)


def waiting_count(user_id: int | SQLColumnExpression[int], now: datetime) -> AnySelect:
    """How many sessions wait for this person, counted to 100: times to pick, ends to confirm."""
    rows = waiting_for(user_id, now).limit(COUNTED_TO)
    return select(func.count()).select_from(rows.subquery())


def waiting_for(user_id: int | SQLColumnExpression[int], now: datetime) -> AnySelect:
    """The ids of sessions whose times I may pick, or whose outcome I have not said."""
    return (
        select(LearningSession.id)
        .join(Other, Other.id == _partner_id(user_id))
        .where(
            _mine(user_id),
            visible(Other),
            or_(_to_pick(user_id, now), _to_confirm(user_id, now)),
        )
    )


def _partner_id(user_id: int | SQLColumnExpression[int]) -> ColumnElement[int]:
    return case(
        (LearningSession.teacher_id == user_id, LearningSession.learner_id),
        else_=LearningSession.teacher_id,
    )


def _has_offer(now: datetime, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(
        LearningSession.state == SessionState.PROPOSED,
        exists().where(
            Proposal.learning_session_id == LearningSession.id,
            Proposal.state == ProposalState.OPEN,
            Proposal.lapse_at > now,
            *more,
        ),
    )


def _to_pick(user_id: int | SQLColumnExpression[int], now: datetime) -> ColumnElement[bool]:
    return _has_offer(now, Proposal.proposer_id != user_id)


def _to_confirm(user_id: int | SQLColumnExpression[int], now: datetime) -> ColumnElement[bool]:
    return and_(
        LearningSession.state == SessionState.SCHEDULED,
        LearningSession.ends_at <= now,
        ~exists().where(
            Outcome.learning_session_id == LearningSession.id, Outcome.user_id == user_id
        ),
    )


@dataclass(frozen=True, slots=True)
class SessionCard:
    """A session in a list, from one person's side."""

    id: int
    public_id: str
    state: SessionState
    i_teach: bool
    skill: str
    number: int
    minutes: int
    starts_at: datetime | None
    ends_at: datetime | None
    first_offered: datetime | None  # of an open proposal
    lapse_at: datetime | None
    i_proposed: bool
    i_answered: bool
    username: str
    name: str
    first_name: str
    initials: str
    hue: int
    avatar_url: str | None
    timezone: str

    def is_over(self, now: datetime) -> bool:
        """Whether its agreed time has passed."""
        return self.ends_at is not None and self.ends_at <= now


SOONEST = [
    Key(LearningSession.starts_at, "starts_at", descending=False),  # type: ignore[arg-type]
    Key(LearningSession.id, "id", descending=False),  # type: ignore[arg-type]
]
NEWEST = [Key(LearningSession.id, "id")]  # type: ignore[arg-type]
_ended = func.coalesce(LearningSession.starts_at, LearningSession.created_at)
LATEST = [Key(_ended, "sorted_at"), Key(LearningSession.id, "id")]  # type: ignore[arg-type]


def upcoming(person: User, cursor: str | None, now: datetime) -> Page:
    """Scheduled sessions that are not over, the soonest first."""
    which = and_(
        LearningSession.state == SessionState.SCHEDULED, LearningSession.ends_at > now
    )
    return _cards(person, which, SOONEST, cursor)


def to_agree(person: User, cursor: str | None, now: datetime) -> Page:
    """Sessions whose time is still being agreed, newest first."""
    return _cards(person, _has_offer(now), NEWEST, cursor)


def past(person: User, cursor: str | None, now: datetime) -> Page:
    """Everything over: kept, cancelled, not agreed; the latest first."""
    which = and_(
        or_(LearningSession.state != SessionState.SCHEDULED, LearningSession.ends_at <= now),
        ~_has_offer(now),
    )
    return _cards(person, which, LATEST, cursor)


def needing(person: User, now: datetime, limit: int) -> Sequence[SessionCard]:
    """The first few that wait for this person, oldest first: for Home."""
    query = _card_query(person, LearningSession.id.in_(waiting_for(person.id, now)))
    rows = db.session.execute(query.order_by(LearningSession.id).limit(limit)).all()
    return [_card(row, person) for row in rows]


def sessions_of_exchange(person: User, exchange: Exchange, cursor: str | None) -> Page:
    """All sessions of one exchange, newest first."""
    return _cards(person, LearningSession.exchange_id == exchange.id, NEWEST, cursor)


def _cards(
    person: User, which: ColumnElement[bool], keys: Sequence[Key], cursor: str | None
) -> Page:
    query = paginate(_card_query(person, which), keys, cursor)
    found = page(db.session.execute(query).all(), keys)
    return Page([_card(row, person) for row in found.rows], found.after)


def _card_query(person: User, which: ColumnElement[bool]) -> AnySelect:
    return (
        select(
            LearningSession.id,
            LearningSession.public_id,
            LearningSession.state,
            LearningSession.teacher_id,
            LearningSession.number,
            LearningSession.minutes,
            LearningSession.starts_at,
            LearningSession.ends_at,
            _ended.label("sorted_at"),
            Skill.name.label("skill"),
            OpenProposal.start_1,
            OpenProposal.lapse_at,
            OpenProposal.proposer_id,
            Mine.answer,
            Other.id.label("other_id"),
            Other.username,
            Other.first_name,
            Other.last_name,
            Other.avatar,
            Other.timezone,
        )
        .join(Skill, Skill.id == LearningSession.skill_id)
        .join(Other, Other.id == _partner_id(person.id))
        .outerjoin(
            OpenProposal,
            and_(
                OpenProposal.learning_session_id == LearningSession.id,
                OpenProposal.state == ProposalState.OPEN,
            ),
        )
        .outerjoin(
            Mine,
            and_(Mine.learning_session_id == LearningSession.id, Mine.user_id == person.id),
        )
        .where(_mine(person.id), which, visible(Other))
    )


def _card(row: Any, person: User) -> SessionCard:
    return SessionCard(
        id=row.id,
        public_id=row.public_id,
        state=row.state,
        i_teach=row.teacher_id == person.id,
        skill=row.skill,
        number=row.number,
        minutes=row.minutes,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        first_offered=row.start_1,
        lapse_at=row.lapse_at,
        i_proposed=row.proposer_id == person.id,
        i_answered=row.answer is not None,
        username=row.username,
        name=f"{row.first_name} {row.last_name}".strip(),
        first_name=row.first_name,
        initials=initials(row.first_name, row.last_name),
        hue=row.other_id % HUES + 1,
        avatar_url=f"/media/{row.avatar}" if row.avatar else None,
        timezone=row.timezone,
    )


def leg_of(exchange: Exchange, leg_id: int) -> ExchangeLeg | None:
    """One of an exchange's legs by its id."""
    return next((leg for leg in exchange.legs if leg.id == leg_id), None)
