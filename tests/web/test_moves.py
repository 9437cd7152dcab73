"""What do the pages say while a time is asked for, repeated, moved or called off?"""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, learning_sessions
from skillswap.domain.learning_sessions.repeating import weekly
from skillswap.lib.clock import local
from skillswap.models import AvailabilityWindow, LearningSession, SessionState
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


@pytest.fixture
def key(ada, exchange, start, now):
    """A scheduled session."""
    return people.make_session(ada, exchange, start=start, now=now).public_id


@pytest.fixture
def asked(ben, key, start, now):
    """Ben would like to move it to one of two days later."""
    with transaction():
        learning_sessions.propose_move(
            ben, key, starts=[start + DAY, start + 2 * DAY], minutes=45, body="A train", now=now
        )
    return key


def url(key, tail=""):
    return f"/sessions/{key}{tail}"


def iso(at):
    return local(at, "UTC").iso


def row(key):
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(LearningSession).where(LearningSession.public_id == key))


def text_of(html):
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).replace(" ,", ",")


def with_weeks(person, exchange, starts, weeks, now):
    legs = exchanges.exchange_of(person, exchange.public_id).legs
    with transaction():
        return learning_sessions.propose_times(
            person,
            exchange.public_id,
            leg_id=legs[0].id,
            starts=starts,
            minutes=60,
            weeks=weeks,
            now=now,
        ).public_id


# -- asking ---------------------------------------------------------------------------------------


def test_the_page_to_move_shows_the_agreed_time_and_when_both_are_free(
    browser, ada, ben, key, start
):
    with transaction():
        for person in (ada, ben):
            db.session.add_all(
                AvailabilityWindow(user_id=person.id, weekday=day, start_minute=0, end_minute=1440)
                for day in range(7)
            )
    assert f'href="{url(key, "/move")}"' in browser(ben).get(url(key)).text
    page = browser(ben).get(url(key, "/move")).text
    read = text_of(page)
    assert "Move Watercolour with Ada" in read
    here = local(start, ben.timezone)
    assert f"Agreed {here.weekday} {here.day_number} {here.month} {here.clock}, 60 minutes" in read
    assert page.count('type="checkbox" name="start"') > 10
    assert "The agreed time stands until Ada says yes to another" in read


def test_the_agreed_time_is_not_among_the_times_to_move_to(browser, ada, ben, key, start):
    with transaction():
        for person in (ada, ben):
            db.session.add_all(
                AvailabilityWindow(user_id=person.id, weekday=day, start_minute=0, end_minute=1440)
                for day in range(7)
            )
    with transaction():  # at the hour, so that it is listed among many
        hour = start.replace(minute=0)
        one = db.session.scalars(select(LearningSession)).one()
        one.starts_at, one.ends_at = hour, hour + timedelta(hours=1)
    address = url(key, "/move")
    boxes = f'name="start" id="start-{hour.timestamp():.0f}"'
    assert boxes not in browser(ben).get(address).text
    assert boxes in browser(ben).get(f"{address}?minutes=30").text


@BOTH
def test_a_move_is_asked_for_from_its_page(browser, ada, ben, key, start, headers):
    form = {"minutes": "60", "start": [iso(start + DAY)], "body": "A train"}
    answer = browser(ben).post(url(key, "/move"), data=form, headers=headers)
    if headers:
        assert (answer.status_code, answer.headers["HX-Location"]) == (204, url(key))
    else:
        assert (answer.status_code, answer.location) == (303, url(key))
    mine, theirs = (text_of(browser(person).get(url(key)).text) for person in (ben, ada))
    assert "You have asked Ada to move this session" in mine
    assert "Withdraw this move" in mine
    assert "Ben would like to move this session" in theirs
    assert f"{local(start, ada.timezone).full} stands until you both agree" in theirs
    for page in (mine, theirs):
        assert "Scheduled" in page
        assert "Cancel this session" in page


@BOTH
def test_a_refused_move_comes_back_as_it_was_typed(browser, ben, key, start, headers):
    day = local(start, ben.timezone)
    form = {
        "minutes": "60",
        "day_1": day.date.isoformat(),
        "time_1": day.clock,
        "body": "Once upon a time",
    }
    answer = browser(ben).post(url(key, "/move"), data=form, headers=headers)
    assert answer.status_code == 422
    assert "This is the agreed time already. Choose another one." in answer.text
    assert f'value="{day.clock}"' in answer.text
    assert "Once upon a time" in answer.text
    assert ("<html" in answer.text) is not bool(headers)


