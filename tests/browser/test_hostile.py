"""300 hostile strings on real pages before a real Chromium: nothing may fire."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Request, expect

from skillswap.db import db, transaction
from skillswap.domain import comments, posts
from skillswap.errors import Refused
from skillswap.lib.clock import utcnow
from skillswap.lib.markdown import ATTRIBUTES, TAGS
from skillswap.models import PostKind, User
from skillswap.models.post import COMMENT_MOST
from tests import people
from tests.browser.conftest import Place, Visitors
from tests.support.hostile import SHORT, UNCLOSED

# what is left in the parts of a page that people wrote, as the browser has understood it
FOUND = """() => [...document.querySelectorAll("[hx-ignore] *")].flatMap((one) => [
  one.localName, ...[...one.attributes].map((each) => `${one.localName} ${each.name}`)])"""
ALLOWED = {
    *TAGS,
    *(f"{tag} {name}" for tag, names in ATTRIBUTES.items() for name in names),
    "a target",  # of addresses in comments, printed by our own template
}
OURS = ("/notifications/read", "/posts/new")  # that a page was seen; the preview
FIRED = """() => [
  ...performance.getEntriesByType("resource").map((one) => one.name),
  ...[...document.querySelectorAll("hx-partial, [hx-get*=hostile], [onclick], [onerror]")]
    .map(String),
].filter((one) => !one.includes("/static/"))"""


def may_be_written(text: str) -> bool:
    """Whether the form takes it at all: it refuses what nobody can see."""
    try:
        posts.look("", text)
    except Refused:
        return False
    return True


def packed(most: int) -> Iterator[str]:
    """All of them, as few texts as hold them; what is left open comes last."""
    text = ""
    for attack in [*SHORT, *UNCLOSED]:
        if not may_be_written(attack):
            continue
        if len(text) + len(attack) + 7 > most:
            yield text
            text = ""
        text += f"\n\n{attack[: most - 10]}\n\n---"
    yield text


@pytest.fixture
def hostile(place: Place) -> tuple[str, str]:
    """Somebody with bad intent, and the public id of their longest post, with comments below."""
    with place.app.app_context():
        now = utcnow()
        mallory = people.make_person(f"mallory{now:%f}", first_name="Mal")
        mark = f"<b>{now:%f}</b>"
        post = make_post(mallory, next(packed(20_000)), title=f"<script>alert(1)</script> {mark}")
        for text in packed(COMMENT_MOST):
            with transaction():
                comments.make_comment(mallory, post, body=text, now=utcnow())
        for text in [*packed(600)][:9]:
            make_post(mallory, text, title='"><img src=/hostile onerror=alert(1)>')
        name = mallory.username
        db.session.remove()
    return name, post


def make_post(author: User, body: str, *, title: str) -> str:
    return people.make_post(author, body=body, title=title, kind=PostKind.GENERAL).public_id


def test_nothing_that_people_write_fires(visitor: Visitors, hostile: tuple[str, str]) -> None:
    name, post = hostile
    reader = visitor("Ada", username="ada")
    page = reader.page
    asked: list[str] = []
    dialogs: list[str] = []

    def note(request: Request) -> None:
        if request.resource_type in ("xhr", "fetch"):
            asked.append(request.url)

    page.on("request", note)
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))

    reader.open(f"/posts/{post}")
    expect(page.locator(".prose a").first).to_be_attached()
    assert page.locator(".note").count() >= 3
    quiet(page)

    reader.open(f"/people/{name}/posts")
    assert page.locator("article .prose").count() == 10
    quiet(page)
    reader.open("/posts/new")
    page.locator("#post-body").fill(next(packed(20_000)))
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.get_by_role("button", name="Preview").click()
    expect(page.locator("#post-preview .prose")).to_be_visible()
    quiet(page)
    assert [url for url in asked if not url.endswith(OURS)] == []
    assert dialogs == []


def quiet(page: Page) -> None:
    """Roll over all of it, so that what waits to be seen is seen; nothing has come of it."""
    page.keyboard.press("End")
    page.wait_for_load_state("networkidle")
    assert set(page.evaluate(FOUND)) <= ALLOWED
    assert [one for one in page.evaluate(FIRED) if not one.endswith(OURS)] == []
