"""How does an exchange stand, and which does a person have?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from skillswap.db import db
from skillswap.domain.exchanges.opening import lock_people
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound, WrongState
from skillswap.lib.keyset import Key, Page, page, paginate
from skillswap.models import (
    Exchange,
    ExchangeLeg,
    ExchangeState,
    LearningSession,
    Outcome,
    Proposal,
    ProposalState,
    SessionState,
    Skill,
    User,
)
from skillswap.models.user import HUES, initials

Partner = aliased(User)
WITH_ALL = (
    joinedload(Exchange.learner),
    joinedload(Exchange.teacher),
    selectinload(Exchange.legs).joinedload(ExchangeLeg.skill),
)


def exchange_of(person: User, public_id: str) -> Exchange:
    """The exchange for either of its two, with people and legs. Raises NotFound for others.

    Read anew each time, and gone for as long as the partner is.
    """
    exchange = db.session.scalar(
        select(Exchange)
        .join(Partner, Partner.id == _partner_id(person))
        .where(Exchange.public_id == public_id, _mine(person), visible(Partner))
        .options(*WITH_ALL)
        .execution_options(populate_existing=True)
    )
    if exchange is None:
        raise NotFound("exchange")
    return exchange


def active_exchange_of(person: User, public_id: str) -> Exchange:
    """The same for a verb: both people are locked, and WrongState is raised unless it is active."""
    exchange = exchange_of(person, public_id)
    lock_people(exchange.learner_id, exchange.teacher_id)
    exchange = exchange_of(person, public_id)  # again, now that nobody else may move it
    if exchange.state is not ExchangeState.ACTIVE:
        raise WrongState("exchange", exchange.state)
    return exchange


def _mine(person: User) -> ColumnElement[bool]:
    return or_(Exchange.learner_id == person.id, Exchange.teacher_id == person.id)


def _partner_id(person: User) -> ColumnElement[int]:
    return case((Exchange.learner_id == person.id, Exchange.teacher_id), else_=Exchange.learner_id)


def is_kept(now: datetime) -> ColumnElement[bool]:
    """Condition: the session took place; also when one says so and the other has let the
    deadline pass, before a sweep has written it (`LearningSession.state_at`)."""
    return or_(
        LearningSession.state == SessionState.COMPLETED,
        and_(LearningSession.state == SessionState.SCHEDULED, LearningSession.confirm_by <= now),
    )


# -- legs and turns -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LegLine:
    """A leg from one person's side: what is taught, by whom, and what has been kept of it."""

    id: int
    skill: str
    i_teach: bool
    minutes: int
    kept: int  # sessions


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is to teach in a two-way exchange, and by how many minutes."""

    mine: bool
    minutes: int


def leg_lines(exchange_ids: Sequence[int], person: User, now: datetime) -> dict[int, list[LegLine]]:
    """For each exchange its legs, what I learn first, with what has been kept so far."""
    rows = db.session.execute(
        select(
            ExchangeLeg.exchange_id,
            ExchangeLeg.id,
            ExchangeLeg.teacher_id,
            Skill.name,
            func.coalesce(func.sum(LearningSession.minutes), 0),
            func.count(LearningSession.id),
        )
        .join(Skill, Skill.id == ExchangeLeg.skill_id)
        .outerjoin(LearningSession, and_(LearningSession.leg_id == ExchangeLeg.id, is_kept(now)))
        .where(ExchangeLeg.exchange_id.in_(exchange_ids))
        .group_by(ExchangeLeg.id, Skill.name)
        .order_by(ExchangeLeg.exchange_id, ExchangeLeg.position)
    ).all()
    lines: dict[int, list[LegLine]] = {exchange_id: [] for exchange_id in exchange_ids}
    for exchange_id, leg_id, teacher_id, skill, minutes, kept in rows:
        i_teach = teacher_id == person.id
        lines[exchange_id].append(LegLine(leg_id, skill, i_teach, int(minutes), kept))
    for legs in lines.values():
        legs.sort(key=lambda line: line.i_teach)
    return lines


def turn_of(legs: Sequence[LegLine]) -> Turn | None:
    """Who has taught less so far; None for a one-way exchange and while both are even."""
    if len(legs) < 2 or legs[0].minutes == legs[1].minutes:
        return None
    less, more = sorted(legs, key=lambda line: line.minutes)
    return Turn(mine=less.i_teach, minutes=more.minutes - less.minutes)


# -- the list -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NextSession:
    """What an exchange waits for first: a time to pick, an answer, or a session ahead."""

    public_id: str
    number: int
    skill: str
    state: SessionState
    starts_at: datetime | None
    ends_at: datetime | None
    lapse_at: datetime | None
    i_proposed: bool
    i_answered: bool
    some_ahead: bool = False  # this one or another is scheduled and not over

    def waits_for_me(self, now: datetime) -> bool:
        """Whether I am the one who has to answer."""
        if self.state is SessionState.PROPOSED:
            return not self.i_proposed
        return self.is_over(now) and not self.i_answered

    def is_over(self, now: datetime) -> bool:
        """Whether its agreed time has passed."""
        return self.ends_at is not None and self.ends_at <= now


@dataclass(frozen=True, slots=True)
class ExchangeCard:
    """An exchange in a list, from one person's side."""

    id: int
    public_id: str
    state: ExchangeState
    opened_at: datetime
    ended_at: datetime | None
    username: str
    name: str
    first_name: str
    initials: str
    hue: int
    avatar_url: str | None
    timezone: str
    legs: Sequence[LegLine]
    next: NextSession | None

    @property
    def is_open(self) -> bool:
        """Whether sessions can be proposed or it can be woken."""
        return self.state in (ExchangeState.ACTIVE, ExchangeState.DORMANT)


