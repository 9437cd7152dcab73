"""Home in a real browser: the list goes on by itself, tabs have addresses, keys lead through."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from skillswap.db import db
from skillswap.lib.clock import utcnow
from skillswap.models import Follow, User
from tests import people
from tests.browser.conftest import Place, Visitors

COUNT = 95  # posts: the page, three that come by themselves, and one that is asked for


@pytest.fixture(scope="module")
def writer(place: Place) -> str:
    """Somebody who has posted a lot, and whom `fritz` and `frida` follow; returns the name."""
    with place.app.app_context():
        now = utcnow()
        author = people.make_person("wanda")
        for number in range(COUNT):
            at = now - number * timedelta(minutes=1)
            people.make_post(author, title=f"Post {number}", skills=("Knots",), now=at)
        for name in ("fritz", "frida"):
            reader = people.make_person(name)
            db.session.add(Follow(follower_id=reader.id, followee_id=author.id, created_at=now))
        db.session.commit()
        assert db.session.scalar(select(User.username).where(User.id == author.id)) == "wanda"
        db.session.remove()
    return "Wanda"


def test_the_list_goes_on_by_itself_for_three_pages_and_then_by_a_press(
    place: Place, visitor: Visitors, writer: str
) -> None:
    page = visitor("Fritz", username="fritz").open("/")
    posts = page.locator("article.post")
    expect(posts).to_have_count(20)
    for pages in (2, 3, 4):
        page.locator(".more").scroll_into_view_if_needed()
        expect(posts).to_have_count(20 * pages)
    page.locator(".more").scroll_into_view_if_needed()
    expect(page.locator(".more a")).to_have_attribute("hx-trigger", "click")
    page.get_by_role("link", name="Show more posts").press("Enter")
    expect(posts).to_have_count(COUNT)
    expect(page.locator(".more")).to_have_count(0)
    assert [one.get_attribute("aria-posinset") for one in posts.all()] == [
        str(number) for number in range(1, COUNT + 1)
    ]
    titles = page.locator("article.post h2").all_inner_texts()
    assert titles == [f"Post {number}" for number in range(COUNT)]


def test_tabs_have_addresses_and_back_leads_back(
    place: Place, visitor: Visitors, writer: str
) -> None:
    one = visitor("Frida", username="frida")
    page = one.open("/")
    tab = page.get_by_role("navigation", name="Feed")
    expect(tab.get_by_role("link", name="Following")).to_have_attribute("aria-current", "page")
    tab.get_by_role("link", name="For you").click()
    expect(tab.get_by_role("link", name="For you")).to_have_attribute("aria-current", "page")
    assert one.path == "/?tab=for-you"
    page.go_back()
    expect(tab.get_by_role("link", name="Following")).to_have_attribute("aria-current", "page")
    assert one.path == "/"


def test_keys_lead_from_post_to_post_and_to_a_new_one(
    place: Place, visitor: Visitors, writer: str
) -> None:
    page = visitor("Frida", username="frida").open("/feed?tab=following")
    for key, number in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(page.locator("article.post").nth(number)).to_be_focused()
    page.keyboard.press("n")
    expect(page.get_by_label("Share something you learnt")).to_be_focused()
    expect(page.get_by_label("Share something you learnt")).to_have_value("")


def test_the_list_is_read_to_its_end_without_a_script(
    place: Place, visitor: Visitors, writer: str
) -> None:
    page = visitor("Fritz", username="fritz", javascript=False).open("/")
    titles: list[str] = []
    while True:
        titles += page.locator("article.post h2").all_inner_texts()
        more = page.get_by_role("link", name="Show more posts")
        if not more.count():
            break
        more.click()
        page.wait_for_url(re.compile(r"/feed\?.*after="))
        expect(page.locator("article.post").first).to_be_visible()
    assert titles == [f"Post {number}" for number in range(COUNT)]
    page.get_by_role("navigation", name="Feed").get_by_role("link", name="For you").click()
    expect(page.get_by_role("heading", name="Feed", level=1)).to_have_count(1)
