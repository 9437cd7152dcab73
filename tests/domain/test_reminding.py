"""What are two people reminded of by the clock alone? Each moment once, and none too late."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import deliveries, learning_sessions, letters, notifications, safety
from skillswap.domain.sweep import sweep
from skillswap.lib.clock import zone
from skillswap.models import (
    Channel,
    Delivery,
    Event,
    LearningSession,
    Notification,
    OutcomeAnswer,
    User,
)
from tests import people
from tests.conftest import empty_tables

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
KINDS = ("session.reminded", "session.ended", "session.asked_again")


@pytest.fixture
def one(ada, ben, now) -> LearningSession:
    """A session of an hour that begins in two days, at a whole quarter."""
    return people.make_session(ben, people.make_exchange(ben, ada, now=now), now=now)


def start_of(one: LearningSession) -> datetime:
    db.session.expire_all()
    assert one.starts_at is not None
    return one.starts_at


def told(person: User) -> list[str]:
    """What this person was told about sessions by the clock, in its order."""
    rows = db.session.execute(
        select(Event.kind, Event.facts)
        .join(Notification, Notification.event_id == Event.id)
        .where(Notification.user_id == person.id, Event.kind.in_(KINDS))
        .order_by(Notification.id)
    )
    return [facts.get("stage") or kind.partition(".")[2] for kind, facts in rows]


def walk(start: datetime, end: datetime, step: timedelta = 47 * MINUTE) -> None:
    """Let the sweep come by again and again."""
    while start <= end:
        sweep(start)
        start += step
    db.session.expire_all()


def outcome(person: User, one: LearningSession, now: datetime) -> None:
    with transaction():
        learning_sessions.give_outcome(
            person, one.public_id, answer=OutcomeAnswer.HAPPENED, now=now
        )


def move(person: User, partner: User, one: LearningSession, to: datetime, now: datetime) -> None:
    with transaction():
        learning_sessions.propose_move(person, one.public_id, starts=[to], minutes=60, now=now)
    with transaction():
        learning_sessions.accept_times(partner, one.public_id, start=to, now=now)


def test_each_moment_is_told_once_to_both(one, ada, ben, now):
    walk(now, start_of(one) + 27 * HOUR)
    everything = ["day_before", "hour_before", "ended", "asked_again"]
    assert told(ada) == told(ben) == everything
    walk(start_of(one) + 27 * HOUR, start_of(one) + 40 * HOUR)
    assert told(ada) == told(ben) == everything


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (25 * HOUR, []),
        (24 * HOUR, ["day_before"]),
        (2 * HOUR, ["day_before"]),
        (HOUR, ["hour_before"]),
        (20 * MINUTE, ["hour_before"]),
        (timedelta(), []),
        (-30 * MINUTE, []),
        (-HOUR, ["ended"]),
        (-24 * HOUR, ["ended"]),
        (-25 * HOUR, ["asked_again"]),
        (-3 * DAY, ["asked_again"]),
        (-9 * DAY, []),
    ],
    ids=str,
)
def test_after_downtime_only_what_still_makes_sense_is_told(one, ada, ben, before, expected):
    """The sweep comes by for the first time that long before the start, then each minute."""
    at = start_of(one) - before
    walk(at, at + 3 * MINUTE, MINUTE)
    assert told(ada) == told(ben) == expected


def test_what_is_agreed_at_short_notice_is_not_told_of_a_day_before(ada, ben, now):
    exchange = people.make_exchange(ben, ada, now=now)
    start = people.next_quarter(now + 13 * HOUR)
    one = people.make_session(ben, exchange, start=start, now=now)
    assert one.remind_at == start - HOUR
    walk(now, start)
    assert told(ada) == told(ben) == ["hour_before"]


def test_a_moved_session_is_told_of_at_its_new_time_alone(one, ada, ben, now):
    start = start_of(one)
    walk(now, start - 23 * HOUR)
    assert told(ada) == ["day_before"]
    later = start + 3 * DAY
    move(ada, ben, one, later, start - 22 * HOUR)
    walk(start - 22 * HOUR, later - 25 * HOUR)
    assert told(ada) == told(ben) == ["day_before"]
    walk(later - 25 * HOUR, later + 2 * HOUR)
    assert told(ada) == told(ben) == ["day_before", "day_before", "hour_before", "ended"]


def test_a_cancelled_session_is_told_of_no_more(one, ada, ben, now):
    start = start_of(one)
    walk(now, start - 23 * HOUR)
    with transaction():
        learning_sessions.cancel_session(ada, one.public_id, reason="Ill.", now=start - 20 * HOUR)
    walk(start - 20 * HOUR, start + 30 * HOUR, HOUR)
    assert told(ada) == told(ben) == ["day_before"]


def test_a_blocked_partner_is_no_reason_to_remind(one, ada, ben, now):
    with transaction():
        safety.block(ada, ben.username, now=now)
    walk(now, now + 4 * DAY, HOUR)
    assert told(ada) == told(ben) == []


def test_who_has_said_how_it_went_is_not_asked(one, ada, ben, now):
    start = start_of(one)
    outcome(ada, one, start + HOUR)
    walk(start + HOUR, start + 26 * HOUR, HOUR)
    assert told(ada) == []
    assert told(ben) == ["ended", "asked_again"]


def test_once_both_have_said_it_nobody_is_asked(one, ada, ben, now):
    start = start_of(one)
    outcome(ada, one, start + HOUR)
    outcome(ben, one, start + HOUR)
    walk(start + HOUR, start + 30 * HOUR, HOUR)
    assert told(ada) == told(ben) == []


def test_a_sweep_twice_in_the_same_instant_tells_once(one, ada, ben):
    at = start_of(one) - 24 * HOUR
    for _ in range(3):
        sweep(at)
    assert told(ada) == told(ben) == ["day_before"]


def test_a_reminder_refuses_no_verb(one, ada, now):
    """The row a person has in hand is not made old by it."""
    held = learning_sessions.session_of(ada, one.public_id)
    version = held.version
    sweep(start_of(one) - HOUR)
    assert learning_sessions.session_of(ada, one.public_id).version == version


def test_many_are_reminded_of_in_batches(ada, ben, now):
    exchange = people.make_exchange(ben, ada, now=now)
    start = people.next_quarter(now + 2 * DAY)
    for number in range(3):
        people.make_session(ben, exchange, start=start + number * DAY, now=now)
    with transaction():
        assert learning_sessions.remind_due(start + 5 * DAY, 2) == 2
    with transaction():
        assert learning_sessions.remind_due(start + 5 * DAY, 2) == 1
    with transaction():
        assert learning_sessions.remind_due(start + 5 * DAY, 2) == 0


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gaps=st.lists(st.integers(1, 30 * 60), min_size=3, max_size=12))
def test_whenever_the_sweep_runs_each_stage_comes_at_most_once_and_none_too_late(app, now, gaps):
    empty_tables()
    ada, ben = people.ada(), people.ben()
    one = people.make_session(ben, people.make_exchange(ben, ada, now=now), now=now)
    at, start = now, start_of(one)
    stages = {"day_before": -DAY, "hour_before": -HOUR, "ended": HOUR, "asked_again": 25 * HOUR}
    for gap in gaps:
        at += gap * MINUTE
        seen = len(told(ada))
        if at >= start + 8 * DAY:  # silence has decided
            break
        sweep(at)
        db.session.expire_all()
        new = told(ada)[seen:]
        assert len(new) <= 1
        for stage in new:
            assert start + stages[stage] <= at
            later = [name for name, when in stages.items() if when > stages[stage]]
            assert all(start + stages[name] > at for name in later)
            assert stages[stage] > timedelta() or at < start
    assert set(Counter(told(ada)).values()) <= {1}
    assert told(ada) == told(ben)


# -- words and deliveries -------------------------------------------------------------------------


def line_of(person: User, now: datetime) -> notifications.Line:
    return notifications.lines(person, now=now, limit=1)[0]


def test_each_reads_it_on_their_own_clock(one, ada, ben, now):
    start = start_of(one)
    sweep(start - HOUR)
    for person in (ada, ben):
        text = line_of(person, start).text
        there = start.astimezone(zone(person.timezone))
        opens = (start - 15 * MINUTE).astimezone(zone(person.timezone))
        assert f"{there:%H:%M}" in text
        assert f"you can join from {opens:%H:%M}" in text


def test_the_question_leads_to_where_it_is_answered(one, ada, ben, now):
    sweep(start_of(one) + HOUR)
    line = line_of(ada, start_of(one) + HOUR)
    assert (line.kind, line.public_id) == ("session.ended", one.public_id)


def due_mails(person: User, kind: str) -> list[Delivery]:
    query = select(Delivery).where(
        Delivery.user_id == person.id, Delivery.kind == kind, Delivery.channel == Channel.EMAIL
    )
    return list(db.session.scalars(query))


def may_go(row: Delivery, now: datetime) -> bool:
    try:
        letters.letter_for(deliveries.claim_of(row), now)
    except letters.Dropped:
        return False
    return True


def test_a_reminder_is_mailed_at_once_and_the_question_is_not(one, ada, ben, now):
    start = start_of(one)
    sweep(start - HOUR)
    sweep(start + HOUR)
    (row,) = due_mails(ada, "session.reminded")
    assert row.due_at == start - HOUR + MINUTE
    assert due_mails(ada, "session.ended") == []


@pytest.mark.parametrize("what", ["moved", "cancelled", "begun", "nothing"])
def test_an_outdated_reminder_does_not_leave_the_house(one, ada, ben, now, what):
    start = start_of(one)
    at = start - 24 * HOUR
    sweep(at)
    (row,) = due_mails(ada, "session.reminded")
    if what == "moved":
        move(ben, ada, one, start + DAY, at)
    elif what == "cancelled":
        with transaction():
            learning_sessions.cancel_session(ben, one.public_id, reason="Ill.", now=at)
    later = start if what == "begun" else at + 2 * MINUTE
    assert may_go(row, later) is (what == "nothing")
