"""Are instants read rightly on every wall clock?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillswap.lib.clock import (
    day_bounds,
    from_wall,
    is_zone,
    local,
    on_quarter,
    quarters,
    relative,
    same_clock,
)

# with and without summer time, on both sides of the date line, by halves and quarters of an hour,
# changing at midnight, by half an hour only, and with a day that never was
ZONES = (
    "UTC",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Kyiv",
    "Europe/Istanbul",
    "Africa/Nairobi",
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/New_York",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "America/Santiago",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Seoul",
    "Asia/Tehran",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
)
zones = st.sampled_from(ZONES)
FIRST, LAST = map(datetime.fromisoformat, ("2005-01-01", "2037-12-31"))
instants = st.datetimes(FIRST, LAST, timezones=st.just(UTC)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
walls = st.datetimes(FIRST, LAST).map(lambda wall: wall.replace(second=0, microsecond=0))
NOW = datetime(2026, 3, 26, 18, 20, tzinfo=UTC)


@given(instants, zones)
def test_an_instant_read_on_a_wall_is_that_instant_or_its_first_likeness(at, name):
    wall = at.astimezone(ZoneInfo(name)).replace(tzinfo=None)
    again = from_wall(wall, name)
    assert again.astimezone(ZoneInfo(name)).replace(tzinfo=None) == wall
    assert at - timedelta(hours=3) <= again <= at  # an hour that comes twice is read as the first


@given(walls, zones)
def test_a_wall_time_becomes_itself_or_the_first_minute_after_the_gap(wall, name):
    at = from_wall(wall, name)
    shown = at.astimezone(ZoneInfo(name)).replace(tzinfo=None)
    assert at.tzinfo is UTC
    assert shown >= wall
    if shown != wall:
        before = (at - timedelta(seconds=1)).astimezone(ZoneInfo(name)).replace(tzinfo=None)
        assert before < wall  # the second before, the clock had not come to it yet


@pytest.mark.parametrize(
    ("wall", "name", "expected"),
    [
        ("2026-03-29T01:30", "Europe/Lisbon", "2026-03-29T01:00"),  # 01:00 jumps to 02:00
        ("2026-03-29T02:00", "Europe/Lisbon", "2026-03-29T01:00"),
        ("2026-10-25T01:30", "Europe/Lisbon", "2026-10-25T00:30"),  # comes twice: the first
        ("2026-03-08T02:30", "America/New_York", "2026-03-08T07:00"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:30"),  # half an hour only
        ("2011-12-30T12:00", "Pacific/Apia", "2011-12-30T10:00"),  # a day that never was
        ("2026-03-26T18:30", "Asia/Kathmandu", "2026-03-26T12:45"),
    ],
)
def test_wall_times_around_the_changes(wall, name, expected):
    at = from_wall(datetime.fromisoformat(wall), name)
    assert at == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@given(instants, zones)
def test_a_day_holds_its_instants_and_no_others(at, name):
    first, following = day_bounds(at, name)
    assert first <= at < following
    assert timedelta(hours=22) <= following - first <= timedelta(hours=26)
    day = at.astimezone(ZoneInfo(name)).date()
    assert first.astimezone(ZoneInfo(name)).date() == day
    assert (following - timedelta(seconds=1)).astimezone(ZoneInfo(name)).date() == day


@given(
    st.integers(0, 4_000_000_000 // 900).map(lambda n: n * 900),
    st.sampled_from((30, 45, 60, 90)),
    st.integers(-200, 200),
)
def test_two_sessions_share_a_quarter_exactly_when_they_overlap(epoch, minutes, shift):
    start = datetime.fromtimestamp(epoch, UTC)
    end = start + timedelta(minutes=minutes)
    other = start + timedelta(minutes=15 * shift)
    mine, theirs = quarters(start, end), quarters(other, other + timedelta(minutes=60))
    assert len(mine) == minutes // 15
    overlap = start < other + timedelta(minutes=60) and other < end
    assert bool(set(mine) & set(theirs)) is overlap


@given(walls, zones)
def test_quarter_hours_of_a_wall_are_quarter_hours_of_utc(wall, name):
    wall = wall.replace(minute=wall.minute // 15 * 15)
    assert on_quarter(from_wall(wall, name))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (-44, "just now"),
        (30, "in a moment"),
        (60, "in 1 minute"),
        (600, "in 10 minutes"),
        (-3600, "1 hour ago"),
        (2 * 86400, "in 2 days"),
        (-86400 * 13, "13 days ago"),
        (86400 * 21, "in 3 weeks"),
        (-86400 * 365 * 2, "2 years ago"),
    ],
)
def test_distances_are_said_in_words(seconds, words):
    assert relative(NOW + timedelta(seconds=seconds), NOW) == words


@given(st.integers(-(10**9), 10**9))
def test_a_distance_points_the_right_way(seconds):
    words = relative(NOW + timedelta(seconds=seconds), NOW)
    if abs(seconds) >= 45:
        assert words.startswith("in ") is (seconds > 0)
        assert words.endswith(" ago") is (seconds < 0)
    assert " 0 " not in words


def test_an_instant_on_a_wall_is_said_in_full():
    there = local(datetime(2026, 3, 26, 23, 30, tzinfo=UTC), "Asia/Seoul")
    assert (there.full, there.city) == ("Friday 27 March, 08:30", "Seoul")
    assert (there.weekday, there.day_number, there.month) == ("Fri", 27, "Mar")
    assert there.iso == "2026-03-26T23:30Z"


def test_clocks_agree_by_what_they_show():
    assert same_clock(NOW, "Europe/London", "Europe/Lisbon")
    assert not same_clock(NOW, "Europe/London", "Europe/Stockholm")
    assert is_zone("Europe/Lisbon")
    assert not is_zone("Mars/Olympus")
