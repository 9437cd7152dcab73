"""The posts of one person, and those about one skill, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain.posts import cards_of
from skillswap.domain.posts.reading import readable
from skillswap.lib.keyset import PAGE_SIZE, AnySelect, Key, Page, page, paginate
from skillswap.lib.text import beginning_of
from skillswap.models import Post, PostKind, PostSkill, User

LINE_MOST = 100

BY_TIME = [
    Key(Post.published_at, "published_at"),  # type: ignore[arg-type]  # a mapped column is one
    Key(Post.id, "id"),  # type: ignore[arg-type]
]
ABOUT_BY_TIME = [
    Key(PostSkill.published_at, "published_at"),  # type: ignore[arg-type]
    Key(PostSkill.post_id, "id"),  # type: ignore[arg-type]
]


def posts_by(
    person: User,
    reader: User | None,
    cursor: str | None,
    *,
    limit: int = PAGE_SIZE,
    whole: bool = False,
) -> Page:
    """What this person has published, as far as the reader may read it. Three statements."""
    query = select(Post.id, Post.published_at).where(Post.author_id == person.id, readable(reader))
    return _page(query, BY_TIME, reader, cursor, limit, whole=whole)


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post as one line of a list."""

    public_id: str
    kind: PostKind
    words: str  # its title, or how it begins
    at: datetime


def latest_by(person: User, reader: User | None, most: int) -> list[PostLine]:
    """What this person has published last. One statement."""
    query = (
        select(Post.public_id, Post.kind, Post.title, Post.lead_html, Post.published_at.label("at"))
        .where(Post.author_id == person.id, readable(reader))
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(most)
    )
    return [
        PostLine(
            row.public_id, row.kind, row.title or beginning_of(row.lead_html, LINE_MOST), row.at
        )
        for row in db.session.execute(query)
    ]


def posts_about(
    skill_id: int,
    reader: User | None,
    cursor: str | None,
    *,
    tutorials: bool | None = None,
    limit: int = PAGE_SIZE,
    whole: bool = False,
) -> Page:
    """What is about this skill: only tutorials, all but these, or both. Three statements."""
    query = (
        select(PostSkill.post_id.label("id"), PostSkill.published_at)
        .join(Post, Post.id == PostSkill.post_id)
        .where(
            PostSkill.skill_id == skill_id, PostSkill.published_at.is_not(None), readable(reader)
        )
    )
    if tutorials is not None:
        is_one = Post.kind == PostKind.TUTORIAL
        query = query.where(is_one if tutorials else ~is_one)
    return _page(query, ABOUT_BY_TIME, reader, cursor, limit, whole=whole)


def _page(
    query: AnySelect | Any,
    keys: list[Key],
    reader: User | None,
    cursor: str | None,
    limit: int,
    *,
    whole: bool,
) -> Page:
    rows = db.session.execute(paginate(query, keys, cursor, limit)).all()
    found = page(rows, keys, limit)
    return Page(cards_of([row.id for row in found.rows], reader, whole=whole), found.after)
