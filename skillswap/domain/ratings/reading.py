"""Which ratings does somebody read, of whom, and how does a session stand with them?

Every statement here goes through `is_published`, or asks for the reader's own alone: what is
sealed is in no list, no count and no filter of anybody but its author.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.notifications import Face
from skillswap.domain.rating_totals import is_due, is_published
from skillswap.domain.ratings import tags
from skillswap.domain.ratings.prompting import has_skipped
from skillswap.domain.ratings.rating import asks_about_pitch, rate_by, role_of, why_not
from skillswap.domain.visibility import visible
from skillswap.errors import Refused
from skillswap.lib.keyset import PAGE_SIZE, AnySelect, Key, Page, page, paginate
from skillswap.models import (
    LearningSession,
    RatedRole,
    Rating,
    RatingState,
    Skill,
    User,
)
from skillswap.models.rating import REPLY_WITHIN
from skillswap.models.user import HUES, initials

Rater, Rated = aliased(User), aliased(User)
SINCE = func.coalesce(Rating.published_at, Rating.publish_by, type_=Rating.publish_by.type)
LATEST = [Key(SINCE, "since"), Key(Rating.id, "id")]  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class RatingCard:
    """A published rating, as one reader sees it."""

    public_id: str
    rater: Face
    rater_first_name: str
    rated_username: str
    role: RatedRole  # what the rated one was
    skill: str
    skill_slug: str
    stars: int
    tags: tuple[str, ...]  # words
    body: str
    since: datetime
    reply_body: str
    replied_at: datetime | None
    mine: bool  # I gave it: I may retract it
    of_me: bool
    session_public_id: str | None  # for the two alone
    reply_by: datetime | None  # for the rated one, while a reply can be given


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader wants to see of somebody's ratings."""

    role: RatedRole = RatedRole.TEACHER
    stars: int | None = None
    skill: str = ""  # its slug


@dataclass(frozen=True, slots=True)
class Spread:
    """How the ratings of a list fall: of which there are how many, for the reader."""

    by_stars: dict[int, int] = field(default_factory=dict)  # 5 to 1
    by_skill: Sequence[tuple[str, str, int]] = ()  # slug, name, how many; the most first
    by_role: dict[RatedRole, int] = field(default_factory=dict)

    @property
    def ratings(self) -> int:
        """How many there are in this role."""
        return sum(self.by_stars.values())


@dataclass(frozen=True, slots=True)
class Desk:
    """A session and its ratings, as one of the two sees them."""

    partner: User
    role: RatedRole  # what the partner was: whose words are offered
    mine: Rating | None  # sealed, published, retracted, or kept out of sight by staff
    mine_state: RatingState | None  # by the clock
    theirs: RatingCard | None  # once it is published
    own: RatingCard | None  # mine, once it is published
    asks_about_pitch: bool
    rate_by: datetime | None
    problem: Refused | None  # why I cannot rate it (any more)
    skipped: bool

    @property
    def may_rate(self) -> bool:
        """Whether I can give a rating, or change the one that is sealed."""
        return self.problem is None

    @property
    def choices(self) -> dict[str, str]:
        """The words that can be ticked: code and word."""
        return {code: tags.words(self.role, [code])[0] for code in tags.TAGS[self.role]}


def desk_of(person: User, learning_session: LearningSession, now: datetime) -> Desk:
    """How a session of mine stands with its ratings. Three statements at most."""
    one = learning_session
    rows = db.session.execute(_cards(person, now).where(Rating.learning_session_id == one.id)).all()
    mine = db.session.scalar(
        select(Rating)
        .where(Rating.learning_session_id == one.id, Rating.rater_id == person.id)
        .execution_options(populate_existing=True)
    )
    partner = one.partner_of(person)
    shown = {row.rater_id: _card(row, person, now) for row in rows}
    state = mine.state_at(now) if mine else None
    return Desk(
        partner=partner,
        role=role_of(partner, one),
        mine=mine,
        mine_state=state,
        theirs=shown.get(partner.id),
        own=shown.get(person.id) if state is RatingState.PUBLISHED else None,
        asks_about_pitch=asks_about_pitch(person, one),
        rate_by=rate_by(one, now),
        problem=why_not(person, one, mine, now),
        skipped=mine is None and has_skipped(person, one),
    )


def ratings_of(
    rated: User,
    viewer: User | None,
    filters: Filters,
    cursor: str | None,
    now: datetime,
    *,
    limit: int = PAGE_SIZE,
) -> Page:
    """The published ratings of a person that the viewer may read, the latest first. One
    statement. Who has left, or is apart from the viewer by a block, is not among the raters."""
    query = page_query(rated, viewer, filters, cursor, now, limit)
    found = page(db.session.execute(query).all(), LATEST, limit)
    return Page([_card(row, viewer, now) for row in found.rows], found.after)


