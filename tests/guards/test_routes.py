"""Is every address written down, does every link lead somewhere, is every page whole?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from skillswap.config import ROOT
from skillswap.models import User
from tests import town
from tests.conftest import HTMX

SHOWN, NOT_PAGES = "ada", ("/static/", "/media/")
STATEMENTS = 12  # of one page: free time alone takes five, whoever the two are
CROWD = 25  # one page of the browse list and a bit
MOST_ALIKE = 12  # pages of one address pattern and query that are looked at


# -- addresses ------------------------------------------------------------------------------------


def documented() -> set[str]:
    """The addresses of docs/DOMAIN.md: `/pitches/<public_id>/accept` `/decline` is two of them."""
    text = (ROOT / "docs" / "DOMAIN.md").read_text()
    table = text.partition("## Addresses")[2].partition("\n## ")[0]
    found = set()
    for line in table.splitlines():
        base = ""
        for path in re.findall(r"`(/[^`]*)`", line.split("|")[1] if "|" in line else ""):
            found.add(path)
            found.add(base.rpartition("/")[0] + path)  # a tail stands in for the last one's tail
            if path.count("/") > 1:
                base = path
    return found


def undocumented(app: Flask) -> list[str]:
    known = documented()
    stems = tuple(path.removesuffix("…") for path in known if path.endswith("…"))
    return [
        path
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        and (path := re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"<\1>", str(rule))) not in known
        and not (stems and path.startswith(stems))
    ]


def test_every_address_is_written_down(app: Flask) -> None:
    assert undocumented(app) == []


def test_what_only_takes_a_post_says_so(app: Flask, browser) -> None:
    rules = list(app.url_map.iter_rules())
    read = {rule.rule for rule in rules if "GET" in (rule.methods or ())}
    only = [rule for rule in rules if rule.rule not in read]
    assert only
    for rule in only:
        url = rule.rule
        for part in re.findall(r"<[^>]+>", url):
            choices = re.match(r"<any\((\w+)", part)
            url = url.replace(part, choices[1] if choices else "abcdefghijkl")
        answer = browser().get(url)
        assert (answer.status_code, "POST" in answer.headers.get("Allow", "")) == (405, True), url


# -- pages ----------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a guard wants to know of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fragments: list[str] = []  # what htmx fetches
        self.ids: Counter[str] = Counter()
        self.targets: list[str] = []  # ids that something on the page refers to
        self.headings: list[int] = []
        self.lang, self.title, self._in_title = "", "", False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if "id" in facts:
            self.ids[facts["id"]] += 1
        for name in ("for", "aria-labelledby", "aria-describedby", "popovertarget", "form"):
            self.targets += facts.get(name, "").split()
        if tag == "html":
            self.lang = facts.get("lang", "")
        elif tag == "title":
            self._in_title = not self.title
        elif re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if "hx-get" in facts:
            self.fragments.append(facts["hx-get"])
        if "href" in facts:
            self.links.append(facts["href"])
        elif "action" in facts and facts.get("method") != "post":  # a POST has tests of its own
            self.links.append(facts["action"])

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data

    @property
    def faults(self) -> list[str]:
        """What is wrong with it, in words."""
        found = [f"id {key!r} {count} times" for key, count in self.ids.items() if count > 1]
        found += [
            f"refers to id {key!r}, which is not there"
            for key in set(self.targets) - set(self.ids)
            if key != "dialog-title"  # the dialog is filled later
        ]
        if self.headings.count(1) != 1:
            found.append(f"{self.headings.count(1)} h1")
        found += [
            f"h{one} then h{two}"
            for one, two in zip(self.headings, self.headings[1:], strict=False)
            if two > one + 1
        ]
        if self.lang != "en":
            found.append(f"lang {self.lang!r}")
        words = self.title.strip().removesuffix("· SkillSwap").strip()
        if not words or "\n" in words:
            found.append(f"title {self.title!r}")
        return found


class Found(NamedTuple):
    """An address that a link names."""

    path: str
    stood: str  # the page with the link
    as_fragment: bool = False


def crawl(app: Flask, client: Any, starts: list[str]) -> Iterator[tuple[Found, Any]]:
    """Whatever links lead to, and each answer; of addresses that differ in values only, some."""
    waiting = [Found(path, "typed") for path in starts]
    seen, alike = {(one.path, False) for one in waiting}, Counter()
    addresses = app.url_map.bind("localhost")
    while waiting:
        here = waiting.pop(0)
        answer = client.get(here.path, headers=HTMX if here.as_fragment else {})
        yield here, answer
        for link, as_fragment in links_of(answer):
            url = urlsplit(urldefrag(urljoin(f"http://localhost{here.path}", link)).url)
            target = f"{url.path}?{url.query}" if url.query else url.path
            if url.netloc != "localhost" or url.path.startswith(NOT_PAGES):
                continue
            if (target, as_fragment) in seen:
                continue
            seen.add((target, as_fragment))
            names = sorted(part.partition("=")[0] for part in url.query.split("&"))
            kind = (endpoint_of(addresses, url.path), tuple(names), as_fragment)
            alike[kind] += 1
            if alike[kind] <= MOST_ALIKE:
                waiting.append(Found(target, here.path, as_fragment))


def links_of(answer: Any) -> Iterator[tuple[str, bool]]:
    """Where an answer leads, and whether htmx would fetch it as a fragment."""
    if answer.status_code == 303:
        yield answer.location, False
    elif answer.mimetype == "text/html":
        page = Page(answer.text)
        yield from ((link, False) for link in page.links)
        yield from ((link, True) for link in page.fragments)


def endpoint_of(addresses: MapAdapter, path: str) -> str:
    """The view of a path; the path itself where there is none."""
    try:
        return str(addresses.match(path, method="GET")[0])
    except HTTPException:
        return path


@pytest.mark.parametrize("username", [None, SHOWN, "nell"], ids=["visitor", "ada", "fresh"])
def test_every_link_leads_to_a_whole_page(app: Flask, browser, username: str | None) -> None:
    built = town.build(teachers=CROWD)
    person: User | None = built.people[username] if username else None
    starts = ["/", "/signup", "/login", "/teachers", "/teachers?q=zzz"]
    if person is not None:
        starts += ["/pitches", "/sessions", "/exchanges", "/notifications", "/settings/profile"]
    if username == SHOWN:
        starts += built.pages
    faults: list[str] = []
    visited = 0
    for found, answer in crawl(app, browser(person), starts):
        visited += 1
        if answer.status_code not in (200, 303):
            faults.append(f"{answer.status_code} at {found.path}, linked from {found.stood}")
        elif found.as_fragment:
            faults += [f"{found}: a whole page"] if "<html" in answer.text else []
        elif answer.status_code == 200 and answer.mimetype == "text/html":
            faults += [f"{found.path}: {fault}" for fault in Page(answer.text).faults]
        count = int(answer.headers["X-SQL-Count"])
        if count > STATEMENTS:
            faults.append(f"{found.path}: {count} statements")
    assert faults == []
    assert visited > (40 if username == SHOWN else 10)


def test_error_pages_are_whole_too(browser, ada: User) -> None:
    for client in (browser(), browser(ada)):
        answer = client.get("/nowhere")
        assert (answer.status_code, Page(answer.text).faults) == (404, [])
        answer = client.get("/logout")
        assert (answer.status_code, Page(answer.text).faults) == (405, [])
