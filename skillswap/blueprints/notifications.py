"""What one was told, and marking it read."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import conversations, notifications
from skillswap.forms.notifications import SeenForm
from skillswap.lib.clock import utcnow
from skillswap.mailing import PAGES_ALONE, PAGES_OF_KIND
from skillswap.web import after_post, cursor, me, render, wants_fragment

bp = Blueprint("notifications", __name__)
UNREAD = "unread"
CHATS_SHOWN = 5
# where each kind of subject is shown
PAGES = {
    "pitches": "pitches.show",
    "exchanges": "exchanges.show",
    "swap_rings": "rings.show",
    "learning_sessions": "sessions.show",
    "conversations": "chat.show",
    "posts": "posts.show",
    "comments": "comments.show",
    "badge_grants": "badges.show",
    "wishes": "wishes.show",
    "wish_offers": "wishes.offer",
    "held_pitches": "pitches.held",
    "strikes": "strikes.show",
    "reports": "safety.own_report",
    "claims": "verification.show",
}
# and where what is gone would have stood
LISTS = {
    "pitches": "pitches.closed",
    "held_pitches": "pitches.sent",
    "exchanges": "exchanges.mine",
    "learning_sessions": "sessions.past",
    "users": "follows.mine",
    "streak_awards": "streaks.mine",
    "skills": "settings.skills",
    "wish_offers": "wishes.offers",
}


@bp.get("/notifications")
@login_required
def page() -> ResponseReturnValue:
    """My lines by day, newest first; `?filter=unread` leaves the read ones out."""
    return render("notifications/page.html", "notifications/_days.html", **_facts())


@bp.post("/notifications/read")
@login_required
def read() -> ResponseReturnValue:
    """Mark everything read, or, with a subject, what is about that one thing."""
    if "public_id" in request.form:
        return _read_about()
    with transaction():
        notifications.read_all(me(), utcnow())
    url = url_for(".page", filter=request.args.get("filter"))
    return after_post(url, "notifications/_list.html", marked=True, **_facts())


def _read_about() -> ResponseReturnValue:
    form = SeenForm()
    subject_type, public_id = form.subject_type.data or "", form.public_id.data or ""
    if not form.validate() or subject_type not in PAGES:
        abort(422)
    with transaction():
        notifications.read_about(me(), subject_type, public_id, utcnow())
    url = url_for(PAGES[subject_type], public_id=public_id)
    return after_post(url, "notifications/_read.html")


def _facts() -> dict[str, Any]:
    """The lines of the address, and the day the list above them ended with."""
    now, unread_only = utcnow(), request.args.get("filter") == UNREAD
    lines = notifications.page_of(me(), cursor(), now, unread_only=unread_only)
    chats = conversations.with_news(me(), CHATS_SHOWN) if cursor() is None else []
    return {
        "chats": chats,
        "days": notifications.by_day(lines, me().timezone, now),
        "after": lines.after,
        "filter": UNREAD if unread_only else None,
        "continued": request.args.get("day") if wants_fragment() else None,
        "pages": PAGES,
        "asked": PAGES_OF_KIND,
        "alone": PAGES_ALONE,
        "lists": LISTS,
        "now": now,
    }
