"""What may people's Markdown become? The only place that makes markup from people's text."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import lru_cache, partial
from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import bleach
from bleach.linkifier import LinkifyFilter
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.link import link

from skillswap.lib.text import BIDI

RULES_VERSION = 2  # one more with every change of what comes out: the sweep makes it anew
MAX_CHARACTERS = 20_000
LINKS_TRIED = 2_000  # further brackets are plain text: a flood of them costs too much
PIECES_MOST = 6_000  # of markup; a text with more is no text, and is shown as it was typed
TAGS = frozenset("p br strong em del a ul ol li blockquote code pre h2 h3 h4 h5 hr".split())
ATTRIBUTES = {"a": ["href", "rel"], "pre": ["tabindex"]}  # rel and tabindex are written here
PROTOCOLS = frozenset({"https", "http", "mailto"})
PUSHED = {1: 2, 2: 2, 3: 3, 4: 4, 5: 4, 6: 4}  # headings stand below the page's own h1

LEAD_MOST, LEAD_LEAST, LEAD_SLACK = 600, 200, 150  # characters of a text that lists print
STEP = 2_000
LINE_COSTS = 20  # of them: a line takes room, however little stands in it
VOID = frozenset({"br", "hr"})
LINES = frozenset({"br", "hr", "li", "p", "pre", "h3", "h4", "h5"})
HEADING = re.compile(r"(</?h)([2-4])(?=>)")
TAG = re.compile(r"<[^>]*>")
# words that become links; bleach's own pattern takes half a minute for 20,000 parentheses
ADDRESS = re.compile(r"(?<![\w@/.-])(?:https?://|www\.)[^\s<>\"'`]{1,2000}", re.IGNORECASE)

_unseen = dict.fromkeys(map(ord, BIDI))  # an entity brings back what no field lets in
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).disable(
    ["image", "html_block", "html_inline"]
)


def _bounded_link(state: StateInline, silent: bool) -> bool:
    """A link, unless very many have been tried: each may look through all the text behind it."""
    state.env["tried"] = tried = state.env.get("tried", 0) + 1
    return tried <= LINKS_TRIED and link(state, silent)


_markdown.inline.ruler.at("link", _bounded_link)


# -- links ----------------------------------------------------------------------------------------


def _site(address: str) -> tuple[str, str]:
    """What stands between scheme and path, and the host in it; empty for what cannot be read."""
    try:
        parts = urlsplit(address)
    except ValueError:  # a bracket too few
        return "", ""
    return parts.netloc, parts.hostname or ""


def _shown_as(text: str, href: str) -> str | None:
    """The words of a link, with where it leads unless they say that. None: it leads nowhere."""
    if href.startswith("mailto:"):
        address = href[7:].partition("?")[0]
        return text if text == address else f"{text} ({address})"
    if href.startswith("/") and href[1:2] not in ("/", "\\"):
        return text
    where, host = _site(href)
    if not host or not href.lower().startswith(("https://", "http://")):
        return None
    said, named = _site(text if "//" in text else f"//{text}")
    if named == host and "@" not in said + where:  # one@other reads like one, and is other
        return text
    return f"{text} ({where if '@' in where else host})"


def _link(attributes: MutableMapping[Any, str], new: bool = False) -> Any:
    """Links say that a member wrote them and where they lead; None: no link after all."""
    text, href = attributes.get("_text", ""), attributes.get((None, "href"), "")
    shown = _shown_as(text, href)
    if shown is None:
        return None
    if shown != text:
        attributes["_text"] = shown
    attributes[(None, "rel")] = "nofollow noopener ugc"
    return attributes


# -- markup ---------------------------------------------------------------------------------------

# one walk over the parsed text: first what is not allowed goes, then links are looked at
_cleaner = bleach.Cleaner(
    tags=TAGS,
    attributes={"a": ["href"]},
    protocols=PROTOCOLS,
    strip=True,
    strip_comments=True,
    filters=[partial(LinkifyFilter, callbacks=[_link], skip_tags={"pre", "code"}, url_re=ADDRESS)],
)


def sanitise(html: str) -> str:
    """Drop all but the allow-list above; links carry `rel` and show where they lead."""
    clean = str(_cleaner.clean(html)).translate(_unseen)
    # wider than the page, it scrolls by keys
    return clean.replace("<pre>", '<pre tabindex="0">')


def render_markdown(body: str) -> str:
    """Sanitised HTML of a Markdown text, at most 20,000 characters of it.

    Kept beside its source at write time; `RULES_VERSION` says under which rules.
    """
    env: dict[str, Any] = {}
    body = body[:MAX_CHARACTERS]
    tokens = _markdown.parse(body, env)
    if sum(1 + len(token.children or ()) for token in tokens) > PIECES_MOST:
        return sanitise(f"<pre><code>{escape(body)}</code></pre>")
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{PUSHED[int(token.tag[1])]}"
    return sanitise(_markdown.renderer.render(tokens, _markdown.options, env))


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a post keeps beside its Markdown."""

    html: str
    lead: str  # its beginning, for lists, where its headings stand one lower
    is_long: bool  # the lead is not all of it
    words: int


