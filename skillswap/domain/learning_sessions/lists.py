"""Which sessions does a person have: ahead, to agree on, over?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from skillswap.db import Instant, UtcDateTime, db
from skillswap.domain.learning_sessions.reading import (
    COUNTED_TO,
    Other,
    UserId,
    has_offer,
    mine,
    partner_id,
    to_confirm,
    to_pick,
    waiting_for,
)
from skillswap.domain.places import places_query
from skillswap.domain.visibility import visible
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import (
    Exchange,
    LearningSession,
    Outcome,
    OutcomeAnswer,
    PlaceKind,
    Proposal,
    ProposalKind,
    ProposalState,
    SessionState,
    Skill,
    User,
)
from skillswap.models.learning_session import JOIN_OPENS, state_at
from skillswap.models.user import HUES, initials

ME = bindparam("me", type_=BigInteger())
NOW = bindparam("now", type_=UtcDateTime())
EXCHANGE = bindparam("exchange", type_=BigInteger())
Mine, Theirs = aliased(Outcome), aliased(Outcome)
Last = aliased(Proposal)


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
    in_person: bool
    starts_at: datetime | None
    ends_at: datetime | None
    confirm_by: datetime | None
    said: OutcomeAnswer | None  # how it went, by me, or else by the other
    first_offered: datetime | None  # of the last proposal, as what follows
    offered: int
    lapse_at: datetime | None
    proposal_state: ProposalState | None
    is_move: bool  # the last proposal was for another time than the agreed one
    i_proposed: bool
    i_answered: bool
    i_cancelled: bool
    they_cancelled: bool  # neither: it was nobody's doing
    username: str
    name: str
    first_name: str
    initials: str
    hue: int
    avatar_url: str | None
    timezone: str

    def moves(self, now: datetime) -> bool:
        """Whether one of the two has asked for another time, and the other has not answered."""
        if not self.is_move or self.lapse_at is None:
            return False
        return self.proposal_state is ProposalState.OPEN and self.lapse_at > now

    def is_over(self, now: datetime) -> bool:
        """Whether its agreed time has passed."""
        return self.ends_at is not None and self.ends_at <= now

    def join_is_open(self, now: datetime) -> bool:
        """From 15 minutes before the start until the end."""
        if self.state is not SessionState.SCHEDULED or not self.starts_at or not self.ends_at:
            return False
        return self.starts_at - JOIN_OPENS <= now < self.ends_at

    def state_at(self, now: datetime) -> str:
        """The word for how it stands, deadlines taken into account: a session's state, or what
        became of the times when none was agreed."""
        offer = self.proposal_state
        if self.state is SessionState.PROPOSED:
            stands = offer is ProposalState.OPEN and self.lapse_at and self.lapse_at > now
            return self.state if stands else ProposalState.LAPSED
        if self.state is SessionState.CANCELLED and self.starts_at is None and offer:
            return offer
        return state_at(self, now)


_sorted_at = func.coalesce(LearningSession.starts_at, LearningSession.created_at)
_ID = LearningSession.id
_last_proposal = (
    select(func.max(Proposal.id))
    .where(Proposal.learning_session_id == _ID)
    .correlate(LearningSession)
    .scalar_subquery()
)
SOONEST = [
    Key(LearningSession.starts_at, "starts_at", descending=False),  # type: ignore[arg-type]
    Key(_ID, "id", descending=False),  # type: ignore[arg-type]  # a mapped column is an expression
]
DUE = [Key(Last.lapse_at, "lapse_at", descending=False), Key(_ID, "id", descending=False)]  # type: ignore[arg-type]
NEWEST = [Key(_ID, "id")]  # type: ignore[arg-type]
LATEST = [Key(_sorted_at, "sorted_at"), Key(_ID, "id")]  # type: ignore[arg-type]


def _ahead(now: Instant) -> ColumnElement[bool]:
    return and_(LearningSession.state == SessionState.SCHEDULED, LearningSession.ends_at > now)


def _over(now: Instant) -> ColumnElement[bool]:
    over = or_(LearningSession.state != SessionState.SCHEDULED, LearningSession.ends_at <= now)
    return and_(over, ~has_offer(now))


LISTS: dict[str, tuple[Callable[[Instant], ColumnElement[bool]], Sequence[Key]]] = {
    "upcoming": (_ahead, SOONEST),
    "to_agree": (has_offer, DUE),
    "past": (_over, LATEST),
    "of_exchange": (lambda _now: LearningSession.exchange_id == EXCHANGE, NEWEST),
}


def upcoming(person: User, cursor: str | None, now: datetime) -> Page:
    """Scheduled sessions that are not over, the soonest first."""
    return _listed("upcoming", person, cursor, now=now)


def to_agree(person: User, cursor: str | None, now: datetime) -> Page:
    """Sessions whose time is still being agreed or asked to move, the first to lapse first."""
    return _listed("to_agree", person, cursor, now=now)


def past(person: User, cursor: str | None, now: datetime) -> Page:
    """Everything over: kept, cancelled, not agreed; the latest first."""
    return _listed("past", person, cursor, now=now)


def needing(person: User, now: datetime, limit: int) -> Sequence[SessionCard]:
    """The first few that wait for this person, oldest first: for Home."""
    query = _card_query(person.id, _ID.in_(waiting_for(person.id, now)))
    rows = db.session.execute(query.order_by(_ID).limit(limit)).all()
    return [_card(row, person) for row in rows]


def offered_to(person: User, now: datetime, limit: int) -> Sequence[SessionCard]:
    """The first few whose times I may pick, the first to lapse first."""
    return _first(person, to_pick(person.id, now), Last.lapse_at, limit)


def unconfirmed_of(person: User, now: datetime, limit: int) -> Sequence[SessionCard]:
    """The first few of which I have not said how they went, oldest first."""
    return _first(person, to_confirm(person.id, now), LearningSession.ends_at, limit)


def offers_of(person: User, now: datetime, limit: int) -> Sequence[SessionCard]:
    """The first few whose times I have offered, the first to lapse first."""
    which = has_offer(now, Proposal.proposer_id == person.id)
    return _first(person, which, Last.lapse_at, limit)


def _first(
    person: User, which: ColumnElement[bool], order: Any, limit: int
) -> Sequence[SessionCard]:
    query = _card_query(person.id, which).order_by(order, _ID).limit(limit)
    return [_card(row, person) for row in db.session.execute(query)]


def sessions_of_exchange(person: User, exchange: Exchange, cursor: str | None) -> Page:
    """All sessions of one exchange, newest first."""
    return _listed("of_exchange", person, cursor, exchange=exchange.id)


def between(
    person: User, begins: datetime, ends: datetime, now: datetime, most: int
) -> Sequence[SessionCard]:
    """Up to `most` + 1 whose agreed start, or else the first one offered, lies in that span,
    the soonest first; not what came to nothing."""
    values = {"me": person.id, "begins": begins, "ends": ends, "now": now, "most": most + 1}
    return [_card(row, person) for row in db.session.execute(_between(), values)]


@cache
def _between() -> AnySelect:
    begins, ends = (bindparam(name, type_=UtcDateTime()) for name in ("begins", "ends"))
    first = func.coalesce(LearningSession.starts_at, Last.start_1)
    agreed = and_(
        LearningSession.state != SessionState.CANCELLED,
        LearningSession.starts_at >= begins,
        LearningSession.starts_at < ends,
    )
    offered = and_(
        LearningSession.starts_at.is_(None),
        has_offer(NOW),
        Last.start_1 >= begins,
        Last.start_1 < ends,
    )
    query = _card_query(ME, or_(agreed, offered)).order_by(first, _ID)
    return query.limit(bindparam("most", type_=BigInteger()))


@dataclass(frozen=True, slots=True)
class TabCounts:
    """What waits for me under each tab, counted to 100, and the places I teach in."""

    to_agree: int
    past: int
    places_taken: int


def tab_counts(person: User, now: datetime) -> TabCounts:
    """The numbers above the lists, in one statement."""
    row = db.session.execute(_tab_counts(), {"me": person.id, "now": now}).one()
    return TabCounts(row[0], row[1], row[2])


@cache
def _tab_counts() -> AnySelect:
    counts = []
    for which in (to_pick(ME, NOW), to_confirm(ME, NOW)):
        rows = (
            select(_ID)
            .join(Other, Other.id == partner_id(ME))
            .where(mine(ME), visible(Other, to=ME), which)
            .limit(COUNTED_TO)
        )
        counts.append(select(func.count()).select_from(rows.subquery()).scalar_subquery())
    return select(*counts, places_query(ME, NOW).scalar_subquery())


def _listed(name: str, person: User, cursor: str | None, **values: Any) -> Page:
    keys = LISTS[name][1]
    query = paginate(_list(name), keys, cursor) if cursor else _first_page(name)
    found = page(db.session.execute(query, {"me": person.id, **values}).all(), keys)
    return Page([_card(row, person) for row in found.rows], found.after)


@cache
def _list(name: str) -> AnySelect:
    """One of the lists for anybody, put together once: that takes longer than running it."""
    return _card_query(ME, LISTS[name][0](NOW))


@cache
def _first_page(name: str) -> AnySelect:
    return paginate(_list(name), LISTS[name][1], None)


def _card_query(user_id: UserId, which: ColumnElement[bool]) -> AnySelect:
    return (
        select(
            _ID,
            LearningSession.public_id,
            LearningSession.state,
            LearningSession.teacher_id,
            LearningSession.number,
            LearningSession.minutes,
            LearningSession.place_kind,
            LearningSession.starts_at,
            LearningSession.ends_at,
            LearningSession.confirm_by,
            LearningSession.cancelled_by_id,
            _sorted_at.label("sorted_at"),
            Skill.name.label("skill"),
            Last.start_1,
            Last.start_2,
            Last.start_3,
            Last.lapse_at,
            Last.proposer_id,
            Last.kind.label("proposal_kind"),
            Last.state.label("proposal_state"),
            Mine.answer,
            Theirs.answer.label("their_answer"),
            Other.id.label("other_id"),
            Other.username,
            Other.first_name,
            Other.last_name,
            Other.avatar,
            Other.timezone,
        )
        .join(Skill, Skill.id == LearningSession.skill_id)
        .join(Other, Other.id == partner_id(user_id))
        .outerjoin(Last, Last.id == _last_proposal)
        .outerjoin(Mine, and_(Mine.learning_session_id == _ID, Mine.user_id == user_id))
        .outerjoin(Theirs, and_(Theirs.learning_session_id == _ID, Theirs.user_id == Other.id))
        .where(mine(user_id), which, visible(Other, to=user_id))
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
        in_person=row.place_kind is PlaceKind.IN_PERSON,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        confirm_by=row.confirm_by,
        said=row.answer or row.their_answer,
        first_offered=row.start_1,
        offered=sum(start is not None for start in (row.start_1, row.start_2, row.start_3)),
        lapse_at=row.lapse_at,
        proposal_state=row.proposal_state,
        is_move=row.proposal_kind is ProposalKind.MOVE,
        i_proposed=row.proposer_id == person.id,
        i_answered=row.answer is not None,
        i_cancelled=row.cancelled_by_id == person.id,
        they_cancelled=row.cancelled_by_id == row.other_id,
        username=row.username,
        name=f"{row.first_name} {row.last_name}".strip(),
        first_name=row.first_name,
        initials=initials(row.first_name, row.last_name),
        hue=row.other_id % HUES + 1,
        avatar_url=f"/media/{row.avatar}" if row.avatar else None,
        timezone=row.timezone,
    )
