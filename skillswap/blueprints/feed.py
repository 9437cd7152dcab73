"""What there is to read: the two tabs, and what one person has posted."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.posts import short_form
from skillswap.domain import feed
from skillswap.domain.feed import Tab
from skillswap.domain.visibility import person_named
from skillswap.lib.clock import utcnow
from skillswap.lib.keyset import PAGE_SIZE
from skillswap.web import cursor, me, render, viewer, wants_fragment

bp = Blueprint("feed", __name__)
TABS = {tab.value: tab for tab in Tab}
BY_THEMSELVES = 3  # pages that come when their end is scrolled to; then one is asked for
PAGES_MOST = 10_000


@bp.get("/feed")
@login_required
def page() -> ResponseReturnValue:
    """The feed without the head of Home, and the pages of both."""
    return reading_in("feed/page.html", "feed.page", form=short_form)


def reading_in(template: str, home: str, **around: Any) -> ResponseReturnValue:
    """A page with the feed in it; for htmx the tabs with their posts, or after a cursor more posts.

    `around`: what else the page shows, made only when it is shown: functions.
    """
    person, now = me(), utcnow()
    reading = feed.read(person, TABS.get(request.args.get("tab", "")), cursor(), now)
    shown: dict[str, Any] = {"reading": reading, "posts": reading.posts, "home": home}
    shown |= turning(reading.posts.after, "feed.page", tab=reading.tab.value)
    if wants_fragment() and cursor():
        return render(template, "feed/_posts.html", **shown)
    if not wants_fragment():
        shown |= {name: made() for name, made in around.items()}
    empty = not reading.posts.rows
    if empty or not (wants_fragment() or shown.get("for_me")):
        shown["people"] = feed.people_to_follow(person)
    if empty or not wants_fragment():
        shown["tutorials"] = feed.tutorials_to_start(person)
    return render(template, "feed/_part.html", **shown)


def turning(after: str | None, endpoint: str, **address: Any) -> dict[str, Any]:
    """What `feed/_posts.html` needs to lead on: an address for more, and how far one has read."""
    number = request.args.get("page", "")
    at = int(number) if number.isdecimal() and int(number) < PAGES_MOST else 1
    at = at if cursor() else 1
    more = url_for(endpoint, **address, after=after, page=at + 1) if after else None
    return {"more": more, "auto": at <= BY_THEMSELVES, "first": (at - 1) * PAGE_SIZE + 1}


@bp.get("/people/<username>/posts")
def of_person(username: str) -> ResponseReturnValue:
    """What this person has posted, newest first."""
    reader = viewer()
    person = person_named(username.lower(), to=reader.id if reader else None)
    posts = feed.posts_by(person, reader, cursor())
    turned = turning(posts.after, ".of_person", username=person.username)
    return render("feed/of_person.html", "feed/_posts.html", person=person, posts=posts, **turned)
