"""What staff look after. Nobody else learns that these addresses exist."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from skillswap.db import transaction
from skillswap.domain import audit, deciding, failures
from skillswap.errors import Refused
from skillswap.forms.afterwards import DecideForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.web import after_post, cursor, me, notice, render, staff_only

bp = Blueprint("moderation", __name__, url_prefix="/moderation")


@bp.get("/contests")
@staff_only
def contests() -> ResponseReturnValue:
    """Marks that people contest, the first due first."""
    found = deciding.queue(me(), cursor(), utcnow())
    return render("moderation/contests.html", "moderation/_contests.html", found=found)


@bp.get("/contests/<public_id>")
@staff_only
def contest(public_id: str) -> ResponseReturnValue:
    """One of them: both statements, who opened the call, and the form."""
    return _case(public_id, DecideForm(formdata=None))


@bp.post("/contests/<public_id>")
@staff_only
def decide(public_id: str) -> ResponseReturnValue:
    """Take the mark off, or let it count, with a word to both."""
    form = DecideForm()
    words = form.decision.data or ""
    try:
        with transaction():
            deciding.decide(me(), public_id, upheld=form.upheld, decision=words, now=utcnow())
    except Refused as error:
        form.refuse(error)
        return _case(public_id, form)
    notice(_("Decided. Both are told."))
    return after_post(url_for(".contests"))


def _case(public_id: str, form: DecideForm) -> ResponseReturnValue:
    case = deciding.case_of(me(), public_id, utcnow())
    page, part = "moderation/contest.html", "moderation/_decide.html"
    return render(page, part, status=form.status, case=case, form=form)


@bp.get("/deliveries")
@staff_only
def deliveries() -> ResponseReturnValue:
    """Mails and push messages that were given up, the newest first."""
    page = failures.failed(cursor())
    return render(
        "moderation/deliveries.html", "moderation/_deliveries.html", lines=page, after=page.after
    )


@bp.post("/deliveries/<public_id>/retry")
@staff_only
def retry(public_id: str) -> ResponseReturnValue:
    """Send one again."""
    with transaction():
        failures.retry(me(), public_id, utcnow())
    notice(_("It is being sent again."))
    return after_post(url_for(".deliveries"), "moderation/_retried.html", public_id=public_id)


@bp.get("/audit")
@staff_only
def log() -> ResponseReturnValue:
    """What staff did, the latest first, by action, by whom and about whom."""
    asked = {key: request.args.get(key, "").strip() for key in ("action", "by", "person")}
    filters = audit.Filters(
        asked["action"] if asked["action"] in audit.ACTIONS else "",
        asked["by"].lower(),
        asked["person"].lower(),
    )
    found = audit.entries(filters, cursor())
    page, part = "moderation/audit.html", "moderation/_audit.html"
    return render(page, part, found=found, filters=filters, choices=audit.choices())
