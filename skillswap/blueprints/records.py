"""Your record: what others see as "Kept 19 of 20", with every mark behind it."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.domain import records
from skillswap.lib.clock import utcnow
from skillswap.web import cursor, me, render

bp = Blueprint("records", __name__)


@bp.get("/record")
@login_required
def page() -> ResponseReturnValue:
    """The figures, and every mark of the last 180 days."""
    now = utcnow()
    record = records.record_of(me(), cursor(), now)
    return render("records/page.html", "records/_marks.html", record=record, now=now)
