"""Three people complete a swap ring, each in a window of their own, with a script and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests import people
from tests.browser.conftest import Place, Visitors

WORDS = "I would love to learn this slowly, an hour a week, from next Monday."
NAMES = {True: ("rae", "sol", "tam"), False: ("ula", "van", "wes")}


@pytest.fixture(params=[True, False], ids=["with a script", "without"])
def javascript(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def three(place: Place, javascript: bool) -> list[str]:
    """Their names: each teaches what the next wants, and they are free at the same hours."""
    names = NAMES[javascript]
    with place.app.app_context():
        for number, name in enumerate(names):
            before = names[number - 1]
            person = people.make_person(
                name, offers=(f"Art of {name}",), wants=(f"Art of {before}",)
            )
            people.make_hours(person, "every day 9-21")
    return [name.capitalize() for name in names]


def test_three_people_complete_a_ring(
    visitor: Visitors, javascript: bool, three: list[str]
) -> None:
    first, second, third = (
        visitor(name, username=name.lower(), javascript=javascript) for name in three
    )
    page = first.open("/explore/rings")
    page.get_by_role("link", name="Start this ring").click()
    said = f"You teach {three[1]} Art of {three[0].lower()}"
    expect(page.get_by_role("img", name=said)).to_be_visible()
    with first.expecting(422):
        page.get_by_label("Your words").fill("Too short")
        page.get_by_role("button", name="Start this ring").click()
        expect(page.get_by_text("Write a little more").first).to_be_visible()
    expect(page.get_by_label("Your words")).to_have_value("Too short")
    page.get_by_label("Your words").fill(WORDS)
    page.get_by_role("button", name="Start this ring").click()
    expect(page.get_by_role("heading", name="Swap ring", exact=True)).to_be_visible()
    expect(page.get_by_text("You said yes", exact=True)).to_be_visible()
    ring = first.path
    for one in (second, third):
        theirs = one.open("/notifications")
        theirs.get_by_role("link", name="asks you into a swap ring").click()
        expect(theirs.get_by_role("heading", name="Swap ring", exact=True)).to_be_visible()
        assert one.path == ring
        expect(theirs.get_by_text(WORDS).first).to_be_visible()
        theirs.get_by_label("Your words").fill(WORDS)
        theirs.get_by_role("button", name="Accept").click()
        expect(theirs.get_by_text("You said yes", exact=True)).to_be_visible()
    for one, others in ((third, (three[0], three[1])), (first, (three[1], three[2]))):
        theirs = one.page if one is third else one.open(ring)
        for name in others:
            expect(theirs.get_by_role("link", name=f"Exchange with {name}")).to_be_visible()
    theirs.get_by_role("link", name=f"Exchange with {three[1]}").click()
    expect(theirs.get_by_role("heading", name=f"{three[1]} and you")).to_be_visible()