def page_query(
    rated: User,
    viewer: User | None,
    filters: Filters,
    cursor: str | None,
    now: datetime,
    limit: int,
) -> AnySelect:
    """The statement of `ratings_of`: what is written comes out of the index in its order, however
    much there is, and beside it the few that are due."""
    parts = []
    for since, which in (
        (Rating.published_at, Rating.state == RatingState.PUBLISHED),
        (Rating.publish_by, is_due(now)),
    ):
        keys = [Key(since, "since"), Key(Rating.id, "id")]  # type: ignore[arg-type]
        some = select(Rating.id, since.label("since")).where(which)
        some = paginate(_which(some, rated, viewer, filters), keys, cursor, limit)
        parts.append(select(some.subquery()))
    ids = union_all(*parts).subquery()
    query = _cards(viewer, now).join(ids, ids.c.id == Rating.id)
    return query.order_by(ids.c.since.desc(), ids.c.id.desc()).limit(limit + 1)


def _which(query: AnySelect, rated: User, viewer: User | None, filters: Filters) -> AnySelect:
    query = query.join(Rater, Rater.id == Rating.rater_id).where(
        Rating.rated_id == rated.id,
        Rating.rated_role == filters.role,
        visible(Rater, to=viewer.id if viewer else None),
    )
    if filters.stars is not None:
        query = query.where(Rating.stars == filters.stars)
    if filters.skill:
        query = (
            query.join(LearningSession, LearningSession.id == Rating.learning_session_id)
            .join(Skill, Skill.id == LearningSession.skill_id)
            .where(Skill.slug == filters.skill)
        )
    return query


def spread_of(rated: User, viewer: User | None, role: RatedRole, now: datetime) -> Spread:
    """How those of `ratings_of` fall on stars, skills and roles. One statement."""
    rows = db.session.execute(
        _cards(viewer, now)
        .where(Rating.rated_id == rated.id)
        .with_only_columns(Rating.rated_role, Rating.stars, Skill.slug, Skill.name, func.count())
        .group_by(Rating.rated_role, Rating.stars, Skill.slug, Skill.name)
    ).all()
    by_role = dict.fromkeys(RatedRole, 0)
    by_stars = dict.fromkeys(range(5, 0, -1), 0)
    by_skill: dict[tuple[str, str], int] = {}
    for its_role, stars, slug, name, count in rows:
        by_role[its_role] += count
        if its_role is role:
            by_stars[stars] += count
            by_skill[slug, name] = by_skill.get((slug, name), 0) + count
    skills = sorted(by_skill.items(), key=lambda one: (-one[1], one[0][1]))
    return Spread(by_stars, [(*key, count) for key, count in skills], by_role)


def given_by(person: User, cursor: str | None, now: datetime) -> Page:
    """What this person has given and is published, the latest first, for themselves."""
    query = _cards(person, now).where(Rating.rater_id == person.id)
    found = page(db.session.execute(paginate(query, LATEST, cursor)).all(), LATEST)
    return Page([_card(row, person, now) for row in found.rows], found.after)


def rating_of(viewer: User, public_id: str, now: datetime) -> RatingCard | None:
    """One published rating, for the form of a reply or the question before it is retracted."""
    row = db.session.execute(_cards(viewer, now).where(Rating.public_id == public_id)).first()
    return _card(row, viewer, now) if row else None


def _cards(viewer: User | None, now: datetime) -> AnySelect:
    to = viewer.id if viewer else None
    return (
        select(
            Rating.id,
            Rating.public_id,
            Rating.rater_id,
            Rating.rated_id,
            Rating.rated_role,
            Rating.stars,
            Rating.tags,
            Rating.body,
            Rating.reply_body,
            Rating.replied_at,
            SINCE.label("since"),
            Rater.username,
            Rater.first_name,
            Rater.last_name,
            Rater.avatar,
            Rated.username.label("rated_username"),
            Skill.name.label("skill"),
            Skill.slug.label("skill_slug"),
            LearningSession.public_id.label("session_public_id"),
        )
        .join(Rater, Rater.id == Rating.rater_id)
        .join(Rated, Rated.id == Rating.rated_id)
        .join(LearningSession, LearningSession.id == Rating.learning_session_id)
        .join(Skill, Skill.id == LearningSession.skill_id)
        .where(is_published(now), visible(Rater, to=to))
    )


def _card(row: Any, viewer: User | None, now: datetime) -> RatingCard:
    mine = viewer is not None and viewer.id == row.rater_id
    of_me = viewer is not None and viewer.id == row.rated_id
    reply_by = row.since + REPLY_WITHIN
    may_reply = of_me and row.replied_at is None and reply_by > now
    return RatingCard(
        public_id=row.public_id,
        rater=Face(
            row.username,
            f"{row.first_name} {row.last_name}".strip(),
            initials(row.first_name, row.last_name),
            row.rater_id % HUES + 1,
            f"/media/{row.avatar}" if row.avatar else None,
        ),
        rater_first_name=row.first_name,
        rated_username=row.rated_username,
        role=row.rated_role,
        skill=row.skill,
        skill_slug=row.skill_slug,
        stars=row.stars,
        tags=tags.words(row.rated_role, row.tags),
        body=row.body,
        since=row.since,
        reply_body=row.reply_body,
        replied_at=row.replied_at,
        mine=mine,
        of_me=of_me,
        session_public_id=row.session_public_id if mine or of_me else None,
        reply_by=reply_by if may_reply else None,
    )
