"""The search box and the page of results, as people meet them."""

from __future__ import annotations

import pytest

from skillswap.db import transaction
from skillswap.domain import safety
from tests.conftest import HTMX
from tests.people import make_person


def test_the_box_of_the_top_bar_leads_to_a_page_of_skills_and_people(browser, ada, ben):
    assert 'action="/search"' in browser(ben).get("/dashboard").text
    make_person("wa", first_name="Waterhouse")
    page = browser(ben).get("/search?q=water").text
    assert "<html" in page
    assert 'href="/explore/skills/watercolour"' in page
    assert 'href="/people/wa"' in page
    assert 'href="/teachers?q=water"' in page


def test_while_somebody_types_the_first_are_suggested(browser, ada, ben):
    part = browser(ben).get("/search?q=ada", headers=HTMX)
    assert "<html" not in part.text
    assert 'href="/people/ada"' in part.text
    assert 'href="/search?q=ada"' in part.text
    assert 'hx-target="#suggested"' in part.text
    assert "1 suggestion" in part.text
    assert part.headers["Cache-Control"] == "no-store"
    assert browser(ben).get("/search?q=", headers=HTMX).text.strip() == ""


def test_what_is_misspelt_is_said(browser, ada):
    page = browser().get("/search?q=watercolr").text
    assert "No skill is called “watercolr”" in page
    assert 'href="/explore/skills/watercolour"' in page


def test_nothing_found_and_nothing_asked_have_a_way_on(browser, ada):
    assert "Nothing and nobody is called “zzzz”" in browser().get("/search?q=zzzz").text
    assert "What or whom do you look for?" in browser().get("/search").text


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("q", ["%00", "%E2%80%AE", "x" * 300, "%25", "%F0%9F%98%80"])
def test_no_address_breaks_it(browser, ada, q, headers):
    assert browser().get(f"/search?q={q}", headers=headers).status_code == 200


def test_what_is_typed_is_printed_as_text(browser, ada):
    for headers in ({}, HTMX):
        assert "<img src" not in browser().get("/search?q=<img src=x>", headers=headers).text


def test_the_two_of_a_block_do_not_find_each_other(browser, ada, ben, now):
    with transaction():
        safety.block(ada, "ben", now)
    for headers in ({}, HTMX):
        assert "/people/ada" not in browser(ben).get("/search?q=ada", headers=headers).text
        assert "/people/ben" not in browser(ada).get("/search?q=ben", headers=headers).text
