"""May this person pitch that one, and with what?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import joinedload

from skillswap.db import Instant, db, spelled
from skillswap.domain import email_links, exchanges, reliability
from skillswap.domain.limits import (
    BIO_TO_PITCH,
    COOL_DOWN,
    RESPOND_DAYS,
    Limits,
    limits_of,
    restriction,
)
from skillswap.domain.reliability import Reliability
from skillswap.errors import Refused, TooMany
from skillswap.lib.clock import local, relative
from skillswap.lib.text import Unprintable, clean_body
from skillswap.models import Pitch, PitchState, Skill, User, UserSkill, UserSkillKind
from skillswap.models.pitch import ANSWER_MOST, BODY_LEAST, BODY_MOST, OPEN, UNDO_WITHIN

DAY = timedelta(days=1)
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
RETRY_OPEN_SECONDS = 3600  # when an answer comes nobody knows; an hour is a fair guess


def is_open(now: Instant) -> ColumnElement[bool]:
    """Condition: still waits for an answer, its deadline taken into account."""
    return and_(
        Pitch.state.in_([spelled(state) for state in PitchState if state in OPEN]),
        Pitch.respond_by > now,
    )


def is_veiled(now: datetime) -> ColumnElement[bool]:
    """Condition: declined, and still to be undone: its learner has not been told."""
    return and_(Pitch.state == PitchState.DECLINED, Pitch.answered_at > now - UNDO_WITHIN)


# -- what the two list ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Between:
    """A learner, a teacher, and what a pitch between them may be about. Skills by their slugs."""

    learner: User
    teacher: User
    taught: Mapping[str, Skill]
    returns: Mapping[str, Skill]
    lists_a_skill: bool
    wanted_in_return: Sequence[str]  # names of what the teacher wants and the learner offers


def between(learner: User, teacher: User) -> Between:
    """The lists of the two, by name of the skill. One statement."""
    lines = db.session.scalars(
        select(UserSkill)
        .join(UserSkill.skill)
        .where(UserSkill.user_id.in_((learner.id, teacher.id)))
        .options(joinedload(UserSkill.skill))
        .order_by(Skill.name)
    ).all()

    def of(person: User, kind: UserSkillKind) -> dict[str, Skill]:
        return {
            line.skill.slug: line.skill
            for line in lines
            if line.user_id == person.id and line.kind is kind
        }

    returns = of(learner, UserSkillKind.OFFERED) if learner.teaching else {}
    wanted = of(teacher, UserSkillKind.WANTED)
    return Between(
        learner=learner,
        teacher=teacher,
        taught=of(teacher, UserSkillKind.OFFERED),
        returns=returns,
        lists_a_skill=any(line.user_id == learner.id for line in lines),
        wanted_in_return=[skill.name for slug, skill in returns.items() if slug in wanted],
    )


# -- the rules, in the order in which they say no -------------------------------------------------


def in_the_way(lists: Between, now: datetime) -> Iterator[Refused]:
    """What keeps these two from any pitch at all, whatever is typed."""
    learner, teacher = lists.learner, lists.teacher
    if learner.id == teacher.id:
        yield Refused("pitch", "to_yourself")
        return
    if restricted := restriction(learner, now, "pitch"):
        yield restricted
        return
    if barred := reliability.barred(learner, now, "pitch"):
        yield barred
    if email_links.is_unconfirmed(learner):
        yield Refused("pitch", "unconfirmed", email=learner.email)
    if not learner.learning:
        yield Refused("pitch", "not_learning")
    if not teacher.teaching or not lists.taught:
        yield Refused("pitch", "not_teaching", teacher=teacher.first_name)
    elif teacher.is_paused_at(now):
        yield paused(teacher, learner)
    if len(learner.bio.strip()) < BIO_TO_PITCH:
        yield Refused("pitch", "needs_bio", limit=BIO_TO_PITCH)
    if not lists.lists_a_skill:
        yield Refused("pitch", "needs_skill", teacher=teacher.first_name)


def paused(teacher: User, reader: User) -> Refused:
    """Why a teacher who pauses cannot be asked, with the day of their return if it is known."""
    if teacher.paused_until is None:
        return Refused("pitch", "teacher_paused", teacher=teacher.first_name)
    day = local(teacher.paused_until, reader.timezone).day
    return Refused("pitch", "teacher_paused_until", teacher=teacher.first_name, day=day)


def choose(lists: Between, slug: str, offered: str, now: datetime) -> tuple[Skill, Skill | None]:
    """The skill asked for and the one offered in return. Raises Refused by the first rule."""
    for refusal in in_the_way(lists, now):
        raise refusal
    if slug not in lists.taught:
        raise Refused("skill", "not_taught", teacher=lists.teacher.first_name, skill=slug or "this")
    if not offered:
        return lists.taught[slug], None
    if offered == slug:
        raise Refused("offered", "offers_the_same")
    if offered not in lists.returns:
        raise Refused("offered", "not_offered")
    return lists.taught[slug], lists.returns[offered]


def checked_body(teacher: User, body: str) -> str:
    """The text of a pitch, cleaned. Raises Refused when it is too short or too long."""
    body = cleaned(body)
    if len(body) < BODY_LEAST:
        raise Refused("body", "body_short", teacher=teacher.first_name, limit=BODY_LEAST)
    if len(body) > BODY_MOST:
        raise Refused("body", "body_long", limit=BODY_MOST)
    return body


def checked_turn(body: str) -> str:
    """A question, a reply, a last word: cleaned, not empty. Raises Refused."""
    body = checked_words(body)
    if not body:
        raise Refused("body", "required")
    return body


def checked_words(body: str) -> str:
    """The words beside an answer, cleaned; may be empty. Raises Refused when too long."""
    body = cleaned(body)
    if len(body) > ANSWER_MOST:
        raise Refused("body", "too_long", limit=ANSWER_MOST)
    return body


def cleaned(body: str) -> str:
    """What was typed in one spelling, without marks nobody sees. Raises Refused."""
    try:
        return clean_body(body)
    except Unprintable:
        raise Refused("body", "control_characters") from None


def check_days(days: int) -> None:
    """How long the teacher gets. Raises Refused outside 3 to 14."""
    if days not in RESPOND_DAYS:
        raise Refused("days", "respond_days")


def earlier(learner: User, teacher: User, now: datetime) -> Sequence[Pitch]:
    """Pitches of these two, this way round, that a new one may not pass by.

    Those not answered, due or not, and those declined within the cool-down.
    """
    declined = and_(Pitch.state == PitchState.DECLINED, Pitch.answered_at > now - COOL_DOWN)
    return db.session.scalars(
        select(Pitch)
        .where(
            Pitch.learner_id == learner.id,
            Pitch.teacher_id == teacher.id,
            or_(Pitch.state.in_(OPEN), declined),
        )
        .options(joinedload(Pitch.skill), joinedload(Pitch.learner), joinedload(Pitch.teacher))
        .order_by(Pitch.id)
    ).all()


def check_cool_down(pitch: Pitch, now: datetime) -> None:
    """Raises Refused when that earlier pitch of `earlier()` was declined."""
    if pitch.is_veiled(now):  # the learner has not been told: for them it is open
        names = {"teacher": pitch.teacher.first_name, "skill": pitch.skill.name}
        raise Refused("skill", "already_open", **names)
    if pitch.state is PitchState.DECLINED and pitch.answered_at:
        again_at = local(pitch.answered_at + COOL_DOWN, pitch.learner.timezone)
        raise Refused(
            "skill",
            "cooling_down",
            teacher=pitch.teacher.first_name,
            skill=pitch.skill.name,
            day=again_at.day,
        )


# -- quotas ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quota:
    """How many more pitches a learner may send. Below zero: one too many is there already."""

    limits: Limits
    open_left: int
    today_left: int
    next_at: datetime | None  # when the oldest of today's leaves the 24 hours


def quota_of(learner: User, now: datetime) -> Quota:
    """Counted from the rows themselves; withdrawn pitches count for their day too."""
    limits = limits_of(learner, now)
    today = Pitch.sent_at > now - DAY
    open_, sent, oldest = db.session.execute(
        select(
            func.count().filter(is_open(now)),
            func.count().filter(today),
            func.min(Pitch.sent_at).filter(today),
        ).where(Pitch.learner_id == learner.id, or_(Pitch.state.in_(OPEN), today))
    ).one()
    return Quota(
        limits,
        limits.open_pitches - open_,
        limits.pitches_per_day - sent,
        oldest + DAY if oldest else None,
    )


def room_of(teacher: User, now: datetime) -> int:
    """How many more open pitches this teacher takes; below zero: one too many."""
    waiting = select(Pitch.id).where(Pitch.teacher_id == teacher.id, is_open(now))
    counted = select(func.count()).select_from(waiting.limit(teacher.pitch_cap + 1).subquery())
    return teacher.pitch_cap - (db.session.scalar(counted) or 0)


def over_quota(teacher: User, quota: Quota, room: int, now: datetime) -> Iterator[Refused]:
    """Which limits are passed when `quota` and `room` count one pitch too many."""
    if room < 0:
        yield Refused("pitch", "teacher_full", teacher=teacher.first_name)
    if quota.open_left < 0:
        yield TooMany("pitch", "too_many_open", RETRY_OPEN_SECONDS, limit=quota.limits.open_pitches)
    if quota.today_left < 0 and quota.next_at:
        yield TooMany(
            "pitch",
            "too_many_today",
            int((quota.next_at - now).total_seconds()) + 1,
            limit=quota.limits.pitches_per_day,
            when=relative(quota.next_at, now),
        )


def check_quota(pitch: Pitch, now: datetime) -> None:
    """The limits, with the new pitch counted already: it is in the table, not yet committed.

    Raises Refused or TooMany.
    """
    quota = quota_of(pitch.learner, now)
    _check_links(pitch.body, quota.limits)
    for refusal in over_quota(pitch.teacher, quota, room_of(pitch.teacher, now), now):
        raise refusal


def check_quota_for_one_more(learner: User, teacher: User, body: str, now: datetime) -> None:
    """The limits, for a pitch that is not in the table. Raises as `check_quota` does."""
    quota = one_less(quota_of(learner, now))
    _check_links(body, quota.limits)
    for refusal in over_quota(teacher, quota, room_of(teacher, now) - 1, now):
        raise refusal


def one_less(quota: Quota) -> Quota:
    """The same once one more pitch is sent."""
    return Quota(quota.limits, quota.open_left - 1, quota.today_left - 1, quota.next_at)


def _check_links(body: str, limits: Limits) -> None:
    if (links := len(LINK.findall(body))) > limits.links_in_pitch:
        code = "too_many_links" if limits.links_in_pitch else "no_links"
        raise Refused("body", code, limit=limits.links_in_pitch, found=links)


# -- what the page for a new pitch shows ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """What there is to choose from, and what stands in the way."""

    lists: Between
    obstacles: Sequence[Refused]
    earlier: Mapping[str, Pitch]  # by slug: skills that cannot be asked for now
    quota: Quota
    places_free: int
    kept: Reliability | None  # by the teacher

    @property
    def wanted_in_return(self) -> Sequence[str]:
        """Names of the skills this learner offers and that teacher wants."""
        return self.lists.wanted_in_return


def draft(learner: User, teacher: User, now: datetime) -> Draft:
    """For the page: the lists of the two, the quota, and every reason why it cannot be sent."""
    lists = between(learner, teacher)
    before = {
        pitch.skill.slug: pitch
        for pitch in earlier(learner, teacher, now)
        if pitch.state_at(now) is not PitchState.EXPIRED
    }
    quota = quota_of(learner, now)
    obstacles = list(in_the_way(lists, now))
    if not obstacles:
        obstacles += over_quota(teacher, one_less(quota), room_of(teacher, now) - 1, now)
        if lists.taught.keys() <= before.keys():
            obstacles.append(Refused("pitch", "all_asked", teacher=teacher.first_name))
    places = teacher.places - exchanges.places_taken(teacher, now)
    kept = reliability.shown(teacher, now)
    return Draft(lists, obstacles, before, quota, max(places, 0), kept)
