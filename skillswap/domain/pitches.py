"""What may be done with a pitch, and who sees which?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, joinedload

from skillswap.db import Instant, db
from skillswap.domain import events, exchanges, notifications, pitch_rules
from skillswap.domain.limits import RESPOND_DAYS_DEFAULT, check_free
from skillswap.domain.pitch_rules import is_open
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import DeclineReason, Exchange, Pitch, PitchState, Skill, User
from skillswap.models.pitch import FINAL, OPEN
from skillswap.models.user import HUES, initials

COUNTED_TO = 100
WITH_ALL = (
    joinedload(Pitch.learner),
    joinedload(Pitch.teacher),
    joinedload(Pitch.skill),
    joinedload(Pitch.offered_skill),
)
Other = aliased(User)
Offered = aliased(Skill)


# -- verbs ---------------------------------------------------------------------------------------


def send_pitch(
    learner: User,
    teacher: User,
    *,
    skill: str,
    body: str,
    now: datetime,
    offered: str = "",
    days: int = RESPOND_DAYS_DEFAULT,
) -> Pitch:
    """Open a pending pitch and tell the teacher. Skills are given as slugs.

    Raises Refused with the first rule that says no, TooMany when a quota is used up.
    """
    check_free(learner, now)
    wanted, returned = pitch_rules.choose(pitch_rules.between(learner, teacher), skill, offered)
    body = pitch_rules.checked_body(teacher, body)
    pitch_rules.check_days(days)
    # quotas are counted while nobody else writes pitches of mine or to this teacher
    exchanges.lock_people(learner.id, teacher.id)
    _make_way(learner, teacher, wanted, now)
    pitch = Pitch(
        learner=learner,
        teacher=teacher,
        skill=wanted,
        offered_skill=returned,
        body=body,
        sent_at=now,
        respond_by=now + timedelta(days=days),
    )
    try:
        with db.session.begin_nested():  # the unique index decides, not a look before it
            db.session.add(pitch)
    except IntegrityError:
        raise Refused(
            "skill", "already_open", teacher=teacher.first_name, skill=wanted.name
        ) from None
    pitch_rules.check_quota(pitch, now)
    offers = returned.name if returned else ""
    until = pitch.respond_by.isoformat()
    _tell("pitch.sent", learner, pitch, [teacher], now, offered=offers, respond_by=until)
    return pitch


def _make_way(learner: User, teacher: User, skill: Skill, now: datetime) -> None:
    """End what is over by the clock, so that it does not count as open. Raises Refused while a
    decline is fresh.
    """
    for pitch in pitch_rules.earlier(learner, teacher, now):
        if pitch.skill_id == skill.id:
            pitch_rules.check_cool_down(pitch)
            expire_if_due(pitch, now)


def accept_pitch(teacher: User, public_id: str, *, body: str = "", now: datetime) -> Exchange:
    """Say yes: the pitch is accepted and its exchange is open.

    Raises Refused when a teaching side has no free place, WrongState when somebody was quicker.
    """
    pitch = received_pitch(teacher, public_id)
    exchanges.lock_people(pitch.teacher_id, pitch.learner_id)
    pitch = _one(Pitch.id == pitch.id)  # again, as it stands now that nobody else may move it
    pitch.move_to(PitchState.ACCEPTED, now)
    check_free(teacher, now)
    pitch.answer_body = pitch_rules.checked_words(body)
    exchange = exchanges.open_exchange(pitch, now)
    _tell("pitch.accepted", teacher, pitch, [pitch.learner], now, exchange=exchange.public_id)
    return exchange


def decline_pitch(
    teacher: User, public_id: str, *, reason: DeclineReason | None, body: str = "", now: datetime
) -> Pitch:
    """Say no, with the reason the learner reads.

    Raises Refused without a reason, WrongState when somebody was quicker.
    """
    pitch = received_pitch(teacher, public_id)
    pitch.move_to(PitchState.DECLINED, now)
    if reason is None:
        raise Refused("reason", "decline_reason", learner=pitch.learner.first_name)
    pitch.decline_reason, pitch.answer_body = reason, pitch_rules.checked_words(body)
    _tell("pitch.declined", teacher, pitch, [pitch.learner], now)
    return pitch


def ignore_pitch(teacher: User, public_id: str, *, now: datetime) -> Pitch:
    """Hide an open pitch from the inbox. The learner is not told; the clock runs on."""
    pitch = received_pitch(teacher, public_id)
    if pitch.state_at(now) not in OPEN:
        raise WrongState("pitch", pitch.state_at(now))
    if pitch.ignored_at is None:
        pitch.ignored_at = now
        _tell("pitch.ignored", teacher, pitch, [], now)
    return pitch


def withdraw_pitch(learner: User, public_id: str, *, now: datetime) -> Pitch:
    """Take it back. Raises WrongState when it was answered meanwhile."""
    pitch = sent_pitch(learner, public_id)
    pitch.move_to(PitchState.WITHDRAWN, now)
    _tell("pitch.withdrawn", learner, pitch, [pitch.teacher], now)
    return pitch


def expire_if_due(pitch: Pitch, now: datetime) -> bool:
    """Write the end of an open pitch whose time is over, and tell both. True if it was so."""
    if pitch.state not in OPEN or pitch.state_at(now) is not PitchState.EXPIRED:
        return False
    pitch.state = PitchState.EXPIRED
    _tell("pitch.expired", None, pitch, [pitch.learner, pitch.teacher], now)
    return True


def _tell(
    kind: str, actor: User | None, pitch: Pitch, to: list[User], now: datetime, **facts: str
) -> None:
    facts["skill"] = pitch.skill.name
    events.record(kind, actor=actor, subject=pitch, to=to, now=now, **facts)


# -- reads ---------------------------------------------------------------------------------------


def waiting_for(user_id: int | SQLColumnExpression[int], now: Instant) -> AnySelect:
    """The ids of what a teacher's inbox lists: open, not ignored, from people who are here."""
    return (
        select(Pitch.id)
        .join(Other, Other.id == Pitch.learner_id)
        .where(
            Pitch.teacher_id == user_id,
            is_open(now),
            Pitch.ignored_at.is_(None),
            visible(Other, to=user_id),
        )
    )


