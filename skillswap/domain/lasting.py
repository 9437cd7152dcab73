"""Which tutorials have stood for a day? The clock says so, and they count."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from skillswap.db import db
from skillswap.domain import events, points
from skillswap.models import PointsDue, Post, PostKind, PostState


def note_due(now: datetime, limit: int) -> int:
    """Record that tutorials were there for 24 hours, unchanged and unhidden; returns how many."""
    due = db.session.scalars(
        select(PointsDue.post_id)
        .where(PointsDue.due_at <= now)
        .order_by(PointsDue.due_at, PointsDue.post_id)
        .limit(limit)
    ).all()
    if not due:
        return 0
    found = db.session.scalars(
        select(Post)
        .join(PointsDue, PointsDue.post_id == Post.id)
        .where(Post.id.in_(due), PointsDue.due_at <= now)
        .order_by(Post.id)
        .with_for_update(of=Post, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    points.hold_people(post.author_id for post in found)
    for post in found:
        if post.state is PostState.PUBLISHED and post.kind is PostKind.TUTORIAL:
            events.record(
                "post.lasted",
                actor=None,
                subject=post,
                to=[],
                now=now,
                kind=post.kind,
                title=post.title,
                words=post.word_count,
            )
    db.session.execute(
        delete(PointsDue)
        .where(PointsDue.post_id.in_([post.id for post in found]))
        .execution_options(synchronize_session=False)
    )
    return len(due)
