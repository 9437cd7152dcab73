"""The page where one says when one could meet: four forms, each with a post of its own."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import availability
from skillswap.domain.hours import read_week
from skillswap.lib.clock import local, utcnow
from skillswap.models import ExceptionKind, PauseKind, User
from tests import people
from tests.conftest import HTMX

PAGE = "/settings/availability"
WEEK, ADD = f"{PAGE}/set-week", f"{PAGE}/add-exception"
REMOVE, LIMITS = f"{PAGE}/remove-exception", f"{PAGE}/set-limits"
EVENING = {"hours_0": ["18", "19", "20"], "exact_1": "9:15-10:45"}
WAYS = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])


def ticked(html: str) -> dict[int, set[int]]:
    """Weekday -> the hours that are checked on the page."""
    found: dict[int, set[int]] = {}
    for box in re.findall(r'<input type="checkbox" name="hours_[^>]*>', html):
        day, hour = map(int, re.findall(r"\d+", box))
        if " checked" in box:
            found.setdefault(day, set()).add(hour)
    return found


def exact(html: str, weekday: int) -> str:
    box = re.search(rf'<input[^>]*name="exact_{weekday}"[^>]*>', html)
    value = re.search(r' value="([^"]*)"', box[0])
    return value[1] if value else ""


def tomorrow(person: User) -> str:
    return (local(utcnow(), person.timezone).date + timedelta(days=1)).isoformat()


# -- the week -------------------------------------------------------------------------------------


@WAYS
def test_a_week_is_saved_as_it_was_ticked(browser, ada, headers):
    answer = browser(ada).post(WEEK, data=EVENING, headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert availability.week_of(ada) == read_week("Mon 18-21", "Tue 9:15-10:45")
    shown = browser(ada).get(PAGE).text
    assert ticked(shown) == {0: {18, 19, 20}}
    assert exact(shown, 1) == "9:15-10:45"
    assert "18 to 21" in shown
    assert "9:15 to 10:45" in shown


def test_every_hour_of_every_day_can_be_ticked(browser, ada):
    client = browser(ada)
    boxes = re.findall(r'name="hours_(\d)" value="(\d+)"', client.get(PAGE).text)
    assert sorted((int(day), int(hour)) for day, hour in boxes) == [
        (day, hour) for day in range(7) for hour in range(24)
    ]
    client.post(WEEK, data={f"hours_{day}": [str(hour) for hour in range(24)] for day in range(7)})
    assert availability.week_of(ada) == read_week("every day 0-24")


def test_quarters_that_fit_no_hour_survive_a_save(browser, ada):
    people.make_hours(ada, "Mon 8:45-11:15", "Sun 23:30-24")
    client = browser(ada)
    shown = client.get(PAGE).text
    form = {f"exact_{day}": exact(shown, day) for day in range(7)}
    form |= {f"hours_{day}": list(map(str, hours)) for day, hours in ticked(shown).items()}
    before = availability.week_of(ada)
    client.post(WEEK, data=form)
    assert availability.week_of(ada) == before


@WAYS
def test_what_cannot_be_read_comes_back_as_it_was_typed(browser, ada, headers):
    people.make_hours(ada, "Fri 9-10")
    form = EVENING | {"exact_3": "nine till <b>ten</b>"}
    answer = browser(ada).post(WEEK, data=form, headers=headers)
    assert answer.status_code == 422
    assert ticked(answer.text) == {0: {18, 19, 20}}
    assert exact(answer.text, 1) == "9:15-10:45"
    assert exact(answer.text, 3) == "nine till &lt;b&gt;ten&lt;/b&gt;"
    assert "Write hours like 9:15-10:45" in answer.text
    assert availability.week_of(ada) == read_week("Fri 9-10")


@pytest.mark.parametrize("value", ["24", "-1", "x", "9" * 30])
def test_an_hour_that_is_none_is_refused(browser, ada, value):
    assert browser(ada).post(WEEK, data={"hours_0": value}).status_code == 422
    assert availability.week_of(ada) == []


@WAYS
@pytest.mark.parametrize(
    ("preset", "monday", "saturday", "exact_saturday"),
    [
        ("evenings", {7, 18, 19, 20}, set(), ""),
        ("mornings", {7}, {9, 10, 11}, ""),
        ("copy", {7}, {7}, "12:15-13"),
        ("clear", set(), set(), ""),
    ],
)
def test_a_preset_fills_the_form_in_and_saves_nothing(
    browser, ada, headers, preset, monday, saturday, exact_saturday
):
    people.make_hours(ada, "Fri 9-10")
    form = {"hours_0": "7", "exact_0": "12:15-13", "preset": preset}
    answer = browser(ada).post(WEEK, data=form, headers=headers)
    assert answer.status_code == 200
    assert ticked(answer.text).get(0, set()) == monday
    assert ticked(answer.text).get(5, set()) == saturday
    assert exact(answer.text, 0) == ("" if preset == "clear" else "12:15-13")
    assert exact(answer.text, 5) == exact_saturday
    assert "Nothing is saved yet" in answer.text
    assert availability.week_of(ada) == read_week("Fri 9-10")


def test_the_page_names_the_zone_and_where_it_is_changed(browser, ben):
    shown = browser(ben).get(PAGE).text
    assert "Mexico City time" in shown
    assert 'href="/settings/profile#timezone"' in shown


# -- days that are different ----------------------------------------------------------------------


@WAYS
def test_a_day_is_noted_listed_and_removed(browser, ada, headers):
    client = browser(ada)
    form = {"kind": "busy", "first_on": tomorrow(ada), "body": "Exam <1>"}
    assert client.post(ADD, data=form, headers=headers).status_code in (200, 303)
    shown = client.get(PAGE).text
    assert "Busy, all day" in shown
    assert "Exam &lt;1&gt;" in shown
    (one,) = availability.hours_of(ada, utcnow()).different
    gone = client.post(REMOVE, data={"number": one.id}, headers=headers)
    assert gone.status_code in (200, 303)
    assert "Busy, all day" not in client.get(PAGE).text


def test_hours_of_a_day_are_noted(browser, ada):
    form = {
        "kind": "extra",
        "first_on": tomorrow(ada),
        "from_time": "21:30",
        "to_time": "00:00",
    }
    browser(ada).post(ADD, data=form)
    (one,) = availability.hours_of(ada, utcnow()).different
    assert one.kind is ExceptionKind.EXTRA
    assert (one.days.start_minute, one.days.end_minute) == (1290, 1440)
    assert "Free, 21:30 to 24" in browser(ada).get(PAGE).text


@WAYS
@pytest.mark.parametrize(
    "wrong",
    [
        {"first_on": ""},
        {"first_on": "soon"},
        {"first_on": "2001-01-01"},
        {"last_on": "2001-01-01"},
        {"kind": "perhaps"},
        {"from_time": "9"},
        {"from_time": "21:00", "to_time": ""},
        {"from_time": "21:00", "to_time": "20:00"},
        {"from_time": "21:05", "to_time": "22:00"},
    ],
    ids=lambda wrong: "-".join(wrong.values()),
)
def test_days_that_are_none_come_back_as_typed(browser, ada, headers, wrong):
    form = {"kind": "busy", "first_on": tomorrow(ada), "body": "To keep"} | wrong
    answer = browser(ada).post(ADD, data=form, headers=headers)
    assert answer.status_code == 422
    assert 'value="To keep"' in answer.text
    assert 'class="error"' in answer.text
    for value in filter(None, wrong.values()):
        assert f'value="{value}"' in answer.text or value == "perhaps"
    assert availability.hours_of(ada, utcnow()).different == []


def test_nobody_removes_the_days_of_another(browser, ada, ben):
    browser(ada).post(ADD, data={"kind": "busy", "first_on": tomorrow(ada)})
    (one,) = availability.hours_of(ada, utcnow()).different
    browser(ben).post(REMOVE, data={"number": one.id})
    assert len(availability.hours_of(ada, utcnow()).different) == 1
    assert browser(ben).post(REMOVE, data={"number": "x"}).status_code == 404


# -- limits and the pause -------------------------------------------------------------------------


@WAYS
def test_limits_are_saved(browser, ada, headers):
    form = {
        "notice_hours": "48",
        "buffer_minutes": "0",
        "daily_sessions": "1",
        "places": "10",
        "pitch_cap": "20",
    }
    answer = browser(ada).post(LIMITS, data=form, headers=headers)
    assert answer.status_code == (200 if headers else 303)
    db.session.expire_all()
    stored = db.session.get(User, ada.id)
    assert {name: str(getattr(stored, name)) for name in form} == form
    refused = browser(ada).post(LIMITS, data=form | {"places": "11"}, headers=headers)
    assert refused.status_code == 422
    assert "Choose a number from 1 to 10." in refused.text


def test_a_notice_that_is_not_offered_stays_selected(browser, ada):
    with transaction():
        ada.notice_hours = 30
    assert re.search(r'<option selected value="30">30 hours', browser(ada).get(PAGE).text)


def test_the_pause_of_the_inbox_is_here_too_and_leads_back(browser, ada):
    client = browser(ada)
    assert 'action="/settings/pause"' in client.get(PAGE).text
    until = (utcnow() + timedelta(days=9)).date().isoformat()
    answer = client.post("/settings/pause", data={"until": until, "next": PAGE})
    assert answer.location == PAGE
    shown = client.get(PAGE).text
    assert "You take no new pitches until" in shown
    db.session.expire_all()
    assert db.session.get(User, ada.id).paused is PauseKind.OWN
    assert client.post("/settings/resume", data={"next": PAGE}).location == PAGE
    elsewhere = client.post("/settings/pause", data={"next": "https://elsewhere.example/"})
    assert elsewhere.location == "/"


# -- who, and at what cost ------------------------------------------------------------------------


@pytest.mark.parametrize("url", [WEEK, ADD, REMOVE, LIMITS])
def test_a_visitor_is_sent_to_the_door(browser, url):
    assert browser().get(PAGE).location.startswith("/login")
    assert browser().post(url).location.startswith("/login")
    assert browser().post(url, headers=HTMX).status_code == 401


def test_the_page_costs_the_same_for_a_full_week(browser, queries, ada):
    client = browser(ada)

    def cost() -> int:
        client.get(PAGE)
        queries.clear()
        assert client.get(PAGE).status_code == 200
        return len(queries)

    empty = cost()
    people.make_hours(ada, *(f"every day {hour}-{hour}:30" for hour in range(24)))
    start = local(utcnow(), ada.timezone).date
    with transaction():
        for number in range(20):
            availability.add_exception(
                ada,
                kind=ExceptionKind.BUSY,
                first_on=start + timedelta(days=number),
                now=utcnow(),
            )
    assert cost() == empty <= 4


# -- another zone ---------------------------------------------------------------------------------

MOVED = {
    "first_name": "Ada",
    "last_name": "Example",
    "username": "ada",
    "headline": "Loose landscapes",
    "bio": "I paint weather, slowly, and like to show others how it is done.",
    "roles": ["learn", "teach"],
    "timezone": "Asia/Tokyo",
    "languages": ["en"],
    "education": "",
    "theme": "system",
}
PROFILE = "/settings/profile"


def zone_of(person: User) -> str:
    return db.session.scalar(select(User.timezone).where(User.id == person.id))


@WAYS
def test_whoever_moves_with_hours_is_asked_and_nothing_typed_is_lost(browser, ada, headers):
    people.make_hours(ada, "Mon 18-21")
    client = browser(ada)
    assert 'name="hours"' not in client.get(PROFILE).text
    answer = client.post(PROFILE, data=MOVED, headers=headers)
    assert answer.status_code == 422
    assert "Keep the clock times: 18:00 stays 18:00 in Tokyo" in answer.text
    assert re.search(r"18:00 in London becomes 0[23]:00 in Tokyo", answer.text)
    assert "Loose landscapes" in answer.text
    assert '<option selected value="Asia/Tokyo">' in answer.text
    assert zone_of(ada) == "Europe/London"


@WAYS
@pytest.mark.parametrize("answer", ["keep", "move"])
def test_an_answer_changes_the_zone_and_is_obeyed(browser, ada, answer, headers):
    people.make_hours(ada, "Mon 18-21")
    sent = browser(ada).post(PROFILE, data=MOVED | {"hours": answer}, headers=headers)
    assert sent.status_code == (200 if headers else 303)
    assert zone_of(ada) == "Asia/Tokyo"
    (window,) = availability.week_of(ada)
    assert (window.weekday, window.start_minute == 18 * 60) == (
        (0, True) if answer == "keep" else (1, False)
    )
    assert 'name="hours"' not in browser(ada).get(PROFILE).text


def test_an_answer_is_kept_while_something_else_is_mended(browser, ada):
    people.make_hours(ada, "Mon 18-21")
    form = MOVED | {"hours": "move", "first_name": ""}
    refused = browser(ada).post(PROFILE, data=form)
    assert refused.status_code == 422
    assert re.search(r'name="hours" value="move" checked', refused.text)
    assert availability.week_of(ada) == read_week("Mon 18-21")


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/London", "Europe/Lisbon"])
def test_nobody_is_asked_without_need(browser, ada, zone):
    if zone == "Europe/Lisbon":  # its clocks are London's
        people.make_hours(ada, "Mon 18-21")
    assert browser(ada).post(PROFILE, data=MOVED | {"timezone": zone}).status_code == 303
    assert zone_of(ada) == zone


def test_an_answer_that_is_none_is_no_answer(browser, ada):
    people.make_hours(ada, "Mon 18-21")
    assert browser(ada).post(PROFILE, data=MOVED | {"hours": "both"}).status_code == 422
    assert browser(ada).post(PROFILE, data=MOVED | {"timezone": "Moon/Sea"}).status_code == 422
