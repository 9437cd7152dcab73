"""What has been said about a person, as far as a reader may see it?

A rating is read once it is published, also between the moment that it is due and the sweep that
writes it. Of two who have blocked each other neither reads what the other said; who is here no
more is not named. Whom it is about reads all of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, true, union_all
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.notifications import Face
from skillswap.domain.profiles import RATERS_TO_SHOW
from skillswap.domain.profiles import Rating as Mean
from skillswap.domain.visibility import apart, visible
from skillswap.lib.keyset import PAGE_SIZE, AnySelect, Key, Page, page, paginate
from skillswap.models import (
    LearningSession,
    RatedRole,
    Rating,
    RatingState,
    RatingTotal,
    Skill,
    User,
)
from skillswap.models.rating import REPLY_WITHIN, STARS
from skillswap.models.user import HUES, initials

Rater = aliased(User)
ON_PROFILE = 3
LATEST = [Key(Rating.published_at, "at"), Key(Rating.id, "id")]  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which of the ratings: of which role, and if asked with how many stars, for which skill."""

    role: RatedRole = RatedRole.TEACHER
    stars: int | None = None
    skill: str = ""  # its slug

    @property
    def asks(self) -> bool:
        """Whether anything is left out."""
        return self.stars is not None or bool(self.skill)


@dataclass(frozen=True, slots=True)
class Review:
    """One published rating, for one reader."""

    public_id: str
    stars: int
    tags: Sequence[str]
    body: str
    at: datetime  # of its publication
    skill: str
    rater: Face | None  # None for who is not there for the reader
    rated_id: int
    by_me: bool
    about_me: bool
    reply_body: str
    replied_at: datetime | None

    def may_reply(self, now: datetime) -> bool:
        """Whether the reader may answer it: once, within 30 days."""
        return self.about_me and self.replied_at is None and now < self.at + REPLY_WITHIN


@dataclass(frozen=True, slots=True)
class SkillCount:
    """A skill that ratings are for, and how many."""

    slug: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Spread:
    """How many ratings there are, by stars and by skill."""

    stars: Sequence[tuple[int, int]]  # (stars, how many), the most stars first
    skills: Sequence[SkillCount]
    total: int  # of this role, whatever is left out


@dataclass(frozen=True, slots=True)
class Reviews:
    """The page of what has been said about somebody in one role."""

    means: dict[RatedRole, Mean | None]  # None: "New"
    spread: Spread
    found: Page  # of Review


def reviews_of(
    person: User, reader: User | None, sieve: Sieve, cursor: str | None, now: datetime
) -> Reviews:
    """One page of them, the latest first. Three statements, however many there are."""
    return Reviews(
        means=means_of(person),
        spread=spread_of(person, reader, sieve, now),
        found=page_of(person, reader, sieve, cursor, now),
    )


def latest_of(person: User, reader: User | None, role: RatedRole, now: datetime) -> Sequence[Any]:
    """The three latest, and a fourth if there is more. One statement."""
    return page_of(person, reader, Sieve(role), None, now, limit=ON_PROFILE).rows


def means_of(person: User) -> dict[RatedRole, Mean | None]:
    """What they come to in each role, once three people have rated. One statement."""
    rows = db.session.execute(
        select(RatingTotal.role, RatingTotal.mean_milli, RatingTotal.raters).where(
            RatingTotal.user_id == person.id
        )
    )
    found = {row.role: Mean(row.mean_milli / 1_000, row.raters) for row in rows}
    return {
        role: found[role] if role in found and found[role].people >= RATERS_TO_SHOW else None
        for role in RatedRole
    }


def spread_of(person: User, reader: User | None, sieve: Sieve, now: datetime) -> Spread:
    """How many there are by stars (of the skill asked for) and by skill. One statement."""
    rows = db.session.execute(
        select(Rating.stars, Skill.slug, Skill.name, func.count().label("many"))
        .join(LearningSession, LearningSession.id == Rating.learning_session_id)
        .join(Skill, Skill.id == LearningSession.skill_id)
        .where(_about(person, reader, sieve.role), is_public(now))
        .group_by(Rating.stars, Skill.slug, Skill.name)
    ).all()
    by_stars: Counter[int] = Counter()
    by_skill: Counter[tuple[str, str]] = Counter()
    for row in rows:
        by_skill[row.slug, row.name] += row.many
        if not sieve.skill or row.slug == sieve.skill:
            by_stars[row.stars] += row.many
    skills = [SkillCount(slug, name, count) for (slug, name), count in by_skill.items()]
    return Spread(
        stars=[(number, by_stars[number]) for number in reversed(STARS)],
        skills=sorted(skills, key=lambda skill: (-skill.count, skill.name)),
        total=by_skill.total(),
    )


