"""What waits for staff: the queue, taking a case, its page, and handing it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from skillswap.blueprints.moderation import bp
from skillswap.db import transaction
from skillswap.domain import cases, reports
from skillswap.forms.safety import CATEGORIES
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import Case, CaseKind
from skillswap.web import after_post, cursor, me, notice, render, staff_only

# what the page of a taken case of that kind shows; its template is moderation/cases/_<kind>.html
DETAILS: dict[CaseKind, Callable[[Case], dict[str, Any]]] = {
    CaseKind.REPORT: lambda case: {"reports": reports.reports_of(case)},
}


@bp.get("")
@staff_only
def queue() -> ResponseReturnValue:
    """What waits: safety first, then the oldest day, then those who were right before."""
    asked = request.args.get("kind", "")
    kind = CaseKind(asked) if asked in set(CaseKind) else None
    found = cases.queue(me(), kind, cursor(), utcnow())
    page, part = "moderation/queue.html", "moderation/_cases.html"
    return render(page, part, found=found, kind=kind, kinds=list(CaseKind), words=CATEGORIES)


@bp.get("/cases/next")
@staff_only
def next_case() -> ResponseReturnValue:
    """On to what is next in line, or back to the queue when nothing is."""
    found = cases.next_for(me(), utcnow())
    return redirect(url_for(".case", public_id=found) if found else url_for(".queue"))


@bp.get("/cases/<public_id>")
@staff_only
def case(public_id: str) -> ResponseReturnValue:
    """One case: what is known of it, and for whoever has taken it what it is about."""
    return case_page(public_id)


def case_page(public_id: str, *, status: int = 200, **context: Any) -> ResponseReturnValue:
    """The page of a case; a refused decision adds its form to it."""
    line = cases.line_of(me(), public_id, utcnow())
    shown = {"line": line, "words": CATEGORIES}
    if line.is_mine:
        shown |= DETAILS[line.kind](cases.case_of(me(), public_id))
    page, part = "moderation/case.html", "moderation/_case.html"
    return render(page, part, status=status, **(shown | context))


@bp.post("/cases/<public_id>/claim")
@staff_only
def claim(public_id: str) -> ResponseReturnValue:
    """Take it, and read it."""
    with transaction():
        cases.claim(me(), public_id, utcnow())
    return after_post(url_for(".case", public_id=public_id))


@bp.post("/cases/<public_id>/hand-back")
@staff_only
def hand_back(public_id: str) -> ResponseReturnValue:
    """Let a colleague decide."""
    with transaction():
        cases.hand_back(me(), public_id, utcnow())
    notice(_("It waits for a colleague now."))
    return after_post(url_for(".queue"))
