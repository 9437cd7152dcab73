"""Where can two people meet, and is what they typed a place? Nothing is read or written here.

Three kinds are always offered: a Jitsi room, a link of one's own, in person. Zoom and Google Meet
are there where this place has their credentials (config.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from skillswap.db import db
from skillswap.errors import Refused
from skillswap.lib.i18n import _
from skillswap.lib.meeting import KNOWN_HOSTS, fits_host
from skillswap.models import PlaceKind

BODY_MOST = 300  # of a link
WORDS_LEAST, WORDS_MOST = 3, 200  # of a meeting in person
ALWAYS = (PlaceKind.JITSI, PlaceKind.LINK, PlaceKind.IN_PERSON)
BY_PROVIDER = (PlaceKind.ZOOM, PlaceKind.MEET)
MARKS = "\"'<>\\`{}|^"  # no address needs them as they are


@dataclass(frozen=True, slots=True)
class Here:
    """What this installation offers: kinds of places, and hosts that links may lead to."""

    kinds: Sequence[PlaceKind] = ALWAYS
    hosts: Sequence[str] = KNOWN_HOSTS


def here() -> Here:
    """As the settings say; they come with the database, like the channels of deliveries."""
    options = db.session.get_bind().get_execution_options()
    kinds = [kind for kind in BY_PROVIDER if kind in options.get("providers", ())]
    return Here((*ALWAYS, *kinds), options.get("link_hosts", KNOWN_HOSTS))


def check_place(kind: PlaceKind, body: str, *, at: Here) -> str:
    """The text of a place, cleaned. Raises Refused for a kind not offered (`place_kind`), and for
    a link or words that will not do (`place_body`).
    """
    if kind not in at.kinds:
        raise Refused("place_kind", "place_kind")
    if kind is PlaceKind.LINK:
        return _link(body.strip(), at.hosts)
    if kind is PlaceKind.IN_PERSON:
        return _words(body)
    return ""


def _words(body: str) -> str:
    text = " ".join(body.split())
    if len(text) < WORDS_LEAST:
        raise Refused("place_body", "place_words")
    if len(text) > WORDS_MOST:
        raise Refused("place_body", "too_long", limit=WORDS_MOST)
    return text


def _link(url: str, hosts: Sequence[str]) -> str:
    """An https address of a call service. It is kept as text and never fetched."""
    if len(url) > BODY_MOST:
        raise Refused("place_body", "too_long", limit=BODY_MOST)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused("place_body", "bad_link") from None
    plain = url.isascii() and not any(
        sign <= " " or sign == "\x7f" or sign in MARKS for sign in url
    )
    if not plain or parts.scheme != "https" or "." not in host or "@" in parts.netloc:
        raise Refused("place_body", "bad_link")
    if port not in (None, 443) or not fits_host(host, hosts):
        raise Refused("place_body", "place_host")
    return url


def name_of(kind: PlaceKind) -> str:
    """What a kind is called on a page."""
    return {
        PlaceKind.JITSI: _("A video room of your exchange"),
        PlaceKind.LINK: _("A link of your own"),
        PlaceKind.IN_PERSON: _("In person"),
        PlaceKind.ZOOM: "Zoom",
        PlaceKind.MEET: "Google Meet",
    }[kind]
