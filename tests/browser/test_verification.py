"""Somebody sends a document, a member of staff asks for more and approves, nothing is left."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from skillswap.db import db
from skillswap.models import User
from tests import people, verifying
from tests.browser.conftest import Place, Visitors
from tests.browser.visitor import Visitor

BACK = "The back of it, please."
SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])


class Cast(NamedTuple):
    """Who teaches weaving, and who checks that; usernames."""

    wanda: str
    max: str


@pytest.fixture
def cast(place: Place) -> Cast:
    """Others in each test."""
    mark = place.sql("SELECT count(*) FROM users")[0][0]
    with place.app.app_context():
        people.make_person(f"wanda{mark}", offers=("Weaving",))
        people.make_person(f"max{mark}", staff_role="moderator")
        db.session.remove()
    return Cast(f"wanda{mark}", f"max{mark}")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def picture(name: str) -> dict[str, object]:
    return {"name": name, "mimeType": "image/png", "buffer": verifying.png()}


def take(max_: Visitor, cast: Cast) -> Page:
    """The claim, from the queue."""
    page = max_.open("/moderation?kind=claim")
    page.get_by_role("link", name=f"Claim of {cast.wanda.capitalize()}").click()
    press(page, "Take it")
    expect(page.get_by_role("heading", name="Verdict")).to_be_visible()
    return page


def show_again(place: Place, page: Page, username: str) -> None:
    """Staff are asked for a code before a document is shown."""
    with place.app.app_context():
        staff = db.session.scalars(select(User).where(User.username == username)).one()
        code = people.code_of(staff)
        db.session.remove()
    page.get_by_label("Code").fill(code)
    page.get_by_label("Code").press("Enter")


@SCRIPTS
def test_a_document_is_sent_looked_at_and_gone(
    place: Place, visitor: Visitors, cast: Cast, javascript: bool
) -> None:
    wanda, max_ = (visitor(name, username=name, javascript=javascript) for name in cast)
    page = wanda.open("/settings/profile")
    page.get_by_role("link", name="Your verification").click()
    page.get_by_text("Credential for Weaving").click()
    page.get_by_label("1 to 3 files").set_input_files([picture("diploma.png")])
    press(page, "Send for checking")
    mine = page.get_by_role("region", name="Credential for Weaving")
    expect(mine).to_contain_text("diploma.png")
    expect(mine).to_contain_text("otherwise by")

    seen = take(max_, cast)
    with place.app.app_context():
        staff = select(User).where(User.username == cast.max)
        people.sit_for_long(db.session.scalars(staff).one())
        db.session.remove()
    seen.get_by_role("link", name="diploma.png").click()
    show_again(place, seen, cast.max)
    shown = seen.get_by_role("img", name="The document")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") == 80
    seen.get_by_role("link", name="Back to the claim").click()
    expect(seen.get_by_text("Opened a file of a claim")).to_have_count(1)
    with max_.expecting(422):
        press(seen, "More needed")
        expect(seen.get_by_text("One thing to mend.")).to_be_visible()
    seen.get_by_label("Note to them").fill(BACK)
    press(seen, "More needed")
    expect(seen.get_by_text("They are asked for more, and have 14 days.")).to_be_visible()

    page = wanda.open("/notifications")
    page.get_by_role("link", name="More is needed").click()
    expect(page.get_by_text(BACK)).to_be_visible()
    page.get_by_label("What is missing").set_input_files([picture("back.png")])
    press(page, "Send these too")
    expect(page.get_by_text("Next, one member of staff reads it")).to_be_visible()

    seen = take(max_, cast)
    expect(seen.get_by_role("link", name="back.png")).to_be_visible()
    seen.get_by_label("What the badge will say").fill("Journeyman's certificate, Weaving")
    for box in seen.get_by_role("group", name="Checked").get_by_role("checkbox").all():
        box.check()
    press(seen, "Approve")
    expect(seen.get_by_text("Approved. The files are erased, and they are told.")).to_be_visible()
    badge = max_.open(f"/people/{cast.wanda}").get_by_role("region", name="Checked by us")
    expect(badge).to_contain_text("Journeyman's certificate, Weaving. Checked")
    page = wanda.open("/verification")
    expect(page.get_by_text("Journeyman's certificate, Weaving")).to_be_visible()
    expect(page.get_by_text("diploma.png")).to_have_count(0)
