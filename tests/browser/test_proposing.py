"""How are times chosen from the common free hours, by hand and without a script?"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from skillswap.db import db
from skillswap.lib.clock import utcnow
from tests import people
from tests.browser.conftest import Place, Visitors

SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])


def make_pair(place: Place, teacher: str, learner: str) -> str:
    """The page for proposing of two who are free every evening of one and morning of the other."""
    with place.app.app_context():
        one = people.make_person(teacher, offers=("Lace",), timezone="Europe/Lisbon")
        other = people.make_person(learner, wants=("Lace",), timezone="America/Bogota")
        people.make_hours(one, "every day 17-20")
        people.make_hours(other, "every day 9-16")
        exchange = people.make_exchange(other, one, "lace", now=utcnow() - timedelta(days=3))
        db.session.remove()
    return f"/exchanges/{exchange.public_id}/propose"


def tick(page: Page, number: int) -> None:
    """Tick the first start of a day that is shown."""
    page.locator("#start .days").first.locator("fieldset").nth(number).locator(
        "label"
    ).first.click()


@SCRIPTS
def test_ticks_of_two_weeks_are_proposed_together(
    place: Place, visitor: Visitors, javascript: bool
) -> None:
    names = ("tess", "lotte") if javascript else ("tom", "lea")
    url = make_pair(place, *names)
    one = visitor(names[0].capitalize(), username=names[0], javascript=javascript)
    page = one.open(url)
    look = page.locator("#look")
    page.get_by_text("45 min", exact=True).click()
    tick(page, 2)
    tick(page, 4)
    if not javascript:
        page.get_by_role("button", name="Look at it in both clocks").click()
    expect(look.locator("li.when")).to_have_count(2)
    expect(look).to_contain_text("45 minutes")
    expect(look).to_contain_text(f"for {names[1].capitalize()} in Bogota")
    title = page.locator("#free-times b").first.inner_text()
    page.get_by_role("link", name="Later week").click()
    expect(page.locator("#free-times b").first).not_to_have_text(title)
    if javascript:
        expect(page.get_by_role("link", name="Later week")).to_be_focused()
    tick(page, 3)
    if not javascript:
        page.get_by_role("button", name="Look at it in both clocks").click()
    expect(look.locator("li.when")).to_have_count(3)
    expect(page.get_by_text("Ticked too, and not among these")).to_be_visible()
    page.get_by_role("button", name="Propose these times").click()
    expect(page).to_have_url(re.compile(r"/sessions/[\w-]{12}$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    rows = place.sql(
        "SELECT minutes, start_1, start_2, start_3 FROM proposals JOIN users ON"
        " users.id = proposer_id WHERE username = :name",
        name=names[0],
    )
    assert [(row[0], all(row[1:])) for row in rows] == [(45, True)]


def test_a_fourth_tick_is_said_at_once_and_refused_with_all_kept(
    place: Place, visitor: Visitors
) -> None:
    url = make_pair(place, "ute", "levi")
    one = visitor("Ute", username="ute")
    page = one.open(url)
    for number in range(1, 5):
        tick(page, number)
    expect(page.locator("#look")).to_contain_text("At most 3 times.")
    with one.expecting(422):
        page.get_by_role("button", name="Propose these times").click()
        expect(page.locator("#start-error")).to_contain_text("At most 3 times.")
    expect(page.locator("#start input:checked")).to_have_count(4)
