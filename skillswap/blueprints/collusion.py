"""Whose points come from too few people: such a case, and the two ways to decide it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from skillswap.blueprints.cases import DETAILS, case_page
from skillswap.blueprints.moderation import bp
from skillswap.db import transaction
from skillswap.domain import collusion
from skillswap.errors import Refused
from skillswap.forms.collusion import FlagForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import Case, CaseKind
from skillswap.web import after_post, me, notice, staff_only


def _details(case: Case) -> dict[str, Any]:
    """What its page shows to whoever has taken it."""
    return {"flag": collusion.flag_in(case, utcnow()), "form": FlagForm(None)}


DETAILS[CaseKind.FLAG] = _details


@bp.post("/cases/<public_id>/clear-flag")
@staff_only
def clear_flag(public_id: str) -> ResponseReturnValue:
    """Let them back on the boards."""
    return _decide(public_id, collusion.clear, _("They are back on the boards."))


@bp.post("/cases/<public_id>/keep-flag")
@staff_only
def keep_flag(public_id: str) -> ResponseReturnValue:
    """Let them be on no board while it lasts."""
    return _decide(public_id, collusion.keep, _("They stay off the boards while it lasts."))


def _decide(public_id: str, verb: Callable[..., object], said: str) -> ResponseReturnValue:
    form = FlagForm()
    try:
        with transaction():
            verb(me(), public_id, words=form.words.data or "", now=utcnow())
    except Refused as error:
        form.refuse(error)
        return case_page(public_id, status=form.status, form=form)
    notice(said)
    return after_post(url_for(".next_case"))
