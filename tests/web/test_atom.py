"""What feed readers get: valid, absolute, lasting, and only what is public."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
from html.parser import HTMLParser

import pytest

from skillswap.db import db, transaction
from skillswap.domain import safety
from skillswap.lib import atom
from skillswap.lib.atom import Entry, Feed
from skillswap.models import Media, MediaKind, Post, PostImage, PostState, User, UserState
from tests import people

PERSON, SKILL = "/feeds/people/ada.atom", "/feeds/skills/watercolour.atom"
NS = {"a": "http://www.w3.org/2005/Atom"}
SITE = "http://localhost:8000"


def parsed(answer) -> ET.Element:
    assert answer.status_code == 200
    assert answer.mimetype == "application/atom+xml"
    return ET.fromstring(answer.data)  # noqa: S314 - our own


def titles(answer) -> list[str | None]:
    return [one.text for one in parsed(answer).findall("a:entry/a:title", NS)]


class Addresses(HTMLParser):
    """Every href and src of some markup."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("href", "src")]


@pytest.fixture
def post(ada, now) -> Post:
    body = "See [Ben](/people/ben) & **wet** <first>."
    made = people.make_post(ada, title="Wet & <first>", body=body, skills=("Watercolour",))
    media = Media(
        name="l.webp", small_name="s.webp", width=9, height=6, size=1,
        owner_id=ada.id, kind=MediaKind.POST, created_at=now,
    )  # fmt: skip
    with transaction():
        db.session.add(media)
        db.session.flush()
        db.session.add(PostImage(post_id=made.id, place=1, media_id=media.id, alt='A "sky"'))
    return made


@pytest.mark.parametrize("url", [PERSON, SKILL])
def test_it_is_an_atom_document_with_absolute_addresses(browser, post, url):
    root = parsed(browser().get(url))
    for name in ("id", "title", "updated"):
        assert root.findtext(f"a:{name}", namespaces=NS)
    links = {one.get("rel"): one.get("href") for one in root.findall("a:link", NS)}
    assert links["self"] == SITE + url
    (entry,) = root.findall("a:entry", NS)
    assert entry.findtext("a:title", namespaces=NS) == "Wet & <first>"
    assert entry.findtext("a:author/a:name", namespaces=NS) == "Ada Example"
    assert entry.find("a:link", NS).get("href") == f"{SITE}/posts/{post.public_id}"
    assert entry.find("a:category", NS).get("term") == "Watercolour"
    for name in ("published", "updated"):
        datetime.fromisoformat(entry.findtext(f"a:{name}", namespaces=NS))
    content = entry.find("a:content", NS)
    assert content.get("type") == "html"
    assert "<strong>wet</strong>" in content.text
    assert 'alt="A &quot;sky&quot;"' in content.text
    assert Addresses(content.text).found == [f"{SITE}/people/ben", f"{SITE}/media/l.webp"]


@pytest.mark.parametrize("url", [PERSON, SKILL])
def test_who_has_it_already_is_not_sent_it_again(browser, post, now, url):
    client = browser()
    first = client.get(url)
    for have in (
        {"If-None-Match": first.headers["ETag"]},
        {"If-Modified-Since": first.headers["Last-Modified"]},
    ):
        again = client.get(url, headers=have)
        assert (again.status_code, again.data) == (304, b"")
    with transaction():
        db.session.get_one(Post, post.id).edited_at = now + timedelta(minutes=1)
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_an_id_stays_when_all_else_of_a_post_changes(browser, post, now):
    def entry_id(url):
        return parsed(browser().get(url)).findtext("a:entry/a:id", namespaces=NS)

    before = entry_id(PERSON)
    assert before == entry_id(SKILL)
    with transaction():
        row = db.session.get_one(Post, post.id)
        row.title, row.edited_at = "Other", now
        db.session.get_one(User, row.author_id).username = "ada-2"
    assert entry_id("/feeds/people/ada-2.atom") == before


def test_what_is_not_public_is_not_in_it_whoever_asks(browser, ada, ben, post, now):
    with transaction():
        safety.block(ada, "ben", now)
    assert titles(browser(ben).get(PERSON)) == [
        "Wet & <first>"
    ]  # as signed out: it is the public's
    for state in (PostState.HIDDEN, PostState.DELETED, PostState.DRAFT):
        with transaction():
            db.session.get_one(Post, post.id).state = state
        for url in (PERSON, SKILL):
            assert titles(browser(ada).get(url)) == []
    with transaction():
        db.session.get_one(Post, post.id).state = PostState.PUBLISHED
        db.session.get_one(User, ada.id).state = UserState.SUSPENDED
    assert titles(browser().get(SKILL)) == []
    assert browser().get(PERSON).status_code == 404


def test_pages_say_where_it_is(browser, ada):
    for page, url in (("/people/ada", PERSON), ("/explore/skills/watercolour", SKILL)):
        head = browser().get(page).text.partition("</head>")[0]
        assert f'type="application/atom+xml" href="{url}"' in head


def test_what_xml_cannot_hold_is_left_out(now):
    entry = Entry("k", "a\x0bb\ufffe", "u", "c\x1b", "u", now, now, "<p>\x00\ud800x</p>")
    root = ET.fromstring(atom.write(Feed("f", "\x01t", "u", "u", now, [entry])))  # noqa: S314
    assert root.findtext("a:title", namespaces=NS) == "t"
    assert root.findtext("a:entry/a:title", namespaces=NS) == "ab"
    assert root.findtext("a:entry/a:content", namespaces=NS) == "<p>x</p>"
