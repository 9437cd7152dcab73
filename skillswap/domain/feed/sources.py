"""The newest posts of one person or about one skill, as parts of larger statements.

All of them look back from one place in time, so that a page goes on where the last one ended.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, bindparam, func, select, true, tuple_

from skillswap.db import UtcDateTime, db
from skillswap.domain.posts.reading import PUBLISHED, readable
from skillswap.domain.teachers import VIEWER
from skillswap.lib.keyset import AnySelect
from skillswap.models import Mute, Post, PostSkill

# looking back from here: places in statements that are put together once
BEFORE_AT = bindparam("before_at", type_=UtcDateTime())
BEFORE_ID = bindparam("before_id", type_=BigInteger())
LAST_ID = 2**63 - 1
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)
FLOOR = bindparam("floor", type_=UtcDateTime())  # nothing older is looked at

MUTED = select(Mute.muted_id).where(Mute.muter_id == VIEWER)


def older(at: Any, key: Any) -> ColumnElement[bool]:
    """Condition: it comes after the place looked back from, newest first."""
    return tuple_(at, key) < tuple_(BEFORE_AT, BEFORE_ID)


def heard() -> ColumnElement[bool]:
    """Condition on `Post`: the reader may read it, and has not muted its author."""
    return readable(VIEWER) & Post.author_id.not_in(MUTED)


class Rows(NamedTuple):
    """Posts of one source: the statement, and its columns for the post and when it came."""

    query: AnySelect
    key: Any
    at: Any


def by(person_id: Any) -> Rows:
    """What this person published before the place looked back from."""
    query = select(Post.id, Post.published_at).where(
        Post.author_id == person_id, PUBLISHED, older(Post.published_at, Post.id)
    )
    return Rows(query, Post.id, Post.published_at)


def about(skill_id: Any) -> Rows:
    """What is about this skill, and the reader is to see."""
    query = (
        select(PostSkill.post_id.label("id"), PostSkill.published_at)
        .join(Post, Post.id == PostSkill.post_id)
        .where(PostSkill.skill_id == skill_id)
        .where(older(PostSkill.published_at, PostSkill.post_id), heard())
    )
    return Rows(query, PostSkill.post_id, PostSkill.published_at)


# -- the newest of each source ---------------------------------------------------------------------
#
# SQLite knows no LATERAL: there the last one wanted is looked up first, and is where reading ends.
# PostgreSQL would run that too, but cannot tell how few rows it leaves, and reads whole tables.


def for_engine(make: Callable[[bool], Any]) -> Callable[[], Any]:
    """The statement for the engine at hand, put together once; `make` is told whether it knows
    LATERAL.
    """
    kept = cache(make)
    return lambda: kept(db.engine.dialect.name == "postgresql")


def newest_of_each(source: Any, rows: Rows, most: int, *, lateral: bool) -> AnySelect:
    """(id, published_at, source's id) of the `most` newest since FLOOR for each row of `source`."""
    source_id = source.c.id.label("source_id")
    recent = rows.query.where(rows.at >= FLOOR).order_by(rows.at.desc(), rows.key.desc())
    if lateral:
        found = recent.limit(most).correlate(source).lateral()
        return select(*found.c, source_id).select_from(source).join(found, true())
    last = recent.with_only_columns(rows.at).limit(1).offset(most - 1).correlate(source)
    since = func.coalesce(last.scalar_subquery(), FLOOR, type_=UtcDateTime())
    return rows.query.add_columns(source_id).where(rows.at >= since)


def heads(source: Any, rows: Rows, *, lateral: bool) -> AnySelect:
    """(id, post_id, published_at): each of `source` with its newest post, if it has one."""
    newest = rows.query.order_by(rows.at.desc(), rows.key.desc()).limit(1).correlate(source)
    if lateral:
        found = newest.lateral()
        columns = (source.c.id, found.c.id.label("post_id"), found.c.published_at)
        return select(*columns).select_from(source).join(found, true())
    post_id = newest.with_only_columns(rows.key).scalar_subquery().label("post_id")
    head = select(source.c.id, post_id).subquery()
    # the post's own number: SQLite would look for the other one anew wherever it is named
    query = select(head.c.id, Post.id.label("post_id"), Post.published_at)
    return query.join(Post, Post.id == head.c.post_id)
