"""What do the pages show of the place, of who has come, and when of the link?"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, learning_sessions
from skillswap.models import (
    Delivery,
    Event,
    LearningSession,
    Meeting,
    MeetingState,
    PlaceKind,
    Presence,
)
from tests import people
from tests.conftest import HTMX

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
LINK = "https://whereby.com/ada-at-home"
STATEMENTS = 9


@pytest.fixture
def exchange(ada, ben, now):
    return people.make_exchange(ben, ada, now=now - 20 * DAY)


@pytest.fixture
def ahead(ada, exchange, now):
    """Agreed, in two days."""
    return people.make_session(ada, exchange, now=now).public_id


@pytest.fixture
def running(ada, exchange, now):
    """Began some minutes ago, and is open."""
    start = people.next_quarter(now - timedelta(minutes=30))
    return people.make_session(ada, exchange, start=start, now=now - 2 * DAY).public_id


def url(key, tail=""):
    return f"/sessions/{key}{tail}"


def session_row(key):
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(LearningSession).where(LearningSession.public_id == key)).one()


def meet_at(key, kind, body=""):
    """Another place, as if it had been chosen in time."""
    with transaction():
        found = session_row(key)
        found.place_kind, found.place_body = PlaceKind(kind), body


def text_of(answer):
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


# -- choosing a place -----------------------------------------------------------------------------


def test_the_form_offers_what_there_is(app, browser, ada, ahead):
    page = browser(ada).get(url(ahead, "/place"))
    assert re.findall(r'name="place_kind" value="(\w+)"', page.text) == [
        "jitsi",
        "link",
        "in_person",
    ]
    assert re.search(r'value="jitsi" checked', page.text)
    assert "Meet in public" in page.text
    db.engine.update_execution_options(providers={"zoom", "meet"})
    try:
        page = browser(ada).get(url(ahead, "/place"))
        assert 'value="zoom"' in page.text
        assert "Google Meet" in page.text
    finally:
        db.engine.update_execution_options(providers=frozenset())


@BOTH
def test_either_names_a_place_and_the_other_is_told(browser, ada, ben, ahead, headers):
    form = {"place_kind": "in_person", "place_body": "The café at the <harbour>"}
    answer = browser(ben).post(url(ahead, "/place"), data=form, headers=headers)
    assert answer.status_code == (204 if headers else 303)
    assert (answer.headers.get("HX-Location") or answer.location) == url(ahead)
    for person in (ada, ben):
        page = browser(person).get(url(ahead))
        assert "In person: The café at the &lt;harbour&gt;" in page.text
    assert "changed where you meet for Watercolour: in person" in text_of(
        browser(ada).get("/notifications")
    )
    assert "changed where you meet" not in browser(ben).get("/notifications").text
    kept = browser(ada).get(url(ahead, "/place"))
    assert "The café at the &lt;harbour&gt;" in kept.text


@BOTH
@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"place_kind": "link", "place_body": "http://zoom.us/j/1"}, "full https link"),
        ({"place_kind": "link", "place_body": "https://zoom.us.evil.example/j"}, "do not know"),
        ({"place_kind": "in_person", "place_body": " a "}, "where you meet"),
        ({"place_kind": "zoom", "place_body": "kept"}, "Choose where"),
        ({"place_kind": "moon", "place_body": "kept"}, "Choose where"),
    ],
)
def test_what_is_no_place_comes_back(browser, ada, ahead, headers, form, said):
    answer = browser(ada).post(url(ahead, "/place"), data=form, headers=headers)
    assert answer.status_code == 422
    assert said in answer.text
    assert form["place_body"] in answer.text
    assert session_row(ahead).place_kind == "jitsi"


def test_strangers_and_visitors_see_no_place(browser, cy, ahead):
    for tail in ("/place", "/join"):
        assert browser(cy).get(url(ahead, tail)).status_code == 404
        assert browser(cy).post(url(ahead, tail)).status_code == 404
        assert "/login" in browser().get(url(ahead, tail)).location


def test_once_it_has_begun_the_place_stays(browser, ada, running):
    assert browser(ada).get(url(running, "/place")).location == url(running)
    form = {"place_kind": "in_person", "place_body": "The library"}
    answer = browser(ada).post(url(running, "/place"), data=form)
    assert answer.status_code == 409
    assert "has begun" in answer.text
    assert "Change place" not in browser(ada).get(url(running)).text


# -- the link -------------------------------------------------------------------------------------


def test_a_link_of_ones_own_is_nowhere_before_joining(browser, ada, ben, exchange, running):
    meet_at(running, "link", LINK)
    pages = (
        "/sessions",
        "/dashboard",
        "/notifications",
        url(running),
        url(running, "/place"),
        url(running, "/join"),
        f"/exchanges/{exchange.public_id}",
        f"/sessions/{running}.ics",
    )
    client = browser(ben)
    for path in pages:
        assert LINK not in client.get(path).text, path
    assert LINK not in client.get(url(running, "/join"), headers=HTMX).text
    answer = client.post(url(running, "/join"))
    assert (answer.status_code, answer.location) == (303, url(running, "/join?open=1"))
    opened = client.get(answer.location)
    assert opened.headers["Refresh"] == f"0; url={LINK}"
    assert f'href="{LINK}"' in opened.text
    assert LINK not in browser(ada).get(url(running)).text  # ada has not come


def test_no_mail_and_no_event_holds_the_link(browser, ada, ahead):
    browser(ada).post(url(ahead, "/place"), data={"place_kind": "link", "place_body": LINK})
    db.session.rollback()
    assert session_row(ahead).place_body == LINK
    for event in db.session.scalars(select(Event)):
        assert "whereby" not in str(event.facts)
    for delivery in db.session.scalars(select(Delivery)):
        assert "whereby" not in str(delivery.payload)
    assert LINK not in browser(ada).get(url(ahead, "/place")).text  # nor is it in the form
    assert "at whereby.com" in browser(ada).get(url(ahead)).text


# -- who has come ---------------------------------------------------------------------------------


def test_each_sees_when_the_other_comes(browser, ada, ben, running):
    one, other = browser(ada), browser(ben)
    assert "Ben is not here yet." in text_of(one.get(url(running)))
    one.post(url(running, "/join"))
    page = one.get(url(running, "/join"))
    assert "Ben is not here yet." in text_of(page)
    assert 'hx-trigger="click, every 20s"' in page.text
    again = re.search(r'hx-get="([^"]*/join[^"]*)"', page.text)[1]
    assert "Ada is here, since" in text_of(other.get(url(running)))
    other.post(url(running, "/join"))
    part = one.get(again, headers=HTMX)
    assert "<html" not in part.text
    assert "Ben is here, since" in text_of(part)
    assert "Refresh" not in part.headers


def test_who_is_not_here_after_ten_minutes_can_be_missed(browser, ada, ben, exchange, now):
    soon = people.next_quarter(now)
    early = people.make_session(ada, exchange, start=soon, now=now - 2 * DAY).public_id
    client = browser(ada)
    client.post(url(early, "/join"))
    assert "Ben did not come" not in client.get(url(early, "/join")).text
    with transaction():
        found = session_row(early)
        found.starts_at, found.ends_at = now - timedelta(minutes=10), now + HOUR
    page = client.get(url(early, "/join"))
    assert "Ben did not come" in page.text
    assert f'href="{url(early, "/outcome")}"' in page.text
    browser(ben).post(url(early, "/join"))
    assert "did not come" not in client.get(url(early, "/join")).text


def test_in_person_the_page_says_from_when_one_can_say_so(browser, ada, ahead):
    meet_at(ahead, "in_person", "The library, ground floor")
    page = browser(ada).get(url(ahead)).text
    assert "you can say here that you have come" in page
    assert "Joining opens" not in page


def test_in_person_one_says_i_am_here(browser, ada, running):
    meet_at(running, "in_person", "The library, ground floor")
    client = browser(ada)
    page = client.get(url(running))
    assert "I am here" in page.text
    assert re.search(r'/join" hx-boost="false"', page.text)  # in this tab
    assert "I am here" in client.get("/sessions").text
    answer = client.post(url(running, "/join"))
    assert answer.location == url(running, "/join")
    page = client.get(answer.location)
    assert "Refresh" not in page.headers
    assert "The library, ground floor" in page.text
    assert db.session.scalars(select(Presence.user_id)).all() == [ada.id]


def test_after_it_is_over_the_part_stops_asking(browser, ada, running, now):
    client = browser(ada)
    client.post(url(running, "/join"))
    with transaction():
        session_row(running).ends_at = now - timedelta(minutes=1)
    part = client.get(url(running, "/join"), headers=HTMX)
    assert (part.status_code, "every 20s" in part.text) == (200, False)
    assert "not open any more" in part.text
    assert client.get(url(running, "/join")).location == url(running)


# -- services -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (None, "does not answer"),
        (MeetingState.FAILED, "does not answer"),
        (MeetingState.WANTED, "has not answered yet"),
    ],
    ids=["never", "failed", "waiting"],
)
def test_without_its_meeting_a_session_has_its_room(
    browser, ada, ben, exchange, running, now, state, said
):
    meet_at(running, "zoom")
    if state is not None:
        with transaction():
            key = session_row(running).id
            db.session.add(
                Meeting(
                    learning_session_id=key, provider=PlaceKind.ZOOM, state=state, due_at=now + DAY
                )
            )
    room = exchanges.exchange_of(ada, exchange.public_id).room
    for person in (ada, ben):
        client = browser(person)
        opened = client.get(client.post(url(running, "/join")).location)
        assert opened.headers["Refresh"] == f"0; url=https://meet.jit.si/SkillSwap-{room}"
        assert said in opened.text


def test_who_came_before_the_place_changed_is_told(browser, ada, ben, exchange, now):
    soon = people.next_quarter(now + timedelta(seconds=20))
    key = people.make_session(ada, exchange, start=soon, now=now - 2 * DAY).public_id
    early = browser(ada)
    early.post(url(key, "/join"))
    page = early.get(url(key, "/join"))
    again = re.search(r'hx-get="([^"]*/join[^"]*)"', page.text)[1]
    assert "has changed since you came" not in early.get(again, headers=HTMX).text
    with transaction():
        learning_sessions.change_place(
            ben, key, kind=PlaceKind.LINK, body=LINK, now=soon - timedelta(seconds=1)
        )
    part = early.get(again, headers=HTMX)
    assert "has changed since you came" in part.text
    assert f'href="{LINK}"' in part.text
    after = re.search(r'hx-get="([^"]+)"', part.text)[1]
    assert "has changed since you came" not in early.get(after, headers=HTMX).text


@pytest.mark.parametrize("tail", ["", "/join", "/place"])
def test_the_pages_cost_few_statements(browser, ada, running, tail):
    meet_at(running, "zoom")
    client = browser(ada)
    client.post(url(running, "/join"))
    answer = client.get(url(running, tail))
    assert int(answer.headers["X-SQL-Count"]) <= STATEMENTS
