"""Claims as staff read and decide them: the case, its files one by one, the verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, url_for
from flask.typing import ResponseReturnValue

from skillswap.blueprints.cases import DETAILS, case_page
from skillswap.blueprints.moderation import bp
from skillswap.db import transaction
from skillswap.domain import cases, claims
from skillswap.domain.claims import ClaimLine, Details, FileLine
from skillswap.errors import NotFound, Refused
from skillswap.forms.claims import RevokeForm, VerdictForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import Case, CaseKind
from skillswap.web import after_post, me, notice, render, staff_only, stepped_up

FILE_HEADERS = {
    # opened on its own, a file may do nothing at all, whatever a browser takes it for
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def _details(case: Case) -> dict[str, Any]:
    """What its page shows to whoever has taken it."""
    found = claims.details_of(case, utcnow())
    return {"claim": found, "form": VerdictForm(formdata=None).about(found.claim)}


DETAILS[CaseKind.CLAIM] = _details


# -- the verdict ----------------------------------------------------------------------------------


@bp.post("/cases/<public_id>/approve-claim")
@staff_only
def approve_claim(public_id: str) -> ResponseReturnValue:
    """It is right: a badge says so, and the files go."""

    def decide(form: VerdictForm) -> None:
        form.require_all(_mine(public_id).claim.kind)
        claims.approve(me(), public_id, badge=form.badge.data or "", now=utcnow())

    return _decide(public_id, decide, _("Approved. The files are erased, and they are told."))


@bp.post("/cases/<public_id>/ask-more")
@staff_only
def ask_more(public_id: str) -> ResponseReturnValue:
    """Something is missing: they have 14 days."""

    def decide(form: VerdictForm) -> None:
        claims.ask_more(me(), public_id, words=form.note.data or "", now=utcnow())

    return _decide(public_id, decide, _("They are asked for more, and have 14 days."))


@bp.post("/cases/<public_id>/refuse-claim")
@staff_only
def refuse_claim(public_id: str) -> ResponseReturnValue:
    """It does not show what it should."""

    def decide(form: VerdictForm) -> None:
        claims.refuse(me(), public_id, words=form.note.data or "", now=utcnow())

    return _decide(public_id, decide, _("Refused. They are told why."))


def _decide(
    public_id: str, decide: Callable[[VerdictForm], None], said: str
) -> ResponseReturnValue:
    form = VerdictForm()
    try:
        with transaction():
            decide(form)
    except Refused as error:
        form.refuse(error)
        form.about(_mine(public_id).claim)
        return case_page(public_id, status=form.status, form=form)
    notice(said)
    return after_post(url_for(".next_case"))


def _mine(public_id: str) -> Details:
    """The claim of a case that this member of staff has taken. Raises as `cases.held` does."""
    now = utcnow()
    return claims.details_of(cases.held(me(), public_id, now, CaseKind.CLAIM), now)


# -- the files ------------------------------------------------------------------------------------


@bp.get("/cases/<public_id>/files/<file_id>")
@staff_only
def claim_file(public_id: str, file_id: str) -> ResponseReturnValue:
    """A page around one file. The file itself comes from an address of its own."""
    one, file = _file(public_id, file_id)

    @stepped_up  # asked last: for everybody else there is nothing here
    def shown() -> ResponseReturnValue:
        return render("moderation/file.html", file=file, one=one, case_id=public_id)

    return shown()


@bp.get("/cases/<public_id>/files/<file_id>/open")
@staff_only
def open_claim_file(public_id: str, file_id: str) -> ResponseReturnValue:
    """Its bytes, once it is written down that they are looked at."""
    _file(public_id, file_id)
    return stepped_up(_opened)(public_id, file_id)


def _file(public_id: str, file_id: str) -> tuple[ClaimLine, FileLine]:
    """A claim and a file of it that is here, for who has taken the case. Raises NotFound."""
    now = utcnow()
    line = cases.line_of(me(), public_id, now)
    if not line.is_mine or line.kind is not CaseKind.CLAIM:
        raise NotFound("file")
    one = claims.details_of(cases.case_of(me(), public_id), now).claim
    for file in one.files:
        if file.public_id == file_id and not file.erased_at and file.erase_by > now:
            return one, file
    raise NotFound("file")


def _opened(public_id: str, file_id: str) -> ResponseReturnValue:
    opened = claims.open_file(me(), public_id, file_id, utcnow())
    answer = Response(opened.data, mimetype=opened.mime, headers=FILE_HEADERS)
    ending = "pdf" if opened.mime == "application/pdf" else "webp"
    answer.headers.set("Content-Disposition", "attachment", filename=f"document.{ending}")
    return answer


# -- afterwards -----------------------------------------------------------------------------------


@bp.route("/claims/<public_id>/revoke", methods=["GET", "POST"])
@staff_only
def revoke_claim(public_id: str) -> ResponseReturnValue:
    """An admin takes a badge back."""
    found = claims.revocable(me(), public_id, utcnow())
    form = RevokeForm()
    if form.is_submitted():
        try:
            with transaction():
                claims.revoke(me(), public_id, words=form.words.data or "", now=utcnow())
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Taken back. They are told why."))
            return after_post(url_for("profiles.show", username=found.person.username))
    page, part = "moderation/claim_revoke.html", "moderation/_claim_revoke.html"
    return render(page, part, status=form.status, found=found, form=form)
