"""The newest posts of one person or about one skill, as parts of larger statements.

All of them look back from one place in time, so that a page goes on where the last one ended.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ScalarSelect,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from skillswap.db import UtcDateTime
from skillswap.domain.posts.reading import PUBLISHED, readable
from skillswap.domain.teachers import VIEWER
from skillswap.lib.keyset import AnySelect
from skillswap.models import Mute, Post, PostSkill, PostState

# looking back from here: places in statements that are put together once
BEFORE_AT = bindparam("before_at", type_=UtcDateTime())
BEFORE_ID = bindparam("before_id", type_=BigInteger())
LAST_ID = 2**63 - 1
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)
FLOOR = bindparam("floor", type_=UtcDateTime())  # nothing older is looked at

_Nth = aliased(Post)
MUTED = select(Mute.muted_id).where(Mute.muter_id == VIEWER)


def older(at: Any, key: Any) -> ColumnElement[bool]:
    """Condition: it comes after the place looked back from, newest first."""
    return tuple_(at, key) < tuple_(BEFORE_AT, BEFORE_ID)


def heard() -> ColumnElement[bool]:
    """Condition on `Post`: the reader may read it, and has not muted its author."""
    return readable(VIEWER) & Post.author_id.not_in(MUTED)


def _since(at: Any, nth: int) -> tuple[ColumnElement[bool], ...]:
    """The first is looked for anywhere, the last of several since FLOOR."""
    return (at >= FLOOR,) if nth else ()


def nth_by(person_id: Any, nth: int, column: str, source: Any) -> ScalarSelect[Any]:
    """A column of that person's newest post (0), or of the one so many behind it."""
    found = select(getattr(_Nth, column)).where(
        _Nth.author_id == person_id,
        _Nth.state == literal_column(f"'{PostState.PUBLISHED}'"),
        older(_Nth.published_at, _Nth.id),
        *_since(_Nth.published_at, nth),
    )
    newest = found.order_by(_Nth.published_at.desc(), _Nth.id.desc())
    return newest.limit(1).offset(nth).correlate(source).scalar_subquery()


def nth_about(skill_id: Any, nth: int, column: str, source: Any) -> ScalarSelect[Any]:
    """The same of the posts about a skill that the reader is to see."""
    found = (
        select(getattr(PostSkill, column))
        .join(Post, Post.id == PostSkill.post_id)
        .where(
            PostSkill.skill_id == skill_id,
            older(PostSkill.published_at, PostSkill.post_id),
            *_since(PostSkill.published_at, nth),
            heard(),
        )
    )
    newest = found.order_by(PostSkill.published_at.desc(), PostSkill.post_id.desc())
    return newest.limit(1).offset(nth).correlate(source).scalar_subquery()


def by_each(source: Any, most: int) -> AnySelect:
    """(post id, published_at, source's id) of the `most` newest posts since FLOOR of each
    person of `source`.

    SQLite knows no LATERAL: the last of them is looked up first, and is where reading ends.
    """
    last = nth_by(source.c.id, most - 1, "published_at", source)
    return (
        select(Post.id, Post.published_at, source.c.id.label("source_id"))
        .select_from(source)
        .join(Post, Post.author_id == source.c.id)
        .where(PUBLISHED, older(Post.published_at, Post.id))
        .where(Post.published_at >= func.coalesce(last, FLOOR, type_=UtcDateTime()))
    )


def about_each(source: Any, most: int) -> AnySelect:
    """(post id, published_at, source's id) of the same of each skill of `source`."""
    last = nth_about(source.c.id, most - 1, "published_at", source)
    return (
        select(Post.id, Post.published_at, source.c.id.label("source_id"))
        .select_from(source)
        .join(PostSkill, PostSkill.skill_id == source.c.id)
        .join(Post, Post.id == PostSkill.post_id)
        .where(older(PostSkill.published_at, PostSkill.post_id), heard())
        .where(PostSkill.published_at >= func.coalesce(last, FLOOR, type_=UtcDateTime()))
    )
