"""Do the promises about posts hold whatever people do, in whatever order?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import posts
from skillswap.errors import DomainError
from skillswap.lib.clock import utcnow
from skillswap.lib.markdown import RULES_VERSION, render_post
from skillswap.models import Event, Post, PostKind, PostSkill, PostState, User
from skillswap.models.post import POST_MOVES
from tests import people
from tests.support.rows import empty_all_about

GOOD = ("Wet the *paper* first.", "## One\n\n" + "word " * 200, "<b>x</b>")
BAD = ("", "tu\u202etor")
pick = st.integers(0, 3)


def writing(bodies: tuple[str, ...], titles: tuple[str, ...], skills: tuple[str, ...]) -> Any:
    return st.fixed_dictionaries(
        {
            "kind": st.sampled_from(PostKind),
            "title": st.sampled_from(titles),
            "body": st.sampled_from(bodies),
            "skills": st.lists(st.sampled_from(skills), min_size=1, max_size=2),
        }
    )


good = writing(GOOD, ("Wet in wet", "Dry"), ("piano", "watercolour"))
words = st.one_of(good, good, writing(GOOD + BAD, ("", "ab"), ("piano", "alchemy")))
keys = st.sampled_from(("", "one", "two"))
steps = st.one_of(
    st.tuples(st.just("save"), keys, words),
    st.tuples(st.just("publish"), keys, words),
    st.tuples(st.just("publish"), keys, good),
    st.tuples(st.just("edit"), pick, st.sampled_from((0, 0, -1)), words),
    st.tuples(st.just("delete"), pick),
    st.tuples(st.just("hide"), pick),
    st.tuples(st.just("release"), pick),
    st.tuples(st.just("wait"), st.sampled_from((1, 25))),
)


class Story:
    """Ada, who writes, mo, who moderates, and a clock."""

    def __init__(self, ada: User, mo: User) -> None:
        with transaction():
            empty_all_about(Post, Event)
        db.session.expunge_all()
        self.ada, self.mo, self.now = ada, mo, utcnow()

    def step(self, verb: str, *how: Any) -> None:
        before = states()
        try:
            with transaction():
                getattr(self, verb)(*how)
        except DomainError:
            assert states() == before, "a refusal left something behind"
        db.session.expire_all()
        self.check(before)

    # -- what people try --

    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    def save(self, key: str, words: dict[str, Any]) -> None:
        posts.save_draft(self.ada, client_key=key, now=self.now, **words)

    def publish(self, key: str, words: dict[str, Any]) -> None:
        posts.publish(self.ada, client_key=key, now=self.now, **words)

    def edit(self, number: int, stale: int, words: dict[str, Any]) -> None:
        post = self._one(number)
        version = post.version + stale
        posts.edit(self.ada, post.public_id, version=version, now=self.now, **words)

    def delete(self, number: int) -> None:
        posts.delete(self.ada, self._one(number).public_id, now=self.now)

    def hide(self, number: int) -> None:
        posts.hide(self.mo, self._one(number).public_id, now=self.now)

    def release(self, number: int) -> None:
        posts.release(self.mo, self._one(number).public_id, now=self.now)

    def _one(self, number: int) -> Post:
        made = db.session.scalars(select(Post).order_by(Post.id)).all()
        if not made:
            raise DomainError
        return made[number % len(made)]

    # -- what holds --

    def check(self, before: dict[int, tuple[PostState, datetime | None]]) -> None:
        for post in db.session.scalars(select(Post)):
            was, since = before.get(post.id, (PostState.DRAFT, None))
            assert post.state is was or post.state in POST_MOVES[was]
            assert since is None or post.published_at == since
            self.check_words(post)
            read = post.state is PostState.PUBLISHED
            rows = db.session.scalars(select(PostSkill).where(PostSkill.post_id == post.id)).all()
            assert {row.published_at for row in rows} <= {post.published_at if read else None}
        made = db.session.scalars(select(Event.kind).order_by(Event.id)).all()
        assert made.count("post.published") == len(
            [1 for _state, published_at in states().values() if published_at]
        )

    def check_words(self, post: Post) -> None:
        made = render_post(post.body)
        assert (post.body_html, post.lead_html) == (made.html, made.lead)
        assert (post.is_long, post.word_count) == (made.is_long, made.words)
        assert post.rules_version == RULES_VERSION
        if post.state is PostState.DELETED:
            assert (post.title, post.body) == ("", "")
        elif post.state is not PostState.DRAFT:
            assert post.body
            assert post.title or post.kind is not PostKind.TUTORIAL


def states() -> dict[int, tuple[PostState, datetime | None]]:
    rows = db.session.execute(select(Post.id, Post.state, Post.published_at))
    return {row.id: (row.state, row.published_at) for row in rows}


@pytest.fixture
def there(app: Flask) -> tuple[User, User]:
    return people.ada(), people.mo()


@given(story=st.lists(steps, min_size=6, max_size=14))
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_promises_hold_through_every_history(
    there: tuple[User, User], story: list[tuple[Any, ...]]
) -> None:
    ada, mo = (db.session.merge(one) for one in there)
    told = Story(ada, mo)
    for step in story:
        told.step(*step)
