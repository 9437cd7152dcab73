"""What is to be prepared for a session: the form, and saving it."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.sessions import bp, shown
from skillswap.db import transaction
from skillswap.domain import learning_sessions
from skillswap.errors import Refused, Taken
from skillswap.forms.preparing import PrepareForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.web import after_post, me, notice, render


@bp.route("/sessions/<public_id>/prepare", methods=["GET", "POST"])
@login_required
def prepare(public_id: str) -> ResponseReturnValue:
    """The form, and saving it. 409 with both texts when the other was quicker."""
    form = PrepareForm()
    if form.validate_on_submit():
        try:
            with transaction():
                learning_sessions.prepare_session(
                    me(), public_id, body=form.body.data or "", version=form.seen, now=utcnow()
                )
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Saved. You both read it on this page."))
            url = url_for(".show", public_id=public_id)
            return after_post(url, "sessions/_prepare.html", **shown(public_id))
    return _writing(public_id, form)


def _writing(public_id: str, form: PrepareForm) -> ResponseReturnValue:
    """The form with what was typed; after a clash it goes on from what the other saved."""
    one = learning_sessions.session_of(me(), public_id)
    if request.method == "GET" and not learning_sessions.may_prepare(one, utcnow()):
        return redirect(url_for(".show", public_id=public_id), 303)  # an old link
    preparation = learning_sessions.preparation_of(one)
    changed = isinstance(form.refusal, Taken)
    if request.method == "GET":
        form.body.data = preparation.body
    if request.method == "GET" or changed:
        form.version.data = str(preparation.version)
    return render(
        "sessions/prepare.html",
        "sessions/_write_preparation.html",
        status=form.status,
        one=one,
        partner=one.partner_of(me()),
        preparation=preparation,
        form=form,
        changed=changed,
    )
