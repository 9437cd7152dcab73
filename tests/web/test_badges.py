"""The badges, one of them, and the moment one is earned."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert

from skillswap.db import db, transaction
from skillswap.domain import learning_sessions, safety
from skillswap.models import BadgeCode, BadgeGrant, OutcomeAnswer
from tests import people
from tests.conftest import HTMX

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
EARNED = "You earned a badge: First lesson"


@pytest.fixture
def over(ada, ben, now) -> str:
    """A session of ben with ada that has ended; ada says that it took place."""
    exchange = people.make_exchange(ben, ada, now=now - 8 * DAY)
    start = people.next_quarter(now - DAY)
    key = people.make_session(ada, exchange, start=start, now=now - 3 * DAY).public_id
    with transaction():
        learning_sessions.give_outcome(ada, key, answer=OutcomeAnswer.HAPPENED, now=now)
    return key


def earn(ben, key, now) -> None:
    with transaction():
        learning_sessions.give_outcome(ben, key, answer=OutcomeAnswer.HAPPENED, now=now)


def give(code, *holders, at) -> None:
    rows = [
        {"user_id": one.id, "code": code, "granted_at": at + place * MINUTE}
        for place, one in enumerate(holders)
    ]
    with transaction():
        db.session.execute(insert(BadgeGrant), rows)


def more(page) -> str:
    found = re.search(r'<li class="more row"><a [^>]*href="([^"]*)"', page)
    return found[1] if found else ""


def test_everybody_may_read_what_there_is_and_what_it_asks_for(browser):
    page = browser().get("/badges").text
    assert page.count('class="card medal') == len(BadgeCode)
    assert "<progress" not in page
    one = browser().get("/badges/top_mentor").text
    assert "Looked at every Monday; it can be lost and won again." in one
    assert "Nobody yet. Somebody will be the first." in one
    assert browser().get("/badges/best_looking").status_code == 404


def test_the_shelf_shows_mine_first_and_how_far_the_others_are(browser, ben, over, now):
    client = browser(ben)
    assert "Your first comes with your first kept session." in client.get("/badges").text
    earn(ben, over, now)
    page = client.get("/badges").text
    assert page.index("First lesson") < page.index("Still to come") < page.index("Top mentor")
    assert page.count(">Earned</span>") == 1
    assert 'aria-label="Progress to Mentor 10">0 of 10</progress>' in page


def test_a_page_shows_the_rule_my_way_there_and_who_holds_it(browser, ada, ben, cy, now):
    give(BadgeCode.TOP_MENTOR, ben, cy, at=now)
    client = browser(ada)
    page = client.get("/badges/top_mentor").text
    assert "Held by 2 of 3 people" in page
    assert "0 of 5 done" in page
    assert "Counts from 5 people on" in page
    assert "And no upheld report in that time." in page
    assert page.index("Cy Example") < page.index("Ben Example")
    with transaction():
        safety.block(ada, "cy", now)
    page = client.get("/badges/top_mentor").text
    assert "Held by 1 of 2 people" in page
    assert "Cy Example" not in page
    mine = browser(ben).get("/badges/top_mentor").text
    assert "Yours since" in mine
    assert "It is looked at again on Monday" in mine


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_holders_come_page_by_page(browser, app, now, headers):
    crowd = [people.make_person(f"holder{number:02}") for number in range(25)]
    give(BadgeCode.RELIABLE, *crowd, at=now)
    first = browser().get("/badges/reliable").text
    rest = browser().get(more(first), headers=headers).text
    names = [f"Holder{number:02} Example" for number in range(25)]
    assert [name for name in names if name in first] == names[5:]
    assert [name for name in names if name in rest] == names[:5]
    assert ("<h1>" in rest) is not headers


def test_the_moment_is_said_on_the_next_page_once(browser, ben, over, now):
    client = browser(ben)
    earn(ben, over, now)
    page = client.get("/pitches").text
    assert page.count(EARNED) == 1
    assert 'href="/badges">See it</a>' in page
    assert EARNED not in client.get("/pitches").text
    assert EARNED in client.get("/notifications").text  # the line, which stays
    assert EARNED in browser(ben).get("/pitches").text  # another device
    for code in BadgeCode:  # whichever page is looked at
        read = {"subject_type": "badge_grants", "public_id": code.value}
        assert client.post("/notifications/read", data=read).status_code == 303
    assert EARNED not in browser(ben).get("/pitches").text


def test_it_is_said_at_once_where_a_button_earned_it(browser, ben, over):
    answer = browser(ben).post(
        f"/sessions/{over}/outcome", data={"answer": "happened"}, headers=HTMX
    )
    assert EARNED in answer.text


def test_a_profile_shows_what_was_earned(browser, ada, ben, now):
    give(BadgeCode.MENTOR_10, ada, at=now)
    assert 'href="/badges/mentor_10"' in browser(ben).get("/people/ada").text
    own = browser(ben).get("/people/ben").text
    assert "Your first comes with your first kept session" in own
    assert 'id="badges"' not in browser().get("/people/ben").text


def test_a_page_costs_the_same_however_many_hold_it(browser, ada, ben, queries, now):
    client = browser(ada)
    counts = []
    for count in (2, 18):
        give(
            BadgeCode.AUTHOR,
            *(people.make_person(f"p{count}n{number}") for number in range(count)),
            at=now,
        )
        client.get("/badges/author")
        queries.clear()
        client.get("/badges/author")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 7
