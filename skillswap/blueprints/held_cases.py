"""Held pitches as staff read and decide them."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from skillswap.blueprints.cases import DETAILS, case_page
from skillswap.blueprints.moderation import bp
from skillswap.db import transaction
from skillswap.domain import pitches
from skillswap.errors import Refused
from skillswap.forms.pitches import KeepBackForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import Case, CaseKind, HeldState
from skillswap.web import after_post, me, notice, staff_only


def _details(case: Case) -> dict[str, Any]:
    """What its page shows to whoever has taken it."""
    held = pitches.held_in(case)
    return {"held": held, "alike": pitches.alike_of(held), "form": KeepBackForm(None)}


DETAILS[CaseKind.PITCH] = _details


@bp.post("/cases/<public_id>/release")
@staff_only
def release(public_id: str) -> ResponseReturnValue:
    """Send it on."""
    with transaction():
        held = pitches.release(me(), public_id, now=utcnow())
    if held.state is HeldState.RELEASED:
        notice(_("It is sent."))
    else:
        notice(_("It cannot be sent any more; its learner is told why."))
    return after_post(url_for(".next_case"))


@bp.post("/cases/<public_id>/keep-back")
@staff_only
def keep_back(public_id: str) -> ResponseReturnValue:
    """Do not send it, and say why."""
    form = KeepBackForm()
    try:
        with transaction():
            pitches.keep_back(me(), public_id, words=form.body.data or "", now=utcnow())
    except Refused as error:
        form.refuse(error)
        return case_page(public_id, status=form.status, form=form)
    notice(_("It is kept back, and its learner is told why."))
    return after_post(url_for(".next_case"))
