"""What is said below a post: one level deep, counted, told to whom it concerns."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from skillswap.db import db, transaction
from skillswap.domain import comments, likes, notifications, posts, safety
from skillswap.errors import NotFound, Refused, TooMany, WrongState
from skillswap.lib.clock import utcnow
from skillswap.models import (
    Comment,
    CommentState,
    LearningSession,
    Notification,
    Post,
    PostState,
    SessionState,
)
from tests import people

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def post(ada):
    return people.make_post(ada, title="Skies that stay wet")


def say(person, post, body="Lovely.", now=None, **facts):
    with transaction():
        return comments.make_comment(
            person, post.public_id, body=body, now=now or utcnow(), **facts
        )


def do(verb, *args, **facts):
    with transaction():
        return verb(*args, **facts)


def number(post):
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(Post.comment_count).where(Post.id == post.id))


def shown(post, reader, cursor=None):
    """What a page prints: each comment with its answers, stones as None."""
    found = comments.comments_of(posts.card(post.public_id, reader), reader, cursor)
    return [(words(thread.top), [words(one) for one in thread.answers]) for thread in found]


def words(line):
    return line.body if line.author else None


def told(person):
    return [
        f"{line.actor.name} {line.text}"
        for line in notifications.page_of(person, None, utcnow() + MINUTE)
    ]


def test_comments_stand_newest_first_and_answers_in_their_order(ada, ben, cy, post):
    first = say(ben, post, "Which paper?")
    say(ada, post, "Cold pressed.", parent=first.public_id)
    answer = say(ben, post, "Thank you.", parent=first.public_id)
    say(cy, post, "And which brush?")
    say(cy, post, "Me too.", parent=answer.public_id)  # an answer to an answer
    assert shown(post, None) == [
        ("And which brush?", []),
        ("Which paper?", ["Cold pressed.", "Thank you.", "Me too."]),
    ]
    assert number(post) == comments.count_of(posts.card(post.public_id, None), None) == 5
    assert comments.drift() == []


def test_the_author_and_who_is_answered_are_told_once_each(ada, ben, cy, post):
    first = say(ben, post, "Which paper?")
    assert told(ada) == ["Ben Example commented on your post “Skies that stay wet”"]
    say(cy, post, "Cold pressed.", parent=first.public_id)
    assert told(ben) == ["Cy Example answered your comment on the post “Skies that stay wet”"]
    say(ada, post, "It is.", parent=first.public_id)
    assert len(told(ada)) == 1  # of two people, on one day
    assert told(ben)[0].startswith("Ada Example answered")
    mine = say(ada, post, "Ask me more.")
    do(notifications.read_all, ada, utcnow() + MINUTE)
    say(ben, post, "What is the size?", parent=mine.public_id)
    [unread] = notifications.page_of(ada, None, utcnow() + MINUTE, unread_only=True)
    assert unread.text == "answered your comment on the post “Skies that stay wet”"


def test_a_post_without_a_title_is_called_by_its_beginning(ada, ben, now):
    body = "I **never** thought that a wash could dry so slowly on a summer evening by the river"
    say(ben, people.make_post(ada, body=body))
    assert told(ada) == [
        "Ben Example commented on your post “I never thought that a wash could dry so slowly on a…”"
    ]


def test_the_same_key_is_the_same_comment(ben, post):
    first = say(ben, post, "Lovely.", client_key="k1")
    assert say(ben, post, "Lovely.", client_key="k1").id == first.id
    assert say(ben, post, "Really.", client_key="k1").id != first.id
    assert number(post) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [("  \n ", "comment_empty"), ("x" * 2_001, "too_long"), ("a\u202eb", "control_characters")],
)
def test_what_cannot_be_taken_is_refused(ben, post, body, code):
    made = say(ben, post)
    with pytest.raises(Refused, match=code):
        say(ben, post, body)
    with pytest.raises(Refused, match=code):
        do(comments.edit_comment, ben, made.public_id, body=body, now=utcnow())
    assert number(post) == 1


def test_a_day_has_its_limit_for_somebody_new(ben, post, now):
    for _number in range(20):
        say(ben, post, now=now)
    with pytest.raises(TooMany, match="comments_today") as refused:
        say(ben, post, now=now + DAY - MINUTE)
    assert refused.value.retry_seconds == 61
    say(ben, post, now=now + DAY)
    assert number(post) == 21


def test_a_member_writes_thirty_in_ten_minutes(ada, ben, post, now):
    kept = people.make_session(ben, people.make_exchange(ben, ada))
    with transaction():
        db.session.get_one(LearningSession, kept.id).state = SessionState.COMPLETED
    for _number in range(30):
        say(ben, post, now=now)
    with pytest.raises(TooMany, match="comments_too_fast"):
        say(ben, post, now=now + 9 * MINUTE)
    say(ben, post, now=now + 10 * MINUTE)
    assert number(post) == 31


def test_edited_says_so_and_others_cannot(ada, ben, post, now):
    made = say(ben, post, "Lovly.")
    with pytest.raises(NotFound):
        do(comments.edit_comment, ada, made.public_id, body="Mine", now=now)
    edited = do(comments.edit_comment, ben, made.public_id, body="Lovly.", now=now)
    assert edited.edited_at is None
    do(comments.edit_comment, ben, made.public_id, body="Lovely.", now=now + 9 * DAY)
    [thread] = comments.comments_of(posts.card(post.public_id, ada), ada, None)
    assert (thread.top.body, thread.top.edited_at) == ("Lovely.", now + 9 * DAY)


def test_a_deleted_comment_leaves_a_stone_only_where_answers_hang(ada, ben, post, now):
    alone, answered = say(ben, post, "Alone"), say(ben, post, "Answered")
    answer = say(ada, post, "Yes?", parent=answered.public_id)
    with pytest.raises(NotFound):
        do(comments.delete_comment, ada, alone.public_id, now=now)
    for one in (alone, answered):
        for _press in range(2):
            do(comments.delete_comment, ben, one.public_id, now=now)
    assert shown(post, ada) == [(None, ["Yes?"])]
    assert (number(post), comments.drift()) == (1, [])
    assert told(ada) == []  # what she had not read is taken back
    assert told(ben) == []  # it has no page any more
    with pytest.raises(WrongState):
        do(comments.edit_comment, ben, alone.public_id, body="Again", now=now)
    do(comments.delete_comment, ada, answer.public_id, now=now)
    assert shown(post, ada) == []
    assert set(db.session.scalars(select(Comment.body))) == {""}


def test_hidden_ones_are_gone_and_come_back(ada, ben, mo, post, now):
    made = say(ben, post)
    with pytest.raises(NotFound):
        do(comments.hide_comment, ada, made.public_id, now=now)
    do(comments.hide_comment, mo, made.public_id, now=now)
    assert (shown(post, ben), number(post), comments.drift()) == ([], 0, [])
    with pytest.raises(NotFound):
        do(likes.like_comment, ada, made.public_id, now)
    with pytest.raises(WrongState):
        do(comments.hide_comment, mo, made.public_id, now=now)
    do(comments.release_comment, mo, made.public_id, now=now)
    assert (shown(post, ben), number(post)) == ([("Lovely.", [])], 1)


def test_blocked_and_suspended_people_vanish_with_what_they_said(ada, ben, cy, post, now):
    first = say(cy, post, "From cy")
    say(ben, post, "To cy", parent=first.public_id)
    do(safety.block, ben, "cy", now)
    assert shown(post, ben) == [(None, ["To cy"])]
    assert shown(post, cy) == [("From cy", [])]
    assert comments.count_of(posts.card(post.public_id, ben), ben) == 1
    do(safety.suspend, cy, days=None, reason="", now=now)
    assert shown(post, None) == [(None, ["To cy"])]
    assert told(ada) == ["Ben Example commented on your post “Skies that stay wet”"]
    with pytest.raises(NotFound):
        say(ben, post, "Again", parent=first.public_id)


def test_what_cannot_be_opened_is_no_line(ada, ben, cy, post, now):
    """The post is of somebody who is not there for the reader, or is not there for anybody."""
    first = say(ben, post, "Which paper?")
    say(cy, post, "Cold pressed.", parent=first.public_id)
    assert len(told(ben)) == len(told(ada)) == 1
    with transaction():
        db.session.get_one(Post, post.id).state = PostState.HIDDEN
    assert told(ben) == told(ada) == []
    with transaction():
        db.session.get_one(Post, post.id).state = PostState.PUBLISHED
    do(safety.block, ada, "ben", now)
    assert told(ben) == []
    assert db.session.scalar(select(func.count()).select_from(Notification)) > 0


def test_limited_people_do_not_comment(ben, post, now):
    do(safety.limit, ben, days=None, reason="", now=now)
    with pytest.raises(Refused, match="limited"):
        say(ben, post)


def test_a_comment_belongs_to_its_post(ada, ben, post, now):
    elsewhere = say(ben, people.make_post(ada))
    with pytest.raises(NotFound):
        say(ben, post, "Yes", parent=elsewhere.public_id)
    with pytest.raises(NotFound):
        say(ben, post, "Yes", parent="nothing-here")


def test_two_thousand_are_pages_of_two_statements(ada, ben, post, now, queries):
    """Half of them below one comment."""
    first = say(ben, post, "First")
    rows = [
        {
            "post_id": post.id,
            "author_id": (ada, ben)[number % 2].id,
            "parent_id": first.id if number % 2 else None,
            "body": f"Number {number}",
            "state": CommentState.PUBLISHED,
            "created_at": now,
        }
        for number in range(2_000)
    ]
    with transaction():
        db.session.execute(insert(Comment), rows)
    card, seen, cursor = posts.card(post.public_id, ben), [], None
    for _page in range(60):
        queries.clear()
        found = comments.comments_of(card, ben, cursor)
        assert len(queries) == 2
        seen += [thread.top.body for thread in found]
        last, cursor = found.rows[-1], found.after
        if cursor is None:
            break
    assert seen == [f"Number {number}" for number in range(1_998, -1, -2)] + ["First"]
    assert [one.body for one in last.answers] == ["Number 1995", "Number 1997", "Number 1999"]
    assert last.earlier == 997
    queries.clear()
    _post, thread = comments.thread_of(first.public_id, ben, last.before)
    assert len(queries) <= 6
    assert [one.body for one in thread.answers][-1] == "Number 1993"
    assert len(thread.answers) == 20


def test_the_page_of_an_answer_shows_it(ada, ben, post):
    first = say(ben, post, "First")
    answers = [say(ada, post, f"Number {n}", parent=first.public_id) for n in range(20)]
    early = comments.thread_of(answers[0].public_id, ben, None)[1]
    assert early.answers[0].body == "Number 0"
    for n in range(5):
        say(ben, post, f"Later {n}", parent=first.public_id)
    early = comments.thread_of(answers[0].public_id, ben, None)[1]
    assert [one.body for one in early.answers] == ["Number 0"]
    late = comments.thread_of(answers[9].public_id, ben, None)[1]
    assert (late.answers[0].body, late.answers[-1].body) == ("Number 5", "Later 4")
