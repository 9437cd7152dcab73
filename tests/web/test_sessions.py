"""What do the pages about sessions show, and what do their forms answer?"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, learning_sessions
from skillswap.lib.clock import local
from skillswap.models import (
    BookedSlot,
    LearningSession,
    Outcome,
    OutcomeAnswer,
    Presence,
    SessionState,
)
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
    return people.next_quarter(now + 2 * DAY)


def url(key, tail=""):
    return f"/sessions/{key}{tail}"


def iso(at):
    return local(at, "UTC").iso


def row(key):
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(LearningSession).where(LearningSession.public_id == key))


def meeting(proposer, exchange, at, now):
    return people.make_session(proposer, exchange, start=people.next_quarter(at), now=now).public_id


def text_of(html):
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace(" ,", ",")


# -- lists ----------------------------------------------------------------------------------------


def test_each_list_says_what_it_holds_and_what_to_do(browser, ada, ben, exchange, now):
    client = browser(ada)
    empty = {
        "/sessions": "No session ahead",
        "/sessions/to-agree": "No times on offer",
        "/sessions/past": "Nothing is over yet",
    }
    for path, words in empty.items():
        assert words in client.get(path).text
    meeting(ben, exchange, now + 5 * HOUR, now - DAY)
    people.make_proposal(ben, exchange)
    meeting(ada, exchange, now - DAY, now - 3 * DAY)
    assert "Watercolour with Ben" in client.get("/sessions").text
    assert "Pick a time by" in client.get("/sessions/to-agree").text
    assert "Ada picks by" in browser(ben).get("/sessions/to-agree").text
    assert "Did it happen?" in client.get("/sessions/past").text


def test_times_are_read_in_my_clock_with_the_partners_beside_it(
    browser, ada, ben, exchange, start, now
):
    meeting(ada, exchange, start, now)
    for person, partner in ((ada, ben), (ben, ada)):
        read = text_of(browser(person).get("/sessions").text)
        here, there = local(start, person.timezone), local(start, partner.timezone)
        assert f"{here.clock} to {local(start + HOUR, person.timezone).clock}" in read
        assert there.clock in read
        assert f"in {there.city})" in read


def test_waiting_is_counted_on_the_tabs(browser, ada, ben, exchange, start, now):
    people.make_proposal(ben, exchange, starts=[start], now=now)
    meeting(ada, exchange, now - DAY, now - 3 * DAY)
    tabs = re.search(r'<nav class="tabs".*?</nav>', browser(ada).get("/sessions").text, re.DOTALL)
    assert text_of(tabs.group()).split() == "Upcoming To agree 1 Past 1 Exchanges".split()


def test_a_long_list_goes_on_where_it_stopped(browser, ada, ben, exchange, now):
    with transaction():
        for person in (ada, ben):
            db.session.merge(person).daily_sessions = 99
    keys = [meeting(ada, exchange, now + (14 + n) * DAY, now) for n in range(24)]
    client = browser(ada)
    first = client.get("/sessions").text
    more = re.search(r'hx-get="([^"]*after=[^"]+)"', first).group(1).replace("&amp;", "&")
    fragment = client.get(more, headers=HTMX).text
    shown = re.findall(r'id="session-([^"]{12})"', first + fragment)
    assert shown == keys
    assert "<html" not in fragment
    assert "Later" in first
    assert "<h2" not in fragment  # the group goes on without its title
    assert 'class="more' not in fragment
    assert "<html" in client.get(more).text  # without a script it is a page


@pytest.mark.parametrize("path", ["/sessions", "/sessions/to-agree", "/sessions/past"])
def test_a_list_costs_the_same_for_2_and_50(browser, queries, ada, ben, exchange, now, path):
    with transaction():
        for person in (ada, ben):
            db.session.merge(person).daily_sessions = 99

    def add(first, last):
        for number in range(first, last):
            meeting(ada, exchange, now + 9 * DAY + number * HOUR, now)
            meeting(ada, exchange, now - 9 * DAY + number * 2 * HOUR, now - 30 * DAY)
            if number < 6:
                at = people.next_quarter(now + 20 * DAY + number * HOUR)
                people.make_proposal(ben, exchange, starts=[at], now=now)

    def cost():
        client = browser(ben)
        queries.clear()
        assert client.get(path).status_code == 200
        return len(queries)

    add(0, 2)
    few = cost()
    add(2, 50)
    assert cost() == few <= 4


# -- one session ----------------------------------------------------------------------------------


def states(ada, ben, exchange, now):
    """A session in each state a page can show, by name."""
    cases = {}
    first = people.next_quarter(now + 3 * DAY)

    def offer(hours):
        return people.make_proposal(ada, exchange, starts=[first + hours * HOUR], now=now).public_id

    cases["offered"], cases["withdrawn"], cases["declined"] = offer(0), offer(1), offer(2)
    lapsed = people.make_proposal(
        ada, exchange, starts=[people.next_quarter(now + HOUR)], now=now - 2 * DAY
    )
    cases["lapsed"] = lapsed.public_id
    cases["ahead"] = meeting(ada, exchange, now + 5 * DAY, now)
    cases["running"] = meeting(ada, exchange, now - timedelta(minutes=30), now - 3 * DAY)
    cases["over"] = meeting(ada, exchange, now - DAY, now - 4 * DAY)
    cases["answered"] = meeting(ada, exchange, now - 2 * DAY, now - 5 * DAY)
    cases["completed"] = meeting(ada, exchange, now - 3 * DAY, now - 6 * DAY)
    cases["cancelled"] = meeting(ada, exchange, now + 6 * DAY, now)
    with transaction():
        learning_sessions.withdraw_times(ada, cases["withdrawn"], now=now)
    with transaction():
        learning_sessions.decline_times(ben, cases["declined"], now=now)
    with transaction():
        learning_sessions.cancel_session(ben, cases["cancelled"], reason="A <b>cold</b>", now=now)
    for key, who in (("answered", (ada,)), ("completed", (ada, ben))):
        for person in who:
            with transaction():
                learning_sessions.give_outcome(
                    person, cases[key], answer=OutcomeAnswer.HAPPENED, now=now
                )
    return cases


def test_each_state_says_how_it_stands_to_each_of_the_two(
    browser, queries, ada, ben, exchange, now
):
    with transaction():
        for person in (ada, ben):
            db.session.merge(person).daily_sessions = 99
    cases = states(ada, ben, exchange, now)
    words = {
        "offered": ("Withdraw these times", "Pick this time"),
        "withdrawn": ("You withdrew these times", "Ada withdrew these times"),
        "declined": ("None of these times suited Ben", "None of these times suited you"),
        "lapsed": ("Nobody picked a time", "Nobody picked a time"),
        "ahead": ("Joining opens", "Joining opens"),
        "running": ("Join the call", "Join the call"),
        "over": ("Did it happen?", "Did it happen?"),
        "answered": ("You said it happened. Ben is asked too.", "Ada says it happened"),
        "completed": ("You both kept it", "You both kept it"),
        "cancelled": ("Ben cancelled this session", "You cancelled this session"),
    }
    for position, person in enumerate((ada, ben)):
        client = browser(person)
        for name, key in cases.items():
            queries.clear()
            page = client.get(url(key))
            assert page.status_code == 200
            assert words[name][position] in text_of(page.text), name
            assert len(queries) <= 12, name
            assert client.get(url(key, "/outcome")).status_code == 200
    assert "A &lt;b&gt;cold&lt;/b&gt;" in browser(ada).get(url(cases["cancelled"])).text


def test_a_stranger_and_a_visitor_see_nothing(browser, ada, cy, exchange, start, now):
    key = meeting(ada, exchange, start, now)
    for tail in ("", "/outcome", "/join"):
        assert browser(cy).get(url(key, tail)).status_code == 404
        assert browser().get(url(key, tail)).location.startswith("/login")


def test_the_partner_with_the_same_clock_is_not_told_the_time_twice(browser, ada, now):
    dee = people.make_person("dee", offers=("Spanish",), timezone="Europe/Lisbon")
    exchange = people.make_exchange(dee, ada, now=now)
    key = meeting(ada, exchange, now + 2 * DAY, now)
    assert "Lisbon" not in text_of(browser(ada).get(url(key)).text)


# -- picking --------------------------------------------------------------------------------------


@BOTH
def test_picking_a_time_schedules_it_for_both(browser, ada, ben, exchange, start, now, headers):
    key = people.make_proposal(ada, exchange, starts=[start, start + DAY], now=now).public_id
    page = browser(ben).get(url(key)).text
    assert f"{local(start, ada.timezone).clock} for Ada in London" in text_of(page)
    answer = browser(ben).post(url(key, "/accept"), data={"start": iso(start)}, headers=headers)
    if headers:
        assert (answer.status_code, "<html" in answer.text) == (200, False)
        assert f'id="session-{key}"' in answer.text
        assert "Scheduled" in answer.text
        assert "It is agreed" in answer.text  # the notice beside it
    else:
        assert (answer.status_code, answer.location) == (303, url(key))
    assert row(key).state is SessionState.SCHEDULED
    assert "Watercolour with Ben" in browser(ada).get("/sessions").text


@BOTH
@pytest.mark.parametrize("typed", ["", "soon", "2031-01-01T10:00Z", "2026-11-23T05:00"])
def test_a_start_that_was_not_offered(browser, ada, ben, exchange, start, now, headers, typed):
    key = people.make_proposal(ada, exchange, starts=[start], now=now).public_id
    answer = browser(ben).post(url(key, "/accept"), data={"start": typed}, headers=headers)
    assert answer.status_code == 422
    assert "Choose one of the times offered." in answer.text
    assert row(key).state is SessionState.PROPOSED


@BOTH
def test_a_pick_that_was_taken_meanwhile_shows_what_is_left(
    browser, ada, ben, cy, exchange, start, now, headers
):
    key = people.make_proposal(ada, exchange, starts=[start, start + DAY], now=now).public_id
    other = people.make_exchange(ben, cy, "javascript", now=now)
    meeting(cy, other, start, now)
    answer = browser(ben).post(url(key, "/accept"), data={"start": iso(start)}, headers=headers)
    assert answer.status_code == 409
    read = text_of(answer.text)
    assert "Somebody was quicker." in read
    assert "You have another session then" in read
    assert "Pick this time" in read
    assert re.search(rf'value="{iso(start)}"[^>]* disabled', answer.text)
    assert re.search(rf'value="{iso(start + DAY)}"[^>]* checked', answer.text)
    again = browser(ben).post(url(key, "/accept"), data={"start": iso(start + DAY)})
    assert again.status_code == 303


def test_when_nothing_is_left_one_may_only_decline(browser, ada, ben, cy, exchange, start, now):
    key = people.make_proposal(ada, exchange, starts=[start], now=now).public_id
    other = people.make_exchange(ben, cy, "javascript", now=now)
    meeting(cy, other, start, now)
    answer = browser(ben).post(url(key, "/accept"), data={"start": iso(start)})
    assert answer.status_code == 409
    assert "None of these times is free any more" in answer.text
    assert "Pick this time" not in answer.text
    assert "None of these suits" in answer.text


def test_a_full_day_is_said_beside_the_times(browser, ada, ben, exchange, start, now):
    with transaction():
        db.session.merge(ada).daily_sessions = 0
    key = people.make_proposal(ada, exchange, starts=[start], now=now).public_id
    answer = browser(ben).post(url(key, "/accept"), data={"start": iso(start)})
    assert answer.status_code == 422
    assert "Ada has 0 sessions on that day already" in answer.text
    assert 'id="start-error"' in answer.text


@BOTH
@pytest.mark.parametrize(("verb", "word"), [("decline", "Declined"), ("withdraw", "Withdrawn")])
def test_an_offer_is_closed_once(browser, ada, ben, exchange, start, now, headers, verb, word):
    key = people.make_proposal(ada, exchange, starts=[start], now=now).public_id
    person, other = (ben, ada) if verb == "decline" else (ada, ben)
    assert browser(other).post(url(key, f"/{verb}"), headers=headers).status_code == 404
    answer = browser(person).post(url(key, f"/{verb}"), headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert word in browser(person).get(url(key)).text
    again = browser(person).post(url(key, f"/{verb}"), headers=headers)
    assert again.status_code == 409
    assert "These times have been" in again.text


# -- joining --------------------------------------------------------------------------------------


@pytest.fixture
def soon(ada, exchange, now):
    """A session that starts within the quarter hour."""
    return meeting(ada, exchange, now, now - 2 * DAY)


def test_the_address_of_the_call_is_nowhere_before_joining(browser, ada, ben, exchange, soon):
    room = exchanges.exchange_of(ada, exchange.public_id).room
    client = browser(ben)
    for path in ("/sessions", url(soon), url(soon, "/outcome"), f"/exchanges/{exchange.public_id}"):
        assert room not in client.get(path).text
    assert client.get(url(soon, "/join")).location == url(soon)  # nothing to see before the POST
    answer = client.post(url(soon, "/join"))
    assert (answer.status_code, answer.location) == (303, url(soon, "/join?open=1"))
    opened = client.get(answer.location)
    call = f"https://meet.jit.si/SkillSwap-{room}"
    assert opened.headers["Refresh"] == f"0; url={call}"
    assert f'href="{call}"' in opened.text
    assert 'rel="noopener noreferrer"' in opened.text
    assert "Refresh" not in client.get(url(soon, "/join")).headers  # one can come back to it
    assert "form-action 'self'" in opened.headers["Content-Security-Policy"]
    assert room not in browser(ada).get(url(soon)).text
    assert browser(ada).get(url(soon, "/join")).location == url(soon)


def test_joining_twice_notes_the_first_time(browser, ben, soon):
    client = browser(ben)
    assert client.post(url(soon, "/join")).status_code == 303
    first = db.session.scalars(select(Presence.joined_at)).all()
    assert client.post(url(soon, "/join")).status_code == 303
    db.session.rollback()
    assert db.session.scalars(select(Presence.joined_at)).all() == first


def test_joining_is_closed_before_and_after(browser, ada, ben, cy, exchange, now):
    ahead = meeting(ada, exchange, now + DAY, now - DAY)
    over = meeting(ada, exchange, now - 2 * HOUR, now - 2 * DAY)
    for key in (ahead, over):
        page = browser(ben).get(url(key)).text
        assert "Join the call" not in page
        answer = browser(ben).post(url(key, "/join"))
        assert answer.status_code == 409
        assert "The call opens 15 minutes before" in answer.text
        assert browser(cy).post(url(key, "/join")).status_code == 404
    assert db.session.scalars(select(Presence)).all() == []


# -- cancelling -----------------------------------------------------------------------------------


@BOTH
def test_cancelling_with_a_reason_frees_the_hours(browser, ada, ben, exchange, start, now, headers):
    key = meeting(ada, exchange, start, now)
    answer = browser(ben).post(url(key, "/cancel"), data={"reason": "A cold"}, headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert db.session.scalars(select(BookedSlot)).all() == []
    page = browser(ada).get(url(key)).text
    assert "Ben cancelled this session" in page
    assert "A cold" in page
    again = browser(ben).post(url(key, "/cancel"), data={"reason": "A cold"}, headers=headers)
    assert again.status_code == 409
    assert browser(ada).post(url(key, "/cancel"), data={"reason": ""}).status_code == 409


@BOTH
@pytest.mark.parametrize("reason", ["   ", "Too long: é <b>" + "x" * 300])
def test_a_reason_that_will_not_do_comes_back(browser, ada, exchange, start, now, headers, reason):
    key = meeting(ada, exchange, start, now)
    answer = browser(ada).post(url(key, "/cancel"), data={"reason": reason}, headers=headers)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert re.search(r'<details class="fold"\s+open', answer.text)
    if reason.strip():
        assert "Too long: é &lt;b&gt;" in answer.text
        assert "At most 300 characters." in answer.text
    assert row(key).state is SessionState.SCHEDULED


def test_a_late_cancellation_is_announced_before(browser, ada, exchange, now):
    late = meeting(ada, exchange, now + 6 * HOUR, now - DAY)
    early = meeting(ada, exchange, now + 2 * DAY, now - DAY)
    client = browser(ada)
    assert "cancelling now counts as late" in client.get(url(late)).text
    assert "counts as late" not in client.get(url(early)).text


# -- the outcome ----------------------------------------------------------------------------------


@BOTH
def test_both_say_it_happened(browser, ada, ben, exchange, now, headers):
    key = meeting(ada, exchange, now - DAY, now - 3 * DAY)
    yes = {"answer": "happened"}
    first = browser(ada).post(url(key, "/outcome"), data=yes, headers=headers)
    assert first.status_code == (200 if headers else 303)
    assert "stays silent until" in browser(ada).get(url(key)).text
    assert browser(ada).post(url(key, "/outcome"), data=yes, headers=headers).status_code == 409
    page = browser(ben).get(url(key, "/outcome")).text
    assert "Ada says it happened. If you stay silent, that counts." in page
    browser(ben).post(url(key, "/outcome"), data=yes, headers=headers)
    assert row(key).state is SessionState.COMPLETED
    assert "You both kept it: 60 minutes of Watercolour." in browser(ada).get(url(key)).text
    assert "60 minutes" in browser(ada).get(f"/exchanges/{exchange.public_id}").text


@BOTH
def test_an_answer_nobody_offered(browser, ada, exchange, now, headers):
    key = meeting(ada, exchange, now - DAY, now - 3 * DAY)
    for said in ("", "perhaps"):
        answer = browser(ada).post(url(key, "/outcome"), data={"answer": said}, headers=headers)
        assert answer.status_code == 422
        assert "Choose one of the answers." in answer.text
    assert db.session.scalars(select(Outcome)).all() == []


def test_it_is_not_asked_before_the_end(browser, ada, exchange, start, now):
    key = meeting(ada, exchange, start, now)
    assert "It has not begun yet" in browser(ada).get(url(key, "/outcome")).text
    answer = browser(ada).post(url(key, "/outcome"), data={"answer": "happened"})
    assert answer.status_code == 409
    assert "too early for this answer" in answer.text


def test_who_opened_the_call_when_is_recalled(browser, ada, ben, exchange, soon, now):
    browser(ben).post(url(soon, "/join"))
    with transaction():
        found = db.session.scalars(select(LearningSession)).one()
        found.starts_at, found.ends_at = now - 3 * HOUR, now - 2 * HOUR
    assert "You joined at" in browser(ben).get(url(soon, "/outcome")).text
    assert "Ben joined at" in browser(ada).get(url(soon, "/outcome")).text


# -- with the token, as a browser sends it ---------------------------------------------------------


def test_every_form_carries_its_token(app, browser, ada, ben, exchange, start, now):
    key = people.make_proposal(ada, exchange, starts=[start], now=now).public_id
    client = browser(ben)
    app.config.update(WTF_CSRF_ENABLED=True)
    try:
        page = client.get(url(key)).text
        form = page[page.index(f'action="{url(key, "/accept")}"') :]
        token = re.search(r'name="csrf_token" value="([^"]+)"', form).group(1)
        data = {"start": iso(start)}
        assert client.post(url(key, "/accept"), data=data).status_code == 400
        assert (
            client.post(url(key, "/accept"), data=data | {"csrf_token": token}).status_code == 303
        )
    finally:
        app.config.update(WTF_CSRF_ENABLED=False)
