"""What may a person say about their hours, and what is kept of it?"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skillswap.db import db, transaction
from skillswap.domain import availability
from skillswap.domain.hours import (
    Days,
    Window,
    by_hours,
    merged,
    merged_spans,
    of_hours,
    read_spans,
    read_week,
    write_spans,
)
from skillswap.errors import Refused
from skillswap.lib.clock import local
from skillswap.models import ExceptionKind
from tests import people

DAY = timedelta(days=1)


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


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("9-12", [(540, 720)]),
        ("9:15-10:45, 20.30 to 21h", []),
        ("9:15 – 10:45; 20.30 to 21:15", [(555, 645), (1230, 1275)]),
        ("22-24", [(1320, 1440)]),
        ("22-0", [(1320, 1440)]),
        ("0-24", [(0, 1440)]),
        ("9-10, 10-11", [(540, 660)]),
        ("  ", []),
        ("12-9", []),
        ("25-26", []),
        ("9:05-10", []),
        ("9:60-10", []),
        ("nine to ten", []),
    ],
    ids=str,
)
def test_exact_times_are_read_as_people_write_them(typed, read):
    if read or not typed.strip():
        assert read_spans(typed) == read
    else:
        with pytest.raises(ValueError, match=r".*"):
            read_spans(typed)


@given(st.sets(st.integers(0, 95)))
def test_hours_and_exact_times_together_are_the_day_again(quarters):
    spans = merged_spans((15 * one, 15 * one + 15) for one in quarters)
    hours, rest = by_hours(spans)
    assert merged_spans([*of_hours(hours), *rest]) == spans
    assert read_spans(write_spans(rest)) == rest


# -- days that are different ----------------------------------------------------------------------


def add(person, now, kind=ExceptionKind.BUSY, **facts) -> None:
    with transaction():
        availability.add_exception(person, kind=kind, now=now, **facts)


def listed(person, now) -> list[tuple]:
    return [(one.kind, one.days, one.body) for one in availability.hours_of(person, now).different]


def today(person, now) -> date:
    return local(now, person.timezone).date


def test_a_day_that_is_different_is_listed_with_its_word(ada, now):
    friday = today(ada, now) + DAY
    add(ada, now, first_on=friday, body="  Lisbon   trip ")
    add(ada, now, ExceptionKind.EXTRA, first_on=friday, last_on=friday + DAY, span=(840, 1020))
    assert listed(ada, now) == [
        (ExceptionKind.BUSY, Days(friday, friday), "Lisbon trip"),
        (ExceptionKind.EXTRA, Days(friday, friday + DAY, 840, 1020), ""),
    ]


def test_what_is_over_is_not_listed_and_today_is(ada, now):
    first = today(ada, now)
    add(ada, now, first_on=first, last_on=first + DAY)
    assert listed(ada, now + DAY)
    assert not listed(ada, now + 2 * DAY)


def test_the_day_is_that_of_their_own_wall(app, now):
    kiri = people.make_person("kiri", timezone="Pacific/Kiritimati")
    pago = people.make_person("pago", timezone="Pacific/Pago_Pago")
    day = today(pago, now)
    assert today(kiri, now) > day
    add(pago, now, first_on=day)
    with pytest.raises(Refused, match="days_over"):
        add(kiri, now, first_on=day)
    noon = now.replace(hour=12, minute=0)  # 2 at night of the next day there, 1 of this one here
    for person in (kiri, pago):
        add(person, noon, first_on=today(person, noon))
    assert not listed(kiri, noon + timedelta(hours=23))
    assert listed(pago, noon + timedelta(hours=13))


def test_days_that_are_over_are_cut_off(ada, now):
    first = today(ada, now)
    add(ada, now, first_on=date(1, 1, 1), last_on=first)
    assert listed(ada, now) == [(ExceptionKind.BUSY, Days(first, first), "")]


@pytest.mark.parametrize(
    ("first", "last", "span", "body", "code"),
    [
        (None, None, (0, 1440), "", "day_needed"),
        (-1, None, (0, 1440), "", "days_over"),
        (3, 2, (0, 1440), "", "days_order"),
        (366, None, (0, 1440), "", "days_far"),
        (1, 366, (0, 1440), "", "days_far"),
        (1, None, (600, 540), "", "times_order"),
        (1, None, (601, 660), "", "times_order"),
        (1, None, (0, 1440), "x" * 81, "too_long"),
        (1, None, (0, 1440), "a\x00b", "control_characters"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_days_that_are_none_are_refused(ada, now, first, last, span, body, code):
    start = today(ada, now)
    days = [None if number is None else start + number * DAY for number in (first, last)]
    with pytest.raises(Refused, match=code):
        add(ada, now, first_on=days[0], last_on=days[1], span=span, body=body)
    assert listed(ada, now) == []


def test_the_same_twice_is_one_and_forty_are_the_most(ada, now):
    start = today(ada, now)
    for number in range(40):
        add(ada, now, first_on=start + number * DAY)
    add(ada, now, first_on=start)
    assert len(listed(ada, now)) == 40
    with pytest.raises(Refused, match="exceptions_full"):
        add(ada, now, first_on=start + 40 * DAY)
    add(ada, now + DAY, first_on=start + 40 * DAY)  # one is over


def test_only_ones_own_days_can_be_taken_back(ada, ben, now):
    add(ada, now, first_on=today(ada, now))
    (one,) = availability.hours_of(ada, now).different
    for person, left in ((ben, 1), (ada, 0), (ada, 0)):
        with transaction():
            availability.remove_exception(person, one.id)
        assert len(listed(ada, now)) == left


# -- room to breathe ------------------------------------------------------------------------------

LIMITS = {
    "notice_hours": 24,
    "buffer_minutes": 0,
    "daily_sessions": 2,
    "places": 4,
    "pitch_cap": 12,
}


def test_limits_are_kept(ada):
    with transaction():
        availability.set_limits(ada, **LIMITS)
    db.session.expire_all()
    assert {name: getattr(ada, name) for name in LIMITS} == LIMITS


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("notice_hours", 1),
        ("notice_hours", 169),
        ("buffer_minutes", 10),
        ("daily_sessions", 0),
        ("daily_sessions", 9),
        ("places", 0),
        ("places", 11),
        ("pitch_cap", 0),
        ("pitch_cap", 21),
    ],
)
def test_a_limit_out_of_its_range_is_refused(ada, name, value):
    with pytest.raises(Refused, match="from_to") as refusal, transaction():
        availability.set_limits(ada, **LIMITS | {name: value})
    assert refusal.value.field == name
    assert ada.notice_hours == 12
