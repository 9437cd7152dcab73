"""Find a teacher, as people meet the page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from skillswap import create_app
from skillswap.config import Settings
from skillswap.db import db, transaction
from skillswap.extensions import limiter
from skillswap.lib.languages import mask_of
from skillswap.models import UserState
from tests.conftest import HTMX
from tests.crowd import make_crowd
from tests.people import make_hours, make_person, make_skill


def found(html: str) -> list[str]:
    """The usernames of the cards, in their order."""
    return re.findall(r'<article class="card mate" id="teacher-([^"]+)"', html)


def heading(html: str) -> str:
    """What the status line says."""
    inside = re.search(r'(?:id="found"|hx-target="#found"[^>]*)>(.*?)</', html, re.DOTALL)
    assert inside
    return " ".join(inside[1].split())


def test_a_visitor_finds_a_teacher_and_is_led_to_pitch(browser, ada, ben):
    page = browser().get("/teachers?q=watercolour")
    assert page.status_code == 200
    assert found(page.text) == ["ada"]
    assert heading(page.text) == "1 teacher of Watercolour"
    assert 'href="/people/ada"' in page.text
    assert browser().get("/people/ada/pitch").headers["Location"].startswith("/login")


def test_nobody_finds_themselves(browser, ada, ben):
    assert found(browser(ada).get("/teachers").text) == ["ben"]


def test_a_change_of_the_filters_answers_with_the_results_alone(browser, ada, ben):
    answer = browser(ben).get("/teachers?q=pia&level=&language=&sort=fit", headers=HTMX)
    assert answer.text.lstrip().startswith('<div id="results">')
    assert "<html" not in answer.text
    assert found(answer.text) == ["ada"]
    assert heading(answer.text) == "1 teacher for “pia”"
    for part in ("#found", "#level", "#language", "#filters-on"):
        assert f'hx-target="{part}"' in answer.text
    assert answer.headers["HX-Push-Url"] == "/teachers?q=pia"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_and_the_fragment_hold_the_same_cards(browser, ada, ben, cy):
    for query in ("", "?q=pia", "?level=expert", "?q=nothing-like-it"):
        page, part = (browser().get(f"/teachers{query}", headers=h).text for h in ({}, HTMX))
        assert found(page) == found(part)
        assert heading(page) == heading(part)


def test_what_is_asked_for_stands_in_the_form(browser, ada):
    page = browser().get("/teachers?q=water&level=intermediate&language=en&sort=newest").text
    assert 'name="q" type="search" value="water"' in page
    for value in ("intermediate", "en", "newest"):
        assert f'<option value="{value}" selected>' in page
    assert "2 on" in page


def test_the_skill_of_the_address_stands_in_the_search_box(browser, ada):
    page = browser().get("/teachers?skill=watercolour").text
    assert 'value="Watercolour"' in page
    assert heading(page) == "1 teacher of Watercolour"


def test_the_choices_say_how_many_they_leave(browser, ada):
    make_person("eva", offers=("Chess",), language_mask=mask_of(["en", "de"]))
    page = browser().get("/teachers").text
    assert '<option value="de">German (1)</option>' in page
    assert '<option value="en">English (2)</option>' in page
    assert '<option value="expert">Expert (0)</option>' in page
    assert "Any level (2)" in page


@pytest.mark.parametrize(
    "query",
    [
        "level=grandmaster",
        "language=xx",
        "sort=luck",
        "skill=no-such-skill",
        "q=%00",
        "q=%E2%80%AE",
        "skill=" + "x" * 61,
        "level=2&language=%F0%9F%98%80",
        "when=noon",
        "rating=5.1",
        "answers=at-once",
        "swap=yes&verified=2",
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_filter_that_nobody_knows_is_left_out_and_said(browser, ada, query, headers):
    answer = browser().get(f"/teachers?{query}", headers=headers)
    assert answer.status_code == 200
    assert found(answer.text) == ["ada"]
    assert "One of the filters was not understood" in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "q=" + "x" * 5_000,
        "q=%25&after=%25",
        "after=WzEsMiwzXQ",
        "after=x&q=ada",
        "q=%F0%9F%98%80",
        "q[]=1&skill[]=2",
        "q=a&q=b&level=expert&level=beginner",
        "q=%EF%B7%BA" * 40,
        "page=9e9&limit=1000000",
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_no_address_breaks_the_page(browser, ada, query, headers):
    assert browser().get(f"/teachers?{query}", headers=headers).status_code == 200


def test_a_long_term_is_cut(browser, ada):
    page = browser().get("/teachers?q=" + "x" * 300).text
    assert 'value="' + "x" * 100 + '"' in page


def test_what_people_write_is_printed_as_text(browser):
    make_person("eve", offers=("Chess",), first_name="<b>Eve", headline="<script>alert(1)</script>")
    page = browser().get("/teachers?q=%3Cimg%20src=x%3E").text
    assert "<img src=x>" not in page
    page = browser().get("/teachers").text
    assert "<script>alert" not in page
    assert "&lt;b&gt;Eve" in page


def test_more_teachers_come_with_a_link_and_with_htmx(browser, ada):
    make_crowd(45, listed=True, named=True)
    seen, url = [], "/teachers?q=crowd"
    first = browser(ada).get(url).text
    assert heading(first) == "45 teachers for “crowd”"
    seen += found(first)
    more = re.search(r'class="btn" href="([^"]+)" hx-get', first)
    assert more
    url = more[1].replace("&amp;", "&")
    assert "q=crowd" in url
    plain = browser(ada).get(url)
    assert "<html" in plain.text
    part = browser(ada).get(url, headers=HTMX)
    assert "<html" not in part.text
    assert found(plain.text) == found(part.text)
    assert part.text.lstrip().startswith("<article")
    assert "HX-Push-Url" not in part.headers
    seen += found(part.text)
    last = re.search(r'class="btn" href="([^"]+)" hx-get', part.text)
    assert last
    end = browser(ada).get(last[1].replace("&amp;", "&"), headers=HTMX).text
    seen += found(end)
    assert "Show more teachers" not in end
    assert len(seen) == len(set(seen)) == 45


def test_where_nobody_teaches_it_there_is_a_way_on(browser, ada, ben):
    make_skill("Gouache")
    page = browser(ben).get("/teachers?q=gouache").text
    assert heading(page) == "Nobody teaches Gouache yet"
    assert 'href="/settings/skills"' in page
    assert 'href="/teachers?skill=piano"' in page
    assert "Join and list it as wanted" in browser().get("/teachers?q=gouache").text


def test_where_the_filters_leave_nobody_the_tightest_can_be_dropped(browser, ada):
    page = browser().get("/teachers?q=piano&level=expert").text
    assert heading(page) == "Nobody fits all of this"
    assert re.search(r'href="/teachers\?q=piano">Any level \(1\)', page)
    assert "Taught by many here" not in page
    page = browser().get("/teachers?q=piano&level=expert&language=de").text
    assert re.search(r'href="/teachers\?q=piano">Without any filter \(1\)', page)


def test_where_too_many_are_there_to_be_counted_a_filter_can_be_dropped_all_the_same(browser, app):
    make_crowd(1_001)
    page = browser().get("/teachers?language=cy").text
    assert heading(page) == "Nobody so far fits all of this"
    assert '<a class="btn" href="/teachers">Any language</a>' in page
    further = re.search(r'href="([^"]+)">Look further', page)
    assert further
    page = browser().get(further[1].replace("&amp;", "&")).text
    assert heading(page) == "Nobody fits all of this"
    assert "Look further" not in page


def test_hours_and_swaps_can_be_asked_for_by_who_is_signed_in(browser, ada, ben, cy):
    make_hours(cy, "Mon-Fri 18-21")
    make_hours(ben, "Sat 9-12")
    page = browser(ada).get("/teachers").text
    assert "My hours" not in page
    assert 'href="/settings/availability">Say when you could meet' in page
    make_hours(ada, "Sat 9-17")
    page = browser(ada).get("/teachers?when=evenings&when=mine").text
    assert "My hours" in page
    page = browser(ada).get("/teachers?swap=1").text
    assert found(page) == ["ben"]
    assert 'name="swap" value="1" checked' in page
    assert re.search(r"Weekends<span id=\"left-weekends\"> \(1\)", page)
    answer = browser().get("/teachers?swap=1&when=mine")
    assert len(found(answer.text)) == 3
    assert "Log in to look for your own hours and swaps." in answer.text
    assert 'name="swap"' not in answer.text


def test_the_verified_are_marked_and_can_be_asked_for(browser, ada, ben, now):
    assert "Verified" not in browser(ben).get("/teachers").text
    with transaction():
        db.session.merge(ada).verified_until = now + timedelta(days=1)
    page = browser(ben).get("/teachers?verified=1&sort=rating").text
    assert found(page) == ["ada"]
    assert page.count('aria-label="Verified"') == 1
    assert re.search(r"Verified teachers only<span id=\"left-verified\"> \(1\)", page)
    assert 'aria-label="Verified"' in browser(ben).get("/people/ada").text
    assert 'aria-label="Verified"' not in browser(ada).get("/people/ben").text


def test_an_empty_answer_leads_to_a_wish_and_to_rings(browser, ada, ben):
    page = browser(ben).get("/teachers?skill=piano&level=expert").text
    assert 'href="/wishes/new?skill=piano"' in page
    assert 'href="/explore/rings"' in page
    assert "/wishes/new" not in browser().get("/teachers?skill=piano&level=expert").text


def test_a_name_nobody_has_is_said(browser, ada):
    page = browser().get("/teachers?q=zzz").text
    assert heading(page) == "Nobody found for “zzz”"
    assert 'href="/teachers"' in page


def test_a_card_says_why_and_shows_the_clock_there(browser, ada, ben):
    page = browser(ada).get("/teachers?q=ben").text
    assert "Why Ben fits you" in page
    assert "Wants Watercolour, which you teach" in page
    assert re.search(r"Mexico City, \d\d:\d\d", page)


def test_somebody_who_left_is_gone_at_once(browser, ada, ben):
    assert found(browser(ben).get("/teachers?q=ada").text) == ["ada"]
    with transaction():
        ada.state = UserState.SUSPENDED
    assert found(browser(ben).get("/teachers?q=ada").text) == []
    with transaction():
        ada.state = UserState.ACTIVE
        ada.headline = "Something new"
    assert "Something new" in browser(ben).get("/teachers?q=ada").text


@pytest.mark.parametrize("count", [20, 600])
@pytest.mark.parametrize(
    "query",
    ["", "?q=craft+1", "?skill=craft-3&level=expert&language=pt", "?q=no-such", "?sort=newest"],
)
def test_browsing_takes_four_statements_whatever_there_is(browser, queries, ada, query, count):
    make_crowd(count)
    for person, most in ((None, 3), (ada, 4)):
        client = browser(person)
        query += f"{'&' if query else '?'}sort=rating" if "sort" not in query else ""
        for headers in ({}, HTMX):
            queries.clear()
            page = client.get(f"/teachers{query}", headers=headers)
            assert len(queries) <= most
        if more := re.search(r'class="btn" href="([^"]+)" hx-get', page.text):
            queries.clear()
            client.get(more[1].replace("&amp;", "&"), headers=HTMX)
            assert len(queries) <= most


@pytest.fixture
def with_brakes(tmp_path, monkeypatch):
    """A visitor's browser on an app with its brakes on, as in production."""
    monkeypatch.setattr(limiter, "enabled", limiter.enabled)  # one limiter for all apps: put back
    app = create_app(
        Settings.from_env(
            {
                "SKILLSWAP_ENV": "test",
                "SECRET_KEY": "only-for-tests-and-long-enough-to-be-one",
                "DATABASE_URL": f"sqlite:///{tmp_path / 'flood.db'}",
                "INSTANCE_PATH": str(tmp_path),
            }
        )
    )
    with app.app_context():
        db.create_all()
        yield app.test_client()
        db.engine.dispose()


def test_a_flood_of_searches_is_slowed_down(with_brakes):
    answers = [with_brakes.get("/teachers?q=ada", headers=HTMX) for _ in range(121)]
    assert {answer.status_code for answer in answers[:120]} == {200}
    assert answers[120].status_code == 429
    assert answers[120].headers["HX-Retarget"] == "#toasts"
    assert with_brakes.get("/healthz").status_code == 200
