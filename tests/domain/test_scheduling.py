"""What does a wall-clock time mean for two people, and when do their clocks move apart?"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillswap.domain.scheduling import (
    OtherDays,
    Window,
    expand,
    intersect,
    merge,
    offset_changes,
    read_wall,
    starts_in,
    subtract,
    wall_span,
)
from skillswap.lib.clock import from_wall, utcnow, zone
from skillswap.models.availability import ExceptionKind
from tests.lib.test_clock import ZONES

FIRST, LAST = map(datetime.fromisoformat, ("2012-02-01", "2037-01-01"))

WEEKS = timedelta(weeks=8)
wall = datetime.fromisoformat  # naive: what a wall shows


def changes(mine: str, theirs: str, start: str) -> list[tuple[str, int, bool, bool]]:
    at = datetime.fromisoformat(start).replace(tzinfo=UTC)
    return [
        (change.at.strftime("%Y-%m-%dT%H:%M"), change.shift_minutes, change.mine, change.theirs)
        for change in offset_changes(mine, theirs, at, at + WEEKS)
    ]


def test_a_change_of_my_clock_is_named_with_what_it_does_to_the_partner():
    found = changes("Europe/Lisbon", "Asia/Seoul", "2026-03-26T18:20")
    assert found == [("2026-03-29T01:00", -60, True, False)]


def test_a_change_of_the_partners_clock_is_theirs():
    found = changes("Asia/Seoul", "Europe/Lisbon", "2026-03-26T18:20")
    assert found == [("2026-03-29T01:00", 60, False, True)]


def test_people_whose_clocks_change_together_are_not_warned():
    assert changes("Europe/Lisbon", "Europe/London", "2026-03-26T18:20") == []
    assert changes("Europe/Lisbon", "Europe/Istanbul", "2026-05-01T00:00") == []


def test_new_york_and_chicago_change_an_hour_apart_and_are_not_warned():
    for minute in range(0, 24 * 60, 60):  # however the span is cut into days
        start = (datetime.fromisoformat("2026-03-01") + timedelta(minutes=minute)).isoformat()
        assert changes("America/New_York", "America/Chicago", start) == []


def test_two_changes_in_the_span_are_both_named():
    found = changes("Europe/London", "America/New_York", "2026-03-01T00:00")
    assert found == [
        ("2026-03-08T07:00", 60, False, True),
        ("2026-03-29T01:00", -60, True, False),
    ]


def test_half_an_hour_is_half_an_hour():
    found = changes("Europe/London", "Australia/Lord_Howe", "2026-09-20T00:00")
    assert ("2026-10-03T15:30", 30, False, True) in found


@given(
    st.sampled_from(ZONES),
    st.sampled_from(ZONES),
    st.datetimes(FIRST, LAST, timezones=st.just(UTC)),
)
def test_the_named_changes_explain_the_whole_difference(mine, theirs, start):
    def apart(at: datetime) -> timedelta:
        return (at.astimezone(zone(theirs)).utcoffset() or timedelta()) - (
            at.astimezone(zone(mine)).utcoffset() or timedelta()
        )

    found = offset_changes(mine, theirs, start, start + WEEKS)
    moved = timedelta(minutes=sum(change.shift_minutes for change in found))
    assert apart(start + WEEKS) - apart(start) == moved
    assert [change.at for change in found] == sorted(change.at for change in found)
    for change in found:
        assert start < change.at <= start + WEEKS
        assert change.mine or change.theirs


def test_a_time_in_the_gap_moves_and_says_so():
    reading = read_wall(wall("2026-03-29T01:30"), "Europe/Lisbon")
    assert (reading.at, reading.moved) == (datetime(2026, 3, 29, 1, 0, tzinfo=UTC), True)


def test_a_time_that_comes_twice_is_the_first_and_says_so():
    reading = read_wall(wall("2026-10-25T01:30"), "Europe/Lisbon")
    assert reading.at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert (reading.moved, reading.twice) == (False, True)


def test_an_ordinary_time_says_nothing():
    reading = read_wall(wall("2026-03-26T18:30"), "Asia/Seoul")
    assert (reading.moved, reading.twice) == (False, False)


# -- hours of a week on the calendar --------------------------------------------------------------

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BUSY, EXTRA = ExceptionKind.BUSY, ExceptionKind.EXTRA
PLACES = """Australia/Lord_Howe Asia/Kathmandu Pacific/Apia America/Santiago America/New_York
    Europe/Berlin Pacific/Kiritimati Africa/Casablanca Pacific/Chatham America/St_Johns Asia/Tehran
    Atlantic/Azores Pacific/Honolulu Africa/Cairo Europe/Dublin America/Havana America/Asuncion
    Australia/Sydney Pacific/Auckland Asia/Kolkata Asia/Tokyo Europe/London Europe/Lisbon
    America/Nuuk Pacific/Marquesas""".split()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def free(zone_name: str, day: str, *clocks: tuple[int, int], others=()) -> list[tuple[str, str]]:
    """The hours of one day, given as (9, 12), as spans of UTC."""
    on = date.fromisoformat(day)
    week = [Window(on.weekday(), start * 60, end * 60) for start, end in clocks]
    spans = expand(week, others, zone_name, on, on)
    return [tuple(f"{at:%d %H:%M}" for at in span) for span in spans]


def hours_of(spans) -> float:
    return sum((end - start for start, end in spans), timedelta()) / HOUR


def test_berlin_in_spring_a_window_over_the_gap_is_an_hour_shorter():
    assert free("Europe/Berlin", "2026-03-29", (1, 4)) == [("29 00:00", "29 02:00")]


def test_berlin_in_autumn_a_window_over_the_fold_is_an_hour_longer():
    assert free("Europe/Berlin", "2026-10-25", (1, 4)) == [("24 23:00", "25 03:00")]


def test_a_window_wholly_inside_the_gap_vanishes():
    assert free("Europe/Berlin", "2026-03-29", (2, 3)) == []


def test_new_york_a_start_in_the_gap_moves_to_the_first_real_minute():
    half_past_two = Window(6, 150, 300)
    on = date(2026, 3, 8)
    assert expand([half_past_two], [], "America/New_York", on, on) == [
        (utc("2026-03-08T07:00"), utc("2026-03-08T09:00"))
    ]


def test_a_window_inside_the_fold_takes_the_first_start_and_the_second_end():
    assert free("Europe/Berlin", "2026-10-25", (2, 3)) == [("25 00:00", "25 02:00")]
    quarter = [Window(6, 135, 165)]
    on = date(2026, 10, 25)
    assert expand(quarter, [], "Europe/Berlin", on, on) == [
        (utc("2026-10-25T00:15"), utc("2026-10-25T01:45"))
    ]


def test_the_same_wall_time_on_both_sides_of_a_change_is_two_hours_of_utc():
    week = [Window(weekday, 18 * 60, 19 * 60) for weekday in range(7)]
    spans = expand(week, [], "Europe/Berlin", date(2026, 3, 28), date(2026, 3, 29))
    assert [start.hour for start, _end in spans] == [17, 16]
    assert hours_of(spans) == 2


def test_in_the_odd_weeks_of_new_york_and_berlin_the_overlap_is_an_hour_less():
    def overlap(day: str) -> float:
        on = date.fromisoformat(day)
        berlin = expand([Window(0, 15 * 60, 18 * 60)], [], "Europe/Berlin", on, on)
        return hours_of(
            intersect(berlin, expand([Window(0, 9 * 60, 11 * 60)], [], "America/New_York", on, on))
        )

    assert [overlap(day) for day in ("2026-03-02", "2026-03-16", "2026-03-30")] == [2, 1, 2]


def test_kiritimati_a_window_to_midnight_joins_the_next_day_far_across_the_date_line():
    week = [Window(0, 22 * 60, 1440), Window(1, 0, 60)]
    assert expand(week, [], "Pacific/Kiritimati", date(2026, 6, 1), date(2026, 6, 2)) == [
        (utc("2026-06-01T08:00"), utc("2026-06-01T11:00"))
    ]
    honolulu = expand(
        [Window(6, 22 * 60, 23 * 60)], [], "Pacific/Honolulu", *[date(2026, 5, 31)] * 2
    )
    assert intersect(honolulu, [(utc("2026-06-01T08:00"), utc("2026-06-01T11:00"))]) == honolulu


def test_kathmandu_is_five_hours_and_three_quarters_ahead():
    assert free("Asia/Kathmandu", "2026-05-04", (9, 10)) == [("04 03:15", "04 04:15")]


def test_lord_howe_changes_by_half_an_hour():
    assert free("Australia/Lord_Howe", "2026-10-04", (1, 4)) == [("03 14:30", "03 17:00")]
    assert free("Australia/Lord_Howe", "2026-04-05", (1, 4)) == [("04 14:00", "04 17:30")]


def test_samoas_skipped_day_has_no_hours():
    assert free("Pacific/Apia", "2011-12-30", (0, 24)) == []
    assert free("Pacific/Apia", "2011-12-31", (9, 10)) == [("30 19:00", "30 20:00")]
    week = [Window(weekday, 0, 1440) for weekday in range(7)]
    around = expand(week, [], "Pacific/Apia", date(2011, 12, 29), date(2011, 12, 31))
    assert around == [(utc("2011-12-29T10:00"), utc("2011-12-31T10:00"))]


def test_who_is_free_until_the_clocks_go_back_is_not_free_in_the_hour_that_repeats():
    assert free("Europe/Berlin", "2026-10-25", (1, 2)) == [("24 23:00", "25 00:00")]
    assert free("America/Havana", "2026-10-31", (22, 24)) == [("01 02:00", "01 04:00")]


def test_busy_wins_over_the_week_and_over_what_is_extra():
    on = date(2026, 5, 4)
    extra = OtherDays(EXTRA, on, on, 12 * 60, 14 * 60)
    busy = OtherDays(BUSY, on, on, 13 * 60, 15 * 60)
    assert free("UTC", "2026-05-04", (9, 12), others=[extra]) == [("04 09:00", "04 14:00")]
    assert free("UTC", "2026-05-04", (9, 15), others=[busy, extra]) == [("04 09:00", "04 13:00")]
    away = OtherDays(BUSY, on - 9 * DAY, on + 9 * DAY)
    assert free("UTC", "2026-05-04", (0, 24), others=[extra, away]) == []


def test_a_whole_week_is_one_span():
    week = [Window(weekday, 0, 1440) for weekday in range(7)]
    spans = expand(week, [], "Europe/Berlin", date(2026, 10, 19), date(2026, 11, 1))
    assert spans == [(utc("2026-10-18T22:00"), utc("2026-11-01T23:00"))]


# -- against a minute-by-minute reading of the clock ----------------------------------------------


@cache
def change_days(zone_name: str) -> list[date]:
    """The days in the two years from now on which the clocks change there, and their neighbours."""
    there, today = zone(zone_name), utcnow().date()
    found = set()
    for number in range(2 * 366):
        at = datetime.combine(today + number * DAY, time(), UTC)
        if at.astimezone(there).utcoffset() != (at + DAY).astimezone(there).utcoffset():
            found |= {at.date() + near * DAY for near in (-1, 0, 1, 2)}
    return sorted(found) or [today, today + 30 * DAY]


@cache
def minutes_of(zone_name: str, day: date) -> list[tuple[datetime, int]]:
    """Every minute at which the wall shows that day, with the minute it shows."""
    noon = datetime.combine(day, time(12), UTC)
    there = zone(zone_name)
    around = (noon + number * MINUTE for number in range(-2400, 2400))
    walls = ((at, at.astimezone(there)) for at in around)
    return [(at, wall.hour * 60 + wall.minute) for at, wall in walls if wall.date() == day]


def oracle(zone_name: str, day: date, start: int, end: int) -> set[datetime]:
    """The minutes from the first that shows the start or later to the last before the end."""
    shown = minutes_of(zone_name, day)
    after = [at for at, minute in shown if minute >= start]
    before = [at for at, minute in shown if minute < end]
    if not after or not before:
        return set()
    return {at for at, _minute in shown if after[0] <= at <= max(before)}


@pytest.mark.parametrize("zone_name", PLACES)
def test_every_quarter_of_the_days_around_a_change_agrees_with_the_clock(zone_name):
    for day in change_days(zone_name):
        shown = minutes_of(zone_name, day)
        for quarter in range(0, 1440, 15):
            starts, _ = wall_span(zone_name, day, quarter, 1440)
            first = next((at for at, minute in shown if minute >= quarter), None)
            assert starts == (first or shown[-1][0] + MINUTE), (day, quarter)
            _, ends = wall_span(zone_name, day, 0, quarter + 15)
            last = max((at for at, minute in shown if minute < quarter + 15), default=None)
            assert ends == (last + MINUTE if last else shown[0][0]), (day, quarter)


quarter_hours = st.integers(0, 95).flatmap(
    lambda start: st.tuples(st.just(start * 15), st.integers(start + 1, 96).map(lambda n: n * 15))
)
weeks = st.lists(st.tuples(st.integers(0, 6), quarter_hours), max_size=6).map(
    lambda found: [Window(weekday, *span) for weekday, span in found]
)
others = st.lists(
    st.tuples(st.sampled_from([BUSY, EXTRA]), st.integers(0, 4), st.integers(0, 3), quarter_hours),
    max_size=3,
)


@given(st.sampled_from(PLACES), st.data(), weeks, others)
def test_every_minute_of_a_week_agrees_with_the_clock(zone_name, data, week, unlike):
    middle = data.draw(st.sampled_from(change_days(zone_name)))
    days = [middle + number * DAY for number in range(-2, 3)]
    exceptions = [
        OtherDays(kind, days[first], days[first] + length * DAY, *span)
        for kind, first, length, span in unlike
    ]
    expected, busy = set(), set()
    for day in days:
        for one in week:
            if one.weekday == day.weekday():
                expected |= oracle(zone_name, day, one.start_minute, one.end_minute)
        for one in exceptions:
            if one.first_on <= day <= one.last_on:
                minutes = oracle(zone_name, day, one.start_minute, one.end_minute)
                (busy if one.kind is BUSY else expected).update(minutes)
    spans = expand(week, exceptions, zone_name, days[0], days[-1])
    assert spans == merge(spans)
    assert {
        start + number * MINUTE
        for start, end in spans
        for number in range(int((end - start) / MINUTE))
    } == expected - busy


# -- spans and starts -----------------------------------------------------------------------------

instants = st.integers(0, 60).map(lambda number: utc("2026-05-04T00:00") + number * 5 * MINUTE)
stretches = st.lists(st.tuples(instants, instants), max_size=8)


def fives(spans) -> set[datetime]:
    return {at for start, end in spans for at in stepped(start, end)}


def stepped(start: datetime, end: datetime):
    while start < end:
        yield start
        start += 5 * MINUTE


@given(stretches, stretches)
def test_spans_are_joined_and_cut_as_sets_are(some, more):
    one, other = merge(some), merge(more)
    assert fives(one) == fives(some)
    for found, expected in (
        (intersect(one, other), fives(one) & fives(other)),
        (subtract(one, other), fives(one) - fives(other)),
    ):
        assert fives(found) == expected
        assert merge(found) == found


def clocks(zone_name: str, *span: str, minutes: int = 60, step: int = 30) -> list[str]:
    found = starts_in([(utc(span[0]), utc(span[1]))], minutes, step, zone_name)
    return [f"{at.astimezone(zone(zone_name)):%H:%M}" for at in found]


def test_starts_are_the_half_hours_of_the_readers_wall():
    day = "2026-05-04T09:10", "2026-05-04T11:30"
    assert clocks("UTC", *day) == ["09:30", "10:00", "10:30"]
    assert clocks("Asia/Kathmandu", *day) == ["15:00", "15:30", "16:00"]
    assert clocks("UTC", *day, step=15, minutes=90) == ["09:15", "09:30", "09:45", "10:00"]


def test_where_no_half_hour_fits_a_quarter_is_offered():
    assert clocks("UTC", "2026-05-04T09:15", "2026-05-04T10:15") == ["09:15"]
    assert clocks("UTC", "2026-05-04T09:20", "2026-05-04T10:25") == []


@given(st.sampled_from(PLACES), st.data(), weeks, st.sampled_from([30, 45, 60, 90]))
def test_every_start_fits_and_comes_back_from_the_wall(zone_name, data, week, minutes):
    day = data.draw(st.sampled_from(change_days(zone_name)))
    spans = expand(week, [], zone_name, day - DAY, day + DAY)
    for at in starts_in(spans, minutes, 30, zone_name):
        assert at.timestamp() % 900 == 0
        assert any(start <= at and at + minutes * MINUTE <= end for start, end in spans)
        wall = at.astimezone(zone(zone_name))
        back = wall.replace(tzinfo=None)
        again = wall.replace(tzinfo=zone(zone_name)).astimezone(UTC)
        assert at == (again if wall.fold else from_wall(back.replace(fold=0), zone_name))
