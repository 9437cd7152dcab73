"""What becomes of a session: how it went, a mark that is contested or forgiven."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.sessions import PART, bp, shown
from skillswap.db import transaction
from skillswap.domain import contests, learning_sessions
from skillswap.errors import Refused
from skillswap.forms.afterwards import ContestForm, OutcomeForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import SessionState
from skillswap.web import after_post, me, notice, render

SAID = {
    SessionState.SCHEDULED: _("Thank you. Your partner is asked too."),
    SessionState.COMPLETED: _("Thank you. You agree, so it counts for you both."),
    SessionState.NO_SHOW: _("Thank you. It is noted as missed."),
    SessionState.CANCELLED: _("Thank you. Nobody has a mark."),
    SessionState.DISPUTED: _("Noted. You two remember it differently."),
}


@bp.route("/sessions/<public_id>/outcome", methods=["GET", "POST"])
@login_required
def outcome(public_id: str) -> ResponseReturnValue:
    """How did it go? Also to say something else than before."""
    form = OutcomeForm()
    if form.validate_on_submit():
        try:
            with transaction():
                one = learning_sessions.give_outcome(
                    me(), public_id, answer=form.chosen, now=utcnow()
                )
        except Refused as error:
            form.refuse(error)
        else:
            return _done(public_id, SAID[one.state])
    page = shown(public_id, outcome=form)
    return render("sessions/outcome.html", PART, status=form.status, **page)


@bp.post("/sessions/<public_id>/forgive")
@login_required
def forgive(public_id: str) -> ResponseReturnValue:
    """Take a mark off my partner's record."""
    with transaction():
        contests.forgive(me(), public_id, now=utcnow())
    return _done(public_id, _("Forgiven. The mark is off."))


def _done(public_id: str, text: str) -> ResponseReturnValue:
    notice(text)
    return after_post(url_for(".show", public_id=public_id), PART, **shown(public_id))


@bp.route("/sessions/<public_id>/contest", methods=["GET", "POST"])
@login_required
def contest(public_id: str) -> ResponseReturnValue:
    """Say that a mark of mine is wrong. A page of its own: it is there even when the session is
    not, because the partner has gone."""
    form, now = ContestForm(), utcnow()
    if form.validate_on_submit():
        try:
            with transaction():
                contests.contest(me(), public_id, body=form.body.data or "", now=now)
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Contested. While it is open, the mark does not count."))
            return after_post(url_for("records.page"))
    one, mark = contests.own_mark(me(), public_id, now)
    facts = {"one": one, "mark": mark, "form": form, "now": now}
    return render("sessions/contest.html", "sessions/_contest.html", status=form.status, **facts)
