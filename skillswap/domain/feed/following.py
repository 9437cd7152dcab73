"""What comes from the people and skills somebody follows, in the order of time?

Found by looking, not by copying: whoever posts writes one row. Of each person and each skill only
the newest post is looked up first. A page has room for no more of them than it has posts, so only
those whose newest is among the newest are read further: one probe for each, however much they
have written.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, literal, select, union, union_all

from skillswap.db import EPOCH, db
from skillswap.domain.feed.sources import (
    END_OF_TIME,
    LAST_ID,
    MUTED,
    Rows,
    about,
    by,
    for_engine,
    heads,
    newest_of_each,
)
from skillswap.domain.posts import cards_of
from skillswap.domain.teachers import VIEWER
from skillswap.domain.visibility import visible
from skillswap.lib.keyset import PAGE_SIZE, AnySelect, Key, Page, decode, page
from skillswap.models import Follow, Post, Skill, SkillFollow, User
from skillswap.models.post import SKILLS_MOST

ASKED = PAGE_SIZE + 1  # one more than a page says whether there is a next
TOPICS = ASKED * SKILLS_MOST  # one post can be the newest of so many skills at once
PEOPLE = bindparam("people", type_=BigInteger(), expanding=True)
SKILLS = bindparam("skills", type_=BigInteger(), expanding=True)


def _newest(source: Any, rows: Rows, most: int, *, is_person: bool, lateral: bool) -> AnySelect:
    """(id, post_id, published_at, is_person): those of `source` that have the newest posts."""
    found = heads(source, rows, lateral=lateral).subquery()
    latest = (
        select(found)
        .order_by(found.c.published_at.desc(), found.c.post_id.desc())
        .limit(most)
        .subquery()
    )
    return select(latest, literal(is_person).label("is_person"))


@for_engine
def _sources(lateral: bool) -> Any:
    """Whom and what I follow, and me: those with the newest posts before the place asked for."""
    followed = (
        select(User.id.label("id"))
        .join(Follow, Follow.followee_id == User.id)
        .where(Follow.follower_id == VIEWER, User.id.not_in(MUTED), visible(to=VIEWER))
    )
    people = union_all(followed, select(VIEWER.label("id"))).cte("people")
    skills = select(SkillFollow.skill_id.label("id")).where(SkillFollow.user_id == VIEWER)
    topics = skills.cte("topics")
    return union_all(
        _newest(people, by(people.c.id), ASKED, is_person=True, lateral=lateral),
        _newest(topics, about(topics.c.id), TOPICS, is_person=False, lateral=lateral),
    )


@for_engine
def _posts(lateral: bool) -> Any:
    """The newest posts of some of them."""
    people = select(User.id.label("id")).where(User.id.in_(PEOPLE)).cte("people")
    topics = select(Skill.id.label("id")).where(Skill.id.in_(SKILLS)).cte("topics")
    theirs = newest_of_each(people, by(people.c.id), ASKED, lateral=lateral).subquery()
    others = newest_of_each(topics, about(topics.c.id), ASKED, lateral=lateral).subquery()
    found = union(
        select(theirs.c.id, theirs.c.published_at), select(others.c.id, others.c.published_at)
    ).subquery("found")
    return (
        select(found.c.id, found.c.published_at)
        .order_by(found.c.published_at.desc(), found.c.id.desc())
        .limit(ASKED)
    )


_KEYS = [
    Key(Post.published_at, "published_at"),  # type: ignore[arg-type]  # a mapped column is one
    Key(Post.id, "id"),  # type: ignore[arg-type]
]


def sources_of(person: User, cursor: str | None) -> Sequence[Any]:
    """Who and what of those this person follows, and they themselves, has the newest posts before
    the cursor. One statement.
    """
    return db.session.execute(_sources(), _looked(person, cursor)).all()


def following(person: User, cursor: str | None, sources: Sequence[Any] | None = None) -> Page:
    """Posts of people and skills this person follows, and their own, newest first.

    Those they have muted are left out. Four statements, however many they follow.
    """
    if sources is None:
        sources = sources_of(person, cursor)
    if not sources:
        return Page([], None)
    newest = sorted({row.post_id: row.published_at for row in sources}.values(), reverse=True)
    # where so many posts are newer already, nothing older is on the page
    floor = newest[ASKED - 1] if len(newest) >= ASKED else EPOCH
    near = [row for row in sources if row.published_at >= floor]
    looked = _looked(person, cursor) | {
        "floor": floor,
        "people": [row.id for row in near if row.is_person],
        "skills": [row.id for row in near if not row.is_person],
    }
    found = page(db.session.execute(_posts(), looked).all(), _KEYS)
    return Page(cards_of([row.id for row in found.rows], person), found.after)


def _looked(person: User, cursor: str | None) -> dict[str, Any]:
    at, key = place_of(cursor)
    return {"viewer_id": person.id, "before_at": at, "before_id": key}


def place_of(cursor: str | None) -> tuple[datetime, int]:
    """Where the page before ended; the end of time for the first page and for a forged cursor."""
    match decode(cursor, 2) if cursor else None:
        case [datetime() as at, int() as key]:
            return at, key
    return END_OF_TIME, LAST_ID
