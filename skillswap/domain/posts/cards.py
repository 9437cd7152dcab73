"""How does a post stand in a list, and on its page? Made whole, so that printing asks nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Integer,
    String,
    and_,
    bindparam,
    exists,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.notifications import Face
from skillswap.domain.posts.reading import readable
from skillswap.domain.teachers import NOBODY, VIEWER, SkillRef
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound
from skillswap.lib.keyset import AnySelect
from skillswap.models import (
    Bookmark,
    Media,
    PartnerConsent,
    Post,
    PostImage,
    PostKind,
    PostLike,
    PostSkill,
    PostState,
    Skill,
    SkillState,
    User,
)
from skillswap.models.user import HUES, initials

Partner = aliased(User)
IDS = bindparam("ids", type_=BigInteger(), expanding=True)
PUBLIC_ID = bindparam("public_id", type_=String())


@dataclass(frozen=True, slots=True)
class PostPicture:
    """A picture of a post in its two sizes; width and height are the larger one's."""

    url: str
    small_url: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True, slots=True)
class PostCard:
    """A post as one reader sees it."""

    id: int
    public_id: str
    kind: PostKind
    title: str
    html: str  # the lead in lists, all of it on its page
    is_long: bool
    at: datetime
    edited_at: datetime | None
    author: Face
    author_id: int
    partner: Face | None  # of an achievement, named with their consent only
    skills: Sequence[SkillRef]
    pictures: Sequence[PostPicture]
    like_count: int
    comment_count: int
    liked: bool
    saved: bool
    mine: bool
    reason: str | None = None  # why it is here, under For you
    hidden: bool = False  # by staff; its author alone still finds it


def cards_of(ids: Sequence[int], reader: User | None, *, whole: bool = False) -> list[PostCard]:
    """The cards of these posts in this order, without those the reader may not read.

    Two statements, or none for no ids. `whole`: with all their words.
    """
    if not ids:
        return []
    query = _LISTED_WHOLE if whole else _LISTED
    rows = db.session.execute(query, {"viewer_id": _id(reader), "ids": list(ids)})
    by_id = {row.id: row for row in rows}
    parts = _parts_of(list(by_id))
    return [_card(by_id[one], parts[one], reader) for one in ids if one in by_id]


def card(public_id: str, reader: User | None) -> PostCard:
    """One post with all its words. Two statements. Raises NotFound.

    Its author also finds it while staff have hidden it.
    """
    row = db.session.execute(_WHOLE, {"viewer_id": _id(reader), "public_id": public_id}).first()
    if row is None:
        raise NotFound("post")
    return _card(row, _parts_of([row.id])[row.id], reader)


def _id(reader: User | None) -> int:
    return reader.id if reader else NOBODY


# -- statements: made once, building them takes longer than running them ---------------------------


def _face(person: Any, prefix: str) -> list[Any]:
    columns = (person.id, person.username, person.first_name, person.last_name, person.avatar)
    return [column.label(prefix + column.key) for column in columns]


def _mine(table: Any) -> ColumnElement[bool]:
    return exists().where(table.post_id == Post.id, table.user_id == VIEWER)


def _query(html: Any, which: ColumnElement[bool]) -> AnySelect:
    agreed = and_(
        Partner.id == Post.partner_id,
        Post.partner_consent == PartnerConsent.AGREED,
        visible(Partner, to=VIEWER),
    )
    return (
        select(
            Post.id,
            Post.public_id,
            Post.kind,
            Post.state,
            Post.title,
            html.label("html"),
            Post.is_long,
            Post.published_at,
            Post.edited_at,
            Post.like_count,
            Post.comment_count,
            _mine(PostLike).label("liked"),
            _mine(Bookmark).label("saved"),
            *_face(User, "author_"),
            *_face(Partner, "partner_"),
        )
        .join(User, User.id == Post.author_id)
        .outerjoin(Partner, agreed)
        .where(which)
    )


_OWN_HIDDEN = and_(Post.state == PostState.HIDDEN, Post.author_id == VIEWER)
_THESE = and_(Post.id.in_(IDS), readable(VIEWER))
_LISTED, _LISTED_WHOLE = _query(Post.lead_html, _THESE), _query(Post.body_html, _THESE)
_WHOLE = _query(
    Post.body_html, and_(Post.public_id == PUBLIC_ID, or_(readable(VIEWER), _OWN_HIDDEN))
)

# one statement for what hangs on posts: rows of skills and rows of pictures
_PARTS: CompoundSelect[Any] = union_all(
    select(
        PostSkill.post_id,
        PostSkill.place,
        Skill.id.label("skill_id"),
        Skill.slug.label("one"),
        Skill.name.label("two"),
        Skill.category.label("three"),
        literal(0, Integer).label("width"),
        literal(0, Integer).label("height"),
    )
    .join(Skill, Skill.id == PostSkill.skill_id)
    .where(PostSkill.post_id.in_(IDS), Skill.state == SkillState.ACTIVE),
    select(
        PostImage.post_id,
        PostImage.place,
        null(),
        Media.name,
        Media.small_name,
        PostImage.alt,
        Media.width,
        Media.height,
    )
    .join(Media, Media.id == PostImage.media_id)
    .where(PostImage.post_id.in_(IDS)),
)


# -- from rows to cards ----------------------------------------------------------------------------


@dataclass(slots=True)
class _Parts:
    skills: list[SkillRef]
    pictures: list[PostPicture]


def _parts_of(ids: Sequence[int]) -> dict[int, _Parts]:
    """The skills and pictures of each, in their order. One statement."""
    parts = {one: _Parts([], []) for one in ids}
    rows = db.session.execute(_PARTS, {"ids": list(ids)}).all() if ids else ()
    for row in sorted(rows, key=lambda row: row.place):
        if row.skill_id is not None:
            skill = SkillRef(row.skill_id, row.one, row.two, row.three)
            parts[row.post_id].skills.append(skill)
        else:
            parts[row.post_id].pictures.append(_picture(row))
    return parts


def _picture(row: Any) -> PostPicture:
    small = row.two or row.one
    return PostPicture(f"/media/{row.one}", f"/media/{small}", row.width, row.height, row.three)


def face(row: Any, prefix: str) -> Face:
    """Of columns that begin so: id, username, names, avatar."""
    user_id, username, first, last, avatar = (
        getattr(row, prefix + name)
        for name in ("id", "username", "first_name", "last_name", "avatar")
    )
    return Face(
        username,
        f"{first} {last}".strip(),
        initials(first, last),
        user_id % HUES + 1,
        f"/media/{avatar}" if avatar else None,
    )


def _card(row: Any, parts: _Parts, reader: User | None) -> PostCard:
    return PostCard(
        id=row.id,
        public_id=row.public_id,
        kind=row.kind,
        title=row.title,
        html=row.html,
        is_long=row.is_long,
        at=row.published_at,
        edited_at=row.edited_at,
        author=face(row, "author_"),
        author_id=row.author_id,
        partner=face(row, "partner_") if row.partner_id is not None else None,
        skills=tuple(parts.skills),
        pictures=tuple(parts.pictures),
        like_count=row.like_count,
        comment_count=row.comment_count,
        liked=bool(row.liked),
        saved=bool(row.saved),
        mine=reader is not None and row.author_id == reader.id,
        hidden=row.state is PostState.HIDDEN,
    )
