"""Which swap rings is somebody in, and how does one stand for its reader?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import selectinload

from skillswap.db import db
from skillswap.domain.rings.rules import is_open
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound
from skillswap.lib.keyset import Key, Page, page, paginate
from skillswap.models import (
    Exchange,
    RingAnswer,
    RingState,
    Skill,
    SwapRing,
    SwapRingMember,
    User,
)
from skillswap.models.swap_ring import MEMBERS, state_at
from skillswap.models.user import HUES, initials

OPEN_MOST = 20  # more than anybody can be in
EARLIER = 10  # of the rings that are over, on a page
NEWEST = [Key(SwapRing.id, "id")]  # type: ignore[arg-type]  # a mapped column is an expression


# -- for verbs ------------------------------------------------------------------------------------


def rings_with(*which: ColumnElement[bool]) -> Sequence[SwapRing]:
    """Rings with their people and skills, as they stand now, in one order."""
    members = selectinload(SwapRing.members)
    return db.session.scalars(
        select(SwapRing)
        .where(*which)
        .options(members.joinedload(SwapRingMember.user), members.joinedload(SwapRingMember.skill))
        .order_by(SwapRing.id)
        .execution_options(populate_existing=True)
    ).all()


def ring_with(public_id: str) -> SwapRing:
    """The ring of that key, whoever asks. Raises NotFound."""
    for ring in rings_with(SwapRing.public_id == public_id):
        return ring
    raise NotFound("ring")


# -- for pages ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Member:
    """One of the three as a reader may see them; `person` is None for who is not there for them."""

    user_id: int
    person: RingFace | None
    is_me: bool
    skill: str  # what they teach the next
    answer: RingAnswer
    body: str
    answered_at: datetime | None
    exchange: str | None  # where they teach, if the reader is part of it


@dataclass(frozen=True, slots=True)
class RingFace:
    """Who it is, as a picture of the ring and its rows need it."""

    username: str
    name: str
    first_name: str
    initials: str
    hue: int
    avatar_url: str | None


@dataclass(frozen=True, slots=True)
class RingView:
    """A ring from one member's side: they come first, then whom they teach, then who teaches
    them."""

    id: int
    public_id: str
    state: RingState
    started_at: datetime
    respond_by: datetime
    ended_at: datetime | None
    i_started: bool
    members: tuple[Member, Member, Member]

    @property
    def mine(self) -> Member:
        """The reader's own place."""
        return self.members[0]

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to answer."""
        return self.state is RingState.PROPOSED

    @property
    def waits_for_me(self) -> bool:
        """Whether the reader has still to answer."""
        return self.is_open and self.mine.answer is RingAnswer.WAITING


def ring_of(person: User, public_id: str, now: datetime) -> RingView:
    """One ring for one of its three. Raises NotFound for anybody else. One statement."""
    found = _views(person, SwapRing.public_id == public_id, now=now)
    if not found:
        raise NotFound("ring")
    return found[0]


def open_rings(person: User, now: datetime) -> Sequence[RingView]:
    """Those of this person that wait for somebody's answer, the nearest deadline first. One
    statement."""
    found = _views(person, is_open(now), now=now)
    return sorted(found, key=lambda one: (not one.waits_for_me, one.respond_by, one.id))[:OPEN_MOST]


def earlier_rings(person: User, cursor: str | None, now: datetime) -> Page:
    """Those that are over, the newest first. Two statements."""
    over = or_(SwapRing.state != RingState.PROPOSED, SwapRing.respond_by <= now)
    query = select(SwapRing.id).where(SwapRing.id.in_(_mine(person)), over)
    found = page(
        db.session.execute(paginate(query, NEWEST, cursor, limit=EARLIER)).all(), NEWEST, EARLIER
    )
    ids = [row.id for row in found.rows]
    views = _views(person, SwapRing.id.in_(ids), now=now) if ids else []
    return Page(views[::-1], found.after)


def waiting_count(person: User, now: datetime) -> int:
    """How many rings wait for this person's answer. One statement."""
    query = (
        select(SwapRing.id)
        .join(SwapRingMember, SwapRingMember.ring_id == SwapRing.id)
        .where(
            SwapRingMember.user_id == person.id,
            SwapRingMember.answer == RingAnswer.WAITING,
            is_open(now),
        )
    )
    return len(db.session.scalars(query.limit(OPEN_MOST)).all())


def _mine(person: User) -> Select[int]:
    return select(SwapRingMember.ring_id).where(SwapRingMember.user_id == person.id)


def _views(person: User, *which: ColumnElement[bool], now: datetime) -> list[RingView]:
    """The rings of this person for which that holds, in the order of their ids."""
    one = SwapRingMember
    rows = db.session.execute(
        select(
            SwapRing.id,
            SwapRing.public_id,
            SwapRing.state,
            SwapRing.starter_id,
            SwapRing.started_at,
            SwapRing.respond_by,
            SwapRing.ended_at,
            one.user_id,
            one.answer,
            one.body,
            one.answered_at,
            Skill.name.label("skill"),
            Exchange.public_id.label("exchange"),
            User.username,
            User.first_name,
            User.last_name,
            User.avatar,
            visible(to=person.id).label("is_there"),
        )
        .join(one, one.ring_id == SwapRing.id)
        .join(User, User.id == one.user_id)
        .join(Skill, Skill.id == one.skill_id)
        .outerjoin(Exchange, Exchange.id == one.exchange_id)
        .where(SwapRing.id.in_(_mine(person)), *which)
        .order_by(SwapRing.id, one.position)
    ).all()
    return [
        _view(rows[first : first + MEMBERS], person, now) for first in range(0, len(rows), MEMBERS)
    ]


def _view(rows: Sequence[Any], person: User, now: datetime) -> RingView:
    mine = next(place for place, row in enumerate(rows) if row.user_id == person.id)
    turned = [*rows[mine:], *rows[:mine]]
    row = rows[0]
    # the first teaches the second, the last the first: of the third exchange I am no part
    partners = (turned[1], None, turned[2])
    members = [
        _member(one, person, linked=other is not None and bool(other.is_there))
        for one, other in zip(turned, partners, strict=True)
    ]
    return RingView(
        id=row.id,
        public_id=row.public_id,
        state=state_at(row, now),
        started_at=row.started_at,
        respond_by=row.respond_by,
        ended_at=row.ended_at,
        i_started=row.starter_id == person.id,
        members=(members[0], members[1], members[2]),
    )


def _member(row: Any, person: User, *, linked: bool) -> Member:
    is_me = row.user_id == person.id
    there = bool(row.is_there) or is_me
    face = RingFace(
        username=row.username,
        name=f"{row.first_name} {row.last_name}".strip(),
        first_name=row.first_name,
        initials=initials(row.first_name, row.last_name),
        hue=row.user_id % HUES + 1,
        avatar_url=f"/media/{row.avatar}" if row.avatar else None,
    )
    return Member(
        user_id=row.user_id,
        person=face if there else None,
        is_me=is_me,
        skill=row.skill,
        answer=row.answer,
        body=row.body if there else "",
        answered_at=row.answered_at,
        exchange=row.exchange if linked else None,
    )
