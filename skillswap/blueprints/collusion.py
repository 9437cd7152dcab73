"""Whose points come from too few people: a list for staff, and the way back on the boards."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from skillswap.blueprints.moderation import bp
from skillswap.db import transaction
from skillswap.domain import collusion as collusions
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.web import after_post, cursor, me, notice, render, staff_only


@bp.get("/collusion")
@staff_only
def collusion() -> ResponseReturnValue:
    """Who is on no board for it, the newest first."""
    found = collusions.flagged(me(), cursor(), utcnow())
    return render("moderation/collusion.html", "moderation/_collusion.html", found=found)


@bp.post("/collusion/<public_id>/clear")
@staff_only
def clear(public_id: str) -> ResponseReturnValue:
    """Let them back."""
    with transaction():
        collusions.clear(me(), public_id, now=utcnow())
    notice(_("They are back on the boards."))
    return after_post(url_for(".collusion"), "moderation/_cleared.html", public_id=public_id)
