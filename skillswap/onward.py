"""How does an answer go on: as a page or a part of one, and where to?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import request, url_for
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException

from skillswap.forms.base import Form

# where each noun of a WrongState is shown
PAGES = {
    "pitch": "pitches.show",
    "exchange": "exchanges.show",
    "ring": "rings.show",
    "session": "sessions.show",
    "proposal": "sessions.show",
    "mark": "sessions.show",
    "naming": "achievements.naming",
    "wish": "wishes.show",
    "offer": "wishes.offer",
    "strike": "strikes.show",
    "case": "moderation.case",
}
# which entry of the menu the pages of each blueprint stand under
PLACES = {
    **dict.fromkeys(("feed", "pages", "posts", "comments", "bookmarks"), "home"),
    **dict.fromkeys(("explore", "skill_pages", "rings", "wishes"), "explore"),
    **dict.fromkeys(("sessions", "exchanges"), "sessions"),
    "dashboard": "dashboard",
    "teachers": "teachers",
    **dict.fromkeys(("boards", "streaks", "leaderboard", "streak", "points"), "leaderboard"),
    "pitches": "pitches",
    "chat": "chat",
    "notifications": "notifications",
    "moderation": "moderation",
}


def wants_fragment() -> bool:
    """True when htmx will swap the answer into a part of the page."""
    headers = request.headers
    return (
        headers.get("HX-Request-Type") == "partial" and "HX-History-Restore-Request" not in headers
    )


def safe_next(target: str | None) -> str:
    """A path on this site to go on to, or home: never another host, whatever was asked."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return url_for("pages.home")
    if any(ord(sign) < 0x20 or sign == "\\" for sign in target):
        return url_for("pages.home")
    try:
        parts = urlsplit(target)
    except ValueError:
        return url_for("pages.home")
    return target if not parts.netloc and not parts.scheme else url_for("pages.home")


def came_from(default: str) -> str:
    """The page whose form was sent, if it is one of ours that can be asked again."""
    try:
        page = urlsplit(request.referrer or "")
    except ValueError:
        return default
    path = safe_next(f"{page.path}?{page.query}" if page.query else page.path)
    if page.netloc != request.host or request_ctx.url_adapter is None:
        return default
    try:
        request_ctx.url_adapter.match(page.path, method="GET")
    except HTTPException:
        return default
    return path


def pressed_in() -> str:
    """With a script: the thread whose card holds the button that was pressed, or nothing."""
    onward = request.form.get("card_in", "") if wants_fragment() else ""
    return safe_next(onward) if onward.startswith("/chat/") else ""


def first_sentence(shown: Iterable[Any]) -> str:
    """What is wrong, if a form among these says so."""
    forms = (one for one in shown if isinstance(one, Form) and one.summary)
    return next((form.summary[0][2] for form in forms), "")
