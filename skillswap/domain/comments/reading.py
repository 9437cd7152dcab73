"""What has been said below a post, as one reader sees it?

Comments stand newest first, the answers to each in the order they came, the last few of them; a
comment that is gone leaves a stone where answers hang on it. Who wrote it, and whether it was
deleted, hidden or is of somebody who is not there for the reader, the stone does not say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased, contains_eager

from skillswap.db import db
from skillswap.domain.notifications import Face
from skillswap.domain.posts import PostCard, card, readable
from skillswap.domain.posts.cards import face
from skillswap.domain.teachers import NOBODY, VIEWER
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound, WrongState
from skillswap.lib.keyset import AnySelect, Key, Page, encode, page, paginate
from skillswap.models import Comment, CommentLike, CommentState, Post, User

ANSWERS_SHOWN = 3  # of each comment in a list
ANSWERS_PAGE = 20
NEWEST = [Key(Comment.id, "id")]  # type: ignore[arg-type]  # a mapped column is an expression
Answer, Answerer = aliased(Comment), aliased(User)
IDS = bindparam("ids", type_=BigInteger(), expanding=True)
_IS_PUBLISHED: ColumnElement[str] = literal_column(f"'{CommentState.PUBLISHED}'")


@dataclass(frozen=True, slots=True)
class CommentLine:
    """A comment or an answer; without an author it is a stone."""

    id: int
    public_id: str
    author: Face | None
    body: str
    at: datetime
    edited_at: datetime | None
    like_count: int
    liked: bool
    mine: bool
    by_author: bool  # of the post
    is_answer: bool


@dataclass(frozen=True, slots=True)
class CommentThread:
    """A comment and what was answered, oldest first; `before` leads to the earlier answers."""

    top: CommentLine
    answers: Sequence[CommentLine] = field(default=())
    earlier: int = 0  # answers that are not here
    before: str | None = None


# -- one comment, to do something with ------------------------------------------------------------


def readable_comment(public_id: str, reader: User | None) -> tuple[Comment, Post]:
    """A comment that is there for the reader, and its post. Raises NotFound."""
    values = {"public_id": public_id, "viewer_id": _id(reader)}
    row = db.session.execute(_FOUND, values).first()
    if row is None:
        raise NotFound("comment")
    return row[0], row[1]


def own_comment(person: User, public_id: str, *, locked: bool = False) -> tuple[Comment, str]:
    """A comment of one's own, in whatever state, and the key of its post. Raises NotFound."""
    query = (
        select(Comment, Post.public_id)
        .join(Post, Post.id == Comment.post_id)
        .where(Comment.public_id == public_id, Comment.author_id == person.id, readable(person))
    )
    if locked:
        query = query.with_for_update(of=Comment, key_share=True)
    row = db.session.execute(query.execution_options(populate_existing=locked)).first()
    if row is None:
        raise NotFound("comment")
    return row[0], row[1]


# -- statements -----------------------------------------------------------------------------------

_shown = and_(Comment.state == _IS_PUBLISHED, visible(User, to=VIEWER))
_FOUND = (
    select(Comment, Post)
    .join(Post, Post.id == Comment.post_id)
    .join(User, User.id == Comment.author_id)
    .where(Comment.public_id == bindparam("public_id", type_=String()), _shown, readable(VIEWER))
    .options(contains_eager(Comment.author))
)
_is_answered = exists(
    select(Answer.id)
    .join(Answerer, Answerer.id == Answer.author_id)
    .where(
        Answer.parent_id == Comment.id,
        Answer.state == _IS_PUBLISHED,
        visible(Answerer, to=VIEWER),
    )
    .correlate(Comment)
)
_LINES: AnySelect = select(
    Comment.id,
    Comment.public_id,
    Comment.parent_id,
    Comment.author_id,
    Comment.body,
    Comment.created_at,
    Comment.edited_at,
    Comment.like_count,
    _shown.label("shown"),
    exists()
    .where(CommentLike.comment_id == Comment.id, CommentLike.user_id == VIEWER)
    .label("liked"),
    User.username.label("author_username"),
    User.first_name.label("author_first_name"),
    User.last_name.label("author_last_name"),
    User.avatar.label("author_avatar"),
).join(User, User.id == Comment.author_id)
_TOPS = _LINES.where(Comment.parent_id.is_(None), or_(_shown, _is_answered))
_ranked = (
    select(
        Comment.id,
        func.row_number()
        .over(partition_by=Comment.parent_id, order_by=Comment.id.desc())
        .label("rank"),
        func.count().over(partition_by=Comment.parent_id).label("total"),
    )
    .join(User, User.id == Comment.author_id)
    .where(Comment.parent_id.in_(IDS), _shown)
    .subquery()
)
_LAST_ANSWERS = (
    _LINES.add_columns(_ranked.c.total)
    .join(_ranked, _ranked.c.id == Comment.id)
    .where(_ranked.c.rank <= ANSWERS_SHOWN)
    .order_by(Comment.id)
)
_COUNT = (
    select(func.count())
    .select_from(Comment)
    .join(User, User.id == Comment.author_id)
    .where(Comment.post_id == bindparam("post_id", type_=BigInteger()), _shown)
)


def _id(reader: User | None) -> int:
    return reader.id if reader else NOBODY


