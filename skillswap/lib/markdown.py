"""What may people's Markdown become? The only place that makes markup from people's text."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlsplit

import bleach
from markdown_it import MarkdownIt

RULES_VERSION = 1
MAX_CHARACTERS = 20_000
TAGS = frozenset(
    "p br strong em del a ul ol li blockquote code pre h2 h3 h4 hr".split()
)  # headings are pushed down below the page's own h1
ATTRIBUTES = {"a": ["href", "rel", "title"]}
PROTOCOLS = frozenset({"https", "http", "mailto"})

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).disable(
    ["image", "html_block", "html_inline"]
)


def _rel(attributes: MutableMapping[Any, str], new: bool = False) -> MutableMapping[Any, str]:
    """Links out say that a member wrote them, and show their host when the text hides it."""
    href = attributes.get((None, "href"), "")
    attributes[(None, "rel")] = "nofollow noopener ugc"
    host = urlsplit(href).hostname or ""
    text = attributes.get("_text", "")
    if host and host not in text:
        attributes["_text"] = f"{text} ({host})"
    return attributes


_cleaner = bleach.Cleaner(
    tags=TAGS, attributes=ATTRIBUTES, protocols=PROTOCOLS, strip=True, strip_comments=True
)
_linker = bleach.linkifier.Linker(callbacks=[_rel], skip_tags=["pre", "code"], parse_email=False)


def sanitise(html: str) -> str:
    """Drop all but the allow-list above; links carry `rel` and show their host."""
    return str(_linker.linkify(_cleaner.clean(html)))


def render_markdown(body: str) -> str:
    """Sanitised HTML of a Markdown text, at most 20,000 characters of it.

    Kept beside its source at write time; `RULES_VERSION` says under which rules.
    """
    html = _markdown.render(body[:MAX_CHARACTERS])
    html = html.replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    return sanitise(html)
