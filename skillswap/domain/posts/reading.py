"""Who may read a post? One condition, which every read of posts and of what hangs on them uses."""

from __future__ import annotations

from sqlalchemy import ColumnElement, String, and_, bindparam, exists, literal_column, select
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.teachers import NOBODY, VIEWER
from skillswap.domain.visibility import Reader, visible
from skillswap.errors import NotFound
from skillswap.models import Post, PostState, User

_Author = aliased(User)
# a constant of the statement: the indexes of published posts are found by it
PUBLISHED: ColumnElement[bool] = Post.state == literal_column(f"'{PostState.PUBLISHED}'")


def readable(reader: User | Reader) -> ColumnElement[bool]:
    """Condition on `Post`: it is published, and its author exists for the reader.

    The reader is a person, the id of one, its place in a statement that is kept, or None for a
    visitor. The condition brings the author itself: the statement need not join one.
    """
    to = reader.id if isinstance(reader, User) else reader
    author = select(_Author.id).where(_Author.id == Post.author_id, visible(_Author, to=to))
    return and_(PUBLISHED, exists(author.correlate(Post)))


# made once: building it takes longer than running it
_FOUND = select(Post).where(
    Post.public_id == bindparam("public_id", type_=String()), readable(VIEWER)
)


def readable_post(public_id: str, reader: User | None) -> Post:
    """A published post, to do something with. Raises NotFound where the reader has none such."""
    values = {"public_id": public_id, "viewer_id": reader.id if reader else NOBODY}
    post = db.session.scalar(_FOUND, values)
    if post is None:
        raise NotFound("post")
    return post
