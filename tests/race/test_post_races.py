"""When one person presses twice, or in two tabs at once: one post, and nobody's words lost."""

from __future__ import annotations

from sqlalchemy import func, select

from skillswap.db import db
from skillswap.domain import posts
from skillswap.domain.limits import DRAFTS_MOST
from skillswap.errors import Taken
from skillswap.models import Event, Post, PostKind, PostState
from tests import people
from tests.race.racing import RACERS, again, race, winners

WORDS = {"kind": PostKind.GENERAL, "title": "Wet in wet", "body": "Wet the *paper* first."}


def test_many_clicks_make_one_post_also_while_a_draft_is_saved(app, ada, now):
    for number in range(2):  # as many as are new may post in a day

        def publish(key=f"key{number}"):
            return posts.publish(again(ada), client_key=key, now=now, **WORDS).id

        def save(key=f"key{number}"):
            return posts.save_draft(again(ada), client_key=key, now=now, **WORDS).id

        answers = race(app, [publish, save] * (RACERS // 2))
        made = set(winners(answers))
        assert len(made) == 1, answers
        assert {type(one) for one in answers} <= {int, Taken}  # a save that came too late
    db.session.rollback()
    assert db.session.scalars(select(Post.state)).all() == [PostState.PUBLISHED] * 2
    assert db.session.scalar(select(func.count(Event.id))) == 2


def test_two_tabs_do_not_write_over_each_other(app, ada, now):
    post = people.make_post(ada)
    key, version = post.public_id, post.version

    def edit(number):
        words = WORDS | {"body": f"Tab {number}"}
        return posts.edit(again(ada), key, version=version, now=now, **words).body

    answers = race(app, [lambda n=number: edit(n) for number in range(RACERS)])
    assert len(winners(answers)) == 1
    db.session.rollback()
    assert db.session.scalars(select(Post.body)).all() == winners(answers)


def test_the_last_place_among_the_drafts_is_taken_once(app, ada, now):
    def save():
        return posts.save_draft(again(ada), client_key=posts.new_key(), now=now, **WORDS).id

    for _round in range(DRAFTS_MOST // RACERS + 1):
        race(app, [save] * RACERS)
    db.session.rollback()
    assert db.session.scalar(select(func.count(Post.id))) == DRAFTS_MOST
