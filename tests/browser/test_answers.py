"""Two people and a post: a like that shows at once and stays, comments and answers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from skillswap.db import db
from skillswap.lib.clock import utcnow
from tests import people
from tests.browser.conftest import Place, Visitors

JAVASCRIPT = pytest.mark.parametrize(
    "javascript", [True, False], ids=["with scripts", "without scripts"]
)


@pytest.fixture
def post(place: Place) -> tuple[str, str, str]:
    """A post, who wrote it, and who reads it, of this test's own."""
    mark = f"{utcnow():%f}"
    with place.app.app_context():
        author = people.make_person(f"vera{mark}", first_name="Vera")
        reader = people.make_person(f"walt{mark}", first_name="Walt")
        made = people.make_post(author, title="Folding a crane", body="Begin with a square.")
        found = author.username, reader.username, made.public_id
        db.session.remove()
    return found


def like(page: Page) -> object:
    return page.locator("article.post").get_by_role("button", name=re.compile("likes? for"))


def test_a_like_shows_before_its_answer_and_stays(visitor: Visitors, post) -> None:
    _author, reader, key = post
    walt = visitor("Walt", username=reader)
    page = walt.open(f"/posts/{key}")
    held = []
    page.route("**/like", lambda route: held.append(route))
    like(page).click()
    expect(like(page)).to_have_attribute("aria-pressed", "true")
    expect(like(page)).to_contain_text("1")
    like(page).click()  # again, while the first is under way: nothing
    page.wait_for_function("() => true")
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator(f"form[action='/posts/{key}/unlike']")).to_be_visible()
    expect(like(page)).to_be_focused()
    page.reload()
    expect(like(page)).to_have_attribute("aria-pressed", "true")
    expect(like(page)).to_contain_text("1")


def test_a_like_that_went_wrong_is_put_back(visitor: Visitors, place: Place, post) -> None:
    _author, reader, key = post
    walt = visitor("Walt", username=reader)
    page = walt.open(f"/posts/{key}")
    place.sql("UPDATE posts SET state = 'hidden' WHERE public_id = :key", key=key)
    with walt.expecting(404):
        like(page).click()
        expect(page.locator("#toasts")).to_contain_text("This is not here")
        expect(like(page)).to_have_attribute("aria-pressed", "false")
        expect(like(page)).to_contain_text("0")


@JAVASCRIPT
def test_two_people_talk_below_a_post(visitor: Visitors, post, javascript: bool) -> None:
    author, reader, key = post
    how = {"javascript": javascript}
    walt, vera = (
        visitor("Walt", username=reader, **how),
        visitor("Vera", username=author, width=390, **how),
    )
    page = walt.open(f"/posts/{key}")
    comments = page.get_by_role("region", name=re.compile(r"\d+ comments?"))
    with walt.expecting(422):
        page.get_by_label("Add a comment").fill("x" * 2_001)
        page.get_by_role("button", name="Send comment").click()
        expect(page.get_by_text("At most 2000 characters.")).to_be_visible()
    page.get_by_label("Add a comment").fill("Which paper?\n\nAnd which size?")
    page.get_by_role("button", name="Send comment").click()
    expect(comments.get_by_text("And which size?")).to_be_visible()
    expect(page.get_by_role("heading", name="1 comment")).to_be_visible()
    expect(page.get_by_label("Add a comment")).to_have_value("")

    other = vera.open("/notifications")
    other.get_by_role("link", name=re.compile("Walt.* commented on your post")).click()
    other.get_by_role("link", name="Reply to Walt").click()
    other.get_by_label("Write an answer").fill("Kozo, fifteen centimetres.")
    other.get_by_role("button", name="Send answer").click()
    expect(other.get_by_text("Kozo, fifteen centimetres.")).to_be_visible()
    expect(other.get_by_text("Author", exact=True)).to_be_visible()

    page = walt.open("/notifications")
    page.get_by_role("link", name=re.compile("Vera.* answered your comment")).click()
    expect(page.get_by_text("Kozo, fifteen centimetres.")).to_be_visible()
    page.get_by_role("button", name=re.compile("like.* for the comment by Vera")).click()
    pressed = page.get_by_role("button", name=re.compile("like.* for the comment by Vera"))
    expect(pressed).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="More on the comment by Walt").click()
    page.get_by_role("link", name="Edit").click()
    page.get_by_role("textbox", name="Comment").fill("Which paper is it?")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("edited")).to_be_visible()
    page.get_by_role("button", name="More on the comment by Walt").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("This comment is no longer here.")).to_be_visible()
    expect(page.get_by_text("Kozo, fifteen centimetres.")).to_be_visible()
