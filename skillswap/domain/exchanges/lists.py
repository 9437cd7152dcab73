"""Which exchanges does a person have, and what does each wait for?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Case, and_, case, or_, select

from skillswap.db import db
from skillswap.domain.exchanges.reading import LegLine, Partner, leg_lines, mine, partner_id
from skillswap.domain.places import is_active
from skillswap.domain.visibility import visible
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import (
    Exchange,
    ExchangeState,
    LearningSession,
    Outcome,
    Proposal,
    ProposalState,
    SessionState,
    Skill,
    User,
)
from skillswap.models.exchange import ENDED, REST_AFTER, WAKE_WITHIN, state_at
from skillswap.models.learning_session import ANSWER_WITHIN
from skillswap.models.user import HUES, initials


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

    @property
    def moves(self) -> bool:
        """Whether one of the two has asked for another time than the agreed one."""
        return self.state is SessionState.SCHEDULED and self.lapse_at is not None

    def waits_for_me(self, now: datetime) -> bool:
        """Whether I am the one who has to answer."""
        if self.state is SessionState.PROPOSED or self.moves:
            return not self.i_proposed
        if self.state is SessionState.DISPUTED:
            return True
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
    over_at: datetime  # when it ended, or when the clock ends it
    completion: str  # who has proposed to complete it: mine, theirs, or nobody
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


def _rank(now: datetime) -> Case[int]:
    """2 while active, 1 while at rest, 0 once over; by the clock, but for the end of a rest."""
    resting = and_(Exchange.state.not_in(ENDED), Exchange.complete_by.is_(None))
    return case((is_active(now), 2), (resting, 1), else_=0)


def exchanges_of(person: User, cursor: str | None, now: datetime) -> Page:
    """This person's exchanges: active ones first, then resting, then ended; newest first.

    Three statements, however many there are.
    """
    rank = _rank(now)
    live_first = [Key(rank, "rank"), Key(Exchange.id, "id")]  # type: ignore[arg-type]  # a mapped column is an expression
    query = (
        select(
            Exchange.id,
            Exchange.public_id,
            Exchange.state,
            Exchange.opened_at,
            Exchange.ended_at,
            Exchange.completion_by_id,
            Exchange.complete_by,
            Exchange.quiet_since,
            Exchange.dormant_at,
            rank.label("rank"),
            Partner.id.label("partner_id"),
            Partner.username,
            Partner.first_name,
            Partner.last_name,
            Partner.avatar,
            Partner.timezone,
        )
        .join(Partner, Partner.id == partner_id(person))
        .where(mine(person), visible(Partner, to=person.id))
    )
    found = page(db.session.execute(paginate(query, live_first, cursor)).all(), live_first)
    ids = [row.id for row in found.rows]
    if not ids:
        return found
    legs, following = leg_lines(ids, person, now), next_sessions(ids, person, now)
    return Page(
        [_card(row, legs[row.id], following.get(row.id), now) for row in found.rows], found.after
    )


def _card(
    row: Any, legs: Sequence[LegLine], following: NextSession | None, now: datetime
) -> ExchangeCard:
    wake_by = (row.dormant_at or row.quiet_since + REST_AFTER) + WAKE_WITHIN
    state = state_at(row, now, kept=any(leg.kept for leg in legs))
    return ExchangeCard(
        id=row.id,
        public_id=row.public_id,
        state=state,
        opened_at=row.opened_at,
        completion=_completion(row) if state is ExchangeState.ACTIVE else "",
        over_at=row.ended_at or row.complete_by or wake_by,
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


def _completion(row: Any) -> str:
    if row.complete_by is None:
        return ""
    return "theirs" if row.completion_by_id == row.partner_id else "mine"


def next_sessions(
    exchange_ids: Sequence[int], person: User, now: datetime
) -> dict[int, NextSession]:
    """For each exchange the open session to name: what waits for me, else the soonest."""
    rows = db.session.execute(_open_sessions(exchange_ids, person, now)).all()
    ahead = {row.exchange_id for row in rows if row.ends_at and row.ends_at > now}
    best: dict[int, NextSession] = {}
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


def _open_sessions(exchange_ids: Sequence[int], person: User, now: datetime) -> AnySelect:
    """Sessions with an open offer, and those agreed on that nothing has settled yet."""
    offer = and_(
        Proposal.learning_session_id == LearningSession.id,
        Proposal.state == ProposalState.OPEN,
        Proposal.lapse_at > now,
    )
    mine = and_(Outcome.learning_session_id == LearningSession.id, Outcome.user_id == person.id)
    return (
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
        .outerjoin(Proposal, offer)
        .outerjoin(Outcome, mine)
        .where(
            LearningSession.exchange_id.in_(exchange_ids),
            or_(
                LearningSession.state.in_((SessionState.SCHEDULED, SessionState.DISPUTED)),
                and_(LearningSession.state == SessionState.PROPOSED, Proposal.id.is_not(None)),
            ),
            or_(
                LearningSession.ends_at.is_(None),
                LearningSession.confirm_by > now,
                and_(
                    LearningSession.confirm_by.is_(None),
                    LearningSession.ends_at > now - ANSWER_WITHIN,
                ),
            ),
        )
        .order_by(LearningSession.id)
    )


def _urgency(one: NextSession, now: datetime) -> tuple[bool, bool, datetime]:
    """Mine to answer first, then what lies ahead, then what waits for the other; soonest first."""
    when = one.starts_at or one.lapse_at or now
    if one.waits_for_me(now):
        return False, False, when
    return True, one.is_over(now), when


@dataclass(frozen=True, slots=True)
class Completion:
    """An exchange that one of the two has proposed to complete."""

    public_id: str
    mine: bool  # I have proposed it, and the other is to agree
    complete_by: datetime
    name: str
    first_name: str
    initials: str
    hue: int
    avatar_url: str | None


def completions_of(person: User, now: datetime, limit: int) -> Sequence[Completion]:
    """The first few that wait for one of the two to agree, the first due first."""
    rows = db.session.execute(
        select(
            Exchange.public_id,
            Exchange.completion_by_id,
            Exchange.complete_by,
            Partner.id.label("partner_id"),
            Partner.first_name,
            Partner.last_name,
            Partner.avatar,
        )
        .join(Partner, Partner.id == partner_id(person))
        .where(
            mine(person),
            visible(Partner, to=person.id),
            Exchange.state == ExchangeState.ACTIVE,
            Exchange.complete_by > now,
        )
        .order_by(Exchange.complete_by, Exchange.id)
        .limit(limit)
    )
    return [
        Completion(
            public_id=row.public_id,
            mine=row.completion_by_id == person.id,
            complete_by=row.complete_by,
            name=f"{row.first_name} {row.last_name}".strip(),
            first_name=row.first_name,
            initials=initials(row.first_name, row.last_name),
            hue=row.partner_id % HUES + 1,
            avatar_url=f"/media/{row.avatar}" if row.avatar else None,
        )
        for row in rows
    ]
