"""What do the pages about exchanges show, and what do their forms answer?"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, learning_sessions
from skillswap.lib.clock import local
from skillswap.models import Exchange, OutcomeAnswer
from tests import people
from tests.conftest import HTMX

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])


@pytest.fixture
def exchange(ada, ben, now):
    """Ada (London) teaches ben (Mexico City) watercolour, ben teaches ada Spanish."""
    return people.make_exchange(ben, ada, offered="spanish", now=now - 20 * DAY)


@pytest.fixture
def start(now):
    return people.next_quarter(now + 3 * DAY)


def url(exchange, tail=""):
    return f"/exchanges/{exchange.public_id}{tail}"


def text_of(html):
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace(" ,", ",").replace(" .", ".")


def kept(proposer, exchange, now, days=3):
    start = people.next_quarter(now - days * DAY)
    key = people.make_session(proposer, exchange, start=start, now=start - 2 * DAY).public_id
    for person in (proposer, exchange.partner_of(proposer)):
        with transaction():
            learning_sessions.give_outcome(
                person, key, answer=OutcomeAnswer.HAPPENED, now=start + 2 * HOUR
            )
    return key


# -- the list and the page ------------------------------------------------------------------------


def test_without_an_exchange_the_page_says_how_to_come_to_one(browser, ada):
    page = browser(ada).get("/exchanges").text
    assert "No exchange yet" in page
    assert "Find a teacher" in page


def test_a_card_shows_both_ways_and_what_comes_next(browser, ada, ben, exchange, start, now):
    kept(ada, exchange, now)
    read = text_of(browser(ada).get("/exchanges").text)
    assert "Ben and you" in read
    assert "Spanish you learn, 0 minutes" in read
    assert "Watercolour you teach, 60 minutes" in read
    assert "You teach in 1 of 3 places." in read
    assert "No session ahead" in read
    people.make_session(ben, exchange, start=start, now=now)
    read = text_of(browser(ada).get("/exchanges").text)
    assert f"Session 2, {local(start, ada.timezone).full}" in read


def test_the_list_costs_the_same_for_2_and_50(browser, queries, app, now):
    ada = people.make_person(
        "ada", offers=("Watercolour",), places=99, pitch_cap=99, daily_sessions=99
    )

    def add(first, last):
        for number in range(first, last):
            learner = people.make_person(f"learner{number}", offers=("Spanish",))
            exchange = people.make_exchange(learner, ada, now=now)
            at = people.next_quarter(now + 2 * DAY + number * HOUR)
            people.make_session(ada, exchange, start=at, now=now)

    def cost():
        client = browser(ada)
        queries.clear()
        assert client.get("/exchanges").status_code == 200
        return len(queries)

    add(0, 2)
    few = cost()
    add(2, 50)
    assert cost() == few <= 5
    page = browser(ada).get("/exchanges").text
    more = re.search(r'hx-get="([^"]*after=[^"]+)"', page).group(1)
    fragment = browser(ada).get(more, headers=HTMX).text
    assert "<html" not in fragment
    assert fragment.count("<article") == 20
    assert not set(re.findall(r'id="(exchange-[^"]+)"', page)) & set(
        re.findall(r'id="(exchange-[^"]+)"', fragment)
    )


def test_the_page_of_one_costs_the_same_for_2_and_50(browser, queries, ada, ben, exchange, now):
    def cost():
        client = browser(ben)
        queries.clear()
        assert client.get(url(exchange)).status_code == 200
        return len(queries)

    def add(first, last):
        for number in range(first, last):
            at = people.next_quarter(now - 19 * DAY + number * 4 * HOUR)
            people.make_session(ada, exchange, start=at, now=at - 30 * HOUR)

    with transaction():
        for person in (ada, ben):
            db.session.merge(person).daily_sessions = 99
    add(0, 2)
    few = cost()
    add(2, 50)
    assert cost() == few <= 8
    page = browser(ben).get(url(exchange)).text
    more = re.search(r'hx-get="([^"]+after[^"]+)"', page).group(1)
    rows = browser(ben).get(more, headers=HTMX).text
    assert rows.lstrip().startswith("<li")
    assert "Session 30, Watercolour" in rows


def test_whose_turn_it_is_is_a_hint(browser, ada, ben, exchange, now):
    assert "turn to teach" not in browser(ada).get(url(exchange)).text
    kept(ada, exchange, now)
    assert "Your turn to teach next." in browser(ben).get(url(exchange)).text
    assert "Ben’s turn to teach next." in browser(ada).get(url(exchange)).text
    assert "1 session kept" in text_of(browser(ada).get(url(exchange)).text)


def test_what_happens_next_is_said(browser, ada, ben, exchange, start, now):
    def step(person):
        page = browser(person).get(url(exchange)).text
        now_step = re.search(r'<li aria-current="step">.*?</li>', page, re.DOTALL)
        return text_of(now_step.group()).strip()

    assert step(ada).startswith("Propose times")
    people.make_proposal(ada, exchange, starts=[start + DAY], now=now)
    assert step(ada).startswith("Ben picks a time")
    assert step(ben).startswith("Pick a time")
    people.make_session(ada, exchange, start=start, now=now)
    assert step(ada).startswith("Session 2, Watercolour")
    over = people.next_quarter(now - DAY)
    key = people.make_session(ada, exchange, start=over, now=now - 4 * DAY).public_id
    assert step(ada).startswith("Say whether it happened")
    with transaction():
        learning_sessions.give_outcome(ada, key, answer=OutcomeAnswer.HAPPENED, now=now)
    assert step(ada).startswith("Session 2, Watercolour")


def test_strangers_and_visitors_see_nothing(browser, cy, exchange):
    for tail in ("", "/propose"):
        assert browser(cy).get(url(exchange, tail)).status_code == 404
        assert browser().get(url(exchange, tail)).location.startswith("/login")
    assert "and you" not in browser(cy).get("/exchanges").text


# -- ending ---------------------------------------------------------------------------------------


@BOTH
def test_cancelling_ends_it_for_both(browser, ada, ben, exchange, start, now, headers):
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    answer = browser(ben).post(
        url(exchange, "/cancel"), data={"reason": "I am moving"}, headers=headers
    )
    assert answer.status_code == (200 if headers else 303)
    if headers:
        assert answer.text.lstrip().startswith("<div")
        assert "The exchange is cancelled." in answer.text
    page = browser(ada).get(url(exchange)).text
    assert "I am moving" in page
    assert "Propose times" not in text_of(page)
    assert "Ben cancelled this session" in browser(ada).get(f"/sessions/{key}").text
    again = browser(ada).post(url(exchange, "/cancel"), data={"reason": "Me too"}, headers=headers)
    assert again.status_code == 409
    assert "This exchange has been cancelled." in again.text


@BOTH
def test_a_reason_that_will_not_do_comes_back(browser, ada, exchange, headers):
    for reason in ("", "Kept: <i>é" + "x" * 300):
        answer = browser(ada).post(
            url(exchange, "/cancel"), data={"reason": reason}, headers=headers
        )
        assert answer.status_code == 422
        assert re.search(r'<details class="fold"\s+open', answer.text)
        assert 'aria-invalid="true"' in answer.text
    assert "Kept: &lt;i&gt;é" in answer.text


@BOTH
def test_completing_it(browser, ada, ben, exchange, start, now, headers):
    assert "Complete exchange" not in browser(ada).get(url(exchange)).text
    early = browser(ada).post(url(exchange, "/complete"), headers=headers)
    assert early.status_code == 409
    assert "after its first session" in early.text
    kept(ada, exchange, now)
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    assert "Complete exchange" not in browser(ada).get(url(exchange)).text
    ahead = browser(ada).post(url(exchange, "/complete"), headers=headers)
    assert ahead.status_code == 409
    assert "has a session ahead" in ahead.text
    with transaction():
        learning_sessions.cancel_session(ada, key, reason="A cold", now=now)
    assert "Complete exchange" in browser(ada).get(url(exchange)).text
    answer = browser(ada).post(url(exchange, "/complete"), headers=headers)
    assert answer.status_code == (200 if headers else 303)
    mine = text_of(browser(ada).get(url(exchange)).text)
    assert "You proposed to complete this exchange. Ben is asked to agree." in mine
    assert "Agree and complete" not in mine
    again = browser(ada).post(url(exchange, "/complete"), headers=headers)
    assert again.status_code == 409
    assert "You have proposed this already." in again.text
    assert "Ada proposes to complete it." in text_of(browser(ben).get("/exchanges").text)
    assert "Agree and complete" in browser(ben).get(url(exchange)).text
    agreed = browser(ben).post(url(exchange, "/complete"), headers=headers)
    assert agreed.status_code == (200 if headers else 303)
    db.session.rollback()
    assert db.session.scalar(select(Exchange.state)) == "completed"
    assert "Completed on" in browser(ben).get(url(exchange)).text
    assert browser(ben).post(url(exchange, "/complete"), headers=headers).status_code == 409


@BOTH
def test_waking_it(browser, ada, ben, now, headers):
    exchange = people.make_exchange(ben, ada, now=now - 40 * DAY)
    page = text_of(browser(ben).get(url(exchange)).text)
    assert "This exchange rests since" in page
    assert "Propose times" not in page
    assert "Can be woken until" in text_of(browser(ben).get("/exchanges").text)
    with transaction():
        db.session.merge(ada).places = 0
    full = browser(ben).post(url(exchange, "/wake"), headers=headers)
    assert full.status_code == 409
    assert "Every place Ada teaches in is taken just now." in full.text
    assert ("<html" in full.text) is not bool(headers)
    mine = browser(ada).post(url(exchange, "/wake"), headers=headers)
    assert mine.status_code == 409
    assert "Every place you teach in is taken (0)." in mine.text
    with transaction():
        db.session.merge(ada).places = 3
    answer = browser(ben).post(url(exchange, "/wake"), headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert "Propose times" in text_of(browser(ada).get(url(exchange)).text)
    again = browser(ada).post(url(exchange, "/wake"), headers=headers)
    assert again.status_code == 409
    assert "This exchange is active." in again.text


def test_a_long_rest_shows_its_end_before_any_sweep(browser, ada, ben, now):
    exchange = people.make_exchange(ben, ada, now=now - 121 * DAY)
    page = text_of(browser(ben).get(url(exchange)).text)
    assert "It rested for 90 days, and no session had been kept." in page
    assert "Wake exchange" not in page


@pytest.mark.parametrize("tail", ["/cancel", "/complete", "/propose", "/wake"])
def test_a_stranger_changes_nothing(browser, cy, exchange, tail):
    assert browser(cy).post(url(exchange, tail), data={"reason": "x"}).status_code == 404
    assert browser(cy).post(url(exchange, tail), headers=HTMX).status_code == 404


# -- shared notes ---------------------------------------------------------------------------------


def write(client, exchange, body, version, headers=None):
    data = {"body": body, "version": str(version)}
    return client.post(url(exchange, "/notes"), data=data, headers=headers or {})


@BOTH
def test_shared_notes_are_written_by_both(browser, ada, ben, exchange, headers):
    assert "Nothing is written down yet." in browser(ada).get(url(exchange)).text
    form = browser(ada).get(url(exchange, "/notes"), headers=headers).text
    assert ("<html" in form) is not bool(headers)
    assert 'name="version" value="0"' in form
    first = write(browser(ada), exchange, "## Next time\n\n- *cool* <b>water</b>", 0, headers)
    assert first.status_code == (200 if headers else 303)
    page = browser(ben).get(url(exchange)).text
    assert "<em>cool</em>" in page
    assert "<b>water</b>" not in page
    assert "Ada wrote last" in text_of(page)
    form = browser(ben).get(url(exchange, "/notes"), headers=headers).text
    assert 'name="version" value="1"' in form
    assert "- *cool* &lt;b&gt;water&lt;/b&gt;" in form
    write(browser(ben), exchange, "Read two pages", 1, headers)
    assert "Ben wrote last" in text_of(browser(ada).get(url(exchange)).text)
    assert "You wrote last" in text_of(browser(ben).get(url(exchange)).text)


@BOTH
def test_who_writes_over_the_other_sees_both_texts(browser, ada, ben, exchange, headers):
    write(browser(ada), exchange, "From Ada", 0)
    stale = write(browser(ben), exchange, "Of Ben <i>", 0, headers)
    assert stale.status_code == 409
    assert ("<html" in stale.text) is not bool(headers)
    assert "Ada has changed the notes while you wrote." in stale.text
    assert "From Ada</textarea>" in stale.text
    assert "Of Ben &lt;i&gt;</textarea>" in stale.text
    assert "From Ada" in browser(ben).get(url(exchange)).text
    # it goes on from what stands now
    version = re.search(r'name="version" value="(\d+)"', stale.text).group(1)
    assert write(browser(ben), exchange, "From Ada, of Ben", version).status_code == 303
    assert "From Ada, of Ben" in browser(ada).get(url(exchange)).text


def test_notes_too_long_come_back(browser, ada, exchange):
    long = write(browser(ada), exchange, "Kept " + "x" * 10_000, 0)
    assert long.status_code == 422
    assert "At most 10000 characters." in long.text
    assert "Kept x" in long.text


@BOTH
def test_a_stranger_neither_reads_nor_writes_notes(browser, ada, cy, exchange, headers):
    write(browser(ada), exchange, "Ours", 0)
    assert browser(cy).get(url(exchange, "/notes"), headers=headers).status_code == 404
    assert write(browser(cy), exchange, "Mine", 1, headers).status_code == 404
    assert "Ours" in browser(ada).get(url(exchange)).text


def test_notes_of_an_ended_exchange_are_read_only(browser, ada, ben, exchange, now):
    write(browser(ada), exchange, "Ours", 0)
    with transaction():
        exchanges.cancel_exchange(ben, exchange.public_id, reason="We moved", now=now)
    page = browser(ada).get(url(exchange)).text
    assert "Ours" in page
    assert "Edit notes" not in page
    assert browser(ada).get(url(exchange, "/notes")).location == url(exchange)
    assert write(browser(ada), exchange, "Still mine", 1).status_code == 409
