"""Blocking, muting and reporting in the browser: what each side then finds, on every page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import safety
from skillswap.lib.clock import utcnow
from skillswap.models import Block, Mute, Report, ReportCategory, User
from tests import people
from tests.conftest import HTMX

LISTS = (
    "/",
    "/teachers",
    "/teachers?q=watercolour",
    "/teachers?q=spanish",
    "/teachers?q=ada",
    "/teachers?q=ben",
    "/pitches",
    "/pitches/sent",
    "/pitches/closed",
    "/sessions",
    "/sessions/to-agree",
    "/sessions/past",
    "/exchanges",
    "/notifications",
    "/notifications?filter=unread",
)
WAYS = {
    "the blocker": lambda ada, ben, now: safety.block(ada, ben.username, now),
    "the blocked": lambda ada, ben, now: safety.block(ben, ada.username, now),
    "one who sees a suspension": lambda ada, ben, now: safety.suspend(
        ben, days=9, reason="", now=now
    ),
    "one who sees a deletion": lambda ada, ben, now: safety.delete_person(ben, now=now),
}


def between(ada: User, ben: User) -> dict[str, str]:
    """Something of every kind between the two, and its address."""
    pitch = people.make_pitch(ben, ada, "piano")
    exchange = people.make_exchange(ben, ada, offered="spanish")
    session = people.make_session(ben, exchange)
    start = people.next_quarter(utcnow()).replace(microsecond=0)
    offer = people.make_proposal(ben, exchange, starts=[start + (session.ends_at - start) * 2])
    return {
        "profile": f"/people/{ben.username}",
        "pitch form": f"/people/{ben.username}/pitch",
        "pitch": f"/pitches/{pitch.public_id}",
        "exchange": f"/exchanges/{exchange.public_id}",
        "propose": f"/exchanges/{exchange.public_id}/propose",
        "session": f"/sessions/{session.public_id}",
        "call": f"/sessions/{session.public_id}/call",
        "outcome": f"/sessions/{session.public_id}/outcome",
        "offer": f"/sessions/{offer.public_id}",
        "report a person": f"/report?about=person&key={ben.username}",
        "report a pitch": f"/report?about=pitch&key={pitch.public_id}",
        "report a session": f"/report?about=session&key={session.public_id}",
        "report an exchange": f"/report?about=exchange&key={exchange.public_id}",
    }


@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_the_other_is_anywhere(browser, way):
    """Pages and fragments alike: 404, or no trace in a list, a count or the bell."""
    ada = people.make_person("ada", offers=("Watercolour", "Piano"), wants=("Spanish",))
    ben = people.make_person("ben", offers=("Spanish",), last_name="Canaryson")
    urls = between(ada, ben)
    client = browser(ada)
    assert any("Canaryson" in client.get(url).text for url in LISTS)  # there before
    with transaction():
        WAYS[way](ada, ben, utcnow())
    for headers in ({}, HTMX):
        for name, url in urls.items():
            answer = client.get(url, headers=headers)
            assert answer.status_code == 404, f"{name}: {answer.status_code}"
            assert "Canaryson" not in answer.text
        for url in LISTS:
            answer = client.get(url, headers=headers)
            assert answer.status_code == 200
            assert "Canaryson" not in answer.text, url
            assert "/people/ben" not in answer.text, url


@pytest.mark.parametrize("way", WAYS)
def test_no_verb_reaches_the_other(browser, way):
    ada = people.make_person("ada", offers=("Watercolour", "Piano"), wants=("Spanish",))
    ben = people.make_person("ben", offers=("Spanish",))
    urls = between(ada, ben)
    with transaction():
        WAYS[way](ada, ben, utcnow())
    client = browser(ada)
    for url in (
        *(f"{urls['pitch']}/{verb}" for verb in ("accept", "decline", "ignore", "withdraw")),
        *(f"{urls['exchange']}/{verb}" for verb in ("propose", "complete", "cancel")),
        *(f"{urls['session']}/{verb}" for verb in ("cancel", "join", "outcome")),
        *(f"{urls['offer']}/{verb}" for verb in ("accept", "decline", "withdraw")),
        urls["pitch form"],
        "/people/ben/mute",
    ):
        assert client.post(url).status_code == 404, url


@pytest.mark.parametrize("way", WAYS)
def test_every_unread_line_that_is_left_can_be_opened(browser, way):
    ada = people.make_person("ada", offers=("Watercolour", "Piano"), wants=("Spanish",))
    ben = people.make_person("ben", offers=("Spanish",))
    between(ada, ben)
    people.make_pitch(people.make_person("cy", offers=("Chess",)), ada, "piano")
    with transaction():
        WAYS[way](ada, ben, utcnow())
    client = browser(ada)
    text = client.get("/notifications?filter=unread").text
    opened = [part.partition('"')[0] for part in text.split('<li>\n  <a href="')[1:]]
    unread = text.partition('id="bell"')[2].partition("unread")[0].rpartition(",")[2].strip()
    assert opened
    assert len(opened) == int(unread)
    for url in opened:
        assert client.get(url).status_code == 200, url


def test_the_blocked_never_read_why(browser, ada, ben):
    between(ada, ben)
    with transaction():
        safety.block(ada, "ben", utcnow())
    client = browser(ben)
    told = client.get("/notifications").text
    assert "was closed. It counts against nobody" in told
    for url in LISTS:
        assert "block" not in client.get(url).text.partition("<main")[2].lower()
    assert "block" not in client.get("/people/ada").text.partition("<main")[2].lower()


def test_the_menu_of_a_profile_is_for_others(browser, ada, ben):
    assert "Block Ada" in browser(ben).get("/people/ada").text
    assert "Block" not in browser(ada).get("/people/ada").text
    assert "Block" not in browser().get("/people/ada").text


@pytest.mark.parametrize("page", ["pitch", "exchange", "session", "offer"])
def test_each_page_of_two_leads_to_block_and_report(browser, ada, ben, page):
    text = browser(ada).get(between(ada, ben)[page]).text
    assert 'action="/people/ben/block"' in text
    assert "/report?about=" in text


def test_a_block_and_its_end_from_the_pages(browser, ada, ben):
    client = browser(ada)
    answer = client.post("/people/ben/block")
    assert answer.location == "/settings/privacy"
    listed = client.get("/settings/privacy").text
    assert "You do not exist for each other" in listed
    assert client.get("/people/ben").status_code == 404
    fragment = client.post("/people/ben/unblock", headers=HTMX)
    assert (fragment.status_code, "Nobody" in fragment.text) == (200, True)
    assert client.get("/people/ben").status_code == 200


def test_a_mute_keeps_to_the_profile_and_says_so(browser, ada, ben):
    client = browser(ada)
    answer = client.post("/people/ben/mute", data={"next": "/people/ben"})
    assert answer.location == "/people/ben"
    assert "Unmute Ben" in client.get("/people/ben").text
    assert "Muted on" in client.get("/settings/privacy").text
    client.post("/people/ben/unmute", data={"next": "https://elsewhere.example/"})
    assert "Mute Ben" in client.get("/people/ben").text
    assert db.session.scalar(select(func.count()).select_from(Mute)) == 0


def test_the_muted_are_no_longer_suggested(browser, ada, ben):
    learner = people.make_person("cyd", wants=("Watercolour",), offers=("Chess",))
    client = browser(learner)
    assert "Ada Example" in client.get("/").text
    client.post("/people/ada/mute")
    assert "Ada Example" not in client.get("/").text
    assert "Ada Example" in client.get("/teachers").text


@pytest.mark.parametrize("username", ["ada", "nobody-here"])
@pytest.mark.parametrize("verb", ["block", "unblock", "mute", "unmute"])
def test_oneself_and_nobody_cannot_be_kept_away(browser, ada, username, verb):
    assert browser(ada).post(f"/people/{username}/{verb}").status_code == 404


def test_who_was_blocked_cannot_block_back_or_learn_of_it(browser, ada, ben):
    with transaction():
        safety.block(ada, "ben", utcnow())
    client = browser(ben)
    for verb in ("block", "unblock", "mute", "unmute"):
        assert client.post(f"/people/ada/{verb}").status_code == 404
    assert db.session.scalar(select(func.count()).select_from(Block)) == 1


# -- reports --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "about", ["report a person", "report a pitch", "report a session", "report an exchange"]
)
def test_everything_can_be_reported_once(browser, ada, ben, about):
    url = between(ada, ben)[about]
    client = browser(ada)
    page = client.get(url)
    assert page.status_code == 200
    assert "Ben Example" in page.text
    form = dict(part.split("=") for part in url.partition("?")[2].split("&"))
    form |= {"category": "harassment", "body": "Rude words"}
    assert client.post("/report", data=form).status_code == 303
    report = db.session.scalars(select(Report)).one()
    assert (report.reporter_id, report.person_id) == (ada.id, ben.id)
    assert report.category is ReportCategory.HARASSMENT
    assert client.post("/report", data=form).status_code == 409
    assert "reported this already" in client.get(url).text


def test_a_photo_is_reported_alone_with_its_name(browser, ada, ben):
    client = browser(ada)
    assert client.get("/report?about=photo&key=ben").status_code == 404  # there is none
    assert "Report only the photo" not in client.get("/report?about=person&key=ben").text
    with transaction():
        db.session.get_one(User, ben.id).avatar = "one-picture.webp"
    assert "Report only the photo" in client.get("/report?about=person&key=ben").text
    page = client.get("/report?about=photo&key=ben").text
    assert "Report the photo of Ben Example" in page
    assert re.search(r'value="false_identity" checked', page)
    form = {"about": "photo", "key": "ben", "category": "false_identity"}
    assert client.post("/report", data=form).location == "/people/ben"
    report = db.session.scalars(select(Report)).one()
    assert ["Picture", "one-picture.webp"] in report.evidence["facts"]
    assert report.evidence["texts"] == []


def test_a_report_may_block_as_well(browser, ada, ben):
    form = {"about": "person", "key": "ben", "category": "safety", "also_block": "y"}
    answer = browser(ada).post("/report", data=form)
    assert answer.location == "/settings/privacy"
    assert browser(ben).get("/people/ada").status_code == 404


def test_a_report_without_a_category_keeps_what_was_typed(browser, ada, ben):
    form = {"about": "person", "key": "ben", "body": "Asks <b>for money</b>"}
    answer = browser(ada).post("/report", data=form, headers=HTMX)
    assert answer.status_code == 422
    assert "Choose what is wrong." in answer.text
    assert "Asks &lt;b&gt;for money" in answer.text
    assert db.session.scalar(select(func.count()).select_from(Report)) == 0


@pytest.mark.parametrize(
    "query", ["", "?about=planet&key=ben", "?about=person", "?about=person&key=ada"]
)
def test_what_cannot_be_reported_is_not_there(browser, ada, ben, query):
    assert browser(ada).get(f"/report{query}").status_code == 404


def test_the_reported_learn_nothing(browser, ada, ben):
    client = browser(ben)
    before = client.get("/notifications").text
    form = {"about": "person", "key": "ben", "category": "spam"}
    browser(ada).post("/report", data=form)
    assert client.get("/notifications").text == before


# -- people whom the place keeps out --------------------------------------------------------------


def log_in(client, person: User):
    return client.post("/login", data={"email": person.email, "password": people.PASSWORD})


def test_the_suspended_are_out_on_every_device_at_once(browser, ada):
    here, there = browser(ada), browser(ada)
    with transaction():
        safety.suspend(ada, days=30, reason="Asked for money", now=utcnow())
    for client in (here, there):
        assert client.get("/pitches").location.startswith("/login")
        assert client.get("/pitches", headers=HTMX).status_code == 401
    assert browser().get("/people/ada").status_code == 404
    answer = log_in(browser(), ada)
    assert (answer.status_code, "suspended until" in answer.text) == (422, True)


def test_a_suspension_that_is_over_ends_at_the_door(browser, ada):
    with transaction():
        safety.suspend(ada, days=7, reason="", now=utcnow() - timedelta(days=8))
    client = browser()
    assert log_in(client, ada).status_code == 303
    assert client.get("/pitches").status_code == 200
    assert browser().get("/people/ada").status_code == 200


def test_the_deleted_are_told_no_more_than_a_stranger(browser, ada):
    with transaction():
        safety.delete_person(ada, now=utcnow())
    answer = log_in(browser(), ada)
    assert answer.status_code == 422
    assert "do not go together" in answer.text


def test_the_limited_read_why_and_lose_no_words(browser, ada, ben, cy):
    pitch = people.make_pitch(cy, ada, "piano")
    with transaction():
        safety.limit(ada, days=7, reason="", now=utcnow())
    client = browser(ada)
    answer = client.post(f"/pitches/{pitch.public_id}/accept", data={"body": "Gladly, on Monday"})
    assert answer.status_code == 422
    assert "Your account is limited until" in answer.text
    assert "Gladly, on Monday" in answer.text
    assert "Your account is limited until" in client.get("/people/cy/pitch").text


def test_the_commands_for_staff_say_what_they_did(app, ada):
    run = app.test_cli_runner().invoke
    done = run(args=["suspend", "ADA@example.org ", "--days", "30", "--reason", "Money"])
    assert (done.exit_code, "Ada Example is now suspended until" in done.output) == (0, True)
    assert run(args=["restore", ada.email]).output == "Ada Example is now active.\n"
    assert run(args=["restore", ada.email]).exit_code == 1
    assert "limited." in run(args=["limit", ada.email]).output
    assert run(args=["limit", "nobody@example.org"]).exit_code == 1
    assert run(args=["suspend", ada.email, "--days", "0"]).exit_code == 2