def is_public(now: datetime) -> ColumnElement[bool]:
    """Condition: the rating is published, by the clock too."""
    due = and_(Rating.state == RatingState.SEALED, Rating.publish_by <= now)
    return or_(Rating.state == RatingState.PUBLISHED, due)


def _about(person: User, reader: User | None, role: RatedRole) -> ColumnElement[bool]:
    mine = reader is None or reader.id == person.id
    return and_(
        Rating.rated_id == person.id,
        Rating.rated_role == role,
        true() if mine else apart(Rating.rater_id, reader.id),  # type: ignore[union-attr]
    )


# -- one page -------------------------------------------------------------------------------------


def page_of(
    person: User,
    reader: User | None,
    sieve: Sieve,
    cursor: str | None,
    now: datetime,
    limit: int = PAGE_SIZE,
) -> Page:
    """Some of them, the latest first. One statement."""
    query = page_query(person, reader, sieve, cursor, now, limit)
    rows = db.session.execute(query).all()
    found = page(rows, LATEST, limit)
    return Page([_review(row, person, reader) for row in found.rows], found.after)


def page_query(
    person: User,
    reader: User | None,
    sieve: Sieve,
    cursor: str | None,
    now: datetime,
    limit: int,
) -> AnySelect:
    """The statement of `page_of`: the index gives what is written in its order, and beside it the
    few that are due."""
    written = _branch(Rating.published_at, person, reader, sieve, cursor, limit).where(
        Rating.state == RatingState.PUBLISHED
    )
    due = _branch(Rating.publish_by, person, reader, sieve, cursor, limit).where(
        Rating.state == RatingState.SEALED, Rating.publish_by <= now
    )
    some = union_all(*(select(branch.subquery()) for branch in (written, due))).subquery("some")
    return (
        select(
            Rating.id,
            some.c.at,
            Rating.public_id,
            Rating.stars,
            Rating.tags,
            Rating.body,
            Rating.rated_id,
            Rating.rater_id,
            Rating.reply_body,
            Rating.replied_at,
            Skill.name.label("skill"),
            Rater.username,
            Rater.first_name,
            Rater.last_name,
            Rater.avatar,
            visible(Rater, to=reader.id if reader else None).label("is_here"),
        )
        .select_from(some)
        .join(Rating, Rating.id == some.c.id)
        .join(LearningSession, LearningSession.id == Rating.learning_session_id)
        .join(Skill, Skill.id == LearningSession.skill_id)
        .join(Rater, Rater.id == Rating.rater_id)
        .order_by(some.c.at.desc(), some.c.id.desc())
        .limit(limit + 1)
    )


def _branch(
    at: Any, person: User, reader: User | None, sieve: Sieve, cursor: str | None, limit: int
) -> AnySelect:
    """Ids and moments of one page, of one state."""
    query: AnySelect = select(Rating.id, at.label("at")).where(_about(person, reader, sieve.role))
    if sieve.stars is not None:
        query = query.where(Rating.stars == sieve.stars)
    if sieve.skill:
        query = (
            query.join(LearningSession, LearningSession.id == Rating.learning_session_id)
            .join(Skill, Skill.id == LearningSession.skill_id)
            .where(Skill.slug == sieve.skill)
        )
    return paginate(query, [Key(at, "at"), Key(Rating.id, "id")], cursor, limit)  # type: ignore[arg-type]


def _review(row: Any, person: User, reader: User | None) -> Review:
    reader_id = reader.id if reader else 0
    rater = Face(
        row.username,
        f"{row.first_name} {row.last_name}".strip(),
        initials(row.first_name, row.last_name),
        row.rater_id % HUES + 1,
        f"/media/{row.avatar}" if row.avatar else None,
    )
    return Review(
        public_id=row.public_id,
        stars=row.stars,
        tags=tuple(row.tags),
        body=row.body,
        at=row.at,
        skill=row.skill,
        rater=rater if row.is_here else None,
        rated_id=row.rated_id,
        by_me=row.rater_id == reader_id,
        about_me=person.id == reader_id,
        reply_body=row.reply_body,
        replied_at=row.replied_at,
    )