@lru_cache(maxsize=16)
def render_post(body: str) -> Rendered:
    """All that is made of a post's body when it is written. The latest few are remembered."""
    html = render_markdown(body)
    lead, is_long = _lead_of(HEADING.sub(lambda found: f"{found[1]}{int(found[2]) + 1}", html))
    words = TAG.sub(" ", html).split()
    return Rendered(html, lead, is_long, sum(any(map(str.isalnum, word)) for word in words))


# -- the beginning of a text ----------------------------------------------------------------------


def _lead_of(html: str) -> tuple[str, bool]:
    """The first blocks, or all where little more is left; and whether that is less than all."""
    if not _Walk(html, LEAD_MOST + LEAD_SLACK).full:
        return html, False
    return _Walk(html, LEAD_MOST).taken, True


class _Walk(HTMLParser):
    """Goes through our own markup as far as there is room.

    It ends behind an outermost block; within one where that is too little, and then it closes
    what is open.
    """

    def __init__(self, html: str, room: int) -> None:
        super().__init__(convert_charrefs=False)
        self.full = False
        self._spent, self._room = 0, room
        self._pieces: list[str] = []
        self._open: list[str] = []
        self._whole = 0  # so many pieces are whole blocks, the last of them no heading
        at = 0
        while at < len(html) and not self.full:
            self.feed(html[at : at + STEP])
            at += STEP

    @property
    def taken(self) -> str:
        """The markup up to there."""
        return "".join(self._pieces)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if self._fits(LINE_COSTS if tag in LINES else 0):
            self._pieces.append(self.get_starttag_text() or "")
            if tag not in VOID:
                self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.full:
            self._open.pop()
            self._pieces.append(f"</{tag}>")
            if not self._open and self._spent >= LEAD_LEAST and not tag.startswith("h"):
                self._whole = len(self._pieces)

    def handle_data(self, data: str) -> None:
        cost = len(data) + LINE_COSTS * data.count("\n") * ("pre" in self._open)
        if self._fits(cost, data):
            self._pieces.append(data)

    def handle_entityref(self, name: str) -> None:
        if self._fits(1):
            self._pieces.append(f"&{name};")

    def _fits(self, cost: int, data: str = "") -> bool:
        if not self.full and self._spent + cost > self._room:
            self._end(data)
        self._spent += cost
        return not self.full

    def _end(self, data: str) -> None:
        """There is no room for more: leave out what was begun, or end within it."""
        self.full = True
        if self._whole:
            del self._pieces[self._whole :]
            return
        words = data[: self._room - self._spent] if data else ""
        if not {"ul", "ol"} & set(self._open[-1:]):
            self._pieces.append(f"{words.rpartition(' ')[0] or words}…")
        self._pieces += [f"</{tag}>" for tag in reversed(self._open)]
