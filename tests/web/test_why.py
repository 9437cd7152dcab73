"""Why somebody fits, as people meet it on cards and on its page."""

from __future__ import annotations

import re
from html import unescape

import pytest

from skillswap.db import transaction
from skillswap.models import PauseKind
from tests.conftest import HTMX
from tests.crowd import make_crowd
from tests.people import make_hours, make_person


def reasons(html: str) -> list[str]:
    """The reasons and the caution of the first list of them."""
    box = re.search(r'<ul class="why" aria-label="Why [^"]+">(.*?)</ul>', html, re.DOTALL)
    found = (
        re.findall(r"<li[^>]*>.*?</svg><span>(.*?)</span></li>", box[1], re.DOTALL) if box else []
    )
    return [unescape(re.sub(r"<[^>]+>", "", one)) for one in found]


@pytest.fixture
def kim(app):
    """Wants chess, teaches knitting, free in the evenings."""
    person = make_person("kim", wants=("Chess",), offers=("Knitting",))
    make_hours(person, "Mon-Fri 18-21")
    return person


@pytest.fixture
def ola(app):
    """Teaches chess, wants knitting, free in the evenings."""
    person = make_person("ola", offers=("Chess",), wants=("Knitting",))
    make_hours(person, "Mon-Fri 19-22")
    return person


def test_a_card_leads_to_the_page_that_says_all_of_it(browser, kim, ola):
    page = browser(kim).get("/teachers").text
    assert reasons(page)[:1] == ["A true swap: wants Knitting, which you teach"]
    assert 'href="/people/ola/why"' in page
    why = browser(kim).get("/people/ola/why").text
    assert "Why Ola fits you" in why
    assert reasons(why) == reasons(page)
    assert len(re.findall(r"<meter ", why)) == 9
    shown, weights = zip(
        *re.findall(r'<span class="num small">(\d+) of (\d+)</span>', why), strict=True
    )
    assert sum(map(int, weights)) == 100
    assert f">{sum(map(int, shown))} of 100<" in why
    assert 'href="/people/ola/pitch"' in why
    assert "Not in it: age" in why


def test_what_was_looked_for_goes_along(browser, kim, ola):
    idle = make_person("idle")
    page = browser(idle).get("/teachers?skill=chess").text
    assert 'href="/people/ola/why?skill=chess"' in page
    why = browser(idle).get("/people/ola/why?skill=chess").text
    assert "Teaches Chess, up to intermediate" in why
    assert "You have not said when you are free" in why
    for odd in ("nothing-like-it", "%00", "x" * 5_000, "%F0%9F%98%80"):
        assert browser(idle).get(f"/people/ola/why?skill={odd}").status_code == 200


def test_a_visitor_logs_in_first_and_nobody_has_a_page_about_themselves(browser, kim, ola):
    assert "/login" in browser().get("/people/ola/why").headers["Location"]
    for name in ("kim", "nobody-here"):
        assert browser(kim).get(f"/people/{name}/why").status_code == 404


def test_a_teacher_who_pauses_is_not_to_be_pitched(browser, kim, ola):
    with transaction():
        ola.paused = PauseKind.OWN
    why = browser(kim).get("/people/ola/why").text
    assert "Ola takes no new pitches at the moment." in why
    assert 'href="/people/ola/pitch"' not in why


def test_a_visitor_sees_no_reasons_and_no_best_fit(browser, kim, ola):
    page = browser().get("/teachers?sort=fit").text
    assert reasons(page) == []
    assert "Best fit" not in page
    assert "See why" not in page


def test_best_fit_is_the_order_of_who_wants_something(browser, kim, ola):
    assert '<option value="fit" selected>' in browser(kim).get("/teachers").text
    other = browser(kim).get("/teachers?sort=newest").text
    assert '<option value="newest" selected>' in other
    assert reasons(other)
    idle = make_person("idle")
    assert '<option value="rating" selected>' in browser(idle).get("/teachers").text
    with transaction():
        idle.learning = False
    assert "Best fit" not in browser(idle).get("/teachers").text


def test_where_everybody_is_full_the_page_says_that_nobody_fits(browser, kim, ola):
    with transaction():
        ola.pitch_cap = 0
    page = browser(kim).get("/teachers?skill=chess")
    assert page.status_code == 200
    assert 'id="teacher-ola"' not in page.text


@pytest.mark.parametrize("query", ["", "?q=craft+1", "?skill=craft-3&level=expert", "?q=no-such"])
def test_best_fit_takes_five_statements(browser, queries, query):
    make_crowd(200, listed=True)
    viewer = make_person("vi", wants=("Craft 1", "Craft 3"), offers=("Craft 5",))
    client = browser(viewer)
    for headers in ({}, HTMX):
        queries.clear()
        page = client.get(f"/teachers{query}", headers=headers)
        assert len(queries) <= 5
    if more := re.search(r'class="btn" href="([^"]+)" hx-get', page.text):
        queries.clear()
        client.get(more[1].replace("&amp;", "&"), headers=HTMX)
        assert len(queries) <= 5
    queries.clear()
    assert client.get("/people/crowd-1/why").status_code == 200
    assert len(queries) <= 2
