"""A learner looks for a teacher: by a word that is misspelt, by hours, by a name."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from skillswap.db import db
from tests import people
from tests.browser.conftest import CROWD, Place, Visitors

WISH = "I would like to write the names on our wedding cards by hand, slowly and without fear."
SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])


def move_in(place: Place, username: str) -> None:
    """A learner with free evenings, and one teacher of calligraphy who has some as well."""
    with place.app.app_context():
        learner = people.make_person(username, offers=("Bread",), wants=("Calligraphy",))
        people.make_hours(learner, "Mon-Fri 18-22")
        teacher = db.session.scalars(people.select(people.User).filter_by(username="teacher007"))
        people.make_hours(teacher.one(), "Mon-Fri 19-21")
        db.session.remove()


@SCRIPTS
def test_a_misspelt_skill_free_evenings_and_the_reasons_lead_to_a_pitch(
    place: Place, visitor: Visitors, javascript: bool
) -> None:
    username = "lena" if javascript else "lars"
    move_in(place, username)
    one = visitor(username, username=username, javascript=javascript)
    page = one.open("/teachers")
    page.get_by_label("Skill or name").fill("caligraphy")
    if not javascript:
        page.get_by_role("button", name="Show results").click()
    expect(page.get_by_text("This is Calligraphy, which is spelled much like it.")).to_be_visible()
    expect(page.locator("#found")).to_have_text(re.compile(f"^{CROWD} teachers"))
    expect(page.get_by_text("Evenings (1)")).to_be_visible()
    page.get_by_role("checkbox", name="Evenings").check()
    if not javascript:
        page.get_by_role("button", name="Show results").click()
    expect(page.locator("#found")).to_have_text("1 teacher of Calligraphy")
    expect(page).to_have_url(re.compile(r"/teachers\?.*when=evenings"))
    expect(page.get_by_role("checkbox", name="Evenings")).to_be_checked()
    page.get_by_role("link", name="See why").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Teacher007")
    expect(page.get_by_text("Common free time")).to_be_visible()
    page.get_by_role("link", name="Pitch Teacher007").first.click()
    page.get_by_label("Your message").fill(WISH)
    page.get_by_role("button", name="Send pitch").click()
    expect(page.get_by_text("Your pitch is with Teacher007.")).to_be_visible()


def test_what_is_suggested_below_the_box_is_reached_by_keys_alone(visitor: Visitors) -> None:
    page = visitor("Ivo", username="ivo").open("/pitches")
    page.keyboard.press("/")
    page.keyboard.type("teachr012")
    name = page.get_by_role("link", name="Teacher012 Example")
    expect(name).to_be_visible()
    expect(page.get_by_text("1 suggestion", exact=True)).to_be_attached()
    page.keyboard.press("Tab")
    expect(name).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Teacher012 Example")
    expect(name).not_to_be_attached()


def test_suggestions_leave_with_the_focus(visitor: Visitors) -> None:
    page = visitor("Ivo", username="ivo").open("/pitches")
    page.get_by_role("searchbox", name="Search skills or people").fill("calli")
    skill = page.get_by_role("link", name=re.compile("^Calligraphy"))
    expect(skill).to_be_visible()
    page.get_by_role("button", name="Your menu").focus()
    expect(skill).to_be_hidden()


@SCRIPTS
def test_the_box_leads_to_a_page_of_everything_called_so(
    visitor: Visitors, javascript: bool
) -> None:
    one = visitor("Ivo", username="ivo", javascript=javascript)
    page = one.open("/pitches")
    page.get_by_role("searchbox", name="Search skills or people").fill("teacher013")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Search")
    expect(page.get_by_role("main").get_by_role("link", name="Teacher013 Example")).to_be_visible()
    assert one.path == "/search?q=teacher013"
