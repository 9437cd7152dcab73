"""Do weekly repeats keep the teacher's clock, and leave out only the weeks that cannot be?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, learning_sessions, notifications
from skillswap.domain.learning_sessions.repeating import weekly, weeks_that_fit
from skillswap.errors import Refused, Taken
from skillswap.lib.clock import from_wall, local
from skillswap.models import (
    BookedSlot,
    Event,
    Exchange,
    LearningSession,
    PlaceKind,
    SessionState,
    User,
)
from tests import people

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


def offer(person, exchange, starts, weeks, *, now, minutes=60, **place):
    legs = exchanges.exchange_of(person, exchange.public_id).legs
    with transaction():
        return learning_sessions.propose_times(
            person,
            exchange.public_id,
            leg_id=legs[0].id,
            starts=starts,
            minutes=minutes,
            weeks=weeks,
            now=now,
            **place,
        )


def accept(person, key, start, now):
    with transaction():
        return learning_sessions.accept_times(person, key, start=start, now=now)


def agreed() -> list[LearningSession]:
    """The scheduled sessions, by their number."""
    db.session.expire_all()
    return list(
        db.session.scalars(
            select(LearningSession)
            .where(LearningSession.state == SessionState.SCHEDULED)
            .order_by(LearningSession.number)
        )
    )


@pytest.fixture
def exchange(ada: User, ben: User, now: datetime) -> Exchange:
    return people.make_exchange(ben, ada, offered="spanish", now=now)


@pytest.fixture
def start(now: datetime) -> datetime:
    return people.next_quarter(now + 2 * DAY)


# -- the wall clock -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wall", "zone", "hours"),
    [
        ("2027-03-14T18:00", "Europe/London", [18, 18, 17]),  # 28 March: an hour earlier in UTC
        ("2027-10-17T18:00", "Europe/London", [17, 17, 18]),  # 31 October: an hour later
        ("2027-03-07T18:00", "Asia/Seoul", [9, 9, 9]),
    ],
    ids=["spring", "autumn", "no summer time"],
)
def test_the_wall_clock_of_the_zone_is_kept(wall, zone, hours):
    start = from_wall(datetime.fromisoformat(wall), zone)
    rows = [start, *weekly(start, 2, zone)]
    assert [at.hour for at in rows] == hours
    assert {local(at, zone).clock for at in rows} == {"18:00"}
    days = [local(at, zone).date for at in rows]
    assert [day - days[0] for day in days] == [timedelta(), WEEK, 2 * WEEK]


def test_in_the_gap_it_is_the_first_real_minute():
    start = from_wall(datetime.fromisoformat("2027-03-21T01:30"), "Europe/London")
    assert weekly(start, 2, "Europe/London") == [
        datetime(2027, 3, 28, 1, 0, tzinfo=UTC),  # 01:30 does not exist: 02:00 summer time
        datetime(2027, 4, 4, 0, 30, tzinfo=UTC),
    ]


def test_a_time_that_comes_twice_is_the_first():
    start = from_wall(datetime.fromisoformat("2027-10-24T01:30"), "Europe/London")
    assert weekly(start, 1, "Europe/London") == [datetime(2027, 10, 31, 0, 30, tzinfo=UTC)]


def test_only_weeks_within_the_horizon_fit(now):
    soon, late = people.next_quarter(now + DAY), people.next_quarter(now + 5 * WEEK)
    assert weeks_that_fit([soon], "UTC", now) == 6
    assert weeks_that_fit([soon, late], "UTC", now) == 2
    assert weeks_that_fit([now + 8 * WEEK], "UTC", now) == 0


# -- offering -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "weeks", "code", "fit"),
    [
        (5 * WEEK, 3, "weeks_too_far", 2),
        (7 * WEEK + DAY, 1, "no_weeks_fit", 0),
        (2 * DAY, 7, "weeks_most", None),
        (2 * DAY, -1, "weeks_most", None),
    ],
)
def test_an_offer_says_how_many_weeks_fit(ada, exchange, now, ahead, weeks, code, fit):
    start = people.next_quarter(now + ahead)
    with pytest.raises(Refused) as refused:
        offer(ada, exchange, [start], weeks, now=now)
    assert (refused.value.field, refused.value.code) == ("weeks", code)
    assert refused.value.params.get("fit") == fit


def test_the_same_times_with_other_weeks_are_another_offer(ada, exchange, now, start):
    first = offer(ada, exchange, [start], 2, now=now)
    assert offer(ada, exchange, [start], 2, now=now).id == first.id
    assert offer(ada, exchange, [start], 0, now=now).id != first.id


# -- agreeing -------------------------------------------------------------------------------------


def test_each_week_is_a_session_of_its_own(ada, ben, exchange, now, start):
    """One pick, one fact; own rows, own addresses, own numbers, at the same place."""
    place = {"place_kind": PlaceKind.IN_PERSON, "place_body": "The library, second floor"}
    key = offer(ada, exchange, [start, start + DAY], 3, now=now, **place).public_id
    accept(ben, key, start, now)
    rows = agreed()
    expected = [start, *weekly(start, 3, "Europe/London")]
    assert [one.starts_at for one in rows] == expected
    assert [one.number for one in rows] == [1, 2, 3, 4]
    assert len({one.public_id for one in rows}) == 4
    assert {one.place_body for one in rows} == {"The library, second floor"}
    assert all(one.remind_at for one in rows)
    assert len(db.session.scalars(select(BookedSlot)).all()) == 4 * 8
    facts = db.session.scalars(select(Event.facts).where(Event.kind == "session.scheduled")).all()
    assert len(facts) == 1
    assert facts[0]["weeks_made"] == [at.isoformat() for at in expected[1:]]
    assert facts[0]["weeks_left_out"] == []
    assert db.session.get_one(Exchange, exchange.id).quiet_since == expected[-1] + HOUR


def test_a_repeat_is_a_session_like_any_other(ada, ben, exchange, now, start):
    key = offer(ada, exchange, [start], 1, now=now).public_id
    accept(ben, key, start, now)
    second = agreed()[1]
    with transaction():
        learning_sessions.cancel_session(ben, second.public_id, reason="A cold", now=now)
    assert [one.number for one in agreed()] == [1]
    assert learning_sessions.session_of(ada, second.public_id).sequence == 1


def test_a_taken_week_is_left_out_and_both_are_told(ada, ben, cy, exchange, now, start):
    """Whoever of the two is held; the other weeks are agreed."""
    for number, (partner, one) in enumerate(((cy, ada), (cy, ben)), start=1):
        other = people.make_exchange(one, partner, "javascript", now=now)
        at = weekly(start, 3, "Europe/London")[number - 1]
        people.make_session(partner, other, start=at + HOUR / 2, now=now)
    key = offer(ada, exchange, [start], 3, now=now).public_id
    accept(ben, key, start, now)
    weeks = weekly(start, 3, "Europe/London")
    mine = [one.starts_at for one in agreed() if one.exchange_id == exchange.id]
    assert mine == [start, weeks[2]]
    fact = db.session.scalars(
        select(Event.facts).where(Event.kind == "session.scheduled").order_by(Event.id.desc())
    ).first()
    assert fact["weeks_left_out"] == [at.isoformat() for at in weeks[:2]]
    text = notifications.page_of(ada, None, now).rows[0].text
    days = ", ".join(local(at, "Europe/London").short_day for at in weeks[:2])
    assert text.endswith(f"and 1 week after. Taken, propose other times for: {days}")


def test_a_full_day_leaves_its_week_out(ada, ben, cy, exchange, now, start):
    with transaction():
        db.session.merge(ada).daily_sessions = 1
    week = weekly(start, 1, "Europe/London")[0]
    other = people.make_exchange(cy, ada, "piano", now=now)
    noon = local(week, "Europe/London").wall.replace(hour=12, minute=0, tzinfo=None)
    at = from_wall(noon, "Europe/London")
    at = at if abs(at - week) >= 2 * HOUR else at + 4 * HOUR
    people.make_session(cy, other, start=at, now=now)
    key = offer(ben, exchange, [start], 1, now=now).public_id
    accept(ada, key, start, now)
    mine = [one.starts_at for one in agreed() if one.exchange_id == exchange.id]
    assert mine == [start]


def test_the_first_start_must_be_free(ada, ben, cy, exchange, now, start):
    key = offer(ada, exchange, [start], 3, now=now).public_id
    other = people.make_exchange(ada, cy, "javascript", now=now)
    people.make_session(cy, other, start=start, now=now)
    before = len(agreed())
    with pytest.raises(Taken):
        accept(ben, key, start, now)
    assert len(agreed()) == before
    assert learning_sessions.session_of(ben, key).state is SessionState.PROPOSED
