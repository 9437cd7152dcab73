"""How does what was reported go out of sight with a strike, and come back without it?

Posts, comments and ratings by their own verbs; of a person it is the picture of the profile. What
its author has changed or deleted meanwhile stays as they left it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm.attributes import set_committed_value

from skillswap.db import afterwards, db
from skillswap.domain import comments, media, posts, ratings
from skillswap.models import (
    Case,
    Comment,
    CommentState,
    Media,
    Post,
    PostState,
    Rating,
    RatingState,
    Strike,
    StrikeState,
    User,
)


def can_hide(case: Case) -> bool:
    """Whether there is something to hide of what that case is about."""
    return case.subject_type in HIDES


def hold(subject_type: str, subject_id: int) -> None:
    """Hold a post before any people are held: that is the order in which posts are written."""
    if subject_type == Post.__tablename__:
        db.session.get(Post, subject_id, with_for_update=True, populate_existing=True)


def hide(staff: User, strike: Strike, now: datetime) -> None:
    """Take what the strike is about out of sight, if it is to be seen, and keep how it was."""
    strike.hid_from = HIDES[strike.subject_type](staff, strike.subject_id, now)


def bring_back(staff: User, strike: Strike, now: datetime) -> None:
    """Let be seen again what this strike alone keeps out of sight."""
    if not strike.hid_from:
        return
    later = db.session.scalars(
        select(Strike)
        .where(
            Strike.subject_type == strike.subject_type,
            Strike.subject_id == strike.subject_id,
            Strike.id > strike.id,
            Strike.hides,
            Strike.state != StrikeState.OVERTURNED,
        )
        .order_by(Strike.id)
        .limit(1)
    ).first()
    if later is None:
        SHOWS[strike.subject_type](staff, strike.subject_id, strike.hid_from, now)
    elif not later.hid_from:  # it would have hidden it, had this one not been there
        later.hid_from = strike.hid_from
    strike.hid_from = ""


# -- posts, comments, ratings ---------------------------------------------------------------------


def _hide_post(staff: User, post_id: int, now: datetime) -> str:
    post = db.session.get_one(Post, post_id, with_for_update=True, populate_existing=True)
    if post.state is not PostState.PUBLISHED:
        return ""
    posts.hide(staff, post.public_id, now=now)
    return PostState.PUBLISHED


def _show_post(staff: User, post_id: int, _was: str, now: datetime) -> None:
    post = db.session.get_one(Post, post_id, with_for_update=True, populate_existing=True)
    if post.state is PostState.HIDDEN:
        posts.release(staff, post.public_id, now=now)


def _hide_comment(staff: User, comment_id: int, now: datetime) -> str:
    comment = db.session.get_one(Comment, comment_id, with_for_update=True, populate_existing=True)
    if comment.state is not CommentState.PUBLISHED:
        return ""
    comments.hide_comment(staff, comment.public_id, now=now)
    return CommentState.PUBLISHED


def _show_comment(staff: User, comment_id: int, _was: str, now: datetime) -> None:
    comment = db.session.get_one(Comment, comment_id, with_for_update=True, populate_existing=True)
    if comment.state is CommentState.HIDDEN:
        comments.release_comment(staff, comment.public_id, now=now)


def _hide_rating(staff: User, rating_id: int, now: datetime) -> str:
    rating = db.session.get_one(Rating, rating_id, populate_existing=True)
    was = RatingState.PUBLISHED if rating.is_due(now) else rating.state
    if was not in (RatingState.PUBLISHED, RatingState.HELD):
        return ""
    ratings.hide_rating(staff, rating.public_id, now=now)
    return was


def _show_rating(staff: User, rating_id: int, was: str, now: datetime) -> None:
    rating = db.session.get_one(Rating, rating_id, populate_existing=True)
    if rating.state is not RatingState.HIDDEN:
        return
    if was == RatingState.HELD:
        ratings.hold_rating(staff, rating.public_id, now=now)
    else:
        ratings.release_rating(staff, rating.public_id, now=now)


# -- the picture of a profile ---------------------------------------------------------------------


def _take_picture(_staff: User, user_id: int, _now: datetime) -> str:
    """Its file and row stay: nobody can fetch it while the profile does not name it."""
    person = db.session.get_one(User, user_id)
    was = person.avatar or ""
    _name_picture(person, None)
    return was


def _give_picture(_staff: User, user_id: int, was: str, _now: datetime) -> None:
    """Unless they have chosen another one since, or none: that takes the old one away for good."""
    person = db.session.get_one(User, user_id)
    kept = select(Media.id).where(Media.name == was, Media.owner_id == user_id)
    if person.avatar is None and db.session.scalar(kept) is not None:
        _name_picture(person, was)


def _name_picture(person: User, name: str | None) -> None:
    """Not through the object, as `media` does it: its version would refuse a click of theirs."""
    db.session.execute(
        update(User)
        .where(User.id == person.id)
        .values(avatar=name)
        .execution_options(synchronize_session=False)
    )
    set_committed_value(person, "avatar", name)


def forget_pictures_due(now: datetime, limit: int) -> int:
    """Remove pictures that no appeal can bring back any more; returns how many. For the sweep."""
    store = media.store()
    over = or_(
        Strike.state == StrikeState.KEPT,
        (Strike.state == StrikeState.STANDING) & (Strike.appeal_by <= now),
    )
    due = db.session.scalars(
        select(Strike)
        .where(Strike.subject_type == User.__tablename__, Strike.hid_from != "", over)
        .order_by(Strike.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for strike in due:
        db.session.execute(delete(Media).where(Media.name == strike.hid_from))
        afterwards(kept=partial(media.forget, store, strike.hid_from))
        strike.hid_from = ""
    return len(due)


HIDES: dict[str, Callable[[User, int, datetime], str]] = {
    Post.__tablename__: _hide_post,
    Comment.__tablename__: _hide_comment,
    Rating.__tablename__: _hide_rating,
    User.__tablename__: _take_picture,
}
SHOWS: dict[str, Callable[[User, int, str, datetime], None]] = {
    Post.__tablename__: _show_post,
    Comment.__tablename__: _show_comment,
    Rating.__tablename__: _show_rating,
    User.__tablename__: _give_picture,
}
