"""What needs me, and what waits for others, on one page."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.domain import dashboard
from skillswap.lib.clock import utcnow
from skillswap.web import me, render

bp = Blueprint("dashboard", __name__)


@bp.get("/dashboard")
@login_required
def page() -> ResponseReturnValue:
    """To answer, to confirm, upcoming, waiting for others: the first few of each."""
    now = utcnow()
    return render("dashboard/page.html", home=dashboard.dashboard_of(me(), now), now=now)
