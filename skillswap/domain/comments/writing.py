"""How does a comment come below a post, change, and go again?

The number beside the post is moved by an UPDATE for each row that comes into sight or leaves it,
in the same transaction.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from skillswap.db import db
from skillswap.domain import email_links, events, notifications
from skillswap.domain.comments.reading import own_comment, readable_comment
from skillswap.domain.limits import AT_ONCE, COMMENTS_AT_ONCE, check_free, limits_of
from skillswap.domain.posts import readable_post
from skillswap.domain.posts.reading import PUBLISHED
from skillswap.errors import NotFound, Refused, TooMany, WrongState
from skillswap.lib.clock import relative
from skillswap.lib.text import Unprintable, beginning_of, clean_body
from skillswap.models import Comment, CommentState, Post, User
from skillswap.models.post import COMMENT_MOST

DAY = timedelta(days=1)
TITLE_SAID = 60  # characters of a text that stand for a title


def make_comment(
    person: User,
    post_public_id: str,
    *,
    body: str,
    parent: str = "",
    client_key: str = "",
    now: datetime,
) -> Comment:
    """Comment on a post; with `parent` answer a comment on it.

    An answer to an answer stands below the same comment. The same `client_key` again is the same
    comment. The author of the post is told, and whoever is answered. Raises NotFound where this
    person may read no such post or comment, Refused for words that cannot be taken, TooMany
    after the day's number or thirty in ten minutes.
    """
    post = readable_post(post_public_id, person)
    answered = _answered(person, post, parent)
    _hold(person)
    if (made := _made_before(person, post, client_key)) is not None:
        if made.body == body.strip():
            return made
        client_key = ""  # its answer was lost, and other words are sent since
    check_free(person, now, "body")
    if email_links.is_unconfirmed(person):
        raise Refused("body", "unconfirmed_comment", email=person.email)
    body = _checked(body)
    _check_quota(person, now)
    top = (answered.parent_id or answered.id) if answered else None
    comment = Comment(
        post_id=post.id,
        author_id=person.id,
        parent_id=top,
        body=body,
        client_key=client_key[:40] or None,
        created_at=now,
    )
    db.session.add(comment)
    db.session.flush()
    _count(post.id, 1)
    _tell(person, post, comment, answered, now)
    return comment


def edit_comment(person: User, public_id: str, *, body: str, now: datetime) -> Comment:
    """Put other words; from then on it says that it was edited.

    Raises NotFound for others' comments, WrongState for one that is gone.
    """
    comment, _key = own_comment(person, public_id, locked=True)
    if comment.state is not CommentState.PUBLISHED:
        raise WrongState("comment", comment.state)
    check_free(person, now, "body")
    body = _checked(body)
    if body != comment.body:
        comment.body, comment.edited_at = body, now
        db.session.flush()
    return comment


def delete_comment(person: User, public_id: str, *, now: datetime) -> tuple[Comment, str]:
    """Take one's words back. Harmless when repeated; what nobody has read of it is taken back.

    Where answers hang on it a stone stays. Returns it, and the key of its post. Raises NotFound
    for others' comments.
    """
    comment, key = own_comment(person, public_id, locked=True)
    if comment.state is CommentState.DELETED:
        return comment, key
    was_seen = comment.state is CommentState.PUBLISHED
    comment.body, comment.state = "", CommentState.DELETED
    db.session.flush()
    if was_seen:
        _count(comment.post_id, -1)
    notifications.take_back_comment(person, public_id)
    events.record("comment.deleted", actor=person, subject=comment, to=[], now=now)
    return comment, key


def _hold(person: User) -> None:
    """One comment of a person at a time, so that numbers and keys hold."""
    db.session.execute(select(User.id).where(User.id == person.id).with_for_update(key_share=True))


def _made_before(person: User, post: Post, client_key: str) -> Comment | None:
    """What this key has made already: a second click, a retry after a lost answer."""
    if not client_key:
        return None
    return db.session.scalar(
        select(Comment).where(
            Comment.author_id == person.id,
            Comment.client_key == client_key[:40],
            Comment.post_id == post.id,
        )
    )


def _answered(person: User, post: Post, parent: str) -> Comment | None:
    if not parent:
        return None
    answered, its_post = readable_comment(parent, person)
    if its_post.id != post.id:
        raise NotFound("comment")
    return answered


def _checked(typed: str) -> str:
    try:
        body = clean_body(typed)
    except Unprintable:
        raise Refused("body", "control_characters") from None
    if not body:
        raise Refused("body", "comment_empty")
    if len(body) > COMMENT_MOST:
        raise Refused("body", "too_long", limit=COMMENT_MOST)
    return body


def _check_quota(person: User, now: datetime) -> None:
    """Thirty in ten minutes, and the number of the day; deleted ones count."""
    per_day = limits_of(person, now).comments_per_day
    newest = select(Comment.created_at).where(Comment.author_id == person.id)
    times = db.session.scalars(
        newest.order_by(Comment.id.desc()).limit(max(per_day, COMMENTS_AT_ONCE))
    ).all()
    for code, limit, window in (
        ("comments_today", per_day, DAY),
        ("comments_too_fast", COMMENTS_AT_ONCE, AT_ONCE),
    ):
        if len(times) >= limit and times[limit - 1] + window > now:
            free = times[limit - 1] + window
            seconds = int((free - now).total_seconds()) + 1
            raise TooMany("body", code, seconds, limit=limit, when=relative(free, now))


def _count(post_id: int, by: int) -> None:
    """Move the number beside the post. Raises NotFound when a new comment finds it gone."""
    done = db.session.execute(
        update(Post)
        .where(Post.id == post_id, *([PUBLISHED] if by > 0 else []))
        .values(comment_count=Post.comment_count + by)
        .execution_options(synchronize_session=False)
    )
    if not done.rowcount:  # type: ignore[attr-defined]  # an UPDATE has one
        raise NotFound("post")


def _tell(
    person: User, post: Post, comment: Comment, answered: Comment | None, now: datetime
) -> None:
    """Whoever is answered, and the author of the post: each once."""
    facts = {**facts_of(post), "post": post.public_id, "comment": comment.public_id}
    ids = {post.author_id, answered.author_id if answered else post.author_id} - {person.id}
    people = {one.id: one for one in db.session.scalars(select(User).where(User.id.in_(ids)))}
    if answered is not None:
        top = answered
        if answered.parent_id is not None:
            top = db.session.get_one(Comment, answered.parent_id)
        asker = people.pop(answered.author_id, None)
        to = [asker] if asker else []
        events.record("comment.answered", actor=person, subject=top, to=to, now=now, **facts)
    author = people.get(post.author_id)
    to = [author] if author else []
    events.record("post.commented", actor=person, subject=post, to=to, now=now, **facts)


def facts_of(post: Post) -> dict[str, Any]:
    """How a sentence calls a post: its title, or else how it begins, and its kind."""
    title = post.title or beginning_of(post.lead_html, TITLE_SAID)
    return {"title": title, "post_kind": post.kind.value}


# -- staff ----------------------------------------------------------------------------------------


def hide_comment(staff: User, public_id: str, *, now: datetime) -> Comment:
    """Take a comment out of sight for a breach of the rules. Raises WrongState when it is."""
    comment = _move(staff, public_id, CommentState.PUBLISHED, CommentState.HIDDEN, -1)
    events.record("comment.hidden", actor=staff, subject=comment, to=[], now=now)
    return comment


def release_comment(staff: User, public_id: str, *, now: datetime) -> Comment:
    """Let a hidden comment be seen again."""
    comment = _move(staff, public_id, CommentState.HIDDEN, CommentState.PUBLISHED, 1)
    events.record("comment.released", actor=staff, subject=comment, to=[], now=now)
    return comment


def _move(
    staff: User, public_id: str, before: CommentState, after: CommentState, by: int
) -> Comment:
    query = select(Comment).where(Comment.public_id == public_id).with_for_update()
    comment = db.session.scalar(query.execution_options(populate_existing=True))
    if comment is None or not staff.is_staff:
        raise NotFound("comment")
    if comment.state is not before:
        raise WrongState("comment", comment.state)
    comment.state = after
    db.session.flush()
    db.session.execute(
        update(Post)
        .where(Post.id == comment.post_id)
        .values(comment_count=Post.comment_count + by)
        .execution_options(synchronize_session=False)
    )
    return comment


def drift() -> list[str]:
    """Every post whose number of comments is not that of the rows to be seen. For the doctor."""
    rows = (
        select(Comment.post_id, func.count().label("count"))
        .where(Comment.state == CommentState.PUBLISHED)
        .group_by(Comment.post_id)
        .subquery()
    )
    counted = func.coalesce(rows.c.count, 0)
    query = (
        select(Post.public_id, Post.comment_count, counted)
        .outerjoin(rows, rows.c.post_id == Post.id)
        .where(Post.comment_count != counted)
    )
    return [
        f"post {public_id} counts {kept} comments and has {real}"
        for public_id, kept, real in db.session.execute(query)
    ]
