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

from sqlalchemy import BigInteger, bindparam, false, select, true, union, union_all

from skillswap.db import EPOCH, db
from skillswap.domain.feed.sources import (
    END_OF_TIME,
    LAST_ID,
    MUTED,
    about_each,
    by_each,
    nth_about,
    nth_by,
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


def _newest_of(sources: AnySelect, most: int) -> AnySelect:
    """Of (id, post_id, is_person): those with the newest posts, and when that was."""
    heads = sources.subquery()
    newest = (
        select(heads.c.id, heads.c.post_id, Post.published_at, heads.c.is_person)
        .join(Post, Post.id == heads.c.post_id)
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(most)
        .subquery()
    )
    return select(newest)


def _sources() -> Any:
    """Whom and what I follow, and me: those with the newest posts before the place asked for."""
    followed = (
        select(User.id.label("id"))
        .join(Follow, Follow.followee_id == User.id)
        .where(Follow.follower_id == VIEWER, User.id.not_in(MUTED), visible(to=VIEWER))
    )
    people = union_all(followed, select(VIEWER.label("id"))).cte("people")
    skills = select(SkillFollow.skill_id.label("id")).where(SkillFollow.user_id == VIEWER).cte()
    by = nth_by(people.c.id, 0, "id", people).label("post_id")
    about = nth_about(skills.c.id, 0, "post_id", skills).label("post_id")
    return union_all(
        _newest_of(select(people.c.id, by, true().label("is_person")), ASKED),
        _newest_of(select(skills.c.id, about, false().label("is_person")), TOPICS),
    )


def _posts() -> Any:
    """The newest posts of some of them."""
    people = select(User.id.label("id")).where(User.id.in_(PEOPLE)).cte("people")
    skills = select(Skill.id.label("id")).where(Skill.id.in_(SKILLS)).cte("skills_followed")
    theirs = by_each(people, ASKED).subquery("theirs")
    about = about_each(skills, ASKED).subquery("about")
    found = union(
        select(theirs.c.id, theirs.c.published_at), select(about.c.id, about.c.published_at)
    ).subquery("found")
    return (
        select(found.c.id, found.c.published_at)
        .order_by(found.c.published_at.desc(), found.c.id.desc())
        .limit(ASKED)
    )


# made once: building them takes longer than running them
_SOURCES, _POSTS = _sources(), _posts()
_KEYS = [
    Key(Post.published_at, "published_at"),  # type: ignore[arg-type]  # a mapped column is one
    Key(Post.id, "id"),  # type: ignore[arg-type]
]


def sources_of(person: User, cursor: str | None) -> Sequence[Any]:
    """Who and what of those this person follows, and they themselves, has the newest posts before
    the cursor. One statement.
    """
    return db.session.execute(_SOURCES, _looked(person, cursor)).all()


def following(person: User, cursor: str | None, sources: Sequence[Any] | None = None) -> Page:
    """Posts of people and skills this person follows, and their own, newest first.

    Those they have muted are left out. Four statements, however many they follow.
    """
    if sources is None:
        sources = sources_of(person, cursor)
    if not sources:
        return Page([], None)
    heads = sorted({row.post_id: row.published_at for row in sources}.values(), reverse=True)
    # where so many posts are newer already, nothing older is on the page
    floor = heads[ASKED - 1] if len(heads) >= ASKED else EPOCH
    near = [row for row in sources if row.published_at >= floor]
    looked = _looked(person, cursor) | {
        "floor": floor,
        "people": [row.id for row in near if row.is_person],
        "skills": [row.id for row in near if not row.is_person],
    }
    found = page(db.session.execute(_POSTS, looked).all(), _KEYS)
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
