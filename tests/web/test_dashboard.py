"""Does the dashboard list what needs me and what waits for others, and stay short?"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from skillswap.db import db, transaction
from skillswap.domain import dashboard, exchanges, learning_sessions
from skillswap.models import OutcomeAnswer
from tests import people
from tests.conftest import HTMX

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def text_of(html):
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def section(page, name):
    """One of the lists of a page."""
    found = re.search(rf'<section[^>]* aria-labelledby="{name}">.*?</section>', page, re.DOTALL)
    assert found, name
    return text_of(found.group())


@pytest.fixture
def exchange(ada, ben, now):
    return people.make_exchange(ben, ada, offered="spanish", now=now - 20 * DAY)


def over(proposer, exchange, now, answers=0):
    """A session of the day before yesterday, with some answers."""
    start = people.next_quarter(now - 2 * DAY)
    key = people.make_session(proposer, exchange, start=start, now=start - DAY).public_id
    for person in (proposer, exchange.partner_of(proposer))[:answers]:
        with transaction():
            learning_sessions.give_outcome(
                person, key, answer=OutcomeAnswer.HAPPENED, now=start + 2 * HOUR
            )
    return key


def test_somebody_new_reads_that_nothing_waits(browser, ada):
    page = browser(ada).get("/dashboard")
    assert page.status_code == 200
    read = text_of(page.text)
    assert "Nothing needs you right now." in read
    assert "No pitch and no times wait for your answer." in read
    assert "Nobody owes you an answer." in read


def test_a_visitor_is_sent_to_the_door(browser):
    assert browser().get("/dashboard").location.startswith("/login")
    assert browser().get("/dashboard", headers=HTMX).status_code == 401


def test_each_thing_stands_in_its_list_for_each_of_the_two(browser, ada, ben, exchange, now):
    people.make_pitch(ben, ada, "piano")
    people.make_proposal(ada, exchange, starts=[people.next_quarter(now + 6 * DAY)], now=now)
    over(ada, exchange, now, answers=1)
    for days in (3, 4):
        people.make_session(ada, exchange, start=people.next_quarter(now + days * DAY), now=now)
    adas, bens = (browser(person).get("/dashboard").text for person in (ada, ben))
    assert "Ben would like to learn Piano" in section(adas, "to-answer")
    assert "Read pitch" in section(adas, "to-answer")
    assert "Pick a time" in section(bens, "to-answer")
    assert "Ada has your pitch for Piano" in section(bens, "waiting")
    assert "Ben picks by" in section(adas, "waiting")
    assert "Did it happen?" in section(bens, "to-settle")
    assert "Nothing to confirm." in section(adas, "to-settle")
    for page in (adas, bens):
        assert "Your next session starts" in text_of(page)
        assert section(page, "ahead").count("Watercolour with") == 1
    assert 'href="/dashboard" data-go="d" aria-current="page"' in adas


def test_a_proposal_to_complete_stands_on_both_sides(browser, ada, ben, exchange, now):
    over(ada, exchange, now, answers=2)
    with transaction():
        exchanges.complete_exchange(ada, exchange.public_id, now=now)
    bens = browser(ben).get("/dashboard").text
    assert "Ada says your exchange is complete" in section(bens, "to-settle")
    assert "How was Watercolour with Ada?" in section(bens, "to-rate")
    assert "2 things need you." in text_of(bens)
    adas = browser(ada).get("/dashboard").text
    assert "Ben agrees that your exchange is complete" in section(adas, "waiting")
    due = dashboard.dashboard_of(ben, now + 7 * DAY)
    assert not due.completions


def test_nothing_of_a_stranger_is_listed(browser, ada, ben, cy, exchange, now):
    people.make_session(ada, exchange, now=now)
    page = text_of(browser(cy).get("/dashboard").text)
    assert "Watercolour" not in page
    assert "Ada" not in page


def test_it_is_as_short_and_as_cheap_for_2_and_30(browser, queries, app, now):
    ada = people.make_person(
        "ada", offers=("Watercolour", "Piano"), places=99, pitch_cap=99, daily_sessions=99
    )

    def add(first, last):
        for number in range(first, last):
            learner = people.make_person(f"learner{number}", offers=("Spanish",))
            exchange = people.make_exchange(learner, ada, now=now - 9 * DAY)
            at = people.next_quarter(now + 2 * DAY + number * 2 * HOUR)
            people.make_session(ada, exchange, start=at, now=now)
            people.make_proposal(ada, exchange, starts=[at + 20 * DAY], now=now)
            people.make_proposal(learner, exchange, starts=[at + 30 * DAY], now=now)
            past = people.next_quarter(now - 6 * DAY + number * 2 * HOUR)
            people.make_session(ada, exchange, start=past, now=past - DAY)
            people.make_pitch(learner, ada, "piano", now=now)

    def cost():
        client = browser(ada)
        queries.clear()
        assert client.get("/dashboard").status_code == 200
        return len(queries)

    add(0, 2)
    few = cost()
    add(2, 30)
    db.session.rollback()
    assert cost() == few <= 10
    page = browser(ada).get("/dashboard").text
    assert section(page, "to-answer").count("would like to learn") == 5
    for name in ("to-answer", "to-settle", "ahead", "waiting"):
        assert "All " in section(page, name)
        assert section(page, name).count("Watercolour with") <= 10
