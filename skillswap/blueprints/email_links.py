"""The pages behind mailed links: confirm an address, undo its change, set a new password.

To open a link changes nothing, since mail scanners do; a button on its page uses it. Its token
stands in no address that the page sends on: see `keep_token`.
"""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import email_links
from skillswap.errors import Gone, NotFound, Refused, TooMany
from skillswap.forms.security import ForgotForm, LinkForm, ResetForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import TokenPurpose
from skillswap.web import after_post, me, notice, render, safe_next, viewer

bp = Blueprint("email_links", __name__)
A_TOKEN = "<string(length=43):token>"  # noqa: S105 - a part of an address; "send" is none
UNDOES = frozenset({TokenPurpose.UNDO_CHANGE})
RESETS = frozenset({TokenPurpose.RESET})


@bp.after_request
def keep_token(response: Response) -> Response:
    """The Referer of what follows names the site alone; with none, a form over https is refused."""
    response.headers["Referrer-Policy"] = "strict-origin"
    return response


@bp.errorhandler(Gone)
def gone(error: Gone) -> ResponseReturnValue:
    """Used, too old, or overtaken: what to do instead."""
    person = viewer()
    return render(
        "email_links/gone.html",
        "email_links/_gone.html",
        status=error.status,
        purpose=error.noun,
        unconfirmed=person is not None and email_links.is_unconfirmed(person),
    )


def mailbox() -> str | None:
    """Where the mails of a place for development can be read, or None."""
    settings = current_app.config["SETTINGS"]
    here = settings.env == "development" and settings.keeps_mail
    return url_for("dev.mail") if here else None


# -- the address ----------------------------------------------------------------------------------


@bp.post("/email/confirm/send")
@login_required
def send() -> ResponseReturnValue:
    """Mail the link to confirm my address once more."""
    with transaction():
        sent = email_links.send_again(me(), utcnow())
    if sent:
        notice(_("We sent a link to {email}.").format(email=me().email))
    else:
        notice(_("Your email is confirmed already."))
    return after_post(safe_next(request.form.get("next")))


@bp.route(f"/email/confirm/{A_TOKEN}", methods=["GET", "POST"])
def confirm(token: str) -> ResponseReturnValue:
    """Show that the address of an account, or its new one, is mine."""
    form, now = LinkForm(), utcnow()
    if form.validate_on_submit():
        try:
            with transaction():
                email_links.confirm(token, now)
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Your email is confirmed."))
            return after_post(_inside())
    link = email_links.look(token, email_links.CONFIRMS, now)
    return render("email_links/confirm.html", status=form.status, form=form, link=link, token=token)


@bp.route(f"/email/undo/{A_TOKEN}", methods=["GET", "POST"])
def undo(token: str) -> ResponseReturnValue:
    """The old address again; everybody is signed out, and a new password is set next."""
    form, now = LinkForm(), utcnow()
    if form.validate_on_submit():
        try:
            with transaction():
                reset_token = email_links.undo_change(token, now)
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Your old address is back, and every device is signed out."))
            return after_post(url_for(".reset", token=reset_token))
    link = email_links.look(token, UNDOES, now)
    return render("email_links/undo.html", status=form.status, form=form, link=link, token=token)


def _inside() -> str:
    return url_for("pages.home") if viewer() else url_for("accounts.log_in")


# -- the password ---------------------------------------------------------------------------------


@bp.route("/password/forgot", methods=["GET", "POST"])
def forgot() -> ResponseReturnValue:
    """Ask for a link to set a new password. The answer tells nobody who has an account."""
    if not email_links.are_mailed():
        raise NotFound("link")
    form, now = ForgotForm(), utcnow()
    if form.validate_on_submit():
        email = form.email.data or ""
        try:
            with transaction():  # counted whatever becomes of it
                email_links.count_reset(email, ip=request.remote_addr or "", now=now)
        except TooMany as error:
            form.refuse(error)
        else:
            with transaction():
                email_links.send_reset(email, now)
            return after_post(url_for(".forgot", sent=1))
    return _forgot(form)


def _forgot(form: ForgotForm) -> ResponseReturnValue:
    """The form; after it was sent, what to do next."""
    answer = render(
        "email_links/forgot.html",
        status=form.status,
        form=form,
        sent="sent" in request.args and not form.is_submitted(),
        mailbox=mailbox(),
    )
    if isinstance(form.refusal, TooMany):
        answer.headers["Retry-After"] = str(form.refusal.retry_seconds)  # type: ignore[union-attr]
    return answer


@bp.route(f"/password/reset/{A_TOKEN}", methods=["GET", "POST"])
def reset(token: str) -> ResponseReturnValue:
    """Set a new password by a mailed link; every sign-in ends."""
    form, now = ResetForm(), utcnow()
    if form.validate_on_submit():
        try:
            with transaction():
                email_links.reset_password(token, form.password.data or "", now)
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Your new password is set. Log in with it."))
            return after_post(url_for("accounts.log_in"))
    link = email_links.look(token, RESETS, now)
    return render("email_links/reset.html", status=form.status, form=form, link=link, token=token)