def test_looking_reads_the_times_and_asks_nobody(browser, ben, key, start, now):
    form = {"minutes": "60", "start": [iso(start + DAY)], "submit_look": "1"}
    answer = browser(ben).post(url(key, "/move"), data=form, headers=HTMX)
    assert answer.status_code == 200
    assert "Then the move lapses and the agreed time stays" in text_of(answer.text)
    assert len(learning_sessions.session_of(ben, key).proposals) == 1


def test_an_old_link_leads_to_the_session(browser, ada, ben, asked):
    answer = browser(ada).get(url(asked, "/move"))
    assert (answer.status_code, answer.location) == (303, url(asked))
    form = {"minutes": "60", "start": [iso(people.next_quarter(row(asked).starts_at + 9 * DAY))]}
    answer = browser(ada).post(url(asked, "/move"), data=form)
    assert answer.status_code == 409
    assert "Answer that first" in answer.text


def test_within_the_hour_it_is_not_moved(browser, ben, ada, exchange, now):
    soon = people.next_quarter(now + 30 * timedelta(minutes=1))
    key = people.make_session(ada, exchange, start=soon, now=now - 3 * DAY).public_id
    read = text_of(browser(ben).get(url(key)).text)
    assert "Moving closed at" in read
    assert url(key, "/move") not in read
    assert browser(ben).get(url(key, "/move")).status_code == 303


# -- answering ------------------------------------------------------------------------------------


@BOTH
def test_picking_another_time_moves_the_session(browser, ada, ben, asked, start, headers):
    data = {"start": iso(start + DAY)}
    answer = browser(ada).post(url(asked, "/accept"), data=data, headers=headers)
    if headers:
        assert "It is moved. Both your calendars hold the new time." in answer.text
        assert "Scheduled" in answer.text
    else:
        assert (answer.status_code, answer.location) == (303, url(asked))
    assert (row(asked).starts_at, row(asked).minutes) == (start + DAY, 45)
    when = local(start + DAY, ben.timezone).full
    assert when in text_of(browser(ben).get("/notifications").text)


@BOTH
@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("decline", "Declined. The agreed time stays."),
        ("withdraw", "Your move is withdrawn. The agreed time stays."),
    ],
)
def test_a_move_that_is_not_wanted_leaves_the_time(
    browser, ada, ben, asked, start, headers, verb, words
):
    person = ada if verb == "decline" else ben
    client = browser(person)
    answer = client.post(url(asked, f"/{verb}"), headers=headers)
    page = answer.text if headers else client.get(answer.location).text
    assert words in page
    assert "would like to move" not in page
    assert (row(asked).state, row(asked).starts_at) == (SessionState.SCHEDULED, start)
    again = client.post(url(asked, f"/{verb}"), headers=headers)
    assert again.status_code == 409


def test_a_move_waits_in_every_list(browser, ada, ben, asked, exchange):
    to_agree = text_of(browser(ada).get("/sessions/to-agree").text)
    assert "Ben would like to move it. Answer by" in to_agree
    assert "Answer the move" in to_agree
    assert "Ada answers your move by" in text_of(browser(ben).get("/sessions/to-agree").text)
    for path in ("/dashboard", "/exchanges", f"/exchanges/{exchange.public_id}", "/sessions"):
        assert "Answer the move" in browser(ada).get(path).text, path
    assert "1 session to settle" in text_of(browser(ada).get("/dashboard").text)
    assert "Ada is asked to move it" in text_of(browser(ben).get("/exchanges").text)


def test_a_time_outside_the_usual_hours_is_marked(browser, ada, ben, asked, start):
    assert "Outside your usual hours" not in browser(ada).get(url(asked)).text
    other = (local(start, ada.timezone).wall.weekday() + 4) % 7
    with transaction():
        db.session.add(
            AvailabilityWindow(user_id=ada.id, weekday=other, start_minute=540, end_minute=600)
        )
    assert "Outside your usual hours or theirs" in browser(ada).get(url(asked)).text


