"""When are two people both free, and is what is offered there accepted?"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skillswap.db import db, transaction
from skillswap.domain import availability, exchanges, free_time, learning_sessions
from skillswap.domain.hours import Window
from skillswap.lib.clock import from_wall, local, utcnow, zone
from skillswap.models import AvailabilityException
from skillswap.models.availability import ExceptionKind
from tests import people
from tests.conftest import empty_tables
from tests.domain.test_scheduling import PLACES

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY


@pytest.fixture
def pair(app):
    """Ana teaches Ben in one zone without summer time; nobody has entered hours."""
    ana = people.make_person("ana", offers=("Watercolour",), timezone="Asia/Tokyo")
    ben = people.make_person("ben", wants=("Watercolour",), timezone="Asia/Tokyo")
    return ana, ben


def busy(person, first_on: date, last_on: date, start=0, end=1440, kind=ExceptionKind.BUSY):
    with transaction():
        db.session.add(
            AvailabilityException(
                user_id=person.id,
                kind=kind,
                first_on=first_on,
                last_on=last_on,
                start_minute=start,
                end_minute=end,
            )
        )


def noon(now: datetime, days: int = 2, hour: int = 12, tz: str = "Asia/Tokyo") -> datetime:
    day = local(now, tz).date + days * DAY
    return from_wall(datetime.combine(day, datetime.min.time()) + hour * HOUR, tz)


def common(ana, ben, now, minutes=60, **more):
    return free_time.common_starts(ana, ben, teacher=ana, minutes=minutes, now=now, **more)


def listed(found) -> list[datetime]:
    return [start.at for day in found.days for start in day.starts]


def clocks(found, on: date) -> list[str]:
    return [start.mine.clock for day in found.days for start in day.starts if start.mine.date == on]


def test_only_hours_of_both_are_offered_on_the_half_hours(pair, now):
    ana, ben = pair
    people.make_hours(ana, "every day 9-12")
    people.make_hours(ben, "every day 10:15-13")
    found = common(ana, ben, now)
    on = local(now, "Asia/Tokyo").date + 3 * DAY
    assert clocks(found, on) == ["10:30", "11:00"]
    assert clocks(common(ana, ben, now, minutes=90), on) == ["10:30"]
    assert (found.mine_known, found.theirs_known) == (True, True)


def test_each_start_carries_both_walls(app, now):
    ana = people.make_person("ana", timezone="Asia/Kathmandu")
    ben = people.make_person("ben", timezone="Australia/Lord_Howe")
    people.make_hours(ana, "every day 9-12")
    people.make_hours(ben, "every day 0-24")
    found = common(ana, ben, now)
    assert listed(found)
    for day in found.days:
        assert len({start.mine.date for start in day.starts}) == 1
        for start in day.starts:
            assert start.mine.clock in ("09:00", "09:30", "10:00", "10:30", "11:00")
            assert start.theirs.wall == start.at.astimezone(zone("Australia/Lord_Howe"))


def test_a_quarter_is_offered_where_only_that_fits(pair, now):
    ana, ben = pair
    people.make_hours(ana, "every day 9:15-10")
    people.make_hours(ben, "every day 9-12")
    found = common(ana, ben, now, minutes=45)
    assert {start.mine.clock for day in found.days for start in day.starts} == {"09:15"}


def test_a_day_with_very_many_starts_keeps_those_on_the_hour(pair, now):
    ana, ben = pair
    for one in pair:
        people.make_hours(one, "every day 0-24")
    on = local(now, "Asia/Tokyo").date + 3 * DAY
    assert clocks(common(ana, ben, now), on) == [f"{hour:02}:00" for hour in range(24)]


def test_a_session_takes_its_hour_and_the_room_each_wants_around_it(pair, now):
    ana, ben = pair
    for one in pair:
        people.make_hours(one, "every day 9-15")
    exchange = people.make_exchange(ben, ana, now=now)
    at = noon(now, 3)
    people.make_session(ana, exchange, start=at, now=now)
    assert clocks(common(ana, ben, now), local(at, "Asia/Tokyo").date) == [
        *("09:00", "09:30", "10:00", "10:30"),
        *("13:30", "14:00"),
    ]
    for one in pair:
        with transaction():
            db.session.merge(one).buffer_minutes = 0
    assert clocks(common(ana, ben, now), local(at, "Asia/Tokyo").date) == [
        *("09:00", "09:30", "10:00", "10:30", "11:00"),
        *("13:00", "13:30", "14:00"),
    ]


def test_the_room_is_each_ones_own(pair, now):
    ana, ben = pair
    cy = people.make_person("cy", offers=("Piano",), wants=("Watercolour",), timezone="Asia/Tokyo")
    for one in (ana, ben):
        people.make_hours(one, "every day 9-15")
    people.make_session(ana, people.make_exchange(cy, ana, now=now), start=noon(now, 3), now=now)
    with transaction():
        db.session.merge(ben).buffer_minutes = 0  # who has no session: it is no matter
    on = local(noon(now, 3), "Asia/Tokyo").date
    assert "11:00" not in clocks(common(ana, ben, now), on)
    with transaction():
        db.session.merge(ana).buffer_minutes = 0
    assert "11:00" in clocks(common(ana, ben, now), on)


def test_a_session_to_be_moved_is_not_in_its_own_way(pair, now):
    ana, ben = pair
    for one in pair:
        people.make_hours(one, "every day 12-13")
        with transaction():
            db.session.merge(one).daily_sessions = 1
    exchange = people.make_exchange(ben, ana, now=now)
    at = noon(now, 3)
    agreed = people.make_session(ana, exchange, start=at, now=now)
    assert at not in listed(common(ana, ben, now))
    moving = free_time.pair_of(ana, ben, now, but=agreed.id)
    assert at in listed(moving.common_starts(teacher=ana, minutes=60))


def test_a_day_on_which_one_has_enough_is_left_out_on_their_own_calendar(app, now):
    ana = people.make_person("ana", offers=("Watercolour",), timezone="Asia/Tokyo")
    ben = people.make_person(
        "ben", wants=("Watercolour",), timezone="America/New_York", daily_sessions=1
    )
    for one in (ana, ben):
        people.make_hours(one, "every day 0-24")
    exchange = people.make_exchange(ben, ana, now=now)
    at = noon(now, 3, 12, ben.timezone)
    people.make_session(ana, exchange, start=at, now=now)
    found = listed(common(ana, ben, now, first_on=local(at - DAY, ana.timezone).date))
    full = local(at, ben.timezone).date
    assert full not in {local(start, ben.timezone).date for start in found}
    around = {local(start, ben.timezone).date for start in found}
    assert {full - DAY, full + DAY} <= around


def test_the_teachers_notice_and_the_horizon_hold(pair, now):
    ana, ben = pair
    for one in pair:
        people.make_hours(one, "every day 0-24")
    with transaction():
        db.session.merge(ana).notice_hours = 48
    first = common(ana, ben, now)
    assert min(listed(first)) >= now + 2 * DAY
    assert (first.first_on, first.earlier_on) == (local(now + 2 * DAY, ana.timezone).date, None)
    as_learner = free_time.common_starts(ana, ben, teacher=ben, minutes=60, now=now)
    assert min(listed(as_learner)) < now + DAY
    weeks, found = [first], first
    while found.later_on:
        found = common(ana, ben, now, first_on=found.later_on)
        weeks.append(found)
    assert max(listed(found)) <= now + 8 * WEEK
    assert max(listed(found)) > now + 8 * WEEK - HOUR
    for one, other in pairwise(weeks):
        assert other.first_on == one.last_on + DAY
        assert other.earlier_on == one.first_on
    every = [at for week in weeks for at in listed(week)]
    assert every == sorted(set(every))


@pytest.mark.parametrize("days", [-400, -1, 4000])
def test_a_week_that_may_not_be_offered_is_the_nearest_that_may(pair, now, days):
    ana, ben = pair
    people.make_hours(ana, "every day 9-12")
    found = common(ana, ben, now, first_on=now.date() + days * DAY)
    end = local(now + 8 * WEEK, ana.timezone).date
    assert found.first_on == (end if days > 0 else local(now + 12 * HOUR, ana.timezone).date)


def test_who_has_entered_no_hours_is_taken_to_be_free_and_that_is_said(pair, now):
    ana, ben = pair
    people.make_hours(ana, "every day 9-11")
    found = common(ana, ben, now)
    assert {start.mine.clock for day in found.days for start in day.starts} == {
        *("09:00", "09:30", "10:00"),
    }
    assert (found.mine_known, found.theirs_known, found.is_known) == (True, False, True)
    away = local(now, "Asia/Tokyo").date + 3 * DAY
    busy(ben, away, away)
    assert away not in {day.first.date for day in common(ana, ben, now).days}


def test_of_two_who_have_entered_nothing_nothing_is_offered(pair, now):
    ana, ben = pair
    found = common(ana, ben, now)
    assert (found.days, found.is_known, found.next_on) == ([], False, None)
    assert free_time.next_starts(ana, ben, teacher=ana, minutes=60, now=now) == []
    assert free_time.is_common(ana, ben, noon(now, 5), 60, now)


def test_extra_hours_are_hours(pair, now):
    ana, ben = pair
    people.make_hours(ben, "every day 0-24")
    on = local(now, "Asia/Tokyo").date + 3 * DAY
    busy(ana, on, on, 600, 690, ExceptionKind.EXTRA)
    found = common(ana, ben, now)
    assert found.mine_known
    assert [start.mine.full for day in found.days for start in day.starts] == [
        f"{local(noon(now, 3), 'Asia/Tokyo').day}, {clock}" for clock in ("10:00", "10:30")
    ]


def test_an_empty_week_says_why_and_when_there_is_more(pair, now):
    ana, ben = pair
    people.make_hours(ana, "every day 9-11")
    people.make_hours(ben, "every day 9-11")
    today = local(now, "Asia/Tokyo").date
    busy(ben, today, today + 15 * DAY)
    found = common(ana, ben, now)
    assert (found.days, found.hours_meet) == ([], False)
    assert found.next_on == today + 16 * DAY
    later = common(ana, ben, now, first_on=found.next_on)
    assert later.days[0].first.date == found.next_on
    people.make_hours(ben, "every day 20-21")
    never = common(ana, ben, now)
    assert (never.days, never.next_on, never.hours_meet) == ([], None, False)


def test_a_week_that_is_booked_out_is_another_thing_than_hours_that_do_not_meet(pair, now):
    ana, ben = pair
    day = noon(now, 3)
    people.make_hours(ana, f"{local(day, 'Asia/Tokyo').weekday} 12-13")
    exchange = people.make_exchange(ben, ana, now=now)
    people.make_session(ana, exchange, start=day, now=now)
    found = common(ana, ben, now)
    assert (found.days, found.hours_meet) == ([], True)
    assert found.next_on == local(day + WEEK, "Asia/Tokyo").date


def test_the_slower_is_shown_the_next_free_starts(pair, now):
    ana, ben = pair
    people.make_hours(ana, "every day 9-11")
    exchange = people.make_exchange(ben, ana, now=now)
    after = noon(now, 2, 0)  # whole days: the notice may end between nine and eleven
    first, second, third, fourth = free_time.next_starts(
        ana, ben, teacher=ana, minutes=60, now=now, limit=4, after=after
    )
    assert first.at < second.at < third.at < fourth.at
    people.make_session(ana, exchange, start=first.at, now=now)
    again = free_time.next_starts(ana, ben, teacher=ana, minutes=60, now=now, limit=1, after=after)
    assert again[0].at > second.at  # the buffer: not the half hour after it either
    late = free_time.next_starts(
        ana, ben, teacher=ana, minutes=60, now=now, limit=1, after=fourth.at
    )
    assert [one.at for one in late] == [fourth.at]


def test_a_start_is_common_only_with_all_its_minutes(pair, now):
    ana, ben = pair
    people.make_hours(ana, "every day 9-12")
    people.make_hours(ben, "every day 9-12")
    at = noon(now, 3, 11)
    assert free_time.is_common(ana, ben, at, 60, now)
    assert not free_time.is_common(ana, ben, at, 90, now)
    assert not free_time.is_common(ana, ben, at + HOUR, 30, now)
    exchange = people.make_exchange(ben, ana, now=now)
    people.make_session(ana, exchange, start=at, now=now)
    assert free_time.is_common(ana, ben, at, 60, now)  # it is about hours, not about bookings


def test_it_costs_three_statements_for_little_and_for_much(pair, queries, now):
    ana, ben = pair

    def cost():
        db.session.rollback()
        queries.clear()
        common(ana, ben, now)
        return len(queries)

    people.make_hours(ana, "Mon 9-10")
    few = cost()
    for one in pair:
        people.make_hours(one, "every day 7-9, 10-12, 14-16, 18-22")
        for number in range(20):
            busy(one, now.date() + number * DAY, now.date() + number * DAY, 600, 660)
        with transaction():
            db.session.merge(one).daily_sessions = 10
    exchange = people.make_exchange(ben, ana, now=now)
    for number in range(20):
        people.make_session(ana, exchange, start=noon(now, 2 + number), now=now)
    assert cost() == few == 3


# -- what is listed is accepted -------------------------------------------------------------------

quarters = st.integers(0, 92).flatmap(
    lambda start: st.tuples(st.just(start * 15), st.integers(start + 4, 96).map(lambda n: n * 15))
)
windows = st.lists(st.tuples(st.integers(0, 6), quarters), max_size=8).map(
    lambda found: [Window(weekday, *span) for weekday, span in found]
)
unlike = st.lists(
    st.tuples(
        st.sampled_from(list(ExceptionKind)), st.integers(0, 50), st.integers(0, 9), quarters
    ),
    max_size=4,
)
sides = st.fixed_dictionaries(
    {
        "timezone": st.sampled_from(PLACES),
        "windows": windows,
        "unlike": unlike,
        "daily": st.integers(1, 3),
        "buffer": st.sampled_from([0, 15]),
        "notice": st.sampled_from([0, 12, 48]),
    }
)


def one_of_two(name: str, side, now: datetime):
    skills = {"offers": ("Watercolour",)} if name == "ana" else {"wants": ("Watercolour",)}
    person = people.make_person(
        name,
        **skills,
        timezone=side["timezone"],
        daily_sessions=side["daily"],
        buffer_minutes=side["buffer"],
        notice_hours=side["notice"],
    )
    with transaction():
        availability.set_week(person, side["windows"])
    for kind, first, length, span in side["unlike"]:
        on = now.date() + first * DAY
        busy(person, on, on + length * DAY, *span, kind=kind)
    return person


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), sides, sides, st.integers(0, 365))
def test_every_start_that_is_listed_is_accepted(app, data, mine, theirs, later):
    empty_tables()
    now = utcnow() + later * DAY
    ana, ben = one_of_two("ana", mine, now), one_of_two("ben", theirs, now)
    exchange = people.make_exchange(ben, ana, now=now)
    for _again in range(5):
        minutes = data.draw(st.sampled_from([30, 45, 60, 90]))
        me, partner = data.draw(st.sampled_from([(ana, ben), (ben, ana)]))
        first_on = now.date() + data.draw(st.integers(0, 50)) * DAY
        found = free_time.common_starts(
            me, partner, teacher=ana, minutes=minutes, now=now, first_on=first_on
        )
        starts = listed(found) or [
            start.at
            for start in free_time.next_starts(
                me, partner, teacher=ana, minutes=minutes, now=now, limit=20
            )
        ]
        if not starts:
            continue
        offered = data.draw(st.lists(st.sampled_from(starts), min_size=1, max_size=3, unique=True))
        assert free_time.pair_of(me, partner, now).outside(offered, minutes) == frozenset()
        offer = people.make_proposal(me, exchange, starts=offered, minutes=minutes, now=now)
        start = data.draw(st.sampled_from(offered))
        with transaction():
            learning_sessions.accept_times(partner, offer.public_id, start=start, now=now)
        after = common(ana, ben, now, minutes=minutes, first_on=local(start, ana.timezone).date)
        assert start not in listed(after)
    assert exchanges.exchange_of(ana, exchange.public_id).ended_at is None
