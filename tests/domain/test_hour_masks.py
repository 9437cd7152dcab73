"""In which hours of a UTC week is somebody usually free? Against the clocks themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillswap.domain.hour_masks import (
    NO_HOURS,
    common_hours,
    mask_of,
    parts_of,
    stale_at,
)
from skillswap.domain.hours import Window, merged
from skillswap.lib.clock import zone

ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
    "Pacific/Kiritimati", "Pacific/Apia", "America/Santiago", "Africa/Casablanca",
]  # fmt: skip
HOUR = timedelta(hours=1)
QUARTERS = st.integers(0, 95)
WEEKS = st.lists(
    st.builds(
        lambda day, one, other: Window(day, 15 * min(one, other), 15 * (max(one, other) + 1)),
        st.integers(0, 6),
        QUARTERS,
        QUARTERS,
    ),
    max_size=6,
).map(merged)
FIRST = datetime(2025, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 3 * 365 * 86_400).map(lambda after: FIRST + timedelta(seconds=after))


def free_at(week: list[Window], zone_name: str, hour: datetime) -> bool:
    """Whether every quarter of an hour lies in the week, on the wall of that moment."""
    walls = [(hour + n * timedelta(minutes=15)).astimezone(zone(zone_name)) for n in range(4)]
    return all(
        any(
            one.weekday == wall.weekday()
            and one.start_minute <= 60 * wall.hour + wall.minute < one.end_minute
            for one in week
        )
        for wall in walls
    )


@given(WEEKS, st.sampled_from(ZONES), INSTANTS)
@settings(max_examples=40)
def test_a_mask_holds_the_hours_of_the_two_weeks_ahead(week, zone_name, at):
    """A bit is set where the wall says so, in one of the two weeks; an hour in which the clocks
    themselves change may differ."""
    mask = mask_of(week, zone_name, at)
    first = at.replace(minute=0, second=0, microsecond=0) + HOUR
    seen = 0
    for number in range(14 * 24):
        hour = first + number * HOUR
        offsets = {(hour + n * HOUR).astimezone(zone(zone_name)).utcoffset() for n in (-1, 0, 1, 2)}
        if len(offsets) == 1 and free_at(week, zone_name, hour):
            seen |= 1 << (24 * hour.weekday() + hour.hour)
    wanted = parts_of(seen)
    assert all(have & want == want for have, want in zip(mask, wanted, strict=True))
    if stale_at(zone_name, at) is None or stale_at(zone_name, at) > at + 14 * 24 * HOUR:
        assert mask == wanted


@pytest.mark.parametrize("zone_name", ZONES)
def test_a_mask_stays_what_it_is_until_it_is_stale(zone_name):
    week = [Window(day, 9 * 60, 17 * 60 + 30) for day in range(5)]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    while at < datetime(2027, 1, 1, tzinfo=UTC):
        end = stale_at(zone_name, at)
        before = (end or at + 300 * 24 * HOUR) - timedelta(seconds=1)
        assert mask_of(week, zone_name, before) == mask_of(week, zone_name, at)
        if end is None:
            break
        assert at < end
        at = end


def test_clocks_that_change_are_stale_twice_fourteen_days_before_and_then():
    winter, spring = datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)
    soon = spring - timedelta(days=14)
    assert stale_at("Europe/Berlin", winter) == soon
    assert stale_at("Europe/Berlin", soon) == spring
    assert stale_at("Asia/Kathmandu", winter) is None


def test_two_people_meet_in_the_hours_both_masks_hold():
    at = datetime(2026, 1, 10, tzinfo=UTC)
    evening = mask_of([Window(0, 18 * 60, 22 * 60)], "UTC", at)
    berlin = mask_of([Window(0, 18 * 60, 22 * 60)], "Europe/Berlin", at)
    assert common_hours(evening, berlin) == 3
    assert common_hours(evening, NO_HOURS) == 0
