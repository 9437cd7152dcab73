"""What does the month of sessions show, and what does it make of a strange address?"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from skillswap.db import db, transaction
from skillswap.lib.clock import local
from tests import people
from tests.conftest import HTMX

DAY = timedelta(days=1)


@pytest.fixture
def exchange(ada, ben, now):
    with transaction():
        for person in (ada, ben):
            db.session.merge(person).daily_sessions = 99
    return people.make_exchange(ben, ada, offered="spanish", now=now - 20 * DAY)


def url(at, person, *, day=False):
    there = local(at, person.timezone).date.isoformat()
    return f"/sessions/month?m={there[:7]}" + (f"&d={there}" if day else "")


def test_each_kind_has_its_look_on_its_day(browser, ada, ben, exchange, now):
    start = people.next_quarter(now + 3 * DAY)
    taught = people.make_session(ada, exchange, start=start, now=now)
    offered = people.make_proposal(ben, exchange, starts=[start + timedelta(hours=2)], now=now)
    page = browser(ada).get(url(start, ada, day=True)).text
    assert f'class="ev" href="/sessions/{taught.public_id}"' in page
    assert f'class="ev ev--wait" href="/sessions/{offered.public_id}"' in page
    assert "not agreed yet" in page
    below = page.split('id="day-title"')[1]
    assert local(start, ada.timezone).day in below
    assert f'id="session-{taught.public_id}"' in below
    other = browser(ben).get(url(start, ben)).text
    assert f'class="ev ev--learn" href="/sessions/{taught.public_id}"' in other


def test_the_list_and_the_month_lead_to_each_other_and_months_to_their_neighbours(browser, ada):
    client = browser(ada)
    assert 'href="/sessions/month"' in client.get("/sessions").text
    page = client.get("/sessions/month?m=2026-12").text
    assert 'href="/sessions"' in page
    assert 'href="/sessions/month?m=2026-11"' in page
    assert 'href="/sessions/month?m=2027-01"' in page
    assert "December 2026" in page
    assert "m=1999-12" not in client.get("/sessions/month?m=2000-01").text


def test_today_is_marked_and_every_day_can_be_reached(browser, ada, now):
    page = browser(ada).get("/sessions/month").text
    cells = re.findall(r"<td[^>]*>\s*<a id=\"day-([\d-]+)\" href=\"([^\"]+)\"", page)
    assert len(cells) % 7 == 0
    assert all(address.endswith(f"d={day}") for day, address in cells)
    today = local(now, ada.timezone).date
    assert re.search(rf'<td class="now" aria-current="date">\s*<a id="day-{today}"', page)


def test_an_empty_month_says_so_and_where_to_go(browser, ada):
    page = browser(ada).get("/sessions/month?m=2031-05").text
    assert "No session in this month" in page
    assert 'href="/exchanges"' in page
    assert "See the present month" in page


@pytest.mark.parametrize(
    "typed",
    [
        "m=soon",
        "m=2026-13",
        "m=1999-12",
        "m=9999-12",
        "m=2026-12&d=2026-02-30",
        "d=%00",
        "m=²026-12",
    ],
)
def test_what_cannot_be_read_is_left_out_and_said(browser, ada, now, typed):
    answer = browser(ada).get(f"/sessions/month?{typed}")
    assert answer.status_code == 200
    assert "That is not a day of our calendar" in answer.text
    assert f'id="day-{local(now, ada.timezone).date}"' in answer.text


def test_htmx_gets_the_table_alone(browser, ada):
    answer = browser(ada).get("/sessions/month?m=2026-12", headers=HTMX)
    assert "<html" not in answer.text
    assert 'id="month"' in answer.text


def test_a_visitor_is_sent_to_the_door(browser):
    assert browser().get("/sessions/month").location.startswith("/login")


def test_a_month_costs_the_same_for_2_and_20(browser, queries, ada, ben, exchange, now):
    def cost():
        client = browser(ben)
        queries.clear()
        assert client.get(url(now + 9 * DAY, ben, day=True)).status_code == 200
        return len(queries)

    def add(first, last):
        for number in range(first, last):
            start = people.next_quarter(now + 9 * DAY) + number * timedelta(hours=1)
            people.make_session(ada, exchange, start=start, now=now)

    add(0, 2)
    few = cost()
    add(2, 20)
    assert cost() == few <= 3