_rank = case(
    (Exchange.state == ExchangeState.ACTIVE, 2),
    (Exchange.state == ExchangeState.DORMANT, 1),
    else_=0,
)
LIVE_FIRST = [Key(_rank, "rank"), Key(Exchange.id, "id")]  # type: ignore[arg-type]  # a mapped column is an expression


def exchanges_of(person: User, cursor: str | None, now: datetime) -> Page:
    """This person's exchanges: active ones first, then resting, then ended; newest first.

    Three statements, however many there are.
    """
    query = (
        select(
            Exchange.id,
            Exchange.public_id,
            Exchange.state,
            Exchange.opened_at,
            Exchange.ended_at,
            _rank.label("rank"),
            Partner.id.label("partner_id"),
            Partner.username,
            Partner.first_name,
            Partner.last_name,
            Partner.avatar,
            Partner.timezone,
        )
        .join(Partner, Partner.id == _partner_id(person))
        .where(_mine(person), visible(Partner))
    )
    found = page(db.session.execute(paginate(query, LIVE_FIRST, cursor)).all(), LIVE_FIRST)
    ids = [row.id for row in found.rows]
    if not ids:
        return found
    legs, following = leg_lines(ids, person, now), next_sessions(ids, person, now)
    return Page(
        [_card(row, legs[row.id], following.get(row.id)) for row in found.rows], found.after
    )


def _card(row: Any, legs: Sequence[LegLine], following: NextSession | None) -> ExchangeCard:
    return ExchangeCard(
        id=row.id,
        public_id=row.public_id,
        state=row.state,
        opened_at=row.opened_at,
        ended_at=row.ended_at,
        username=row.username,
        name=f"{row.first_name} {row.last_name}".strip(),
        first_name=row.first_name,
        initials=initials(row.first_name, row.last_name),
        hue=row.partner_id % HUES + 1,
        avatar_url=f"/media/{row.avatar}" if row.avatar else None,
        timezone=row.timezone,
        legs=legs,
        next=following,
    )


def next_sessions(
    exchange_ids: Sequence[int], person: User, now: datetime
) -> dict[int, NextSession]:
    """For each exchange the open session to name: what waits for me, else the soonest."""
    rows = db.session.execute(
        select(
            LearningSession.exchange_id,
            LearningSession.public_id,
            LearningSession.number,
            Skill.name.label("skill"),
            LearningSession.state,
            LearningSession.starts_at,
            LearningSession.ends_at,
            Proposal.lapse_at,
            Proposal.proposer_id,
            Outcome.answer,
        )
        .join(Skill, Skill.id == LearningSession.skill_id)
        .outerjoin(
            Proposal,
            and_(
                Proposal.learning_session_id == LearningSession.id,
                Proposal.state == ProposalState.OPEN,
                Proposal.lapse_at > now,
            ),
        )
        .outerjoin(
            Outcome,
            and_(
                Outcome.learning_session_id == LearningSession.id,
                Outcome.user_id == person.id,
            ),
        )
        .where(
            LearningSession.exchange_id.in_(exchange_ids),
            or_(
                LearningSession.state == SessionState.SCHEDULED,
                and_(LearningSession.state == SessionState.PROPOSED, Proposal.id.is_not(None)),
            ),
            or_(LearningSession.confirm_by.is_(None), LearningSession.confirm_by > now),
        )
        .order_by(LearningSession.id)
    ).all()
    best: dict[int, NextSession] = {}
    ahead = {row.exchange_id for row in rows if row.ends_at and row.ends_at > now}
    for row in rows:
        one = NextSession(
            public_id=row.public_id,
            number=row.number,
            skill=row.skill,
            state=row.state,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            lapse_at=row.lapse_at,
            i_proposed=row.proposer_id == person.id,
            i_answered=row.answer is not None,
            some_ahead=row.exchange_id in ahead,
        )
        other = best.get(row.exchange_id)
        if other is None or _urgency(one, now) < _urgency(other, now):
            best[row.exchange_id] = one
    return best


def _urgency(one: NextSession, now: datetime) -> tuple[bool, bool, datetime]:
    """Mine to answer first, then what lies ahead, then what waits for the other; soonest first."""
    when = one.starts_at or one.lapse_at or now
    return not one.waits_for_me(now), one.is_over(now), when
