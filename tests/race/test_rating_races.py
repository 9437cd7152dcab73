"""When both rate in the same instant, or a verb meets the sweep, is it published once and together?

Threads over the domain, on both databases.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import learning_sessions, rating_totals, ratings
from skillswap.models import Event, OutcomeAnswer, Rating, RatingState, User
from skillswap.models.rating import RATE_WITHIN
from tests import people
from tests.race.racing import again, races, winners

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def trials(app, verbs) -> Iterator[list[Any]]:
    """The trials of a race; after each the totals are those of the ratings."""
    for answers in races(app, verbs):
        yield answers
        db.session.rollback()
        assert list(rating_totals.drift()) == []


@pytest.fixture
def ada(app) -> User:
    return people.make_person("ada", offers=("Watercolour",), places=9)


def meeting(ada: User, learner: User, now, hours: int = 0) -> str:
    """A completed session of these two."""
    exchange = people.make_exchange(learner, ada, now=now - 8 * DAY)
    start = people.next_quarter(now - DAY - timedelta(hours=hours))
    key = people.make_session(ada, exchange, start=start, now=now - 4 * DAY).public_id
    for person in (ada, learner):
        with transaction():
            learning_sessions.give_outcome(person, key, answer=OutcomeAnswer.HAPPENED, now=now)
    return key


def told() -> int:
    """How often something was published."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(func.count()).where(Event.kind == "rating.published")) or 0


def test_both_seal_at_once_and_both_are_published_once(app, ada, now):
    ben = people.ben()
    key = meeting(ada, ben, now)
    for answers in trials(
        app,
        [
            lambda: ratings.rate_session(again(ada), key, stars=5, now=now),
            lambda: ratings.rate_session(again(ben), key, stars=4, now=now + MINUTE),
        ],
    ):
        assert len(winners(answers)) == 2
        assert told() == 1
        rows = db.session.scalars(select(Rating).execution_options(populate_existing=True)).all()
        assert {one.state for one in rows} == {RatingState.PUBLISHED}
        assert len({one.published_at for one in rows}) == 1


def test_one_who_presses_twice_gives_one_rating(app, ada, now):
    key = meeting(ada, people.ben(), now)
    press = [
        lambda stars=stars: ratings.rate_session(again(ada), key, stars=stars, now=now)
        for stars in (3, 4, 5)
    ]
    for answers in trials(app, press):
        assert len(winners(answers)) == 3
        assert db.session.scalar(select(func.count(Rating.id))) == 1


def test_two_partners_are_both_counted(app, ada, now):
    """Each publishes another rating of ada, and neither total misses the other."""
    learners = [people.ben(), people.make_person("dee", wants=("Watercolour",))]
    keys = [meeting(ada, one, now, hours=3 * number) for number, one in enumerate(learners)]
    for key in keys:
        with transaction():
            ratings.rate_session(ada, key, stars=5, now=now)
    for _ in trials(
        app,
        [
            lambda one=one, key=key: ratings.rate_session(again(one), key, stars=4, now=now)
            for one, key in zip(learners, keys, strict=True)
        ],
    ):
        db.session.rollback()
        assert db.session.scalar(select(User.rating_count).where(User.id == ada.id)) == 2


def test_sweeps_and_a_reply_publish_it_once(app, ada, now):
    ben = people.ben()
    with transaction():
        key = ratings.rate_session(ben, meeting(ada, ben, now), stars=4, now=now).public_id
    end = now + RATE_WITHIN
    for answers in trials(
        app,
        [
            lambda: ratings.publish_due(end, 9),
            lambda: ratings.reply_to_rating(again(ada), key, body="Thank you.", now=end),
            lambda: ratings.publish_due(end, 9),
        ],
    ):
        assert len(winners(answers)) == 3
        assert told() == 1
