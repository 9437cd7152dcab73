"""What else has the author of a post written?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain.posts.cards import PostCard
from skillswap.domain.posts.reading import readable
from skillswap.lib.text import beginning_of
from skillswap.models import Post, PostKind, User

MOST, TITLE_MOST = 3, 80


@dataclass(frozen=True, slots=True)
class PostLink:
    """A post as a line that leads to it."""

    public_id: str
    title: str  # or how it begins
    kind: PostKind
    at: datetime


def more_by(card: PostCard, reader: User | None) -> Sequence[PostLink]:
    """The latest other posts of its author. One statement."""
    rows = db.session.execute(
        select(Post.public_id, Post.title, Post.lead_html, Post.kind, Post.published_at)
        .where(Post.author_id == card.author_id, Post.id != card.id, readable(reader))
        .order_by(Post.published_at.desc(), Post.id.desc())
        .limit(MOST)
    )
    return [
        PostLink(
            row.public_id,
            row.title or beginning_of(row.lead_html, TITLE_MOST),
            row.kind,
            row.published_at,
        )
        for row in rows
    ]
