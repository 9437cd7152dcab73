"""What does the clock decide about sessions: offers that lapse, and silence afterwards?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, frame, learning_sessions
from skillswap.domain.sweep import sweep
from skillswap.errors import WrongState
from skillswap.models import Event, Notification, OutcomeAnswer
from tests import people

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def exchange(ada, ben, now):
    """Opened eight days ago."""
    return people.make_exchange(ben, ada, offered="spanish", now=now - 8 * DAY)


@pytest.fixture
def over(ada, exchange, now):
    """A session that ended about a day ago; nobody has said anything."""
    start = people.next_quarter(now - DAY)
    return people.make_session(ada, exchange, start=start, now=now - 3 * DAY).public_id


def told(person):
    """What this person was told, the latest first, but for badges."""
    rows = select(Event.kind).join(Notification, Notification.event_id == Event.id)
    return db.session.scalars(
        rows.where(Notification.user_id == person.id, Event.kind != "badge.earned").order_by(
            Event.id.desc()
        )
    ).all()


def happened(person, key, at):
    with transaction():
        learning_sessions.give_outcome(person, key, answer=OutcomeAnswer.HAPPENED, now=at)


def run(step, at):
    with transaction():
        return step(at, 9)


def test_an_offer_nobody_answered_lapses_and_its_proposer_is_told(ada, ben, exchange, now):
    key = people.make_proposal(ada, exchange, now=now).public_id
    lapse = learning_sessions.session_of(ada, key).proposals[0].lapse_at
    assert run(learning_sessions.lapse_due, lapse - HOUR) == 0
    assert run(learning_sessions.lapse_due, lapse) == 1
    assert run(learning_sessions.lapse_due, lapse) == 0
    one = learning_sessions.session_of(ben, key)
    assert (one.state, one.proposals[0].state, one.ended_at) == ("cancelled", "lapsed", lapse)
    assert one.cancelled_by_id is None
    assert told(ada)[0] == "session.lapsed"
    assert "session.lapsed" not in told(ben)
    assert learning_sessions.past(ada, None, lapse).rows[0].state_at(lapse) == "lapsed"


def test_silence_of_72_hours_completes_what_one_says_happened(ada, ben, exchange, over, now):
    happened(ada, over, now)
    by = now + 3 * DAY
    assert run(learning_sessions.settle_due, by - HOUR) == 0
    with pytest.raises(WrongState) as wrong:  # the silent one is too late, before any sweep
        happened(ben, over, by)
    assert wrong.value.state == "completed"
    assert run(learning_sessions.settle_due, by + HOUR) == 1
    assert run(learning_sessions.settle_due, by + HOUR) == 0
    one = learning_sessions.session_of(ben, over)
    assert (one.state, one.ended_at) == ("completed", by)
    assert told(ada)[:2] == told(ben)[:2] == ["rating.asked", "session.completed"]
    assert exchanges.leg_lines([exchange.id], ada, by)[exchange.id][1].kept == 1


def test_when_neither_says_anything_it_counts_for_neither(ada, ben, exchange, over, now):
    end = learning_sessions.session_of(ada, over).ends_at + 7 * DAY
    assert run(learning_sessions.settle_due, end - HOUR) == 0
    assert learning_sessions.session_of(ada, over).state_at(end - HOUR) == "scheduled"
    # computed on read, in every list and count
    assert learning_sessions.session_of(ada, over).state_at(end) == "unconfirmed"
    assert learning_sessions.past(ada, None, end).rows[0].state_at(end) == "unconfirmed"
    assert learning_sessions.needing(ada, end, 9) == []
    assert learning_sessions.unconfirmed_of(ada, end, 9) == []
    assert learning_sessions.tab_counts(ada, end).past == 0
    assert exchanges.next_sessions([exchange.id], ada, end) == {}
    with pytest.raises(WrongState) as wrong:
        happened(ada, over, end)
    assert wrong.value.state == "unconfirmed"
    assert run(learning_sessions.settle_due, end) == 1
    assert learning_sessions.session_of(ada, over).state == "unconfirmed"
    assert told(ada)[0] == told(ben)[0] == "session.unconfirmed"
    assert exchanges.leg_lines([exchange.id], ada, end)[exchange.id][1].kept == 0


def test_an_answer_on_the_last_day_leaves_the_other_72_hours(ada, ben, exchange, over):
    end = learning_sessions.session_of(ada, over).ends_at + 7 * DAY
    happened(ada, over, end - HOUR)
    assert learning_sessions.session_of(ada, over).state_at(end) == "scheduled"
    assert [card.public_id for card in learning_sessions.needing(ben, end, 9)] == [over]
    happened(ben, over, end + DAY)
    assert learning_sessions.session_of(ada, over).state == "completed"


def test_the_frame_counts_what_its_list_holds(ada, ben, exchange, over):
    """The statement of every page is put together once, so its clock is a place in it."""
    end = learning_sessions.session_of(ada, over).ends_at + 7 * DAY
    token = people.sign_in(ada)
    for at, count in ((end - HOUR, 1), (end, 0)):
        here = frame.signed_in(token, at)
        assert here is not None
        assert here.waiting_sessions == len(learning_sessions.needing(ada, at, 9)) == count


def test_one_sweep_does_everything_that_is_due(ada, ben, now):
    people.make_exchange(ben, ada, now=now - 130 * DAY)
    exchange = people.make_exchange(ben, ada, "piano", now=now - 12 * DAY)
    people.make_proposal(ada, exchange, now=now - 9 * DAY)
    moved = sweep(now)
    assert (moved["exchanges at rest"], moved["exchanges settled"]) == (1, 1)
    assert (moved["offers lapsed"], moved["exchanges nudged"]) == (1, 1)
    assert not any(sweep(now)[name] for name in moved)
