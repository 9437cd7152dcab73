"""Which steps of an exchange does a session's page show?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from skillswap.db import db, transaction
from skillswap.domain import learning_sessions
from skillswap.domain.learning_sessions.tracks import SHOWN
from skillswap.models import OutcomeAnswer, SessionState
from tests import people

DAY = timedelta(days=1)


@pytest.fixture
def exchange(ada, ben, now):
    with transaction():
        for person in (ada, ben):
            db.session.merge(person).daily_sessions = 99
    return people.make_exchange(ben, ada, now=now - 20 * DAY)


def track(person, key, now):
    db.session.rollback()
    return learning_sessions.track_of(learning_sessions.session_of(person, key), now)


def test_the_sessions_stand_in_the_order_of_their_starts(ada, ben, exchange, now):
    later = people.make_session(ada, exchange, start=people.next_quarter(now + 5 * DAY), now=now)
    sooner = people.make_session(ada, exchange, start=people.next_quarter(now + 3 * DAY), now=now)
    offered = people.make_proposal(ben, exchange, starts=[later.starts_at + DAY], now=now)
    keys = [sooner.public_id, later.public_id]
    assert [step.public_id for step in track(ada, sooner.public_id, now).steps] == keys
    # what has no time stands there on its own page only, and last
    steps = track(ben, offered.public_id, now).steps
    assert [step.public_id for step in steps] == [*keys, offered.public_id]


def test_a_long_exchange_is_cut_around_the_session(queries, ada, exchange, now):
    start = people.next_quarter(now + 2 * DAY)
    keys = [
        people.make_session(ada, exchange, start=start + number * DAY, now=now).public_id
        for number in range(10)
    ]
    for place, key in enumerate(keys):
        one = learning_sessions.session_of(ada, key)
        queries.clear()
        found = learning_sessions.track_of(one, now)
        assert len(queries) == 1
        assert len(found.steps) == SHOWN
        assert key in [step.public_id for step in found.steps]
        assert found.before + SHOWN + found.after == 10
        assert found.before == max(0, min(place - 2, 10 - SHOWN))


def test_a_step_reads_the_clock_as_its_own_page_does(ada, ben, exchange, now):
    start = people.next_quarter(now - 9 * DAY)
    made = people.make_session(ada, exchange, start=start, now=now - 12 * DAY)
    key = made.public_id
    assert track(ada, key, now).steps[0].state is SessionState.UNCONFIRMED
    with transaction():
        learning_sessions.give_outcome(
            ada, key, answer=OutcomeAnswer.HAPPENED, now=start + timedelta(hours=2)
        )
    assert track(ada, key, start + 2 * DAY).steps[0].state is SessionState.SCHEDULED
    assert track(ada, key, now).steps[0].state is SessionState.COMPLETED
    assert not track(ada, key, now).some_ahead
