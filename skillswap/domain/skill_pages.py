"""What is there about one skill: who teaches it, who wants it, what is written, what is near?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, exists, func, select

from skillswap.domain import matches, teachers, trends
from skillswap.domain.feed import posts_about
from skillswap.domain.notifications import Face
from skillswap.domain.popular import taught_skills
from skillswap.domain.posts.cards import face
from skillswap.domain.skill_follows import skill_named
from skillswap.domain.teachers import BY_RATING, VIEWER, SkillRef, TeacherCard, here, run
from skillswap.domain.trends import Chart
from skillswap.domain.visibility import visible
from skillswap.lib.keyset import Page
from skillswap.models import (
    SkillFollow,
    TeacherListing,
    Trend,
    TrendSpan,
    User,
    UserSkill,
    UserSkillKind,
)

TUTORIALS_FIRST, TEACHERS_FIRST, WAITING_FIRST = 3, 2, 6
LOOKED_AT = 60  # of those who teach or want it
NEAREST = 8
COUNTED_TO = 1_000


@dataclass(frozen=True, slots=True)
class SkillFacts:
    """How many teach, want and follow it, as far as the reader may see them, up to 1,000."""

    teachers: int
    wanting: int
    followers: int
    i_follow: bool
    i_want: bool
    i_teach: bool
    percent: int | None  # more than usual this week; None while it does not rise


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who wants to learn it."""

    who: Face
    headline: str


@dataclass(frozen=True, slots=True)
class SkillPage:
    """Everything on the page of a skill."""

    skill: SkillRef
    facts: SkillFacts
    tutorials: Page
    posts: Page
    nearest: Sequence[SkillRef]
    teachers: Sequence[TeacherCard]  # who have room, the best rated first
    waiting: Sequence[Waiting]  # some of those who want it; nobody for a visitor
    chart: Chart | None  # None where too few were about it to be drawn


SKILL = bindparam("skill_id", type_=BigInteger())


def _counted(people: Any) -> Any:
    """How many rows, counted just far enough."""
    return select(func.count()).select_from(people.limit(COUNTED_TO).subquery()).scalar_subquery()


def _listing(kind: UserSkillKind) -> Any:
    return (
        select(User.id)
        .join(UserSkill, UserSkill.user_id == User.id)
        .where(UserSkill.skill_id == SKILL, UserSkill.kind == kind)
    )


def _listed_by_me(kind: UserSkillKind) -> Any:
    return exists().where(
        UserSkill.user_id == VIEWER, UserSkill.skill_id == SKILL, UserSkill.kind == kind
    )


_FOLLOWERS = (
    select(User.id)
    .join(SkillFollow, SkillFollow.user_id == User.id)
    .where(SkillFollow.skill_id == SKILL, visible(to=VIEWER))
)
# made once: building it takes longer than running it
_FACTS = select(
    _counted(_listing(UserSkillKind.OFFERED).where(here())),
    _counted(
        _listing(UserSkillKind.WANTED).where(User.learning, User.id != VIEWER, visible(to=VIEWER))
    ),
    _counted(_FOLLOWERS),
    exists().where(SkillFollow.user_id == VIEWER, SkillFollow.skill_id == SKILL),
    _listed_by_me(UserSkillKind.WANTED),
    _listed_by_me(UserSkillKind.OFFERED),
    select(func.max(Trend.percent))
    .where(Trend.skill_id == SKILL, Trend.span == TrendSpan.WEEK, ~Trend.is_past)
    .scalar_subquery(),
)


def facts_of(skill: SkillRef, reader: User | None) -> SkillFacts:
    """The figures of a skill for one reader. One statement."""
    query = _FACTS.params(skill_id=skill.id)
    taught, wanting, followers, follow, want, teach, percent = run(query, reader).one()
    return SkillFacts(taught, wanting, followers, bool(follow), bool(want), bool(teach), percent)


def skill_page(slug: str, reader: User | None, now: datetime) -> SkillPage:
    """The first tutorials, then the newest of everything else. Twelve statements at most.

    Raises NotFound.
    """
    skill = skill_named(slug)
    return SkillPage(
        skill=skill,
        facts=facts_of(skill, reader),
        tutorials=posts_about(skill.id, reader, None, tutorials=True, limit=TUTORIALS_FIRST),
        posts=posts_about(skill.id, reader, None, tutorials=False),
        nearest=taught_skills(NEAREST, viewer=reader, like=skill),
        teachers=_teachers(skill, reader, now),
        waiting=_waiting(skill, reader) if reader else [],
        chart=trends.charts_of([skill.id], now).get(skill.id),
    )


def _teachers(skill: SkillRef, reader: User | None, now: datetime) -> Sequence[TeacherCard]:
    """The best rated of those who teach it and have room. One statement."""
    row = TeacherListing
    window = (
        select(row.user_id)
        .where(row.skill_id == skill.id)
        .order_by(row.rank.desc(), row.user_id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    which, first = (here(), User.id.in_(select(window.c.user_id))), frozenset({skill.id})
    if reader is None:
        people: Any = select(*teachers.COLUMNS).where(*which)
        query = teachers.page_query(people, BY_RATING, for_reader=False, limit=TEACHERS_FIRST)
        found = teachers.cards(query, BY_RATING, viewer=None, now=now, first=first)
    else:
        people = select(*matches.COLUMNS).where(*which)
        query = matches.page_query(people, BY_RATING, limit=TEACHERS_FIRST)
        found = matches.cards(query, BY_RATING, viewer=reader, skill=skill, first=first, now=now)
    shown: Sequence[TeacherCard] = found.rows[:TEACHERS_FIRST]
    return shown


def _waiting_query() -> Any:
    window = (
        select(UserSkill.user_id)
        .where(UserSkill.skill_id == SKILL, UserSkill.kind == UserSkillKind.WANTED)
        .order_by(UserSkill.user_id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    return (
        select(User.id, User.username, User.first_name, User.last_name, User.avatar, User.headline)
        .where(User.id.in_(select(window.c.user_id)), User.learning)
        .where(User.id != VIEWER, visible(to=VIEWER))
        .order_by(User.last_seen_at.desc(), User.id.desc())
        .limit(WAITING_FIRST)
    )


_WAITING = _waiting_query()


def _waiting(skill: SkillRef, reader: User) -> list[Waiting]:
    """Some of those who want it, the latest seen first. One statement."""
    rows = run(_WAITING.params(skill_id=skill.id), reader)
    return [Waiting(face(row, ""), row.headline) for row in rows]