def waiting_count(user_id: int | SQLColumnExpression[int], now: Instant) -> AnySelect:
    """How many that are, counted to 100."""
    rows = waiting_for(user_id, now).limit(COUNTED_TO)
    return select(func.count()).select_from(rows.subquery())


def received_pitch(teacher: User, public_id: str) -> Pitch:
    """The pitch as its teacher sees it. Raises NotFound for anybody else."""
    return _one(Pitch.public_id == public_id, Pitch.teacher_id == teacher.id)


def sent_pitch(learner: User, public_id: str) -> Pitch:
    """The pitch as its learner sees it. Raises NotFound for anybody else."""
    return _one(Pitch.public_id == public_id, Pitch.learner_id == learner.id)


def pitch_of(person: User, public_id: str) -> Pitch:
    """The pitch for either of its two. Raises NotFound for anybody else."""
    mine = or_(Pitch.teacher_id == person.id, Pitch.learner_id == person.id)
    return _one(Pitch.public_id == public_id, mine)


def _one(*which: ColumnElement[bool]) -> Pitch:
    """What is between two people goes when one of them does: suspended, deleted."""
    pitch = db.session.scalar(
        select(Pitch)
        .where(
            *which,
            Pitch.learner.has(visible(to=Pitch.teacher_id)),
            Pitch.teacher.has(visible(to=Pitch.learner_id)),
        )
        .options(*WITH_ALL)
        .execution_options(populate_existing=True)
    )
    if pitch is None:
        raise NotFound("pitch")
    return pitch


def exchange_of(pitch: Pitch) -> str | None:
    """The public id of the exchange a pitch opened, if it did."""
    return db.session.scalar(select(Exchange.public_id).where(Exchange.pitch_id == pitch.id))


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
        state=pitch.state_at(now),
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


def other_of(pitch: Pitch, person: User) -> User:
    """The one of the two who this person is not."""
    return pitch.learner if pitch.teacher_id == person.id else pitch.teacher


class Box(StrEnum):
    """The three lists of a person's pitches."""

    INBOX, SENT, CLOSED = "inbox", "sent", "closed"


def box_of(pitch: Pitch, person: User, now: datetime) -> Box:
    """In which of this person's lists the pitch stands."""
    if pitch.state_at(now) not in OPEN:
        return Box.CLOSED
    if pitch.learner_id == person.id:
        return Box.SENT
    return Box.CLOSED if pitch.ignored_at else Box.INBOX


def box(name: Box, person: User, cursor: str | None, now: datetime) -> Page:
    """A page of that list."""
    return {Box.INBOX: inbox, Box.SENT: sent, Box.CLOSED: closed}[name](person, cursor, now)


def inbox(teacher: User, cursor: str | None, now: datetime) -> Page:
    """Open pitches to this teacher that are not ignored, newest first."""
    return _cards(teacher, Pitch.id.in_(waiting_for(teacher.id, now)), cursor, now)


def sent(learner: User, cursor: str | None, now: datetime) -> Page:
    """Open pitches of this learner, newest first."""
    return _cards(learner, and_(Pitch.learner_id == learner.id, is_open(now)), cursor, now)


def closed(person: User, cursor: str | None, now: datetime) -> Page:
    """Answered, withdrawn and expired ones of either side, and those the teacher ignores."""
    over = or_(Pitch.state.in_(FINAL), Pitch.respond_by <= now)
    mine = or_(
        and_(Pitch.learner_id == person.id, over),
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
            Skill.name.label("skill"),
            Offered.name.label("offered"),
            Other.id.label("other_id"),
            Other.username,
            Other.first_name,
            Other.last_name,
            Other.avatar,
            notifications.unread_about(person.id, Pitch.__tablename__, Pitch.id).label("is_new"),
        )
        .join(Skill, Skill.id == Pitch.skill_id)
        .outerjoin(Offered, Offered.id == Pitch.offered_skill_id)
        .join(Other, Other.id == other_id)
        .where(which, visible(Other, to=person.id))
    )
    found = page(db.session.execute(paginate(query, NEWEST, cursor)).all(), NEWEST)
    return Page([_card(row, person, now) for row in found.rows], found.after)


def _card(row: Any, person: User, now: datetime) -> PitchCard:
    due = row.state in OPEN and row.respond_by <= now
    return PitchCard(
        id=row.id,
        public_id=row.public_id,
        state=PitchState.EXPIRED if due else row.state,
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
