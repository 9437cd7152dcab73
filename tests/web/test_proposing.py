"""What does the page for proposing times show, and what do its forms answer?"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from flask import render_template
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from skillswap.db import db, transaction
from skillswap.domain import exchanges, learning_sessions
from skillswap.domain.free_time import Pair, Side
from skillswap.domain.scheduling import Window, offset_changes
from skillswap.forms.starts import StartsForm
from skillswap.lib.clock import local, zone
from skillswap.models import LearningSession, OutcomeAnswer, Proposal, User
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


@pytest.fixture
def leg(ada, exchange):
    """The id of the leg in which ada teaches."""
    return exchanges.exchange_of(ada, exchange.public_id).legs[0].id


def url(exchange, tail="/propose"):
    return f"/exchanges/{exchange.public_id}{tail}"


def text_of(html):
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace(" ,", ",").replace(" .", ".")


def iso(at):
    return local(at, "UTC").iso


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


def free_at_all_hours(*persons):
    for person in persons:
        people.make_hours(person, "every day 0-24")


def boxes(html):
    """The instants that can be ticked."""
    return re.findall(r'name="start" id="start-\d+" value="([^"]+)"', html)


def ticked(html):
    return re.findall(r'value="([^"]+Z)" checked', html)


def count():
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(func.count(LearningSession.id)))


# -- the common free times ------------------------------------------------------------------------


def test_the_hours_of_both_stand_there_on_both_clocks(browser, ada, ben, exchange):
    people.make_hours(ada, "every day 15-18")
    people.make_hours(ben, "every day 9-12")
    page = browser(ada).get(url(exchange)).text
    assert "These are hours when you are both free." in text_of(page)
    found = boxes(page)
    assert found
    for value in found:
        at = datetime.fromisoformat(value)
        here, there = local(at, ada.timezone), local(at, ben.timezone)
        assert 15 <= here.wall.hour < 18
        assert 9 <= there.wall.hour < 12
        box = re.search(rf'value="{value}".*?</label>', page, re.DOTALL).group()
        assert text_of(box).split("> ")[-1].strip().endswith(f"{there.clock} in Mexico City")
        assert here.clock in text_of(box)


@BOTH
def test_what_is_ticked_is_proposed(browser, ada, ben, exchange, leg, headers):
    free_at_all_hours(ada, ben)
    chosen = boxes(browser(ada).get(url(exchange)).text)[4:6]
    data = {
        "leg": leg,
        "minutes": "45",
        "start": chosen,
        "weeks": "2",
        "body": "Two brushes",
        "place_kind": "in_person",
        "place_body": "The library",
    }
    answer = browser(ada).post(url(exchange), data=data, headers=headers)
    assert answer.status_code == (204 if headers else 303)
    proposal = db.session.scalars(select(Proposal)).one()
    assert [iso(at) for at in proposal.starts] == chosen
    assert (proposal.minutes, proposal.weeks, proposal.body) == (45, 2, "Two brushes")
    one = db.session.scalars(select(LearningSession)).one()
    assert (one.place_kind, one.place_body) == ("in_person", "The library")


def test_ticked_and_typed_go_together(browser, ada, ben, exchange, leg, start):
    free_at_all_hours(ada, ben)
    tick = boxes(browser(ada).get(url(exchange)).text)[0]
    data = typed(ada, start + DAY, leg=leg, start=[tick])
    assert browser(ada).post(url(exchange), data=data).status_code == 303
    starts = db.session.scalars(select(Proposal)).one().starts
    assert {iso(at) for at in starts} == {tick, iso(start + DAY)}


@BOTH
def test_another_week_keeps_what_was_ticked_and_typed(
    browser, ada, ben, exchange, leg, start, headers
):
    free_at_all_hours(ada, ben)
    client = browser(ada)
    first = client.get(url(exchange)).text
    tick = boxes(first)[3]
    later = re.search(r'id="later" href="([^"]+)"', first).group(1).replace("&amp;", "&")
    week = re.search(r"week=([\d-]+)", later).group(1)
    data = typed(ada, start, leg=leg, start=[tick], week=week, submit_times="1", body="Kept")
    answer = client.post(url(exchange), data=data, headers=headers)
    assert answer.status_code == 200
    assert ticked(answer.text) == [tick]
    assert "Ticked too, and not among these" in answer.text
    others = [value for value in boxes(answer.text) if value != tick]
    assert others
    assert not set(others) & set(boxes(first))
    assert f"{local(start, ada.timezone).clock}, 60 minutes" in text_of(answer.text)
    if headers:
        assert answer.text.lstrip().startswith('<div class="stack gap-5" id="free-times">')
        assert '<hx-partial hx-target="#look"' in answer.text
    else:
        assert "Kept" in answer.text
    assert count() == 0
    # the link carries what the page knew: here nothing was ticked yet
    assert set(boxes(client.get(later).text)) == set(others)
    back = re.search(r'id="earlier" href="([^"]+)"', answer.text).group(1).replace("&amp;", "&")
    assert ticked(client.get(back).text) == [tick]


def test_another_length_shows_what_fits_it(browser, ada, ben, exchange, leg):
    people.make_hours(ada, "every day 18-19:30")
    data = {"leg": leg, "submit_times": "1"}
    client = browser(ada)
    fitting = {
        minutes: {
            local(datetime.fromisoformat(value), ada.timezone).clock
            for value in boxes(
                client.post(url(exchange), data=data | {"minutes": minutes}, headers=HTMX).text
            )
        }
        for minutes in ("30", "60", "90")
    }
    assert fitting == {
        "30": {"18:00", "18:30", "19:00"},
        "60": {"18:00", "18:30"},
        "90": {"18:00"},
    }


@pytest.mark.parametrize("query", ["week=soon", "week=2999-01-01", "week=2026-02-30", "start=x"])
def test_an_address_that_makes_no_sense_shows_a_week_all_the_same(browser, ada, exchange, query):
    people.make_hours(ada, "every day 18-20")
    assert browser(ada).get(url(exchange) + f"?{query}&minutes=1&leg=0&weeks=x").status_code == 200


def test_who_has_entered_no_hours_is_named(browser, ada, ben, exchange):
    page = text_of(browser(ada).get(url(exchange)).text)
    assert "Neither you nor Ben has entered hours yet. Name a time below." in page
    people.make_hours(ada, "every day 18-20")
    page = text_of(browser(ada).get(url(exchange)).text)
    assert "Ben has not entered hours yet. These are yours, without what is booked." in page
    page = text_of(browser(ben).get(url(exchange)).text)
    assert "You have not entered hours yet. These are Ada’s, without what is booked." in page
    people.make_hours(ben, "every day 0-24")
    assert "not entered hours" not in browser(ben).get(url(exchange)).text


def test_a_week_without_a_common_time_says_why_and_when_there_is_one(
    browser, ada, ben, exchange, now
):
    day = local(now, ada.timezone).date + 20 * DAY
    weekday = f"{day:%a}"
    people.make_hours(ada, f"{weekday} 18-19")
    free_at_all_hours(ben)
    client = browser(ada)
    people.make_hours(ben, "Mon 3-4")
    never = text_of(client.get(url(exchange)).text)
    assert "Your hours and Ben’s do not meet for 60 minutes on these days." in never
    assert "Nor is there a time later on" in never
    free_at_all_hours(ben)
    for weeks in range(8):
        at = datetime.combine(day + (weeks - 2) * 7 * DAY, datetime.min.time()) + 18 * HOUR
        at = at.replace(tzinfo=zone(ada.timezone)).astimezone(UTC)
        if now < at < now + 14 * DAY:
            people.make_session(ada, exchange, start=at, now=at - 13 * HOUR)
    page = client.get(url(exchange)).text
    assert "Every common hour on these days is taken, or too near." in text_of(page)
    onward = re.search(r'id="next" href="([^"]+)"', page).group(1).replace("&amp;", "&")
    assert boxes(client.get(onward).text)


def test_a_time_outside_the_hours_is_said_to_be_outside(browser, ada, ben, exchange, leg, now):
    people.make_hours(ada, "every day 18-20")
    day = local(now, ada.timezone).date + 3 * DAY
    sentence = "Outside the common hours. Ben is told so."
    for clock, is_outside in ((12, True), (18, False)):
        at = (datetime.combine(day, datetime.min.time()) + clock * HOUR).replace(
            tzinfo=zone(ada.timezone)
        )
        data = typed(ada, at, leg=leg, submit_look="1")
        read = text_of(browser(ada).post(url(exchange), data=data, headers=HTMX).text)
        assert (sentence in read) is is_outside


def test_the_same_time_a_week_after_another_session_is_ticked(
    browser, ada, ben, cy, exchange, start, now
):
    people.make_hours(ada, "every day 0-24")
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    page = browser(ben).get(url(exchange) + f"?like={key}").text
    (tick,) = ticked(page)
    at = datetime.fromisoformat(tick)
    assert local(at, ada.timezone).clock == local(start, ada.timezone).clock
    assert at.date() - start.date() == 7 * DAY
    assert "60 minutes" in text_of(page)
    other = people.make_exchange(ada, cy, "javascript", now=now)
    foreign = people.make_session(ada, other, start=start + 5 * HOUR, now=now).public_id
    assert browser(ben).get(url(exchange) + f"?like={foreign}").status_code == 404


def test_the_page_costs_the_same_for_little_and_for_much(
    browser, queries, ada, ben, exchange, start, now
):
    def cost():
        client = browser(ada)
        queries.clear()
        assert client.get(url(exchange)).status_code == 200
        return len(queries)

    people.make_hours(ada, "Mon 18-19")
    few = cost()
    free_at_all_hours(ada, ben)
    for number in range(20):
        people.make_session(ada, exchange, start=start + number * DAY, now=now)
    assert cost() == few <= 8


def test_an_hour_that_comes_twice_says_which_one_is_the_second(app):
    now = datetime(2026, 10, 20, tzinfo=UTC)
    sides = [
        Side(
            User(
                id=number,
                first_name=name,
                timezone="Europe/Berlin",
                notice_hours=12,
                daily_sessions=3,
                buffer_minutes=0,
            ),
            [Window(6, 2 * 60, 3 * 60)],
            [],
            [],
        )
        for number, name in enumerate(("ada", "ben"))
    ]
    with app.test_request_context():
        form = StartsForm(MultiDict({"minutes": "60"}))
        grid = form.grid(Pair(*sides, now), sides[0].person, "/here")
        read = text_of(render_template("sessions/_free_times.html", grid=grid))
    assert "Sun 25 Oct 02:00 02:30 02:00 the second time" in read


# -- starts that are typed ------------------------------------------------------------------------


@BOTH
def test_times_typed_on_my_wall_reach_the_partner(browser, ada, ben, exchange, leg, start, headers):
    data = typed(ben, start, start + DAY, leg=leg, minutes=45, body="Two <b>brushes</b>")
    answer = browser(ben).post(url(exchange), data=data, headers=headers)
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
    first = client.post(url(exchange), data=data)
    assert client.post(url(exchange), data=data).location == first.location
    assert db.session.scalar(select(func.count(LearningSession.id))) == 1


def test_rows_may_be_left_out(browser, ada, exchange, leg, start):
    data = typed(ada, start, leg=leg)
    data["day_3"], data["time_3"] = data.pop("day_1"), data.pop("time_1")
    data |= {"day_1": "", "time_1": ""}
    assert browser(ada).post(url(exchange), data=data).status_code == 303


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
    "none": (wrong(day_1="", time_1="", day_2="", time_2=""), "start", "Give at least one time."),
    "ticks": (wrong(start=["tomorrow"]), "start", "Choose one of the times offered."),
    "no_day_at_all": (wrong(start=["2026-02-31T10:00Z"]), "start", "Choose one of the times"),
    "too_many": (
        lambda person, start, leg: typed(
            person, start, leg=leg, start=[iso(start + number * DAY) for number in (1, 2, 3)]
        ),
        "start",
        "At most 3 times.",
    ),
    "ticked_and_typed": (
        lambda person, start, leg: typed(person, start, leg=leg, start=[iso(start)]),
        "time_1",
        "Two of the times are the same.",
    ),
    "ticked_too_far": (
        lambda person, start, leg: typed(
            person, leg=leg, start=[iso(start), iso(start + timedelta(weeks=8))]
        ),
        "start",
        "At most 8 weeks ahead.",
    ),
    "weeks": (wrong(weeks="7"), "weeks", "At most 6 further weeks."),
    "link": (
        wrong(place_kind="link", place_body="javascript:alert(1)"),
        "place_body",
        "https",
    ),
    "place": (wrong(place_kind="moon"), "place_kind", ""),
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
    answer = browser(ada).post(url(exchange), data=data, headers=headers)
    assert answer.status_code == 422, name
    error = re.search(rf'id="{field}-error".*?</p>', answer.text, re.DOTALL)
    assert error, name
    assert sentence in text_of(error.group())
    assert ("<html" in answer.text) is not bool(headers)
    for key in ("day_1", "time_1", "day_2", "time_2", "day_3", "time_3"):
        if data.get(key):
            assert re.search(rf'name="{key}"[^>]* value="{re.escape(data[key])}"', answer.text)
    for tick in data.get("start", []):
        if tick.endswith("Z") and tick[:4] > "2026":
            assert re.search(rf'value="{tick}" checked', answer.text)
    assert ("Kept &lt;b&gt;" if name != "body" else "Kept xxx") in answer.text
    assert db.session.scalar(select(func.count(LearningSession.id))) == 0


def test_an_hour_of_mine_that_is_given_away(browser, ada, ben, exchange, leg, start, now):
    people.make_session(ada, exchange, start=start, now=now)
    data = typed(ada, start + DAY, start, leg=leg)
    answer = browser(ada).post(url(exchange), data=data)
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
    answer = browser(ada).post(url(exchange), data=data, headers=headers)
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
    read = text_of(browser(ada).post(url(exchange), data=data).text)
    until = local(start - 2 * HOUR, ada.timezone).full
    assert f"Ben picks by {until} for you." in read


def test_the_leg_whose_turn_it_is_is_chosen(browser, ada, ben, exchange, leg, now):
    kept(ada, exchange, now)
    page = browser(ada).get(url(exchange)).text
    chosen = re.search(r'name="leg" value="(\d+)" checked', page).group(1)
    assert int(chosen) != leg
    page = browser(ada).get(url(exchange, f"/propose?leg={leg}")).text
    assert re.search(rf'name="leg" value="{leg}" checked', page)


def test_one_way_there_is_nothing_to_choose(browser, ada, cy, now):
    exchange = people.make_exchange(ada, cy, "javascript", now=now)
    page = browser(ada).get(url(exchange)).text
    assert 'type="hidden" name="leg"' in page
    assert "What is it about?" not in page


def test_an_ended_exchange_leads_back_and_takes_nothing(
    browser, ada, ben, exchange, leg, start, now
):
    with transaction():
        exchanges.cancel_exchange(ben, exchange.public_id, reason="We moved", now=now)
    assert browser(ada).get(url(exchange)).location == url(exchange, "")
    answer = browser(ada).post(url(exchange), data=typed(ada, start, leg=leg))
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
