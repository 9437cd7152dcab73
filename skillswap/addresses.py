"""Where are our pages for somebody who is not on one? In mails, in calendars, on a lock screen.

Every link starts with PUBLIC_URL, whatever Host a request came with. Needs the app, no request.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app

from skillswap.config import Settings


def settings() -> Settings:
    """Those of the app."""
    found: Settings = current_app.config["SETTINGS"]
    return found


def host() -> str:
    """The name this place has in the world."""
    return urlsplit(settings().public_url).hostname or "localhost"


def absolute(path: str) -> str:
    """A path of ours as a link that works from outside."""
    return settings().public_url + path


def address_of(endpoint: str, **values: str) -> str:
    """The absolute link to a view."""
    parts = urlsplit(settings().public_url)
    urls = current_app.url_map.bind(parts.netloc, url_scheme=parts.scheme)
    return absolute(urls.build(endpoint, values))
