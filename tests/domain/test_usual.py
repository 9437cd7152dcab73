"""What do others read of somebody's usual week, and on which clock?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillswap.domain import profiles
from skillswap.domain.hours import WEEK, read_week, spans_of
from skillswap.domain.usual import usual_hours
from skillswap.models import User
from tests import people
from tests.lib.test_clock import ZONES

WINTER = datetime(2026, 1, 14, 12, tzinfo=UTC)  # a Wednesday
SPRING = datetime(2026, 3, 26, 12, tzinfo=UTC)  # Europe's clocks change on Sunday


def written(*lines: str) -> str:
    """A week as `week_query` finds it, in any order."""
    windows = reversed(read_week(*lines))
    return ",".join(f"{one.weekday}-{one.start_minute}-{one.end_minute}" for one in windows)


def person(number: int, zone: str) -> User:
    return User(id=number, timezone=zone)


def read(theirs: str, mine: str, *lines: str, now: datetime = WINTER) -> dict[str, str]:
    """Weekday -> spans, of the days that have any."""
    found = usual_hours(person(1, theirs), written(*lines), person(2, mine), None, now)
    assert [name for name, _spans in found.days][::6] == ["Monday", "Sunday"]
    return {
        name[:3]: " ".join(f"{start / 60:g}-{end / 60:g}" for start, end in spans)
        for name, spans in found.days
        if spans
    }


def test_hours_are_read_on_the_readers_clock():
    assert read("Europe/London", "Europe/London", "Mon 18-21") == {"Mon": "18-21"}
    assert read("Europe/London", "Asia/Tokyo", "Mon 14-21") == {"Mon": "23-24", "Tue": "0-6"}
    assert read("Asia/Kathmandu", "UTC", "Mon 0-6") == {"Sun": "18.25-24", "Mon": "0-0.25"}


def test_the_end_of_the_week_leads_into_its_beginning():
    assert read("UTC", "Asia/Tokyo", "Sun 12-18") == {"Sun": "21-24", "Mon": "0-3"}
    assert read("UTC", "America/New_York", "Mon 0-6") == {"Mon": "0-1", "Sun": "19-24"}


def test_a_change_of_the_clocks_in_these_days_is_taken_into_account():
    assert read("Asia/Tokyo", "Europe/Lisbon", "every day 18-21", now=SPRING) == {
        **dict.fromkeys(("Thu", "Fri", "Sat"), "9-12"),
        **dict.fromkeys(("Sun", "Mon", "Tue", "Wed"), "10-13"),
    }


@given(st.sampled_from(ZONES), st.sampled_from(ZONES), st.integers(0, 6 * 364))
def test_who_is_always_free_is_always_free_on_any_clock(theirs, mine, days):
    now = WINTER + timedelta(days=days)
    found = usual_hours(person(1, theirs), written("every day 0-24"), person(2, mine), None, now)
    minutes = sum(end - start for _name, spans in found.days for start, end in spans)
    assert WEEK - 60 <= minutes <= WEEK  # an hour that the clocks skip is nobody's


def test_what_two_have_in_common_is_counted_by_days():
    def shared(*mine: str) -> int:
        ada, ben = person(1, "UTC"), person(2, "UTC")
        return usual_hours(ada, written("Mon-Fri 18-21"), ben, written(*mine), WINTER).shared

    assert shared("Mon, Wed 20-22") == 2
    assert shared("Mon 20:45-22", "Tue 9-10", "Sat 18-21") == 0
    assert shared() == 0


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        (("Mon-Fri 18-21",), ["weekday evenings"]),
        (("Sat 9-12", "Tue 19:30-22"), ["weekday evenings", "weekend mornings"]),
        (
            ("Wed 11-13", "Sun 5-7"),
            ["weekday mornings", "weekday afternoons", "weekend mornings", "weekend nights"],
        ),
        (("Mon 23:30-24", "Tue 0-0:30"), []),
        ((), []),
    ],
    ids=str,
)
def test_a_visitor_reads_parts_of_the_week_and_no_hours(lines, parts):
    found = usual_hours(person(1, "UTC"), written(*lines) or None, None, None, WINTER)
    assert (list(found.parts), list(found.days)) == (parts, [])
    assert found.said is bool(lines)


def test_a_profile_reads_both_weeks_from_the_tables(ada, ben, now):
    people.make_hours(ada, "every day 0-24")
    people.make_hours(ben, "Mon, Tue 9-10")
    assert profiles.profile_of("ada", ben, now).usual.shared == 2
    mine = profiles.profile_of("ada", ada, now).usual
    assert (mine.shared, mine.days[0]) == (0, ("Monday", spans_of(read_week("Mon 0-24"), 0)))
    assert not profiles.profile_of("ben", None, now).usual.days
