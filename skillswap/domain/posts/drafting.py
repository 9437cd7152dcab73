"""How does a post begin? Drafts: only their author knows of them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from skillswap.db import db
from skillswap.domain import consents
from skillswap.domain.limits import DRAFTS_MOST
from skillswap.domain.posts import checking
from skillswap.domain.posts.keeping import Chosen, fresh, set_pictures, set_words, written_with
from skillswap.errors import Refused, Taken
from skillswap.models import Exchange, Post, PostKind, PostState, User

BEGINNING = 80  # characters that stand for a draft without a title


def start(
    person: User,
    *,
    kind: PostKind,
    title: str,
    body: str,
    now: datetime,
    skills: Sequence[str] = (),
    exchange: Exchange | None = None,
    partner: User | None = None,
) -> Post:
    """A draft with words to begin from, about an exchange with a partner if one likes.

    Raises Refused when there are as many drafts as there may be.
    """
    written_with(person, "")
    words = checking.kept(person, kind=kind, title=title, body=body, skills=skills)
    post = _another(person, new_key(), now)
    post.exchange_id = exchange.id if exchange else None
    post.partner_id = partner.id if partner else None
    set_words(post, words)
    return post


def save_draft(
    person: User,
    *,
    kind: PostKind,
    title: str,
    body: str,
    now: datetime,
    skills: Sequence[str] = (),
    pictures: Chosen = (),
    client_key: str = "",
    named: bool | None = None,
) -> Post:
    """Keep what is written so far; `client_key` is the form's: the next time it is the same draft.

    The latest word counts. Raises Refused for what cannot be kept, for nothing at all, and when
    there are as many drafts as there may be; Taken once it is posted or deleted.
    """
    checking.prepare(body)
    post = written_with(person, client_key)
    if post is not None and post.state is not PostState.DRAFT:
        raise Taken("", "post_not_kept")
    words = checking.kept(person, kind=kind, title=title, body=body, skills=skills)
    if not (words.title or words.body or words.skills or pictures):
        raise Refused("body", "draft_empty")
    if post is None:
        post = _another(person, client_key or new_key(), now)
    post.edited_at = now
    set_words(post, words)
    set_pictures(post, pictures)
    consents.wish(post, named=named)
    return post


def new_key() -> str:
    """What tells one form from another: a second click must not make a second post."""
    return secrets.token_urlsafe(12)


def _another(person: User, key: str, now: datetime) -> Post:
    held = select(func.count()).where(Post.author_id == person.id, Post.state == PostState.DRAFT)
    if (db.session.scalar(held) or 0) >= DRAFTS_MOST:
        raise Refused("draft", "drafts_full", limit=DRAFTS_MOST)
    return fresh(person, key, now)


# -- reads ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft in its author's list."""

    public_id: str
    kind: PostKind
    title: str
    beginning: str  # of its text
    saved_at: datetime


def drafts_of(person: User) -> list[Draft]:
    """This person's drafts, the latest saved first. One statement."""
    saved_at = func.coalesce(Post.edited_at, Post.created_at)
    rows = db.session.execute(
        select(
            Post.public_id,
            Post.kind,
            Post.title,
            func.substr(Post.body, 1, BEGINNING).label("beginning"),
            Post.created_at,
            Post.edited_at,
        )
        .where(Post.author_id == person.id, Post.state == PostState.DRAFT)
        .order_by(saved_at.desc(), Post.id.desc())
        .limit(DRAFTS_MOST)
    )
    return [
        Draft(row.public_id, row.kind, row.title, row.beginning, row.edited_at or row.created_at)
        for row in rows
    ]