def test_the_slower_of_two_sees_when_both_are_free(browser, ada, ben, cy, exchange, start, now):
    with transaction():
        for person in (ada, ben):
            db.session.add_all(
                AvailabilityWindow(user_id=person.id, weekday=day, start_minute=0, end_minute=1440)
                for day in range(7)
            )
    offer = people.make_proposal(ada, exchange, starts=[start, start + DAY], now=now).public_id
    other = people.make_exchange(ben, cy, "javascript", now=now)
    people.make_session(cy, other, start=start, now=now)
    answer = browser(ben).post(url(offer, "/accept"), data={"start": iso(start)})
    assert answer.status_code == 409
    assert "You are both free next" in answer.text
    assert "Pick this time" in answer.text  # what is left of the offer
    link = re.search(
        r'href="(/exchanges/[^"]+/propose[^"]+)"[^>]*>(?:(?!</a>).)*instead', answer.text
    )
    page = browser(ben).get(unescape(link.group(1)))
    assert page.status_code == 200
    assert len(re.findall(r'name="start"[^>]* checked', page.text)) == 3


# -- repeats --------------------------------------------------------------------------------------


def test_the_weeks_of_an_offer_are_shown_with_what_is_in_their_way(
    browser, ada, ben, cy, exchange, start, now
):
    key = with_weeks(ada, exchange, [start], 3, now)
    weeks = weekly(start, 3, ada.timezone)
    other = people.make_exchange(ben, cy, "javascript", now=now)
    people.make_session(cy, other, start=weeks[1], now=now)
    read = text_of(browser(ben).get(url(key)).text)
    assert "And the same time in the 3 weeks after, on the clock of London" in read
    days = [local(at, ben.timezone).short_day for at in weeks]
    assert f"{days[1]} (You have another session then)" in read
    assert "A week in which one of you is taken is left out. The others are agreed." in read
    answer = browser(ben).post(url(key, "/accept"), data={"start": iso(start)}, headers=HTMX)
    left_out = local(weeks[1], ben.timezone).day
    assert f"{left_out} is taken, so that week is left out" in text_of(answer.text)
    assert "It is agreed, and 2 weeks after it." in text_of(answer.text)
    assert text_of(browser(ada).get("/sessions").text).count("Watercolour with Ben") == 3
    with transaction():
        learning_sessions.propose_move(ada, key, starts=[start + DAY], minutes=60, body="", now=now)
    answer = browser(ben).post(url(key, "/accept"), data={"start": iso(start + DAY)}, headers=HTMX)
    assert "It is moved." in text_of(answer.text)
    assert "left out" not in text_of(answer.text)


# -- calling off ----------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"usual": "ill"}, "I am ill"),
        ({"usual": "came_up", "reason": "The boiler"}, "Something came up. The boiler"),
        ({"reason": " The boiler "}, "The boiler"),
        ({"usual": "nonsense", "reason": "The boiler"}, "The boiler"),
    ],
    ids=["usual", "both", "own words", "unknown"],
)
def test_why_it_is_cancelled(browser, ada, ben, key, headers, typed, kept):
    browser(ben).post(url(key, "/cancel"), data=typed, headers=headers)
    assert (row(key).state, row(key).cancel_reason) == (SessionState.CANCELLED, kept)
    assert kept in browser(ada).get(url(key)).text


@BOTH
def test_without_a_reason_it_is_not_cancelled(browser, ben, key, headers):
    answer = browser(ben).post(url(key, "/cancel"), data={"reason": " "}, headers=headers)
    assert answer.status_code == 422
    assert "Say why in a few words. Ada will read it." in answer.text
    assert row(key).state is SessionState.SCHEDULED


def test_the_page_says_when_cancelling_counts_as_late(browser, ada, ben, exchange, key, start, now):
    soon = people.make_session(
        ada, exchange, start=people.next_quarter(now + 5 * HOUR), now=now - DAY
    ).public_id
    late = local(start - 12 * HOUR, ben.timezone)
    read = text_of(browser(ben).get(url(key)).text)
    assert f"You can cancel in good time until {late.full}" in read or late.clock in read
    assert "cancelling now counts as late" in text_of(browser(ben).get(url(soon)).text)


# -- how much is asked of the database ------------------------------------------------------------


def test_the_pages_ask_as_much_however_many_times_there_are(
    browser, ada, ben, exchange, start, now, queries
):
    counts = []
    one, many = (
        with_weeks(ada, exchange, starts, weeks, now)
        for starts, weeks in (([start], 0), ([start + n * DAY for n in (1, 2, 3)], 6))
    )
    client = browser(ben)
    client.get(url(one))
    for key in (one, many):
        queries.clear()
        client.get(url(key))
        counts.append(len(queries))
    assert counts[0] == counts[1]
