"""Which sessions fall into the weeks of a month, on whose calendar?"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from skillswap.db import db, transaction
from skillswap.domain import learning_sessions
from skillswap.lib.clock import local
from tests import people

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def exchange(ada, ben, now):
    """Ada (London) teaches ben (Mexico City) watercolour."""
    with transaction():
        for person in (ada, ben):
            db.session.merge(person).daily_sessions = 99
    return people.make_exchange(ben, ada, offered="spanish", now=now - 20 * DAY)


def month_with(person, at, now, chosen=None):
    first = local(at, person.timezone).date.replace(day=1)
    return learning_sessions.month_of(person, first, chosen, now)


def cards_on(month, day):
    return [
        card.public_id
        for week in month.weeks
        for cell in week
        if cell.date == day
        for card in cell.cards
    ]


def test_a_month_is_whole_weeks_from_monday_to_sunday(ada, now):
    month = learning_sessions.month_of(ada, date(2027, 2, 1), None, now)
    assert [len(week) for week in month.weeks] == [7, 7, 7, 7]  # it begins on a Monday
    month = learning_sessions.month_of(ada, date(2026, 8, 1), None, now)
    assert len(month.weeks) == 6
    days = [cell for week in month.weeks for cell in week]
    assert days[0].date == date(2026, 7, 27)
    assert days[-1].date == date(2026, 9, 6)
    assert [cell.is_out for cell in days].count(False) == 31
    assert (month.before, month.after) == (date(2026, 7, 1), date(2026, 9, 1))


def test_the_calendar_ends_somewhere(ada, now):
    assert learning_sessions.month_of(ada, date(2000, 1, 1), None, now).before is None
    assert learning_sessions.month_of(ada, date(2100, 12, 1), None, now).after is None


def test_the_same_session_lies_on_the_day_of_each_ones_own_wall(ada, ben, exchange, now):
    # 2 in the morning in London is the evening before in Mexico City
    start = (now + 3 * DAY).astimezone(UTC).replace(hour=3, minute=0, second=0, microsecond=0)
    made = people.make_session(ada, exchange, start=start, now=now)
    days = {}
    for person in (ada, ben):
        days[person.username] = day = local(start, person.timezone).date
        assert cards_on(month_with(person, start, now), day) == [made.public_id]
    assert days["ada"] - days["ben"] == DAY


def test_a_day_begins_where_the_clocks_skip_midnight(ada, ben, now):
    """In Beirut the 28th of March 2027 begins at 1:00; its first minute is its own."""
    dee = people.make_person("dee", offers=("Spanish",), timezone="Asia/Beirut")
    exchange = people.make_exchange(dee, ada, now=datetime(2027, 3, 1, tzinfo=UTC))
    first = datetime(2027, 3, 27, 22, tzinfo=UTC)
    assert local(first, dee.timezone).full == "Sunday 28 March, 01:00"
    long_before = first - 5 * DAY
    made = people.make_session(ada, exchange, start=first, now=long_before)
    month = learning_sessions.month_of(dee, date(2027, 3, 1), None, long_before)
    assert cards_on(month, date(2027, 3, 28)) == [made.public_id]


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("America/Mexico_City", datetime(2027, 4, 5, 4, tzinfo=UTC)),  # Sunday 4 April, 22:00
        ("Pacific/Auckland", datetime(2027, 2, 28, 11, tzinfo=UTC)),  # Monday 1 March, 00:00
    ],
    ids=["last evening", "first midnight"],
)
def test_the_weeks_begin_and_end_on_my_own_wall(ada, zone, start):
    dee = people.make_person("dee", offers=("Spanish",), timezone=zone)
    before = start - 9 * DAY
    exchange = people.make_exchange(dee, ada, now=before)
    made = people.make_session(ada, exchange, start=start, now=before)
    month = learning_sessions.month_of(dee, date(2027, 3, 1), None, before)
    assert cards_on(month, local(start, zone).date) == [made.public_id]


def test_what_is_offered_stands_on_its_first_day_and_what_came_to_nothing_nowhere(
    ada, ben, exchange, now
):
    first = people.next_quarter(now + 3 * DAY)
    offered = people.make_proposal(ben, exchange, starts=[first, first + DAY], now=now)
    gone = people.make_proposal(ben, exchange, starts=[first + 2 * HOUR], now=now)
    off = people.make_session(ada, exchange, start=first + 4 * HOUR, now=now)
    with transaction():
        learning_sessions.withdraw_times(ben, gone.public_id, now=now)
    with transaction():
        learning_sessions.cancel_session(ada, off.public_id, reason="A cold", now=now)
    day = local(first, ada.timezone).date
    assert cards_on(month_with(ada, first, now), day) == [offered.public_id]
    lapsed = month_with(ada, first, first - HOUR)  # the clock has ended the offer by then
    assert cards_on(lapsed, day) == []


def test_what_is_over_stays_on_its_day(ada, exchange, now):
    start = people.next_quarter(now - 2 * DAY)
    made = people.make_session(ada, exchange, start=start, now=now - 4 * DAY)
    day = local(start, ada.timezone).date
    assert cards_on(month_with(ada, start, now), day) == [made.public_id]


def test_a_stranger_has_an_empty_month_and_the_blocked_leave_none(ada, ben, cy, exchange, now):
    start = people.next_quarter(now + 2 * DAY)
    people.make_session(ada, exchange, start=start, now=now)
    assert month_with(cy, start, now).is_empty
    with transaction():
        db.session.merge(ben).state = "suspended"
    assert not cards_on(month_with(ada, start, now), local(start, ada.timezone).date)


def test_the_chosen_day_is_the_one_asked_for_or_today_or_the_first_with_something(
    ada, exchange, now
):
    today = local(now, ada.timezone).date
    first = today.replace(day=1)
    assert learning_sessions.month_of(ada, first, None, now).chosen.date == today
    assert learning_sessions.month_of(ada, first, first, now).chosen.date == first
    far = (first + 40 * DAY).replace(day=1)
    assert learning_sessions.month_of(ada, far, None, now).chosen.date == far
    assert learning_sessions.month_of(ada, far, today - 300 * DAY, now).chosen.date == far
    start = people.next_quarter(now + 50 * DAY)
    people.make_session(ada, exchange, start=start, now=now)
    day = local(start, ada.timezone).date
    month = learning_sessions.month_of(ada, day.replace(day=1), None, now)
    assert month.chosen.date == day


def test_a_month_is_one_statement(queries, ada, exchange, now):
    people.make_session(ada, exchange, now=now)
    queries.clear()
    month_with(ada, now, now)
    assert len(queries) == 1
