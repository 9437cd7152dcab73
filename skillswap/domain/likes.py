"""Who likes what? A like of a post or a comment, and the number beside it.

The number is moved by an UPDATE for the row that came or went, in the same transaction, so that
it is that of the rows however many press at once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from skillswap.db import db
from skillswap.domain import comments, events, marks, notifications
from skillswap.domain.limits import check_pace
from skillswap.domain.posts import readable_post
from skillswap.domain.posts.reading import PUBLISHED
from skillswap.errors import NotFound, Refused
from skillswap.models import Comment, CommentLike, CommentState, Post, PostLike, User


def like_post(person: User, public_id: str, now: datetime) -> Post:
    """Like a post. Harmless when repeated. Its author is told, once.

    Raises NotFound where this person may not read it, Refused for one's own, TooMany after 120
    likes and follows in ten minutes.
    """
    post = readable_post(public_id, person)
    if post.author_id == person.id:
        raise Refused("like", "own_like")
    check_pace(person, "like", now)
    if marks.put(PostLike, post_id=post.id, user_id=person.id, created_at=now):
        _move(Post, post.id, PUBLISHED, 1)
        events.record(
            "post.liked",
            actor=person,
            subject=post,
            to=_to("post.liked", person, post, post.author_id),
            now=now,
            **comments.facts_of(post),
        )
    return post


def unlike_post(person: User, public_id: str, now: datetime) -> Post:
    """Like it no more. Harmless when repeated; what nobody has read of it is taken back."""
    post = readable_post(public_id, person)
    if marks.take_off(PostLike, post_id=post.id, user_id=person.id):
        _move(Post, post.id, PUBLISHED, -1)
        notifications.take_back_from(person, "post.liked", post)
    return post


def like_comment(person: User, public_id: str, now: datetime) -> Comment:
    """The same for a comment on a post, or an answer to one."""
    comment, post = comments.readable_comment(public_id, person)
    if comment.author_id == person.id:
        raise Refused("like", "own_like")
    check_pace(person, "like", now)
    if marks.put(CommentLike, comment_id=comment.id, user_id=person.id, created_at=now):
        _move(Comment, comment.id, Comment.state == CommentState.PUBLISHED, 1)
        events.record(
            "comment.liked",
            actor=person,
            subject=comment,
            to=_to("comment.liked", person, comment, comment.author_id),
            now=now,
            post=post.public_id,
            **comments.facts_of(post),
        )
    return comment


def unlike_comment(person: User, public_id: str, now: datetime) -> Comment:
    """Like it no more."""
    comment, _post = comments.readable_comment(public_id, person)
    if marks.take_off(CommentLike, comment_id=comment.id, user_id=person.id):
        _move(Comment, comment.id, Comment.state == CommentState.PUBLISHED, -1)
        notifications.take_back_from(person, "comment.liked", comment)
    return comment


def _move(table: type[Post] | type[Comment], row_id: int, while_it: Any, by: int) -> None:
    """Move the number. Raises NotFound when the thing went away in this very moment."""
    done = db.session.execute(
        update(table)
        .where(table.id == row_id, while_it)
        .values(like_count=table.like_count + by)
        .execution_options(synchronize_session=False)
    )
    if not done.rowcount:  # type: ignore[attr-defined]  # an UPDATE has one
        raise NotFound("post")


def _to(kind: str, person: User, subject: Post | Comment, author_id: int) -> list[User]:
    """Its author, unless they were told of this person's like before and have read it."""
    if notifications.was_told(author_id, person, kind, subject):
        return []
    return [db.session.get_one(User, author_id)]


def drift() -> list[str]:
    """Every number that is not that of its rows. For the doctor."""
    pairs = ((Post, PostLike.post_id, "post"), (Comment, CommentLike.comment_id, "comment"))
    found = []
    for table, column, noun in pairs:
        rows = select(column, func.count().label("count")).group_by(column).subquery()
        counted = func.coalesce(rows.c.count, 0)
        query = (
            select(table.public_id, table.like_count, counted)
            .outerjoin(rows, rows.c[0] == table.id)
            .where(table.like_count != counted)
        )
        found += [
            f"{noun} {public_id} counts {kept} likes and has {real}"
            for public_id, kept, real in db.session.execute(query)
        ]
    return found
