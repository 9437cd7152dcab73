"""How does a pitch stand in a list, and in which of a person's lists?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, not_, or_, select, union_all
from sqlalchemy.orm import aliased

from skillswap.db import Instant, db
from skillswap.domain import notifications
from skillswap.domain.pitch_rules import is_open, is_veiled
from skillswap.domain.pitches.reading import other_of
from skillswap.domain.visibility import visible
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import Pitch, PitchState, Skill, User
from skillswap.models.pitch import FINAL, OPEN, state_for
from skillswap.models.user import HUES, initials

COUNTED_TO = 100
Other = aliased(User)
Offered = aliased(Skill)


def waiting_for(user_id: int | SQLColumnExpression[int], now: Instant) -> AnySelect:
    """The ids of what a person's inbox lists, from people who are here.

    As a teacher, what is open and not ignored; as a learner, the questions to reply to.
    """
    asked = (
        select(Pitch.id)
        .join(Other, Other.id == Pitch.learner_id)
        .where(
            Pitch.teacher_id == user_id,
            is_open(now),
            Pitch.ignored_at.is_(None),
            visible(Other, to=user_id),
        )
    )
    to_reply = (
        select(Pitch.id)
        .join(Other, Other.id == Pitch.teacher_id)
        .where(
            Pitch.learner_id == user_id,
            Pitch.state == PitchState.CLARIFYING,
            Pitch.respond_by > now,
            visible(Other, to=user_id),
        )
    )
    return select(union_all(asked, to_reply).subquery().c.id)


def waiting_count(user_id: int | SQLColumnExpression[int], now: Instant) -> AnySelect:
    """How many that are, counted to 100."""
    rows = waiting_for(user_id, now).limit(COUNTED_TO)
    return select(func.count()).select_from(rows.subquery())


@dataclass(frozen=True, slots=True)
class PitchCard:
    """A pitch in a list, from the reader's side."""

    id: int
    public_id: str
    state: PitchState
    incoming: bool
    ignored: bool
    is_new: bool  # the reader has an unread notification about it
    skill: str
    offered: str | None
    body: str
    sent_at: datetime
    respond_by: datetime
    username: str
    name: str
    first_name: str
    initials: str
    hue: int
    avatar_url: str | None


NEWEST = [Key(Pitch.id, "id")]  # type: ignore[arg-type]  # a mapped column is an expression


def card_of(pitch: Pitch, person: User, now: datetime) -> PitchCard:
    """One pitch as its row in this person's list shows it once its page has been opened."""
    other = other_of(pitch, person)
    return PitchCard(
        id=pitch.id,
        public_id=pitch.public_id,
        state=pitch.state_for(person.id, now),
        incoming=pitch.teacher_id == person.id,
        ignored=pitch.ignored_at is not None,
        is_new=False,
        skill=pitch.skill.name,
        offered=pitch.offered_skill.name if pitch.offered_skill else None,
        body=pitch.body,
        sent_at=pitch.sent_at,
        respond_by=pitch.respond_by,
        username=other.username,
        name=other.name,
        first_name=other.first_name,
        initials=other.initials,
        hue=other.hue,
        avatar_url=other.avatar_url,
    )


class Box(StrEnum):
    """The three lists of a person's pitches."""

    INBOX, SENT, CLOSED = "inbox", "sent", "closed"


def box_of(pitch: Pitch, person: User, now: datetime) -> Box:
    """In which of this person's lists the pitch stands."""
    state = pitch.state_for(person.id, now)
    if state not in OPEN:
        return Box.CLOSED
    if pitch.learner_id == person.id:
        return Box.INBOX if state is PitchState.CLARIFYING else Box.SENT
    return Box.CLOSED if pitch.ignored_at else Box.INBOX


def box(name: Box, person: User, cursor: str | None, now: datetime) -> Page:
    """A page of that list."""
    return {Box.INBOX: inbox, Box.SENT: sent, Box.CLOSED: closed}[name](person, cursor, now)


def inbox(teacher: User, cursor: str | None, now: datetime) -> Page:
    """Open pitches to this teacher that are not ignored, and questions to reply to, newest
    first.
    """
    return _cards(teacher, Pitch.id.in_(waiting_for(teacher.id, now)), cursor, now)


def sent(learner: User, cursor: str | None, now: datetime) -> Page:
    """Pitches of this learner that wait for the teacher, newest first."""
    waits = or_(and_(is_open(now), Pitch.state == PitchState.PENDING), is_veiled(now))
    return _cards(learner, and_(Pitch.learner_id == learner.id, waits), cursor, now)


def closed(person: User, cursor: str | None, now: datetime) -> Page:
    """Answered, withdrawn and expired ones of either side, and those the teacher ignores."""
    over = or_(Pitch.state.in_(FINAL), Pitch.respond_by <= now)
    mine = or_(
        and_(Pitch.learner_id == person.id, over, not_(is_veiled(now))),
        and_(Pitch.teacher_id == person.id, or_(over, Pitch.ignored_at.is_not(None))),
    )
    return _cards(person, mine, cursor, now)


def _cards(person: User, which: ColumnElement[bool], cursor: str | None, now: datetime) -> Page:
    other_id = func.coalesce(func.nullif(Pitch.learner_id, person.id), Pitch.teacher_id)
    query = (
        select(
            Pitch.id,
            Pitch.public_id,
            Pitch.state,
            Pitch.teacher_id,
            Pitch.ignored_at,
            Pitch.body,
            Pitch.sent_at,
            Pitch.respond_by,
            Pitch.answered_at,
            Pitch.learner_id,
            Skill.name.label("skill"),
            Offered.name.label("offered"),
            Other.id.label("other_id"),
            Other.username,
            Other.first_name,
            Other.last_name,
            Other.avatar,
            notifications.unread_about(person.id, Pitch.__tablename__, Pitch.id, now).label(
                "is_new"
            ),
        )
        .join(Skill, Skill.id == Pitch.skill_id)
        .outerjoin(Offered, Offered.id == Pitch.offered_skill_id)
        .join(Other, Other.id == other_id)
        .where(which, visible(Other, to=person.id))
    )
    found = page(db.session.execute(paginate(query, NEWEST, cursor)).all(), NEWEST)
    return Page([_card(row, person, now) for row in found.rows], found.after)


def _card(row: Any, person: User, now: datetime) -> PitchCard:
    return PitchCard(
        id=row.id,
        public_id=row.public_id,
        state=state_for(row, person.id, now),
        incoming=row.teacher_id == person.id,
        ignored=row.ignored_at is not None,
        is_new=bool(row.is_new),
        skill=row.skill,
        offered=row.offered,
        body=row.body,
        sent_at=row.sent_at,
        respond_by=row.respond_by,
        username=row.username,
        name=f"{row.first_name} {row.last_name}".strip(),
        first_name=row.first_name,
        initials=initials(row.first_name, row.last_name),
        hue=row.other_id % HUES + 1,
        avatar_url=f"/media/{row.avatar}" if row.avatar else None,
    )
