"""What staff decide about reports, and about what people say against it."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from skillswap.blueprints.cases import DETAILS, case_page
from skillswap.blueprints.moderation import bp
from skillswap.db import db, transaction
from skillswap.domain import cases, reports, strikes
from skillswap.errors import Refused
from skillswap.forms.strikes import AnswerForm, DismissForm, UpholdForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import Case, CaseKind, User
from skillswap.web import after_post, me, notice, staff_only


def _report(case: Case) -> dict[str, Any]:
    """The reports of a case, what else is known of the person, and both ways out."""
    return {
        "person": db.session.get_one(User, case.person_id),
        "reports": reports.reports_of(case),
        "others": reports.others_about(case),
        "strikes": strikes.strikes_about(case),
        "can_hide": strikes.can_hide(case),
        "uphold": _offering(UpholdForm(formdata=None), case),
        "dismiss": DismissForm(formdata=None),
    }


def _appeal(case: Case) -> dict[str, Any]:
    """The strike, what its person says, and what it rests on."""
    found = strikes.appealed(case)
    return {
        "person": db.session.get_one(User, case.person_id),
        "strike": found.strike,
        "by": found.by,
        "reports": reports.reports_of(found.report_case),
        "zone": me().timezone,
        "answer": AnswerForm(formdata=None),
    }


def _offering(form: UpholdForm, case: Case) -> UpholdForm:
    """With the outcomes that who has taken the case may choose."""
    form.offer(strikes.options(me(), case))
    return form


DETAILS |= {CaseKind.REPORT: _report, CaseKind.APPEAL: _appeal}


@bp.post("/cases/<public_id>/uphold")
@staff_only
def uphold(public_id: str) -> ResponseReturnValue:
    """The reports are right: a strike, and what follows from it."""
    form = UpholdForm()
    try:
        with transaction():
            strikes.uphold(me(), public_id, **form.decision, now=utcnow())
    except Refused as error:
        form.refuse(error)
        shown = _offering(form, cases.case_of(me(), public_id))
        return case_page(public_id, status=form.status, uphold=shown)
    return _decided(_("Upheld. The person is told which rule it was, and can appeal."))


@bp.post("/cases/<public_id>/dismiss")
@staff_only
def dismiss(public_id: str) -> ResponseReturnValue:
    """Nothing follows from the reports."""
    form = DismissForm()
    try:
        with transaction():
            strikes.dismiss(me(), public_id, words=form.words.data or "", now=utcnow())
    except Refused as error:
        form.refuse(error)
        return case_page(public_id, status=form.status, dismiss=form)
    return _decided(_("Dismissed. Who reported it is told that somebody looked."))


@bp.post("/cases/<public_id>/answer")
@staff_only
def answer(public_id: str) -> ResponseReturnValue:
    """Overturn a strike, or keep it."""
    form = AnswerForm()
    try:
        with transaction():
            strikes.decide_appeal(me(), public_id, **form.decision, now=utcnow())
    except Refused as error:
        form.refuse(error)
        return case_page(public_id, status=form.status, answer=form)
    overturned = form.decision["overturned"]
    return _decided(_("Overturned, and restored.") if overturned else _("The strike stands."))


def _decided(said: str) -> ResponseReturnValue:
    notice(said)
    return after_post(url_for(".next_case"))
