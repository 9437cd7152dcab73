"""Two people rate each other: sealed until both have, then both at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from skillswap.db import db, transaction
from skillswap.domain import learning_sessions
from skillswap.lib.clock import utcnow
from skillswap.models import OutcomeAnswer, User
from tests import people
from tests.browser.conftest import Place, Visitors

DAY = timedelta(days=1)
SAID = "Patient, and <b>very</b> funny."


@pytest.fixture
def pair(place: Place, request: pytest.FixtureRequest) -> tuple[str, str, str]:
    """A teacher and a learner of this test's own, and their session of yesterday."""
    mark = f"{request.node.callspec.indices['javascript']}x{utcnow():%f}"
    with place.app.app_context():
        now = utcnow()
        teacher = people.make_person(f"tess{mark}", first_name="Tess", offers=("Origami",))
        learner = people.make_person(f"lars{mark}", first_name="Lars", wants=("Origami",))
        exchange = people.make_exchange(learner, teacher, "origami", now=now - 9 * DAY)
        start = people.next_quarter(now - DAY)
        made = people.make_session(teacher, exchange, start=start, now=now - 4 * DAY)
        for one in (teacher, learner):
            say_it_happened(one, made.public_id, start + timedelta(hours=2))
        names = teacher.username, learner.username
        key = made.public_id
        db.session.remove()
    return (*names, key)


def say_it_happened(one: User, key: str, now: datetime) -> None:
    with transaction():
        learning_sessions.give_outcome(one, key, answer=OutcomeAnswer.HAPPENED, now=now)


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_two_people_rate_and_read_it_in_the_same_moment(
    visitor: Visitors, pair: tuple[str, str, str], javascript: bool
) -> None:
    teacher, learner, key = pair
    how = {"javascript": javascript}
    lars = visitor("Lars", username=learner, **how)
    tess = visitor("Tess", username=teacher, width=390, **how)

    page = lars.open("/dashboard")
    to_rate = page.get_by_role("region", name="To rate")
    to_rate.get_by_role("link", name="Rate Tess").click()
    expect(page.get_by_role("heading", name="How was it with Tess?")).to_be_visible()
    expect(page.locator("input[name=stars]:checked")).to_have_count(0)
    with lars.expecting(422):
        page.get_by_label("A few words for Tess").fill(SAID)
        press(page, "Seal rating")
        expect(page.get_by_text("Choose your stars, from 1 to 5.").last).to_be_visible()
    expect(page.get_by_label("A few words for Tess")).to_have_value(SAID)
    give(page, 4, "Fun")
    expect(page.get_by_role("heading", name="Your rating of Tess")).to_be_visible()
    expect(page.get_by_text("Sealed", exact=True)).to_be_visible()
    page.locator("summary", has_text="Change").click()
    expect(page.get_by_role("radio", name="4 stars")).to_be_checked()
    page.locator("label", has=page.get_by_text("5 stars", exact=True)).click()
    press(page, "Change rating")
    expect(page.get_by_text("5 of 5 stars")).to_have_count(1)

    sees = tess.open(f"/sessions/{key}/rate")
    expect(sees.get_by_role("heading", name="How was it with Lars?")).to_be_visible()
    expect(sees.get_by_text("funny")).to_have_count(0)
    expect(tess.open(f"/people/{teacher}/ratings").get_by_text("funny")).to_have_count(0)
    sees = tess.open(f"/sessions/{key}")
    sees.get_by_role("link", name="Rate Lars").click()
    sees.get_by_label("A few words for Lars").fill("Folds like a swan.")
    give(sees, 3, "Curious")

    for one, other, key_of in ((tess, "Lars", 0), (lars, "Tess", 1)):
        page = one.page if key_of == 0 else one.open(f"/sessions/{key}/rate")
        theirs = page.get_by_role("region", name=f"{other} about you")
        mine = page.get_by_role("region", name=f"You about {other}")
        expect(theirs).to_contain_text((SAID, "Folds like a swan.")[key_of])
        expect(mine).to_contain_text(("Folds like a swan.", SAID)[key_of])

    read = lars.open(f"/people/{teacher}/ratings")
    expect(read.get_by_text(SAID)).to_be_visible()
    answer(tess.page, teacher)
    expect(lars.open(f"/people/{teacher}/ratings").get_by_text("Tess replied")).to_be_visible()
    page = lars.open(f"/sessions/{key}/rate")
    page.locator("summary", has_text="Take it back").click()
    press(page, "Take rating back")
    expect(page.get_by_text("You took your rating back.")).to_be_visible()
    expect(lars.open(f"/people/{teacher}/ratings").get_by_text(SAID)).to_have_count(0)


def give(page: Page, stars: int, tag: str) -> None:
    """Choose by what a person presses: the star and the word, not the hidden inputs."""
    word = f"{stars} stars"
    page.locator("label", has=page.get_by_text(word, exact=True)).click()
    page.get_by_text(tag, exact=True).click()
    again = page.get_by_role("radiogroup", name="Would you meet again?")
    again.get_by_text("Yes", exact=True).click()
    press(page, "Seal rating")


def answer(page: Page, teacher: str) -> None:
    page.get_by_role("link", name="Reply").click()
    page.get_by_label("Your reply").fill("Come again, Lars.")
    press(page, "Publish reply")
    expect(page.get_by_text("Come again, Lars.")).to_be_visible()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()