# -- lists ----------------------------------------------------------------------------------------


def count_of(post: PostCard, reader: User | None) -> int:
    """How many comments and answers are there for this reader. One statement."""
    values = {"post_id": post.id, "viewer_id": _id(reader)}
    return db.session.scalar(_COUNT, values) or 0


def comments_of(post: PostCard, reader: User | None, cursor: str | None) -> Page:
    """A page of threads, the newest comment first, each with its last answers. Two statements."""
    query = paginate(_TOPS.where(Comment.post_id == post.id), NEWEST, cursor)
    found = page(db.session.execute(query, {"viewer_id": _id(reader)}).all(), NEWEST)
    return Page(_threads(found.rows, post, reader), found.after)


def listed(comment: Comment, post: PostCard, reader: User | None) -> CommentThread | None:
    """A comment as it stands in that list, with a stone or without; None where it does not."""
    query = _TOPS.where(Comment.id == comment.id)
    rows = db.session.execute(query, {"viewer_id": _id(reader)}).all()
    return next(iter(_threads(rows, post, reader)), None)


def _threads(tops: Sequence[Any], post: PostCard, reader: User | None) -> list[CommentThread]:
    ids = [row.id for row in tops]
    last: dict[int, list[Any]] = {one: [] for one in ids}
    if ids:
        values = {"viewer_id": _id(reader), "ids": ids}
        for row in db.session.execute(_LAST_ANSWERS, values):
            last[row.parent_id].append(row)
    return [_with_last(row, last[row.id], post, reader) for row in tops]


def _with_last(top: Any, rows: list[Any], post: PostCard, reader: User | None) -> CommentThread:
    earlier = rows[0].total - len(rows) if rows else 0
    return CommentThread(
        top=_line(top, post, reader),
        answers=[_line(row, post, reader) for row in rows],
        earlier=earlier,
        before=encode([rows[0].id]) if earlier else None,
    )


def line_of(public_id: str, reader: User) -> tuple[PostCard, CommentLine]:
    """One comment or answer that is there for the reader, and its post. Raises NotFound."""
    comment, post = readable_comment(public_id, reader)
    shown = card(post.public_id, reader)
    query = _LINES.where(Comment.id == comment.id)
    return shown, _line(db.session.execute(query, {"viewer_id": reader.id}).one(), shown, reader)


def own_line(person: User, public_id: str) -> tuple[PostCard, CommentLine]:
    """The same of one's own, to be edited. Raises NotFound for others', WrongState for one that
    is gone.
    """
    comment, _key = own_comment(person, public_id)
    if comment.state is not CommentState.PUBLISHED:
        raise WrongState("comment", comment.state)
    return line_of(public_id, person)


def thread_of(
    public_id: str, reader: User | None, cursor: str | None
) -> tuple[PostCard, CommentThread]:
    """The comment of that key, or the one that the answer of that key hangs on, with a page of
    its answers: the last ones, or those before the cursor.

    Six statements at most. Raises NotFound for what is not there for the reader.
    """
    asked = db.session.execute(
        select(Comment.id, Comment.parent_id, Post.public_id)
        .join(Post, Post.id == Comment.post_id)
        .where(Comment.public_id == public_id)
    ).first()
    if asked is None:
        raise NotFound("comment")
    post = card(asked.public_id, reader)
    viewer = {"viewer_id": _id(reader)}
    top_id = asked.parent_id or asked.id
    rows = db.session.execute(
        _LINES.where(
            or_(Comment.id == asked.id, Comment.id == top_id), or_(_shown, _is_answered)
        ).order_by(Comment.id),
        viewer,
    ).all()
    if asked.id not in {row.id for row in rows}:
        raise NotFound("comment")
    if cursor is None and asked.parent_id:
        cursor = _so_that_it_shows(asked, viewer)
    query = paginate(
        _LINES.where(Comment.parent_id == top_id, _shown), NEWEST, cursor, ANSWERS_PAGE
    )
    found = page(db.session.execute(query, viewer).all(), NEWEST, ANSWERS_PAGE)
    answers = [_line(row, post, reader) for row in reversed(found.rows)]
    thread = CommentThread(_line(rows[0], post, reader), answers, before=found.after)
    return post, thread


def _so_that_it_shows(asked: Any, viewer: dict[str, int]) -> str | None:
    """The cursor of a page with that answer; none where it is among the last."""
    later = (
        select(Comment.id)
        .join(User, User.id == Comment.author_id)
        .where(Comment.parent_id == asked.parent_id, Comment.id > asked.id, _shown)
        .limit(ANSWERS_PAGE)
    )
    many = db.session.scalar(select(func.count()).select_from(later.subquery()), viewer) or 0
    return encode([asked.id + 1]) if many >= ANSWERS_PAGE else None


def _line(row: Any, post: PostCard, reader: User | None) -> CommentLine:
    shown = bool(row.shown)
    return CommentLine(
        id=row.id,
        public_id=row.public_id,
        author=face(row, "author_") if shown else None,
        body=row.body if shown else "",
        at=row.created_at,
        edited_at=row.edited_at if shown else None,
        like_count=row.like_count if shown else 0,
        liked=bool(row.liked),
        mine=reader is not None and row.author_id == reader.id,
        by_author=row.author_id == post.author_id,
        is_answer=row.parent_id is not None,
    )
