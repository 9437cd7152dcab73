"""What do the pages about exchanges show, and what do their forms answer?"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import render_template
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, learning_sessions
from skillswap.domain.scheduling import offset_changes
from skillswap.lib.clock import local, zone
from skillswap.models import Exchange, LearningSession, OutcomeAnswer, Proposal
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


def typed(person, *starts, leg, minutes=60, **more):
    """The fields of the form for starts on that person's wall."""
    form = {"leg": str(leg), "minutes": str(minutes), "body": ""}
    for number, at in enumerate(starts, start=1):
        wall = at.astimezone(zone(person.timezone))
        form[f"day_{number}"], form[f"time_{number}"] = f"{wall:%Y-%m-%d}", f"{wall:%H:%M}"
    return form | more


def kept(proposer, exchange, now, days=3):
    start = people.next_quarter(now - days * DAY)
    key = people.make_session(proposer, exchange, start=start, now=start - 2 * DAY).public_id
    for person in (proposer, exchange.partner_of(proposer)):
        with transaction():
            learning_sessions.give_outcome(
                person, key, answer=OutcomeAnswer.HAPPENED, now=start + 2 * HOUR
            )
    return key


@pytest.fixture
def leg(ada, exchange):
    """The id of the leg in which ada teaches."""
    return exchanges.exchange_of(ada, exchange.public_id).legs[0].id


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
    more = re.search(r'hx-get="([^"]+)"', page).group(1)
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
    assert cost() == few <= 7
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


# -- proposing ------------------------------------------------------------------------------------


@BOTH
def test_times_typed_on_my_wall_reach_the_partner(browser, ada, ben, exchange, leg, start, headers):
    data = typed(ben, start, start + DAY, leg=leg, minutes=45, body="Two <b>brushes</b>")
    answer = browser(ben).post(url(exchange, "/propose"), data=data, headers=headers)
    key = db.session.scalar(select(LearningSession.public_id))
    if headers:
        assert (answer.status_code, answer.headers["HX-Location"]) == (204, f"/sessions/{key}")
    else:
        assert (answer.status_code, answer.location) == (303, f"/sessions/{key}")
    proposal = db.session.scalars(select(Proposal)).one()
    assert (proposal.starts, proposal.minutes) == ([start, start + DAY], 45)
    page = browser(ada).get(f"/sessions/{key}").text
    assert "Two &lt;b&gt;brushes&lt;/b&gt;" in page
    there = local(start, ben.timezone)
    assert f"{there.clock} for Ben in Mexico City" in text_of(page) or there.full in text_of(page)


def test_a_repeated_proposal_is_one(browser, ada, exchange, leg, start):
    client, data = browser(ada), typed(ada, start, leg=leg)
    first = client.post(url(exchange, "/propose"), data=data)
    assert client.post(url(exchange, "/propose"), data=data).location == first.location
    assert db.session.scalar(select(func.count(LearningSession.id))) == 1


def test_rows_may_be_left_out(browser, ada, exchange, leg, start):
    data = typed(ada, start, leg=leg)
    data["day_3"], data["time_3"] = data.pop("day_1"), data.pop("time_1")
    data |= {"day_1": "", "time_1": ""}
    assert browser(ada).post(url(exchange, "/propose"), data=data).status_code == 303


def wrong(**fields):
    return lambda person, start, leg: typed(person, start, start + DAY, leg=leg) | fields


WRONG = {
    "soon": (
        lambda person, start, leg: typed(person, start, start - 3 * DAY + HOUR, leg=leg),
        "time_2",
        "Give Ada notice: 12 hours or more from now.",
    ),
    "far": (
        lambda person, start, leg: typed(person, start + timedelta(weeks=8), leg=leg),
        "time_1",
        "At most 8 weeks ahead.",
    ),
    "twice": (
        lambda person, start, leg: typed(person, start, start + DAY, start, leg=leg),
        "time_3",
        "Two of the times are the same.",
    ),
    "quarter": (wrong(time_2="18:31"), "time_2", "Sessions start at :00, :15, :30 or :45."),
    "half": (wrong(time_2=""), "time_2", "Give a day and a time."),
    "no_day": (wrong(day_2=""), "time_2", "Give a day and a time."),
    "shape": (wrong(day_2="2026-02-31"), "time_2", "Give a day and a time."),
    "offset": (wrong(time_1="18:30+02:00"), "time_1", "Give a day and a time."),
    "none": (wrong(day_1="", time_1="", day_2="", time_2=""), "time_1", "Give at least one time."),
    "length": (wrong(minutes="50"), "minutes", "Choose 30, 45, 60 or 90 minutes."),
    "no_length": (wrong(minutes="long"), "minutes", "Choose 30, 45, 60 or 90 minutes."),
    "leg": (wrong(leg="999999"), "leg", "Choose what this session is about."),
    "body": (wrong(body="Kept " + "x" * 500), "body", "At most 500 characters."),
}


