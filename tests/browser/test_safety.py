"""From a report to an appeal that is right, and back to how everything was."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import conversations
from skillswap.lib.clock import utcnow
from skillswap.models import Conversation
from tests import people
from tests.browser.conftest import Place, Visitors
from tests.browser.visitor import Visitor

LURE = "Send me 200 for the paints first, by gift card."
WHY = "Nobody has to pay here to be taught."
FROZEN = "Nobody can write here for now."
SCRIPTS = pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no scripts"])


class Cast(NamedTuple):
    """Two partners with a thread, and two members of staff; usernames."""

    una: str
    vic: str
    mia: str
    noa: str
    chat: str


@pytest.fixture
def cast(place: Place) -> Cast:
    """Others in each test; Vic has asked Una for money."""
    mark = place.sql("SELECT count(*) FROM users")[0][0]
    names = [f"{name}{mark}" for name in ("una", "vic", "mia", "noa")]
    with place.app.app_context():
        una, vic = (
            people.make_person(name, offers=("Cooking",), wants=("Piano",)) for name in names[:2]
        )
        for name in names[2:]:
            people.make_person(name, staff_role="moderator")
        people.make_exchange(una, vic, "cooking")
        where = (Conversation.low_id == una.id) & (Conversation.high_id == vic.id)
        key = db.session.scalars(select(Conversation.public_id).where(where)).one()
        with transaction():
            conversations.send_message(vic, key, body=LURE, client_key="", now=utcnow())
        db.session.remove()
    return Cast(*names, f"/chat/{key}")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def take(staff: Visitor, name: str) -> Page:
    """Take the case of that name from the queue."""
    page = staff.open("/moderation")
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.get_by_text(LURE)).to_have_count(0)  # nobody reads before it is theirs
    press(page, "Take it")
    expect(page.get_by_text(LURE).first).to_be_visible()
    return page


def report(una: Visitor, cast: Cast) -> None:
    page = una.open(cast.chat)
    page.get_by_role("button", name="More about").click()
    page.get_by_role("link", name="Report", exact=True).click()
    page.get_by_text("Safety", exact=True).click()
    page.get_by_label(LURE).check()
    page.get_by_label("Block them too").uncheck()
    press(page, "Send report")
    expect(page.get_by_text("A person reads your report").first).to_be_visible()


@SCRIPTS
def test_a_report_a_strike_and_an_appeal_that_is_right(
    place: Place, visitor: Visitors, cast: Cast, javascript: bool
) -> None:
    una, vic, mia, noa = (visitor(name, username=name, javascript=javascript) for name in cast[:4])
    report(una, cast)
    for one in (una, vic):  # both rest, and neither reads why
        page = one.open(cast.chat)
        expect(page.get_by_text(FROZEN)).to_be_visible()
        expect(page.locator("#body")).to_have_count(0)

    page = take(mia, f"Chat, {cast.vic.capitalize()}")
    with mia.expecting(422):
        page.get_by_label("Your words").fill(WHY)
        press(page, "Uphold")
        expect(page.get_by_label("Your words")).to_have_value(WHY)
        expect(page.locator(".alert--error").first).to_be_visible()
    page.get_by_label("Which rule").select_option(label="4. No selling")
    page.get_by_label("Limited, 7 to 30 days").check()
    page.get_by_label("Days, if limited").fill("14")
    press(page, "Uphold")
    expect(page.get_by_text("Upheld. The person is told").first).to_be_visible()

    expect(una.open(cast.chat).locator("#body")).to_be_visible()
    told = una.open("/notifications").get_by_text("looked at what you reported")
    expect(told.first).to_be_visible()
    page = vic.open("/notifications")
    page.get_by_role("link", name="There is a strike on your account").click()
    expect(page.get_by_role("heading", name="Limited for 14 days")).to_be_visible()
    expect(page.get_by_text(WHY)).to_be_visible()
    expect(page.get_by_text("4. No selling")).to_be_visible()
    expect(page.get_by_text(cast.una.capitalize())).to_have_count(0)
    strike = vic.path
    expect(vic.open(f"/people/{cast.una}/pitch").get_by_text("account is limited")).to_be_visible()

    page = vic.open(strike)
    page.get_by_label("What did we miss?").fill("It was for paints that I had bought for us both.")
    press(page, "Send appeal")
    expect(page.get_by_role("heading", name="Your appeal")).to_be_visible()
    expect(page.get_by_role("button", name="Send appeal")).to_have_count(0)

    name = f"Appeal of {cast.vic.capitalize()}"
    expect(mia.open("/moderation?kind=appeal").get_by_text(name)).to_have_count(0)
    page = take(noa, name)
    expect(page.get_by_text("paints that I had bought")).to_be_visible()
    page.get_by_text("Overturn it", exact=True).click()
    page.get_by_label("Your words to them").fill("You are right, and we are sorry.")
    press(page, "Answer the appeal")
    expect(page.get_by_text("Overturned, and restored.").first).to_be_visible()

    page = vic.open(strike)
    expect(page.get_by_text("You are right, and we are sorry.")).to_be_visible()
    expect(page.get_by_text("Overturned").first).to_be_visible()
    page = vic.open(f"/people/{cast.una}/pitch")
    expect(page.get_by_label("Your message")).to_be_visible()
    expect(page.get_by_text("account is limited")).to_have_count(0)
    stands = "SELECT state, state_until, state_body FROM users WHERE username = :name"
    assert [tuple(row) for row in place.sql(stands, name=cast.vic)] == [("active", None, "")]
