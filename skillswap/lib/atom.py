"""How are news written so that any reader can follow them? Atom, RFC 4287."""

from __future__ import annotations

import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

SPACE = "http://www.w3.org/2005/Atom"
# what XML 1.0 cannot hold, however it is written
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ET.register_namespace("", SPACE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One of the news. `html` is its content, with absolute addresses."""

    key: str  # never changes
    title: str
    url: str
    author: str
    author_url: str
    published: datetime
    updated: datetime
    html: str
    topics: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """All of them, newest first."""

    key: str
    title: str
    url: str  # the page they are of
    self_url: str
    updated: datetime
    entries: Sequence[Entry]


def lasting_id(key: str) -> str:
    """The identifier of a key: the same for ever, also when the site moves to another address."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"skillswap:{key}").urn


def write(feed: Feed) -> bytes:
    """The document in UTF-8."""
    root = ET.Element(f"{{{SPACE}}}feed")
    _add(root, "id", lasting_id(feed.key))
    _add(root, "title", feed.title)
    _add(root, "updated", _instant(feed.updated))
    _add(root, "link", rel="self", type="application/atom+xml", href=feed.self_url)
    _add(root, "link", rel="alternate", type="text/html", href=feed.url)
    _add(root, "generator", "SkillSwap")
    for one in feed.entries:
        _write_entry(root, one)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _write_entry(root: ET.Element, one: Entry) -> None:
    entry = _add(root, "entry")
    _add(entry, "id", lasting_id(one.key))
    _add(entry, "title", one.title)
    _add(entry, "published", _instant(one.published))
    _add(entry, "updated", _instant(one.updated))
    _add(entry, "link", rel="alternate", type="text/html", href=one.url)
    author = _add(entry, "author")
    _add(author, "name", one.author)
    _add(author, "uri", one.author_url)
    for topic in one.topics:
        _add(entry, "category", term=topic)
    _add(entry, "content", one.html, type="html")


def _add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    clean = {key: UNWRITABLE.sub("", value) for key, value in attributes.items()}
    made = ET.SubElement(parent, f"{{{SPACE}}}{name}", clean)
    made.text = UNWRITABLE.sub("", text) or None
    return made


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
