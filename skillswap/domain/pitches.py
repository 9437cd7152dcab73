"""What may be done with a pitch, and who sees which?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, joinedload

from skillswap.db import db
from skillswap.domain import events, exchanges
from skillswap.domain.limits import (
    BIO_TO_PITCH,
    COOL_DOWN,
    RESPOND_DAYS,
    RESPOND_DAYS_DEFAULT,
    Limits,
    limits_of,
)
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound, Refused, TooMany, WrongState
from skillswap.lib.clock import local, relative
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import (
    DeclineReason,
    Exchange,
    Pitch,
    PitchState,
    Skill,
    User,
    UserSkill,
    UserSkillKind,
)
from skillswap.models.pitch import BODY_LEAST, BODY_MOST, FINAL, OPEN
from skillswap.models.user import HUES, initials

DAY = timedelta(days=1)
COUNTED_TO = 100
LINK = re.compile(r"https?://|www\.", re.IGNORECASE)
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
    wanted, returned = _skills_of_pitch(learner, teacher, skill, offered)
    _check_body(learner, teacher, body, days, now)
    exchanges.lock_people(learner.id)  # the quota is counted while nobody else of mine writes
    _check_history(learner, teacher, wanted, now)
    _check_quota(learner, teacher, body, now)
    pitch = Pitch(
        learner=learner,
        teacher=teacher,
        skill=wanted,
        offered_skill=returned,
        body=body.strip(),
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
    events.record(
        "pitch.sent",
        actor=learner,
        subject=pitch,
        to=[teacher],
        now=now,
        skill=wanted.name,
        offered=returned.name if returned else "",
    )
    return pitch


def accept_pitch(teacher: User, public_id: str, *, body: str = "", now: datetime) -> Exchange:
    """Say yes: the pitch is accepted and its exchange is open.

    Raises Refused when a teaching side has no free place, WrongState when somebody was quicker.
    """
    pitch = received_pitch(teacher, public_id)
    exchanges.lock_people(pitch.teacher_id, pitch.learner_id)
    pitch = _one(Pitch.id == pitch.id)  # again, as it stands now that nobody else may move it
    pitch.move_to(PitchState.ACCEPTED, now)
    pitch.answer_body = body.strip()
    exchange = exchanges.open_exchange(pitch, now)
    events.record(
        "pitch.accepted",
        actor=teacher,
        subject=pitch,
        to=[pitch.learner],
        now=now,
        skill=pitch.skill.name,
        exchange=exchange.public_id,
    )
    return exchange


def decline_pitch(
    teacher: User, public_id: str, *, reason: DeclineReason, body: str = "", now: datetime
) -> Pitch:
    """Say no, with the reason the learner reads. Raises WrongState when somebody was quicker."""
    pitch = received_pitch(teacher, public_id)
    pitch.move_to(PitchState.DECLINED, now)
    pitch.decline_reason, pitch.answer_body = reason, body.strip()
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


def _tell(kind: str, actor: User | None, pitch: Pitch, to: list[User], now: datetime) -> None:
    events.record(kind, actor=actor, subject=pitch, to=to, now=now, skill=pitch.skill.name)


# -- the rules of sending, in their order ---------------------------------------------------------


def _skills_of_pitch(
    learner: User, teacher: User, slug: str, offered: str
) -> tuple[Skill, Skill | None]:
    """The two skills by their slugs, after the rules about people and lists."""
    if learner.id == teacher.id:
        raise Refused("skill", "to_yourself")
    if not learner.learning:
        raise Refused("skill", "not_learning")
    if not teacher.teaching:
        raise Refused("skill", "not_teaching", teacher=teacher.first_name)
    if len(learner.bio.strip()) < BIO_TO_PITCH:
        raise Refused("body", "needs_bio", limit=BIO_TO_PITCH)
    lines = db.session.scalars(
        select(UserSkill)
        .where(UserSkill.user_id.in_((learner.id, teacher.id)))
        .options(joinedload(UserSkill.skill))
    ).all()
    mine = [line for line in lines if line.user_id == learner.id]
    theirs = {
        line.skill.slug: line.skill
        for line in lines
        if line.user_id == teacher.id and line.kind is UserSkillKind.OFFERED
    }
    if not mine:
        raise Refused("skill", "needs_skill", teacher=teacher.first_name)
    if slug not in theirs:
        raise Refused("skill", "not_taught", teacher=teacher.first_name, skill=slug or "this")
    if not offered:
        return theirs[slug], None
    if offered == slug:
        raise Refused("offered", "offers_the_same")
    for line in mine:
        if line.skill.slug == offered and line.kind is UserSkillKind.OFFERED and learner.teaching:
            return theirs[slug], line.skill
    raise Refused("offered", "not_offered")


def _check_body(learner: User, teacher: User, body: str, days: int, now: datetime) -> None:
    if len(body.strip()) < BODY_LEAST:
        raise Refused("body", "body_short", teacher=teacher.first_name, limit=BODY_LEAST)
    if len(body) > BODY_MOST:
        raise Refused("body", "body_long", limit=BODY_MOST)
    if days not in RESPOND_DAYS:
        raise Refused("days", "respond_days")


def _check_history(learner: User, teacher: User, skill: Skill, now: datetime) -> None:
    """One open pitch for the three of us, and a pause after a decline."""
    triple = and_(
        Pitch.learner_id == learner.id,
        Pitch.teacher_id == teacher.id,
        Pitch.skill_id == skill.id,
    )
    earlier = db.session.scalars(
        select(Pitch)
        .where(
            triple,
            or_(
                Pitch.state.in_(OPEN),
                and_(
                    Pitch.state == PitchState.DECLINED, Pitch.answered_at > now - COOL_DOWN
                ),
            ),
        )
        .options(*WITH_ALL)
    ).all()
    for pitch in earlier:
        if pitch.state is PitchState.DECLINED and pitch.answered_at:
            until = local(pitch.answered_at + COOL_DOWN, learner.timezone)
            raise Refused(
                "skill",
                "cooling_down",
                teacher=teacher.first_name,
                skill=skill.name,
                day=until.day,
            )
        expire_if_due(pitch, now)


def expire_if_due(pitch: Pitch, now: datetime) -> bool:
    """Write the end of an open pitch whose time is over, and tell both. True if it was so."""
    if pitch.state not in OPEN or pitch.state_at(now) is not PitchState.EXPIRED:
        return False
    pitch.state = PitchState.EXPIRED
    _tell("pitch.expired", None, pitch, [pitch.learner, pitch.teacher], now)
    return True


def _check_quota(learner: User, teacher: User, body: str, now: datetime) -> None:
    quota = quota_of(learner, now)
    if len(LINK.findall(body)) > quota.limits.links_in_pitch:
        raise Refused("body", "too_many_links", limit=quota.limits.links_in_pitch)
    received = select(Pitch.id).where(Pitch.teacher_id == teacher.id, is_open(now))
    if (_count(received) or 0) >= teacher.pitch_cap:
        raise Refused("skill", "teacher_full", teacher=teacher.first_name)
    if quota.open_left <= 0:
        raise TooMany("body", "too_many_open", 3600, limit=quota.limits.open_pitches)
    if quota.today_left <= 0 and quota.next_at:
        raise TooMany(
            "body",
            "too_many_today",
            int((quota.next_at - now).total_seconds()) + 1,
            limit=quota.limits.pitches_per_day,
            when=relative(quota.next_at, now),
        )


@dataclass(frozen=True, slots=True)
class Quota:
    """How many more pitches a learner may send."""

    limits: Limits
    open_left: int
    today_left: int
    next_at: datetime | None  # when the oldest of today's leaves the 24 hours


def quota_of(learner: User, now: datetime) -> Quota:
    """Counted from the rows themselves; withdrawn pitches count for their day too."""
    limits = limits_of(learner, now)
    row = db.session.execute(
        select(
            func.count().filter(is_open(now)),
            func.count().filter(Pitch.sent_at > now - DAY),
            func.min(Pitch.sent_at).filter(Pitch.sent_at > now - DAY),
        ).where(
            Pitch.learner_id == learner.id,
            or_(Pitch.state.in_(OPEN), Pitch.sent_at > now - DAY),
        )
    ).one()
    return Quota(
        limits,
        limits.open_pitches - row[0],
        limits.pitches_per_day - row[1],
        row[2] + DAY if row[2] else None,
    )


# -- reads ---------------------------------------------------------------------------------------


def is_open(now: datetime) -> ColumnElement[bool]:
    """Condition: still waits for an answer, its deadline taken into account."""
    return and_(Pitch.state.in_(OPEN), Pitch.respond_by > now)


def _count(query: AnySelect) -> int | None:
    return db.session.scalar(select(func.count()).select_from(query.limit(COUNTED_TO).subquery()))


def waiting_for(user_id: int | SQLColumnExpression[int], now: datetime) -> AnySelect:
    """The ids of what a teacher's inbox lists: open, not ignored, from people who are here."""
    return (
        select(Pitch.id)
        .join(Other, Other.id == Pitch.learner_id)
        .where(
            Pitch.teacher_id == user_id,
            is_open(now),
            Pitch.ignored_at.is_(None),
            visible(Other),
        )
    )


def waiting_count(user_id: int | SQLColumnExpression[int], now: datetime) -> AnySelect:
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
    pitch = db.session.scalar(
        select(Pitch)
        .where(*which)
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
        )
        .join(Skill, Skill.id == Pitch.skill_id)
        .outerjoin(Offered, Offered.id == Pitch.offered_skill_id)
        .join(Other, Other.id == other_id)
        .where(which, visible(Other))
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


def skills_between(learner: User, teacher: User) -> tuple[Sequence[UserSkill], Sequence[UserSkill]]:
    """What the teacher offers, and what the learner could teach in return, by name."""
    lines = db.session.scalars(
        select(UserSkill)
        .where(
            UserSkill.user_id.in_((learner.id, teacher.id)),
        )
        .join(UserSkill.skill)
        .options(joinedload(UserSkill.skill))
        .order_by(Skill.name)
    ).all()
    offered = [line for line in lines if line.kind is UserSkillKind.OFFERED]
    return (
        [line for line in offered if line.user_id == teacher.id],
        [line for line in offered if line.user_id == learner.id and learner.teaching],
    )
