"""The sessions of a month as a table, and those of one day below it."""

from __future__ import annotations

import re
from datetime import date

from flask import request
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.sessions import bp
from skillswap.domain import learning_sessions
from skillswap.domain.learning_sessions.months import FIRST_YEAR, LAST_YEAR, title_of
from skillswap.lib.clock import local, utcnow
from skillswap.lib.i18n import _
from skillswap.web import me, notice, render

MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@bp.get("/sessions/month")
@login_required
def month() -> ResponseReturnValue:
    """One month; `m` says which, `d` whose day stands below. What cannot be read is left out."""
    now = utcnow()
    asked, day = request.args.get("m", ""), request.args.get("d", "")
    chosen = _date(day) if DAY.fullmatch(day) else None
    first = _date(f"{asked}-01") if MONTH.fullmatch(asked) else None
    if (asked and first is None) or (day and chosen is None):
        notice(_("That is not a day of our calendar, so this is the present month."))
        first = chosen = None
    first = first or (chosen or local(now, me().timezone).date).replace(day=1)
    found = learning_sessions.month_of(me(), first, chosen, now)
    return render(
        "sessions/month.html",
        "sessions/_month.html",
        month=found,
        title_of=title_of,
        counts=learning_sessions.tab_counts(me(), now),
        now=now,
    )


def _date(text: str) -> date | None:
    """The day, when it is one and not far away."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
