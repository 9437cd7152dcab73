"""What is there to explore: which skills rise, where teachers are missing, what others kept?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    bindparam,
    exists,
    func,
    literal,
    select,
    union_all,
)

from skillswap.db import db
from skillswap.domain import trends
from skillswap.domain.feed.sources import heard
from skillswap.domain.notifications import Face
from skillswap.domain.posts.cards import face
from skillswap.domain.teachers import VIEWER, SkillRef, run
from skillswap.domain.trends import Chart
from skillswap.domain.visibility import visible
from skillswap.models import (
    Block,
    Bookmark,
    Post,
    PostKind,
    PostSkill,
    Skill,
    SkillCount,
    SkillState,
    TeacherListing,
    Trend,
    TrendSpan,
    User,
    UserSkill,
    UserSkillKind,
)

SHOWN, TUTORIALS_SHOWN = 5, 3
LOOKED_AT = 20  # of those where teachers are missing: what the reader teaches comes first
WAITING_FROM = 2  # people; below that nobody is missed much
SAVED_FROM = 3  # people: who keeps a post is nobody's business
NEWEST = 400  # posts that are looked into for tutorials
COUNTED_TO = 1_000
NOT_PLAIN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Area:
    """What several skills are about: a category of the catalogue."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class SkillNeed:
    """A skill with how many others want and teach it, as far as the reader may see them."""

    skill: SkillRef
    wanting: int
    teachers: int
    is_mine: bool  # the reader teaches it


@dataclass(frozen=True, slots=True)
class Rising:
    """A skill that more people than usual are about."""

    need: SkillNeed
    people: int
    percent: int
    chart: Chart | None  # None where too few were about it to be drawn

    @property
    def times(self) -> int:
        """How many times the usual, where percent would be many."""
        return self.percent // 100 + 1


@dataclass(frozen=True, slots=True)
class SavedTutorial:
    """A tutorial that several people keep."""

    public_id: str
    title: str
    author: Face
    likes: int
    comments: int


@dataclass(frozen=True, slots=True)
class Explored:
    """The page, but for the people on it."""

    areas: Sequence[Area]
    area: Area | None
    span: TrendSpan
    rising: Sequence[Rising]
    is_past: bool  # nothing rose this week: it is the week before's
    needed: Sequence[SkillNeed]
    tutorials: Sequence[SavedTutorial]


def explored(reader: User | None, area: str, span: TrendSpan, now: datetime) -> Explored:
    """What is to be seen of one area, or of all. Six statements at most."""
    known = areas()
    chosen = area_of(known, area)
    rising = _rows(_RISING, chosen, span=span)
    needed = _rows(_NEEDED, chosen)
    own = _own_and_unseen(reader, {row.id for row in [*rising, *needed]})
    charts = trends.charts_of([row.id for row in rising], now) if rising else {}
    needs = [_need(row, own) for row in needed]
    needs = [one for one in needs if one.wanting >= WAITING_FROM and one.wanting > one.teachers]
    needs.sort(key=lambda one: not one.is_mine)
    return Explored(
        areas=known,
        area=chosen,
        span=span,
        rising=[
            Rising(_need(row, own), row.people, row.percent, charts.get(row.id)) for row in rising
        ],
        is_past=any(row.is_past for row in rising),
        needed=needs[:SHOWN],
        tutorials=_tutorials(reader, chosen),
    )


# -- areas ----------------------------------------------------------------------------------------

_AREAS = select(Skill.category).where(Skill.state == SkillState.ACTIVE).distinct()


def areas() -> list[Area]:
    """Every area that the catalogue knows, by name. One statement."""
    names = sorted(db.session.scalars(_AREAS), key=str.casefold)
    return [Area(NOT_PLAIN.sub("-", name.casefold()).strip("-"), name) for name in names]


def area_of(known: Sequence[Area], slug: str) -> Area | None:
    """The area of that slug, if there is one."""
    return next((one for one in known if one.slug == slug), None)


AREA = bindparam("area", type_=String())


def _rows(query: Any, area: Area | None, **values: Any) -> Sequence[Any]:
    return db.session.execute(query, {"area": area.name if area else "", **values}).all()


def _in_area() -> ColumnElement[bool]:
    """Condition on `Skill`: of the area, or of any where none is chosen."""
    return (AREA == "") | (Skill.category == AREA)


# -- what rises, where teachers are missing -------------------------------------------------------

