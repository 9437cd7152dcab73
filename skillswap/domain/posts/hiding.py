"""How do staff take a post out of sight, and bring it back?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import events
from skillswap.domain.posts.keeping import follow_state
from skillswap.errors import NotFound
from skillswap.models import Post, PostState, User


def hide(staff: User, public_id: str, *, now: datetime) -> Post:
    """Take a post out of sight for a breach of the rules; its author alone still finds it.

    Raises NotFound for anybody but staff, WrongState where it is not published.
    """
    post = _staffs(staff, public_id)
    post.move_to(PostState.HIDDEN)
    follow_state(post)
    events.record("post.hidden", actor=staff, subject=post, to=[], now=now, kind=post.kind)
    return post


def release(staff: User, public_id: str, *, now: datetime) -> Post:
    """Bring a hidden post back as it was. Raises as `hide` does."""
    post = _staffs(staff, public_id)
    post.move_to(PostState.PUBLISHED)
    follow_state(post)
    events.record("post.released", actor=staff, subject=post, to=[], now=now, kind=post.kind)
    return post


def _staffs(staff: User, public_id: str) -> Post:
    post = db.session.scalar(
        select(Post)
        .where(Post.public_id == public_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if post is None or not staff.is_staff or post.state is PostState.DRAFT:
        raise NotFound("post")
    return post
