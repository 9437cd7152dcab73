"""Your points: every line with its reason, by month, and your weeks."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.domain import streaks
from skillswap.domain.points import reading, words
from skillswap.lib.clock import utcnow
from skillswap.web import cursor, me, render, wants_fragment

bp = Blueprint("points", __name__)


@bp.get("/points")
@login_required
def page() -> ResponseReturnValue:
    """A month of lines; on the page beside them what the last weeks came to."""
    now = utcnow()
    number = reading.month_of(request.args.get("month", ""), now)
    month = reading.lines_of(me(), number, cursor())
    first = cursor() is None
    if wants_fragment():
        return render(
            "points/page.html", "points/_lines.html", month=month, words=words, is_first=first
        )
    return render(
        "points/page.html",
        month=month,
        words=words,
        is_first=first,
        is_now=number == reading.month_of("", now),
        sums=reading.sums_of(me(), now),
        waiting=reading.waiting_of(me(), now),
        streak=streaks.streak_of(me(), now),
    )
