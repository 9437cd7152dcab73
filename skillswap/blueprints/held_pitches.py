"""Pitches that wait for staff before they are sent: as their learner sees them."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.pitches import bp
from skillswap.db import transaction
from skillswap.domain import pitches
from skillswap.domain.pitches import Box
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.sentences import word
from skillswap.web import after_post, me, notice, render


@bp.get("/pitches/held/<public_id>")
@login_required
def held(public_id: str) -> ResponseReturnValue:
    """One of mine: that it waits, or what became of it and why."""
    found = pitches.held_pitch(me(), public_id)
    why = word(found.refusal, found.refusal_facts) if found.refusal else ""
    page, part = "pitches/held.html", "pitches/_held.html"
    return render(page, part, held=found, why=why, box=Box.SENT)


@bp.post("/pitches/held/<public_id>/withdraw")
@login_required
def withdraw_held(public_id: str) -> ResponseReturnValue:
    """Take it back."""
    with transaction():
        pitches.withdraw_held(me(), public_id, now=utcnow())
    notice(_("Your pitch is withdrawn."))
    return after_post(url_for(".held", public_id=public_id))
