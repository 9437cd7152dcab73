"""Whoever moves keeps the clock times of their hours, or the moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import availability
from skillswap.domain.availability import ZoneAnswer
from skillswap.domain.hours import DAY as DAY_MINUTES
from skillswap.domain.hours import (
    WEEK,
    Days,
    Window,
    ahead,
    merged,
    moved,
    moved_days,
    read_week,
)
from skillswap.domain.scheduling import expand, wall_span
from skillswap.errors import Refused
from skillswap.lib.clock import from_wall, local, zone
from skillswap.models import ExceptionKind, LearningSession, User
from tests import people
from tests.lib.test_clock import ZONES

DAY = timedelta(days=1)
WINTER = datetime(2026, 1, 14, 12, tzinfo=UTC)
ODD = ("Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kolkata")
FIRST, LAST = datetime(2020, 1, 1), datetime(2035, 1, 1)  # noqa: DTZ001 - made aware below

zones = st.sampled_from(ZONES)
moments = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


@st.composite
def weeks(draw) -> list[Window]:
    """Any week on quarters of an hour."""
    found = []
    for weekday, start, length in draw(
        st.lists(st.tuples(st.integers(0, 6), st.integers(0, 95), st.integers(1, 96)), max_size=8)
    ):
        end = min(96, start + length)
        found.append(Window(weekday, start * 15, end * 15))
    return merged(found)


@st.composite
def spans_of_days(draw) -> Days:
    """Any days in a row."""
    first = date(2026, 1, 1) + draw(st.integers(0, 700)) * DAY
    start = draw(st.integers(0, 95))
    end = draw(st.integers(start + 1, 96))
    return Days(first, first + draw(st.integers(0, 20)) * DAY, start * 15, end * 15)


def minutes(week: list[Window]) -> int:
    return sum(one.end_minute - one.start_minute for one in week)


# -- the week -------------------------------------------------------------------------------------


def test_an_evening_in_lisbon_is_a_night_in_tokyo():
    lisbon = read_week("Mon-Fri 18-21", "Sat 9-12")
    hours = ahead(WINTER, "Europe/Lisbon", "Asia/Tokyo")
    assert hours == 9 * 60
    assert moved(lisbon, hours) == read_week("Tue-Sat 3-6", "Sat 18-21")


def test_what_crosses_midnight_and_the_end_of_the_week_is_split():
    assert moved(read_week("Sun 20-24"), 120) == read_week("Sun 22-24", "Mon 0-2")
    assert moved(read_week("Mon 0-4"), -120) == read_week("Sun 22-24", "Mon 0-2")
    assert moved(read_week("every day 0-24"), 345) == read_week("every day 0-24")


@pytest.mark.parametrize(
    ("there", "line"),
    [
        ("Asia/Kathmandu", "Mon 23:45-24"),
        ("Australia/Lord_Howe", "Tue 5-5:15"),
        ("Pacific/Chatham", "Tue 7:45-8"),
    ],
)
def test_quarters_of_an_hour_stay_exact(there, line):
    assert moved(read_week("Mon 18-18:15"), ahead(WINTER, "UTC", there)) == read_week(line)


@given(weeks(), zones, zones, moments)
def test_there_and_back_is_the_same_week(week, old, new, at):
    there = moved(week, ahead(at, old, new))
    assert minutes(there) == minutes(week)
    assert merged(there) == there
    assert moved(there, ahead(at, new, old)) == week


@given(weeks(), zones, zones, moments)
def test_moved_hours_are_the_same_moments_while_no_clock_changes(week, old, new, at):
    ends = at - 9 * DAY, at + 9 * DAY
    if any(len({one.astimezone(zone(name)).utcoffset() for one in (*ends, at)}) > 1
           for name in (old, new)):  # fmt: skip
        return
    there = moved(week, ahead(at, old, new))
    first, last = at - 3 * DAY, at + 3 * DAY

    def between(windows, name):
        days = (first - 2 * DAY).date(), (last + 2 * DAY).date()
        return [
            (max(start, first), min(end, last))
            for start, end in expand(windows, (), name, *days)
            if start < last and end > first
        ]

    assert between(there, new) == between(week, old)


# -- other days -----------------------------------------------------------------------------------


def test_whole_days_stay_whole_days():
    days = Days(date(2026, 1, 14), date(2026, 1, 20))
    assert moved_days(days, "Europe/Lisbon", "Asia/Tokyo") == [days]


def test_part_of_a_day_moves_by_the_difference_of_that_day():
    afternoon = Days(date(2026, 3, 28), date(2026, 3, 29), 14 * 60, 17 * 60)
    assert moved_days(afternoon, "Europe/Lisbon", "Asia/Tokyo") == [
        Days(date(2026, 3, 28), date(2026, 3, 28), 23 * 60, 24 * 60),
        Days(date(2026, 3, 29), date(2026, 3, 29), 0, 2 * 60),
        Days(date(2026, 3, 29), date(2026, 3, 29), 22 * 60, 24 * 60),  # the clocks have changed
        Days(date(2026, 3, 30), date(2026, 3, 30), 0, 60),
    ]


@given(spans_of_days(), zones, zones)
def test_moved_days_are_the_same_moments_where_no_clock_changes(days, old, new):
    edges = days.first_on - 3 * DAY, days.last_on + 3 * DAY
    for name in (old, new):
        noons = [from_wall(datetime(one.year, one.month, one.day, 12), name) for one in edges]  # noqa: DTZ001
        if len({one.astimezone(zone(name)).utcoffset() for one in noons}) > 1:
            return

    def moments_of(parts, name):
        return sorted(
            quarter
            for part in parts
            for number in range((part.last_on - part.first_on).days + 1)
            for quarter in quarters_of(part, part.first_on + number * DAY, name)
        )

    def quarters_of(part, on, name):
        start, end = wall_span(name, on, part.start_minute, part.end_minute)
        return range(int(start.timestamp()) // 900, int(end.timestamp()) // 900)

    there = moved_days(days, old, new)
    if days.whole:
        assert there == [days]
    else:
        assert moments_of(there, new) == moments_of([days], old)


# -- the verb -------------------------------------------------------------------------------------


def change(person, new, answer, now=WINTER) -> None:
    with transaction():
        availability.change_zone(person, person.timezone, new, answer, now)
        person.timezone = new


def test_without_hours_nothing_is_asked(ada):
    change(ada, "Asia/Tokyo", "")
    assert availability.week_of(ada) == []


def test_with_hours_an_answer_is_needed(ada):
    people.make_hours(ada, "Mon 18-21")
    with pytest.raises(Refused, match="zone_hours"):
        change(ada, "Asia/Tokyo", "")
    with pytest.raises(Refused, match="zone_hours"):
        change(ada, "Asia/Tokyo", "perhaps")
    assert db.session.scalar(select(User.timezone).where(User.id == ada.id)) == "Europe/London"


def test_nothing_is_asked_when_both_answers_are_the_same(ada):
    people.make_hours(ada, "Mon 18-21")
    change(ada, "Europe/Lisbon", "")
    assert availability.week_of(ada) == read_week("Mon 18-21")


def test_keeping_changes_no_hour_and_moving_shifts_them(ada, ben):
    for person in (ada, ben):
        people.make_hours(person, "Mon 18-21", "Sun 16-18")
    with transaction():
        ben.timezone = ada.timezone
    change(ada, "Asia/Tokyo", ZoneAnswer.KEEP)
    change(ben, "Asia/Tokyo", ZoneAnswer.MOVE)
    assert availability.week_of(ada) == read_week("Mon 18-21", "Sun 16-18")
    assert availability.week_of(ben) == read_week("Tue 3-6", "Mon 1-3")


@pytest.mark.parametrize("there", ODD)
def test_other_days_move_with_their_word(ada, there):
    on = local(WINTER, ada.timezone).date + 3 * DAY
    with transaction():
        for span, kind in (((0, DAY_MINUTES), ExceptionKind.BUSY), ((0, 15), ExceptionKind.EXTRA)):
            availability.add_exception(
                ada, kind=kind, first_on=on, span=span, body="Exam", now=WINTER
            )
    change(ada, there, ZoneAnswer.MOVE)
    whole, part = availability.hours_of(ada, WINTER).different
    assert (whole.days, whole.body) == (Days(on, on), "Exam")
    assert part.body == "Exam"
    start = from_wall(datetime(on.year, on.month, on.day), "Europe/London")  # noqa: DTZ001
    days = part.days
    assert wall_span(there, days.first_on, days.start_minute, days.end_minute)[0] == start


def test_sessions_are_moments_and_stay(ada, ben):
    people.make_hours(ada, "Mon 18-21")
    meeting = people.make_session(ada, people.make_exchange(ben, ada))
    at = meeting.starts_at
    change(ada, "Asia/Tokyo", ZoneAnswer.MOVE)
    assert db.session.get(LearningSession, meeting.id, populate_existing=True).starts_at == at


def test_a_week_is_as_long_as_a_week():
    assert minutes(read_week("every day 0-24")) == WEEK
