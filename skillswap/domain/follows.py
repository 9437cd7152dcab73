"""Who follows whom? Two who follow each other may write to each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain import events, threads
from skillswap.domain.limits import check_pace, limits_of
from skillswap.domain.visibility import person_named, visible
from skillswap.errors import NotFound, TooMany
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import Conversation, Follow, SkillFollow, User
from skillswap.models.user import HUES, initials

DAY = timedelta(days=1)


def follow(person: User, username: str, now: datetime) -> User:
    """Follow somebody. Harmless when repeated. They are told.

    Raises NotFound for somebody who is not there for this person and for oneself, TooMany after
    the day's number, or too many at once.
    """
    other = _other(person, username)
    if db.session.get(Follow, (person.id, other.id)) is not None:
        return other
    check_quota(person, now)
    try:
        with db.session.begin_nested():
            db.session.add(Follow(follower_id=person.id, followee_id=other.id, created_at=now))
    except IntegrityError:  # a second click was quicker
        return other
    if db.session.get(Follow, (other.id, person.id)) is not None:
        _settle_request(person, other)
    events.record("follow.made", actor=person, subject=other, to=[other], now=now)
    return other


def unfollow(person: User, username: str, now: datetime) -> User:
    """Follow somebody no more. Harmless when repeated; nobody is told."""
    other = _other(person, username)
    db.session.execute(
        delete(Follow)
        .where(Follow.follower_id == person.id, Follow.followee_id == other.id)
        .execution_options(synchronize_session=False)
    )
    return other


def end_between(one_id: int, other_id: int) -> None:
    """A block ends both follows of the two, without a word."""
    db.session.execute(
        delete(Follow)
        .where(
            or_(
                (Follow.follower_id == one_id) & (Follow.followee_id == other_id),
                (Follow.follower_id == other_id) & (Follow.followee_id == one_id),
            )
        )
        .execution_options(synchronize_session=False)
    )


def _other(person: User, username: str) -> User:
    other = person_named(username.lower(), to=person.id)
    if other.id == person.id:
        raise NotFound("person")
    return other


def check_quota(person: User, now: datetime) -> None:
    """Raises TooMany after the day's number, which people and skills share."""
    check_pace(person, "follow", now)
    since = now - DAY
    people = select(func.count()).where(Follow.follower_id == person.id, Follow.created_at > since)
    skills = select(func.count()).where(
        SkillFollow.user_id == person.id, SkillFollow.created_at > since
    )
    made = db.session.scalar(select(people.scalar_subquery() + skills.scalar_subquery()))
    limit = limits_of(person, now).follows_per_day
    if (made or 0) >= limit:
        raise TooMany("follow", "follows_today", int(DAY.total_seconds()), limit=limit)


def _settle_request(person: User, other: User) -> None:
    """What waited under Requests is a conversation like any other now."""
    db.session.execute(
        update(Conversation)
        .where(threads.between(person.id, other.id))
        .values(request_from_id=None, requested_at=None)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True, slots=True)
class FollowRow:
    """Somebody in a list of followers or followed."""

    id: int
    username: str
    name: str
    headline: str
    initials: str
    hue: int
    avatar_url: str | None
    i_follow: bool


@dataclass(frozen=True, slots=True)
class FollowFacts:
    """What a profile says of following, for one reader."""

    followers: int
    following: int
    i_follow: bool
    follows_me: bool


def facts_of(person: User, reader: User | None) -> FollowFacts:
    """Counts as this reader may see them, and how the two stand. One statement."""
    reader_id = reader.id if reader else None
    followers = _count(Follow.follower_id, Follow.followee_id == person.id, reader_id)
    following = _count(Follow.followee_id, Follow.follower_id == person.id, reader_id)
    row = db.session.execute(
        select(
            followers,
            following,
            _exists(reader_id, person.id).label("i_follow"),
            _exists(person.id, reader_id).label("follows_me"),
        )
    ).one()
    return FollowFacts(row[0], row[1], bool(row.i_follow), bool(row.follows_me))


def _count(column: Any, which: Any, reader_id: int | None) -> Any:
    return (
        select(func.count())
        .select_from(Follow)
        .join(User, User.id == column)
        .where(which, visible(User, to=reader_id))
        .scalar_subquery()
    )


def _exists(follower_id: int | None, followee_id: int | None) -> Any:
    return (
        select(Follow.follower_id)
        .where(Follow.follower_id == follower_id, Follow.followee_id == followee_id)
        .exists()
    )


NEWEST = [Key(Follow.created_at, "created_at"), Key(User.id, "id")]  # type: ignore[arg-type]


def followers_of(person: User, reader: User | None, cursor: str | None) -> Page:
    """Who follows this person, the latest first, as far as the reader may see them."""
    query = _rows(reader).join(Follow, Follow.follower_id == User.id)
    return _page(query.where(Follow.followee_id == person.id), cursor)


def followed_by(person: User, reader: User | None, cursor: str | None) -> Page:
    """Whom this person follows, the latest first, as far as the reader may see them."""
    query = _rows(reader).join(Follow, Follow.followee_id == User.id)
    return _page(query.where(Follow.follower_id == person.id), cursor)


def _rows(reader: User | None) -> AnySelect:
    reader_id = reader.id if reader else None
    mine = select(Follow.followee_id).where(Follow.follower_id == reader_id)
    return select(
        User.id,
        User.username,
        User.first_name,
        User.last_name,
        User.headline,
        User.avatar,
        Follow.created_at,
        User.id.in_(mine.correlate(None)).label("i_follow"),
    ).where(visible(User, to=reader_id))


def _page(query: AnySelect, cursor: str | None) -> Page:
    found = page(db.session.execute(paginate(query, NEWEST, cursor)).all(), NEWEST)
    return Page([_row(row) for row in found.rows], found.after)


def _row(row: Any) -> FollowRow:
    return FollowRow(
        id=row.id,
        username=row.username,
        name=f"{row.first_name} {row.last_name}".strip(),
        headline=row.headline,
        initials=initials(row.first_name, row.last_name),
        hue=row.id % HUES + 1,
        avatar_url=f"/media/{row.avatar}" if row.avatar else None,
        i_follow=bool(row.i_follow),
    )