_COLUMNS = (Skill.id, Skill.slug, Skill.name, Skill.category)
_COUNTS = (
    func.coalesce(SkillCount.wanting, 0).label("wanting"),
    func.coalesce(SkillCount.teachers, 0).label("teachers"),
)
_RISING = (
    select(*_COLUMNS, *_COUNTS, Trend.people, Trend.percent, Trend.is_past)
    .join(Trend, Trend.skill_id == Skill.id)
    .outerjoin(SkillCount, SkillCount.skill_id == Skill.id)
    .where(Trend.span == bindparam("span", type_=Trend.span.type), _in_area())
    .where(Skill.state == SkillState.ACTIVE)
    .order_by(Trend.position)
    .limit(SHOWN)
)
_NEEDED = (
    select(*_COLUMNS, *_COUNTS)
    .join(SkillCount, SkillCount.skill_id == Skill.id)
    .where(SkillCount.wanting >= WAITING_FROM, SkillCount.wanting > SkillCount.teachers)
    .where(Skill.state == SkillState.ACTIVE, _in_area())
    .order_by(
        (SkillCount.wanting * 1_000 // (SkillCount.teachers + 1)).desc(),
        SkillCount.wanting.desc(),
        Skill.id,
    )
    .limit(LOOKED_AT)
)


def _own_and_unseen_query() -> Any:
    """(what, skill, how many) of the reader and of whom they do not see: "t" for those counted as
    teaching it, "w" as wanting it, "m" for what the reader teaches.
    """
    ids = bindparam("ids", type_=BigInteger(), expanding=True)
    people = union_all(
        select(Block.blocked_id.label("id")).where(Block.blocker_id == VIEWER),
        select(Block.blocker_id).where(Block.blocked_id == VIEWER),
        select(VIEWER),
    ).subquery("unseen")
    unseen = select(people.c.id)
    line = and_(UserSkill.user_id == User.id, UserSkill.skill_id.in_(ids))
    taught = select(literal("t"), TeacherListing.skill_id, func.count()).where(
        TeacherListing.user_id.in_(unseen), TeacherListing.skill_id.in_(ids)
    )
    wanted = (
        select(literal("w"), UserSkill.skill_id, func.count())
        .join(User, line)
        .where(UserSkill.kind == UserSkillKind.WANTED, User.id.in_(unseen))
        .where(User.learning, visible(to=None))
    )
    mine = (
        select(literal("m"), UserSkill.skill_id, func.count())
        .join(User, line)
        .where(UserSkill.kind == UserSkillKind.OFFERED, User.id == VIEWER, User.teaching)
    )
    return union_all(
        taught.group_by(TeacherListing.skill_id),
        wanted.group_by(UserSkill.skill_id),
        mine.group_by(UserSkill.skill_id),
    )


_OWN_AND_UNSEEN = _own_and_unseen_query()


def _own_and_unseen(reader: User | None, ids: Collection[int]) -> Counter[tuple[str, int]]:
    """What is to be taken off the counts for this reader. One statement, or none."""
    if reader is None or not ids:
        return Counter()
    rows = run(_OWN_AND_UNSEEN, reader, ids=sorted(ids))
    return Counter({(what, skill_id): count for what, skill_id, count in rows})


def _need(row: Any, own: Counter[tuple[str, int]]) -> SkillNeed:
    return SkillNeed(
        skill=SkillRef(row.id, row.slug, row.name, row.category),
        wanting=_less(row.wanting, own["w", row.id]),
        teachers=_less(row.teachers, own["t", row.id]),
        is_mine=bool(own["m", row.id]),
    )


def _less(counted: int, unseen: int) -> int:
    """Counted some minutes ago: who came since may not be in it."""
    return counted if counted >= COUNTED_TO else max(0, counted - unseen)


# -- tutorials ------------------------------------------------------------------------------------


def _tutorials(reader: User | None, area: Area | None) -> Sequence[SavedTutorial]:
    """Those among the newest posts that most people keep. One statement."""
    values = {"area": area.name} if area else {}
    return [
        SavedTutorial(
            public_id=row.public_id,
            title=row.title,
            author=face(row, "user_"),
            likes=row.like_count,
            comments=row.comment_count,
        )
        for row in run(_tutorials_query(in_area=area is not None), reader, **values)
    ]


@lru_cache(maxsize=2)
def _tutorials_query(*, in_area: bool) -> Any:
    newest = (
        select(Post.id)
        .where(heard())
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(NEWEST)
        .subquery()
    )
    saved = (
        select(func.count())
        .where(Bookmark.post_id == Post.id)
        .correlate(Post)
        .scalar_subquery()
        .label("saved")
    )
    people = (User.id, User.username, User.first_name, User.last_name, User.avatar)
    query = (
        select(
            Post.public_id,
            Post.title,
            Post.like_count,
            Post.comment_count,
            *(column.label(f"user_{column.key}") for column in people),
        )
        .join(User, User.id == Post.author_id)
        .where(Post.id.in_(select(newest.c.id)), Post.kind == PostKind.TUTORIAL)
        .where(saved.element >= SAVED_FROM)
        .order_by(saved.element.desc(), Post.like_count.desc(), Post.id.desc())
        .limit(TUTORIALS_SHOWN)
    )
    if in_area:
        about = and_(PostSkill.post_id == Post.id, Skill.id == PostSkill.skill_id)
        query = query.where(exists().where(about, Skill.category == AREA))
    return query
