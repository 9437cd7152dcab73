"""What may a person say about their hours, and what is kept of it?"""

from __future__ import annotations

import pytest

from skillswap.db import transaction
from skillswap.domain import availability
from skillswap.domain.hours import Window, merged, read_week
from skillswap.errors import Refused
from tests import people


def set_week(person, *windows: Window) -> None:
    with transaction():
        availability.set_week(person, windows)


# -- the week -------------------------------------------------------------------------------------


def test_a_week_is_kept_as_it_was_said(ada):
    people.make_hours(ada, "Mon-Fri 18:00-21:00", "Sat 9-12, 14:15-16")
    week = availability.week_of(ada)
    assert week == read_week("Mon-Fri 18-21", "Sat 9-12", "Sat 14:15-16:00")
    assert len(week) == 7


def test_what_touches_or_overlaps_becomes_one(ada):
    set_week(ada, Window(0, 600, 660), Window(0, 660, 720), Window(0, 630, 705))
    assert availability.week_of(ada) == [Window(0, 600, 720)]


def test_another_week_replaces_the_whole_one(ada):
    people.make_hours(ada, "every day 0-24")
    people.make_hours(ada, "Sun 9-10")
    assert availability.week_of(ada) == [Window(6, 540, 600)]
    people.make_hours(ada)
    assert availability.week_of(ada) == []


def test_the_same_week_once_more_writes_nothing(ada, queries):
    people.make_hours(ada, "every day 0-24")
    queries.clear()
    people.make_hours(ada, "every day 0-24")
    assert not [one for one in queries if one.startswith(("INSERT", "DELETE"))]


def test_everybody_has_a_week_of_their_own(ada, ben):
    people.make_hours(ada, "Mon 9-10")
    people.make_hours(ben, "Tue 9-10")
    people.make_hours(ben, "Wed 9-10")
    assert availability.week_of(ada) == read_week("Mon 9-10")


@pytest.mark.parametrize(
    "wrong",
    [
        Window(7, 0, 60),
        Window(-1, 0, 60),
        Window(0, 60, 60),
        Window(0, 120, 60),
        Window(0, -15, 60),
        Window(0, 0, 1455),
        Window(0, 5, 60),
        Window(0, 0, 61),
    ],
    ids=str,
)
def test_hours_that_are_none_are_refused_and_nothing_changes(ada, wrong):
    people.make_hours(ada, "Mon 9-10")
    with pytest.raises(Refused, match="hours_shape"):
        set_week(ada, Window(3, 0, 60), wrong)
    assert availability.week_of(ada) == read_week("Mon 9-10")


def test_a_week_is_the_same_in_as_few_windows_as_possible():
    assert merged(read_week("Mon 9-10", "Mon 10-11", "Tue 0-24")) == read_week(
        "Mon 9-11", "Tue 0-24"
    )
