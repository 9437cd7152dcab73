"""What does a wall-clock time mean for two people, and when do their clocks move apart?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from skillswap.domain.scheduling import offset_changes, read_wall
from skillswap.lib.clock import zone
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
