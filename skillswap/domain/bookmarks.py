"""What does somebody keep for later? Nobody else knows, and nobody is told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import marks
from skillswap.domain.posts import cards_of, readable, readable_post
from skillswap.lib.keyset import Key, Page, page, paginate
from skillswap.models import Bookmark, Post, User

NEWEST = [Key(Bookmark.created_at, "created_at"), Key(Bookmark.post_id, "post_id")]  # type: ignore[arg-type]


def bookmark(person: User, public_id: str, now: datetime) -> Post:
    """Save a post. Harmless when repeated. Raises NotFound for one they may not read."""
    post = readable_post(public_id, person)
    marks.put(Bookmark, post_id=post.id, user_id=person.id, created_at=now)
    return post


def unbookmark(person: User, public_id: str) -> Post:
    """Save it no more. Harmless when it was not saved."""
    post = readable_post(public_id, person)
    marks.take_off(Bookmark, post_id=post.id, user_id=person.id)
    return post


def bookmarks_of(person: User, cursor: str | None) -> Page:
    """Cards of what they saved, the last saved first, as far as it can still be read.

    Three statements.
    """
    query = (
        select(Bookmark.post_id, Bookmark.created_at)
        .join(Post, Post.id == Bookmark.post_id)
        .where(Bookmark.user_id == person.id, readable(person))
    )
    found = page(db.session.execute(paginate(query, NEWEST, cursor)).all(), NEWEST)
    return Page(cards_of([row.post_id for row in found.rows], person), found.after)
