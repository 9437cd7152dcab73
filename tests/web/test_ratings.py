"""What do the pages about ratings show and answer, to whom, and when?"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import learning_sessions, ratings
from skillswap.models import OutcomeAnswer, Rating, RatingState
from tests import people
from tests.conftest import HTMX

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
WORDS = "Patient, and <b>very</b> funny."
FORM = {"stars": "4", "tags": ["fun", "on_time"], "body": WORDS, "meet_again": "yes"}


@pytest.fixture
def exchange(ada, ben, now):
    return people.make_exchange(ben, ada, offered="spanish", now=now - 29 * DAY)


@pytest.fixture
def kept(ada, exchange, now):
    return met(ada, exchange, now - DAY)


def met(person, exchange, at, *, kept=True):
    """A session that both say happened, an hour after it ended."""
    start = people.next_quarter(at)
    key = people.make_session(person, exchange, start=start, now=at - 3 * DAY).public_id
    for who in (person, exchange.partner_of(person)) if kept else ():
        with transaction():
            learning_sessions.give_outcome(
                who, key, answer=OutcomeAnswer.HAPPENED, now=start + 2 * HOUR
            )
    return key


def rate(person, key, now, stars=5, **words):
    with transaction():
        return ratings.rate_session(person, key, stars=stars, now=now, **words).public_id


def url(key, tail="/rate"):
    return f"/sessions/{key}{tail}"


def rows():
    db.session.rollback()
    return db.session.scalars(select(Rating).order_by(Rating.id)).all()


def text_of(html):
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace(" ,", ",").replace(" .", ".")


# -- giving one -----------------------------------------------------------------------------------


def test_no_star_is_chosen_beforehand(browser, ben, kept):
    page = browser(ben).get(url(kept)).text
    stars = re.findall(r'<input type="radio" id="stars-(\d)"[^>]*>', page)
    assert stars == ["5", "4", "3", "2", "1"]
    assert not re.search(r'id="stars-\d"[^>]*checked', page)


@BOTH
def test_a_rating_is_sealed_and_only_its_author_reads_it(browser, ada, ben, kept, headers):
    answer = browser(ben).post(url(kept), data=FORM, headers=headers)
    assert answer.status_code == (200 if headers else 303)
    mine = browser(ben).get(url(kept)).text
    assert "Patient, and &lt;b&gt;very&lt;/b&gt; funny." in mine
    assert "Your rating of Ada" in text_of(mine)
    assert re.search(r"Ada has until \w+ \d+ \w+", text_of(mine))
    before = browser(ada).get(url(kept)).text
    assert "funny" not in before
    assert "How was it with Ben?" in before


def test_the_partner_s_pages_are_the_same_before_and_after_it(browser, ada, ben, kept, now):
    paths = (url(kept), url(kept, ""), "/dashboard", "/", "/people/ada/ratings", "/people/ada")
    client = browser(ada)

    def read():
        return [
            re.sub(r"\d+ minutes? ago|\d\d:\d\d", "", text_of(client.get(p).text)) for p in paths
        ]

    before = read()
    rate(ben, kept, now, body=WORDS)
    assert read() == before


@BOTH
def test_what_is_sealed_can_be_changed(browser, ben, kept, headers):
    client = browser(ben)
    client.post(url(kept), data=FORM)
    page = client.get(url(kept)).text
    assert re.search(r'id="stars-4"[^>]*checked', page)
    assert re.search(r'value="fun"[^>]*checked', page)
    assert re.search(r'name="meet_again" value="yes"[^>]*checked', page)
    client.post(
        url(kept), data=FORM | {"stars": "2", "body": "On second thought."}, headers=headers
    )
    (row,) = rows()
    assert (row.stars, row.body, row.state) == (2, "On second thought.", RatingState.SEALED)


@BOTH
def test_both_appear_in_the_same_moment(browser, ada, ben, kept, now, headers):
    rate(ada, kept, now, stars=3, body="Keen and late.")
    answer = browser(ben).post(url(kept), data=FORM, headers=headers)
    assert answer.status_code == (200 if headers else 303)
    for person, heads in (
        (ada, ("Ben about you", "You about Ben")),
        (ben, ("Ada about you", "You about Ada")),
    ):
        page = text_of(browser(person).get(url(kept)).text)
        for words in (*heads, "Keen and late.", "Patient, and"):
            assert words in page
        assert "Seal rating" not in page
    assert {row.published_at for row in rows()} != {None}
    assert len({row.published_at for row in rows()}) == 1


@BOTH
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"stars": ""}, "stars"),
        ({"stars": "0"}, "stars"),
        ({"stars": "6"}, "stars"),
        ({"stars": "good"}, "stars"),
        ({"tags": ["fun", "on_time", "clear", "patient"]}, "tags"),
        ({"tags": ["handsome"]}, "tags"),
        ({"body": WORDS + "x" * 1_001}, "body"),
        ({"private_body": "x" * 1_001}, "private_body"),
    ],
    ids=["none", "0", "6", "a word", "4 tags", "no tag", "long", "long private word"],
)
def test_what_is_refused_comes_back_whole(browser, ben, kept, headers, typed, sentence):
    form = FORM | {"private_body": "Between us."} | typed
    answer = browser(ben).post(url(kept), data=form, headers=headers)
    assert answer.status_code == 422
    assert f'id="{sentence}-error"' in answer.text
    assert "Patient, and &lt;b&gt;very&lt;/b&gt; funny." in answer.text
    assert form["private_body"] in answer.text
    assert re.search(r'name="meet_again" value="yes"[^>]*checked', answer.text)
    assert rows() == []


@pytest.mark.parametrize("days", [15, 20])
def test_after_14_days_it_is_too_late_and_no_text_is_lost(browser, ada, ben, exchange, now, days):
    key = met(ada, exchange, now - days * DAY)
    assert "It could be rated until" in browser(ben).get(url(key)).text
    answer = browser(ben).post(url(key), data=FORM)
    assert answer.status_code == 422
    assert "very&lt;/b&gt; funny." in answer.text


def test_what_did_not_take_place_is_not_rated(browser, ada, ben, exchange, now):
    ahead = met(ada, exchange, now + 3 * DAY, kept=False)
    assert "It is not over yet." in browser(ben).get(url(ahead)).text
    answer = browser(ben).post(url(ahead), data=FORM)
    assert (answer.status_code, WORDS[:8] in answer.text) == (422, True)
    with transaction():
        learning_sessions.cancel_session(ada, ahead, reason="A cold", now=now)
    assert browser(ben).post(url(ahead), data=FORM).status_code == 422
    assert rows() == []


def test_a_session_nobody_has_confirmed_is_completed_by_a_rating(browser, ada, ben, exchange, now):
    key = met(ada, exchange, now - 9 * DAY, kept=False)
    page = browser(ben).get(url(key)).text
    assert "A rating also says that the session happened." in page
    assert browser(ben).post(url(key), data=FORM).status_code == 303
    assert "You both kept it" in browser(ada).get(url(key, "")).text


@BOTH
def test_for_strangers_there_is_nothing(browser, cy, kept, headers):
    for tail in ("/rate", "/skip-rating"):
        answer = browser(cy).post(url(kept, tail), data=FORM, headers=headers)
        assert answer.status_code == 404
    assert browser(cy).get(url(kept)).status_code == 404


def test_only_the_one_who_was_pitched_to_is_asked_about_the_pitch(browser, ada, ben, kept):
    assert "How clear was Ben’s pitch?" in browser(ada).get(url(kept)).text
    assert "pitch?" not in browser(ben).get(url(kept)).text


@BOTH
def test_skipping_asks_no_more_and_closes_nothing(browser, ben, kept, headers):
    client = browser(ben)
    answer = client.post(url(kept, "/skip-rating"), headers=headers)
    assert answer.status_code == (200 if headers else 303)
    page = client.get(url(kept)).text
    assert "You have skipped this one" in page
    assert client.post(url(kept, "/skip-rating")).status_code == 303
    assert client.post(url(kept), data=FORM).status_code == 303
    assert client.post(url(kept, "/skip-rating")).status_code == 409