@BOTH
@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_beside_its_row(browser, ada, exchange, leg, start, headers, name):
    make, field, sentence = WRONG[name]
    data = make(ada, start, leg) if name == "body" else make(ada, start, leg) | {"body": "Kept <b>"}
    answer = browser(ada).post(url(exchange, "/propose"), data=data, headers=headers)
    assert answer.status_code == 422, name
    error = re.search(rf'id="{field}-error".*?</p>', answer.text, re.DOTALL)
    assert error, name
    assert sentence in text_of(error.group())
    assert ("<html" in answer.text) is not bool(headers)
    for key in ("day_1", "time_1", "day_2", "time_2", "day_3", "time_3"):
        if data.get(key):
            assert re.search(rf'name="{key}"[^>]* value="{re.escape(data[key])}"', answer.text)
    assert ("Kept &lt;b&gt;" if name != "body" else "Kept xxx") in answer.text
    assert db.session.scalar(select(func.count(LearningSession.id))) == 0


def test_an_hour_of_mine_that_is_given_away(browser, ada, ben, exchange, leg, start, now):
    people.make_session(ada, exchange, start=start, now=now)
    data = typed(ada, start + DAY, start, leg=leg)
    answer = browser(ada).post(url(exchange, "/propose"), data=data)
    assert answer.status_code == 422
    assert "You have another session then." in answer.text
    assert 'id="time_2-error"' in answer.text


@BOTH
def test_looking_shows_both_clocks_and_writes_nothing(
    browser, queries, ada, ben, exchange, leg, start, headers
):
    data = typed(ada, start, start - 3 * DAY + HOUR, leg=leg, submit_look="1", body="Kept")
    data |= {"day_3": "2030-01-01"}  # half a row is passed over
    queries.clear()
    answer = browser(ada).post(url(exchange, "/propose"), data=data, headers=headers)
    assert answer.status_code == 200
    read = text_of(answer.text)
    there = local(start, ben.timezone)
    assert f"{local(start, ada.timezone).clock}, 60 minutes" in read
    assert "for Ben in Mexico City" in read
    assert there.clock in read
    assert "Give Ada notice: 12 hours or more from now." in read
    if headers:
        assert answer.text.lstrip().startswith('<div class="stack" id="look"')
    else:
        assert "Kept" in answer.text
        assert data["day_1"] in answer.text
    assert db.session.scalar(select(func.count(LearningSession.id))) == 0


def test_the_page_for_proposing_says_until_when_the_partner_may_pick(
    browser, ada, ben, exchange, leg, start
):
    data = typed(ada, start, leg=leg, submit_look="1")
    read = text_of(browser(ada).post(url(exchange, "/propose"), data=data).text)
    until = local(start - 2 * HOUR, ada.timezone).full
    assert f"Ben picks by {until} for you." in read


def test_the_leg_whose_turn_it_is_is_chosen(browser, ada, ben, exchange, leg, now):
    kept(ada, exchange, now)
    page = browser(ada).get(url(exchange, "/propose")).text
    chosen = re.search(r'name="leg" value="(\d+)" checked', page).group(1)
    assert int(chosen) != leg
    page = browser(ada).get(url(exchange, f"/propose?leg={leg}")).text
    assert re.search(rf'name="leg" value="{leg}" checked', page)


def test_one_way_there_is_nothing_to_choose(browser, ada, cy, now):
    exchange = people.make_exchange(ada, cy, "javascript", now=now)
    page = browser(ada).get(url(exchange, "/propose")).text
    assert 'type="hidden" name="leg"' in page
    assert "What is it about?" not in page


def test_an_ended_exchange_leads_back_and_takes_nothing(
    browser, ada, ben, exchange, leg, start, now
):
    with transaction():
        exchanges.cancel_exchange(ben, exchange.public_id, reason="We moved", now=now)
    assert browser(ada).get(url(exchange, "/propose")).location == url(exchange)
    answer = browser(ada).post(url(exchange, "/propose"), data=typed(ada, start, leg=leg))
    assert answer.status_code == 409
    assert "This exchange has been cancelled." in answer.text


@pytest.mark.parametrize(
    ("mine", "theirs", "sentences"),
    [
        (
            "Europe/Lisbon",
            "Asia/Seoul",
            (
                "The clocks change in Lisbon on Sunday 29 March",
                "From 29 March the same Lisbon time is an hour earlier for Ji-woo in Seoul.",
            ),
        ),
        (
            "Asia/Seoul",
            "Europe/Lisbon",
            (
                "The clocks change in Lisbon on Sunday 29 March",
                "From 29 March the same Seoul time is an hour later for Ji-woo in Lisbon.",
            ),
        ),
    ],
)
def test_a_change_of_the_clocks_is_said_in_a_sentence(app, mine, theirs, sentences):
    at = datetime.fromisoformat("2026-03-26T18:20+00:00")
    (change,) = offset_changes(mine, theirs, at, at + timedelta(weeks=8))
    desk = SimpleNamespace(partner=SimpleNamespace(first_name="Ji-woo"))
    with app.test_request_context():
        html = render_template(
            "exchanges/_change.html", change=change, desk=desk, mine=mine, theirs=theirs
        )
    for sentence in sentences:
        assert sentence in text_of(html)
