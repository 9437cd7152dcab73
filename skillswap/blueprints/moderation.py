"""What staff look after. Nobody else learns that these addresses exist."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue

from skillswap.db import transaction
from skillswap.domain import deliveries as outbox
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.web import after_post, cursor, notice, render, staff_only

bp = Blueprint("moderation", __name__, url_prefix="/moderation")


@bp.get("/deliveries")
@staff_only
def deliveries() -> ResponseReturnValue:
    """Mails and push messages that were given up, the newest first."""
    page = outbox.failed(cursor())
    return render(
        "moderation/deliveries.html", "moderation/_deliveries.html", lines=page, after=page.after
    )


@bp.post("/deliveries/<public_id>/retry")
@staff_only
def retry(public_id: str) -> ResponseReturnValue:
    """Send one again."""
    with transaction():
        outbox.retry(public_id, utcnow())
    notice(_("It is being sent again."))
    return after_post(url_for(".deliveries"), "moderation/_retried.html", public_id=public_id)
