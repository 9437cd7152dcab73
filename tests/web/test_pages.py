"""The front page, Home, and what machines ask for."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from skillswap.blueprints import pages
from skillswap.db import transaction
from skillswap.lib.clock import utcnow
from tests import people
from tests.conftest import HTMX
from tests.crowd import make_crowd


def test_a_visitor_meets_real_people_and_popular_skills(browser, queries, ada, ben, cy, mo):
    queries.clear()
    page = browser().get("/")
    assert len(queries) <= 3
    assert page.status_code == 200
    assert len(re.findall(r'<article class="card mate', page.text)) == 3
    assert 'href="/people/ada"' in page.text
    assert 'href="/teachers?skill=watercolour"' in page.text
    assert 'action="/teachers"' in page.text
    assert page.headers["Cache-Control"] == "no-cache"


def test_the_front_page_stands_while_nobody_is_here(browser, app):
    assert browser().get("/").status_code == 200


def test_somebody_new_is_led_through_the_first_steps(browser, app):
    kim = people.make_person("kim", bio="", joined=timedelta(days=1))
    page = browser(kim).get("/").text
    assert "Welcome, Kim" in page
    assert "First steps: 0 of 5 done" in page
    assert re.search(r'<progress[^>]* max="5" value="0"', page)
    for url in ("/settings/profile", "/settings/skills", "/settings/availability", "/teachers"):
        assert f'href="{url}"' in page
    assert len(re.findall(r'class="btn btn--primary"[^>]*>', page)) == 1


def test_home_puts_first_what_needs_me(browser, ada, ben):
    people.make_pitch(ben, ada, "piano")
    exchange = people.make_exchange(ben, ada)
    people.make_proposal(ben, exchange)
    page = browser(ada).get("/").text
    assert "<b>1</b> pitch to answer" in page
    assert "<b>1</b> session to settle" in page
    assert 'href="/dashboard#to-answer"' in page
    assert "to answer" not in browser(ben).get("/").text


def test_the_next_session_is_opened_from_home_and_joined_in_time(browser, ada, ben, now):
    exchange = people.make_exchange(ben, ada)
    agreed = people.make_session(ben, exchange)
    page = browser(ben).get("/").text
    assert "Watercolour with Ada" in page
    assert "Mexico City" in page
    assert "in London" in page
    assert "Open session" in page
    assert "Join the call" not in page
    with transaction():
        agreed.starts_at = now + timedelta(minutes=5)
        agreed.ends_at = now + timedelta(minutes=65)
    page = browser(ben).get("/").text
    assert re.search(r"Your next session starts in [45] minutes", page)
    assert f'action="/sessions/{agreed.public_id}/join"' in page


@pytest.mark.parametrize("count", [5, 1_500])
def test_home_takes_eleven_statements_at_most(browser, queries, ada, ben, count):
    exchange = people.make_exchange(ben, ada)
    people.make_session(ben, exchange)
    people.make_pitch(ben, ada, "piano")
    people.make_post(ada)
    people.make_post(ben)
    make_crowd(count)
    for person in (ada, ben):
        client = browser(person)
        queries.clear()
        assert client.get("/").status_code == 200
        assert len(queries) <= 11


@pytest.mark.parametrize("path", ["/help", "/safety", "/privacy", "/terms"])
def test_pages_that_explain_are_for_everybody(browser, queries, ada, path):
    queries.clear()
    page = browser().get(path)
    assert page.status_code == 200
    assert "<h1>" in page.text
    assert queries == []
    assert browser(ada).get(path).status_code == 200


def test_every_address_of_the_frame_leads_somewhere(browser, ada):
    for client in (browser(), browser(ada)):
        page = client.get("/").text
        for url in sorted(set(re.findall(r'<a [^>]*href="(/[^"#]*)"', page))):
            assert client.get(url).status_code == 200, url


# -- for machines ---------------------------------------------------------------------------------


def test_health_is_told_without_asking_anybody(browser, queries, ada):
    client = browser(ada)
    queries.clear()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")
    assert queries == []
    assert "Set-Cookie" not in answer.headers
    assert "Set-Cookie" not in browser().get("/healthz").headers


def test_readiness_asks_the_database(browser, queries, app):
    queries.clear()
    answer = browser().get("/readyz")
    assert answer.status_code == 200
    assert len(queries) == 1


def test_without_a_database_it_is_not_ready(browser, app, monkeypatch):
    def away(*_args):
        raise OperationalError("SELECT 1", {}, Exception("no connection"))

    monkeypatch.setattr(pages.db.session, "execute", away)
    answer = browser().get("/readyz")
    assert answer.status_code == 503
    assert answer.mimetype == "text/plain"


def test_a_hole_can_be_reported_for_a_year_to_come(browser, app):
    answer = browser().get("/.well-known/security.txt")
    assert answer.status_code == 200
    assert answer.mimetype == "text/plain"
    site = app.config["SETTINGS"].public_url
    assert f"Contact: {site}/safety\n" in answer.text
    expires = re.search(r"^Expires: (\S+)$", answer.text, re.MULTILINE)
    assert expires
    ends = datetime.fromisoformat(expires[1]).astimezone(UTC)
    assert timedelta(days=300) < ends - utcnow() < timedelta(days=366)


def test_robots_are_kept_from_pages_about_people(browser, app):
    answer = browser().get("/robots.txt")
    assert answer.mimetype == "text/plain"
    assert "Disallow: /people\n" in answer.text
    assert "Disallow: /teachers" not in answer.text


def test_a_fragment_request_for_a_whole_page_gets_the_whole_page(browser, ada):
    assert "<html" in browser(ada).get("/dashboard", headers=HTMX).text
