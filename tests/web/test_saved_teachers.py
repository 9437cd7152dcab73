"""Saving teachers and putting people aside, from every place that has a button for it."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import dismissals, saved_teachers
from skillswap.lib.clock import utcnow
from skillswap.models import Dismissal, PauseKind, SavedTeacher, User
from tests.conftest import HTMX
from tests.people import make_person

BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])


@pytest.fixture
def kim(app) -> User:
    """Wants to learn chess."""
    return make_person("kim", wants=("Chess",))


@pytest.fixture
def ola(app) -> User:
    """Teaches chess."""
    return make_person("ola", offers=("Chess",))


def count(table: type) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def pause(person: User) -> None:
    with transaction():
        db.session.get_one(User, person.id).paused = PauseKind.OWN


def pressed(page: str, label: str) -> str | None:
    """Whether the button of that label is on: "true", "false", or None where there is none."""
    found = re.search(rf'aria-pressed="(\w+)"[^>]*aria-label="{label}"', page)
    return found[1] if found else None


# -- saving ---------------------------------------------------------------------------------------


@BOTH
def test_saving_on_a_card_turns_that_button(browser, kim, ola, headers):
    client, label = browser(kim), "Save Ola Example for later"
    assert pressed(client.get("/teachers").text, label) == "false"
    form = {"where": "card"}
    page = "http://localhost/teachers?q=chess"
    for verb, state in (("save", "true"), ("unsave", "false")):
        answer = client.post(f"/people/ola/{verb}", data=form, headers={"Referer": page, **headers})
        if headers:
            assert answer.text.count("<button") == 1
            assert pressed(answer.text, label) == state
        else:
            assert (answer.status_code, answer.location) == (303, "/teachers?q=chess")
        assert pressed(client.get("/teachers").text, label) == state


def test_the_buttons_of_cards_belong_to_a_form_with_the_token(browser, kim, ola):
    page = browser(kim).get("/teachers").text
    assert page.count('id="pressing"') == 1
    assert re.search(r'<form id="pressing"[^>]*><input[^>]*name="csrf_token"', page)
    assert "pressing" not in browser().get("/teachers").text


@BOTH
def test_a_profile_saves_and_offers_to_tell_only_who_is_closed(browser, kim, ola, headers):
    client = browser(kim)
    assert "Tell me when they reopen" not in client.get("/people/ola").text
    pause(ola)
    page = client.get("/people/ola").text
    assert "Tell me when they reopen" in page
    answer = client.post("/people/ola/watch", headers=headers)
    page = answer.text if headers else client.get("/people/ola").text
    assert "You will be told" in page
    assert 'action="/people/ola/unsave"' in page  # saved with it
    client.post("/people/ola/unwatch", headers=headers)
    assert "Tell me when they reopen" in client.get("/people/ola").text
    assert count(SavedTeacher) == 1


def test_nobody_saves_from_their_own_page_or_signed_out(browser, kim, ola):
    for person in (ola, None):
        assert "/people/ola/save" not in browser(person).get("/people/ola").text


def test_the_list_says_how_each_of_them_stands(browser, kim, ola, now):
    until, off, full = (make_person(name, offers=("Chess",)) for name in ("una", "oli", "fay"))
    with transaction():
        until.paused, until.paused_until = PauseKind.OWN, now.replace(year=now.year + 1)
        off.teaching, full.places = False, 0
    for person in (ola, until, off, full):
        with transaction():
            saved_teachers.save(kim, person.username, now)
    page = browser(kim).get("/saved").text
    for said in (
        "Takes pitches",
        "Paused until",
        "Not teaching at the moment",
        "Full at the moment",
    ):
        assert page.count(said) == 1
    assert page.count("Tell me when they reopen") == 3
    assert 'href="/people/ola/pitch"' in page


def test_a_row_of_the_list_changes_in_its_place_and_can_be_taken_back(browser, kim, ola, now):
    pause(ola)
    with transaction():
        saved_teachers.save(kim, "ola", now)
    client, form = browser(kim), {"where": "row"}
    for verb, said in (
        ("watch", "You will be told"),
        ("unwatch", "Tell me when they reopen"),
        ("unsave", "Not on your list any more."),
        ("save", "Tell me when they reopen"),
    ):
        answer = client.post(f"/people/ola/{verb}", data=form, headers=HTMX)
        assert answer.text.lstrip().startswith("<li")
        assert said in answer.text
        assert client.post(f"/people/ola/{verb}", data=form).location == "/saved"


def test_an_empty_list_says_how_to_fill_it(browser, kim):
    assert "Nobody saved yet" in browser(kim).get("/saved").text
    assert browser().get("/saved").status_code == 303


def test_the_list_costs_the_same_for_2_and_20(browser, queries, kim):
    client = browser(kim)
    costs = []
    for first, last in ((0, 2), (2, 20)):
        for number in range(first, last):
            with transaction():
                make = make_person(f"pat{number}", offers=("Chess",))
                saved_teachers.save(kim, make.username, utcnow())
        queries.clear()
        assert client.get("/saved").status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 3


def test_the_line_in_the_bell_leads_to_the_list(browser, kim, ola, now):
    with transaction():
        saved_teachers.watch(kim, "ola", now)
    with transaction():
        saved_teachers.tell_due(now, 10)
    page = browser(kim).get("/notifications").text
    assert "takes pitches again" in page
    assert re.search(r'<a href="/saved" class="unread">', page)


# -- not for me -----------------------------------------------------------------------------------


def cards(page: str) -> list[str]:
    """Who can be put aside on that page or part."""
    return re.findall(r'aria-label="Not for me: (\w+) Example"', page)


def test_home_recommends_people_with_a_reason_and_the_page_that_says_why(browser, kim, ola):
    page = browser(kim).get("/").text
    assert cards(page) == ["Ola"]
    assert "Teaches Chess" in page
    assert 'href="/people/ola/why"' in page
    assert cards(browser(ola).get("/").text) == []


def test_putting_aside_shows_the_next_and_can_be_undone(browser, kim, now):
    for number in range(4):
        make_person(f"pat{number}", offers=("Chess",))
    client = browser(kim)
    first, *others = cards(client.get("/").text)
    assert len(others) == 2
    form = {"where": "home"}
    answer = client.post(f"/people/{first.lower()}/dismiss", data=form, headers=HTMX)
    left = cards(answer.text)
    assert len(left) == 3
    assert first not in left
    assert f"{first} is not recommended to you for 90 days." in answer.text
    assert f'hx-post="/people/{first.lower()}/bring-back"' in answer.text
    answer = client.post(f"/people/{first.lower()}/bring-back", data=form, headers=HTMX)
    assert cards(answer.text) == [first, *others]
    assert "may be recommended to you again" in answer.text
    assert count(Dismissal) == 0


def test_without_a_script_one_comes_back_to_the_page_which_says_it(browser, kim, ola):
    client = browser(kim)
    headers = {"Referer": "http://localhost/"}
    answer = client.post("/people/ola/dismiss", data={"where": "home"}, headers=headers)
    assert (answer.status_code, answer.location) == (303, "/")
    page = client.get("/").text
    assert "Ola is not recommended to you for 90 days. Settings, Privacy brings them back." in page
    assert cards(page) == []
    page = client.get("/settings/privacy").text
    assert "Not recommended to you until" in page
    answer = client.post("/people/ola/bring-back")
    assert answer.location == "/settings/privacy"
    page = client.get("/settings/privacy").text
    assert "Not recommended to you until" not in page
    assert cards(client.get("/").text) == ["Ola"]


def test_the_settings_bring_back_in_place(browser, kim, ola, now: datetime):
    with transaction():
        dismissals.dismiss(kim, "ola", now)
    answer = browser(kim).post("/people/ola/bring-back", headers=HTMX)
    assert answer.text.lstrip().startswith('<section class="card card--flush" id="dismissed"')
    assert "Ola may be recommended to you again." in answer.text


def test_exploring_recommends_people_as_cards_that_can_be_put_aside(browser, kim, ola):
    client = browser(kim)
    assert cards(client.get("/explore").text) == ["Ola"]
    answer = client.post("/people/ola/dismiss", data={"where": "explore"}, headers=HTMX)
    assert 'id="for-you"' in answer.text
    assert "Nobody to show just now" in answer.text
    answer = client.post("/people/ola/bring-back", data={"where": "explore"}, headers=HTMX)
    assert cards(answer.text) == ["Ola"]
    assert 'hx-target="#for-you" hx-swap="outerHTML"><section' in re.sub(
        r"\s*\n\s*", "", answer.text
    )
