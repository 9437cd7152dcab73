"""Liking posts and comments: once each, told once, and the number is that of the rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import bookmarks, comments, likes, notifications, safety
from skillswap.errors import NotFound, Refused, TooMany
from skillswap.models import Bookmark, CommentLike, Notification, Post, PostLike, PostState
from tests import people

MINUTE = timedelta(minutes=1)


@pytest.fixture
def post(ada):
    return people.make_post(ada, title="Skies that stay wet")


def do(verb, *args, **facts):
    with transaction():
        return verb(*args, **facts)


def number(post):
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(Post.like_count).where(Post.id == post.id))


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


def lines(person, now):
    return [
        f"{line.actor.name}{f' and {line.others}' if line.others else ''} {line.text}"
        for line in notifications.page_of(person, None, now)
    ]


def test_a_like_counts_once_and_can_be_taken_off(ada, ben, post, now):
    for _press in range(2):
        do(likes.like_post, ben, post.public_id, now)
    assert (number(post), count(PostLike)) == (1, 1)
    assert lines(ada, now) == ["Ben Example liked your post “Skies that stay wet”"]
    for _press in range(2):
        do(likes.unlike_post, ben, post.public_id, now)
    assert (number(post), count(PostLike)) == (0, 0)
    assert lines(ada, now) == []


def test_several_likes_of_a_day_are_one_line(ada, ben, cy, post, now):
    do(likes.like_post, ben, post.public_id, now)
    do(likes.like_post, cy, post.public_id, now)
    assert lines(ada, now) == ["Cy Example and 1 liked your post “Skies that stay wet”"]


def test_what_was_read_is_not_told_again(ada, ben, post, now):
    do(likes.like_post, ben, post.public_id, now)
    do(notifications.read_about, ada, "posts", post.public_id, now)
    do(likes.unlike_post, ben, post.public_id, now)
    do(likes.like_post, ben, post.public_id, now)
    assert count(Notification) == 1
    assert notifications.page_of(ada, None, now, unread_only=True).rows == []


def test_nobody_likes_what_is_theirs(ada, ben, post, now):
    with pytest.raises(Refused, match="own_like"):
        do(likes.like_post, ada, post.public_id, now)
    said = do(comments.make_comment, ben, post.public_id, body="Lovely.", now=now)
    with pytest.raises(Refused, match="own_like"):
        do(likes.like_comment, ben, said.public_id, now)
    assert number(post) == 0


def test_a_comment_is_liked_like_a_post(ada, ben, post, now):
    said = do(comments.make_comment, ben, post.public_id, body="Lovely.", now=now)
    for _press in range(2):
        do(likes.like_comment, ada, said.public_id, now)
    assert count(CommentLike) == 1
    assert likes.drift() == []
    assert lines(ben, now) == ["Ada Example liked your comment on the post “Skies that stay wet”"]
    do(likes.unlike_comment, ada, said.public_id, now)
    assert (count(CommentLike), likes.drift(), lines(ben, now)) == (0, [], [])


def test_muted_people_are_not_told_of(ada, ben, post, now):
    do(safety.mute, ada, "ben", now)
    do(likes.like_post, ben, post.public_id, now)
    assert (number(post), count(Notification)) == (1, 0)


@pytest.mark.parametrize("state", [PostState.DRAFT, PostState.HIDDEN, PostState.DELETED])
def test_what_is_not_there_cannot_be_liked_or_saved(ben, post, state, now):
    with transaction():
        db.session.get_one(Post, post.id).state = state
    for verb in (likes.like_post, likes.unlike_post, bookmarks.bookmark):
        with pytest.raises(NotFound):
            do(verb, ben, post.public_id, now)


def test_the_blocked_cannot_like_save_or_comment(ada, ben, post, now):
    said = do(comments.make_comment, ada, post.public_id, body="Ask me.", now=now)
    do(safety.block, ada, "ben", now)
    for verb, key in (
        (likes.like_post, post.public_id),
        (bookmarks.bookmark, post.public_id),
        (likes.like_comment, said.public_id),
    ):
        with pytest.raises(NotFound):
            do(verb, ben, key, now)
    with pytest.raises(NotFound):
        do(comments.make_comment, ben, post.public_id, body="Let me in", now=now)


def test_a_burst_has_its_limit(ada, ben, post, now):
    """Also of one that goes on and off."""
    for _press in range(120):
        with transaction():
            likes.like_post(ben, post.public_id, now)
            likes.unlike_post(ben, post.public_id, now)
    with pytest.raises(TooMany, match="too_many_marks"):
        do(likes.like_post, ben, post.public_id, now + 9 * MINUTE)
    do(likes.like_post, ben, post.public_id, now + 10 * MINUTE)
    assert number(post) == 1


def test_what_is_saved_is_found_again_newest_first(ada, ben, now, queries):
    posts = [people.make_post(ada, title=f"Post {n}") for n in range(22)]
    for n, one in enumerate(posts):
        for _press in range(2):
            do(bookmarks.bookmark, ben, one.public_id, now + n * MINUTE)
    do(bookmarks.unbookmark, ben, posts[5].public_id)
    queries.clear()
    first = bookmarks.bookmarks_of(ben, None)
    assert len(queries) == 3
    second = bookmarks.bookmarks_of(ben, first.after)
    titles = [card.title for card in [*first, *second]]
    assert titles == [f"Post {n}" for n in range(21, -1, -1) if n != 5]
    assert all(card.saved for card in first)
    do(safety.block, ada, "ben", now)
    assert bookmarks.bookmarks_of(ben, None).rows == []
    assert count(Bookmark) == 21
