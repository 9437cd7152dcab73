"""When the same thing is told, or several are, in the same instant: is each given once, and no cap
passed?

Threads over the domain, on both databases.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import func, select

from skillswap.db import db
from skillswap.domain import learning_sessions, likes, points, ratings
from skillswap.lib.clock import utcnow
from skillswap.models import Event, OutcomeAnswer, PointsEntry, PointsKind, PostKind, User
from tests import people
from tests.domain.test_points import kept_once
from tests.race.racing import again, races

RACERS = 16
TRIALS = int(os.environ.get("RACE_TRIALS", "6"))  # fewer: twice as many race as elsewhere
DAY = timedelta(days=1)
K = PointsKind


def given(kind: PointsKind) -> list[tuple[int, int]]:
    """How many lines of that kind somebody has, and what they come to: by person."""
    db.session.rollback()
    rows = db.session.execute(
        select(func.count(), func.sum(PointsEntry.points))
        .where(PointsEntry.kind == kind)
        .group_by(PointsEntry.user_id)
        .order_by(PointsEntry.user_id)
    )
    return [(count, int(total)) for count, total in rows]


def trials(app, verbs) -> Iterator[list[Any]]:
    """The trials of a race."""
    return islice(races(app, verbs), TRIALS)


@pytest.fixture
def ada(app) -> User:
    return people.make_person("ada", offers=("Watercolour",), places=9, daily_sessions=8)


def test_one_event_told_by_sixteen_at_once_is_given_once(app, ada, ben, now) -> None:
    exchange = people.make_exchange(ben, ada, now=now - 8 * DAY)
    start = people.next_quarter(now - DAY)
    key = people.make_session(ada, exchange, start=start, now=now - 4 * DAY).public_id

    def both_say() -> Event:
        for person in (ada, ben):
            learning_sessions.give_outcome(
                again(person), key, answer=OutcomeAnswer.HAPPENED, now=now
            )
        return db.session.scalars(select(Event).where(Event.kind == "session.completed")).one()

    for answers in trials(app, [both_say] * RACERS):
        assert sum(isinstance(one, Event) for one in answers) == 1
        assert given(K.TAUGHT) == [(1, 30)]
        assert given(K.LEARNED) == [(1, 10)]
        assert given(K.PARTNER) == [(1, 15), (1, 15)]
        assert list(points.drift()) == []


def test_a_replayed_event_is_given_once_however_many_replay_it(app, ada, ben, now) -> None:
    exchange = people.make_exchange(ben, ada, now=now - 8 * DAY)
    assert exchange.state
    number = db.session.scalar(select(Event.id).where(Event.kind == "pitch.accepted"))

    def replay() -> int:
        event = db.session.get_one(Event, number)
        points.hold(event)
        points.count(event)
        return 1

    for answers in trials(app, [replay] * RACERS):
        assert sum(answers) == RACERS
        assert given(K.ANSWER) == [(1, 2)]
        assert list(points.drift()) == []


def test_sixteen_likes_at_once_give_ten_for_a_tutorial(app, ada, now) -> None:
    post = people.make_post(ada, kind=PostKind.TUTORIAL, now=now - DAY)
    fans = [people.make_person(f"fan{number:02}") for number in range(RACERS)]
    for fan in fans:
        kept_once(fan, now - 2 * DAY)

    def like(fan: User) -> Any:
        return lambda: likes.like_post(again(fan), post.public_id, utcnow())

    for answers in trials(app, [like(fan) for fan in fans]):
        assert not [one for one in answers if isinstance(one, Exception)]
        assert given(K.LIKE) == [(11, 10)]  # ten, and one that says that it is full
        assert list(points.drift()) == []


def test_eight_ratings_at_once_count_twice(app, ada, now) -> None:
    """One learner rates eight sessions in the same instant: two count that day."""
    ben = people.make_person("ben", offers=("Spanish",), daily_sessions=8)
    exchange = people.make_exchange(ben, ada, now=now - 8 * DAY)
    keys = []
    for number in range(8):
        start = people.next_quarter(now - DAY) - number * timedelta(hours=1)
        keys.append(people.make_session(ada, exchange, start=start, now=now - 4 * DAY).public_id)

    def rate(key: str) -> Any:
        return lambda: ratings.rate_session(again(ben), key, stars=5, now=now)

    for answers in trials(app, [rate(key) for key in keys]):
        assert not [one for one in answers if isinstance(one, Exception)]
        assert given(K.RATING) == [(8, 6)]
        assert given(K.LEARNED)[0][1] <= 40
        assert list(points.drift()) == []
