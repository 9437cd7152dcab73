"""Where am I signed in, by which password and address? The settings that ask for the password."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import g, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required, login_user
from wtforms import Field

from skillswap.blueprints.accounts import with_wait
from skillswap.blueprints.email_links import mailbox
from skillswap.blueprints.settings import bp
from skillswap.db import transaction
from skillswap.domain import credentials, email_links, second_steps, sign_ins
from skillswap.errors import NotFound, Refused
from skillswap.forms.base import Form
from skillswap.forms.security import EmailForm, EndForm, PasswordForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import SignIn
from skillswap.web import after_post, me, notice, render

PAGE = "settings/security.html"
FORMS = {"ending": EndForm, "password_form": PasswordForm, "email_form": EmailForm}


@bp.get("/security")
@login_required
def security() -> ResponseReturnValue:
    """Where I am signed in, my password, my address."""
    return render(PAGE, **_facts(utcnow()))


@bp.post("/security/sign-ins/end")
@login_required
def end_others() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    return _end(
        lambda now: sign_ins.end_others(me(), device(), now), _("Signed out everywhere else.")
    )


@bp.post("/security/sign-ins/<key>/end")
@login_required
def end_sign_in(key: str) -> ResponseReturnValue:
    """Sign out one device."""
    this = sign_ins.mine(me(), key)
    return _end(lambda now: sign_ins.end_sign_in(me(), this, now), _("Signed out there."))


def _end(verb: Callable[[datetime], object], said: str) -> ResponseReturnValue:
    form, now = EndForm(), utcnow()
    if done(form, form.password, verb, now):
        notice(said)
        return _after("settings/_sign_ins.html", now)
    return _again("settings/_sign_ins.html", now, ending=form)


@bp.post("/security/password")
@login_required
def change_password() -> ResponseReturnValue:
    """Another password; all other devices are signed out."""
    form, now, here = PasswordForm(), utcnow(), device()
    new = form.new_password.data or ""
    verb = lambda at: sign_ins.change_password(me(), here, new, at)  # noqa: E731 - one verb of three
    if done(form, form.current_password, verb, now):
        login_user(here)  # its token is a new one
        notice(_("Password changed. All other devices are signed out."))
        return _after("settings/_password.html", now)
    return _again("settings/_password.html", now, password_form=form)


@bp.post("/security/email")
@login_required
def change_email() -> ResponseReturnValue:
    """Ask for another address: it is mine once the link mailed there was used."""
    if not email_links.are_mailed():
        raise NotFound("page")
    form, now = EmailForm(), utcnow()
    address = form.email.data or ""
    if done(form, form.email_password, lambda at: email_links.change_email(me(), address, at), now):
        notice(_("We sent a link to the new address."))
        return _after("settings/_email.html", now)
    return _again("settings/_email.html", now, email_form=form)


def done(form: Form, password: Field, verb: Callable[[datetime], object], now: datetime) -> bool:
    """Whether the form was right, the password too, and the verb has been done.

    Two transactions: the try stays counted whatever becomes of it.
    """
    if not form.validate_on_submit():
        return False
    try:
        with transaction():
            counted = credentials.count_check(me(), password.name, now)
        with transaction():
            credentials.own_password(me(), password.data, counted, field=password.name)
            refusal = verb(now)
    except Refused as error:
        form.refuse(error)
        return False
    if isinstance(refusal, Refused):  # counted, and still a no
        form.refuse(refusal)
        return False
    return True


def device() -> SignIn:
    """The one that asks."""
    here: SignIn = g.signed_in.sign_in
    return here


def _facts(now: datetime, **forms: Form) -> dict[str, Any]:
    mails = email_links.are_mailed()
    fresh = {name: form(formdata=None) for name, form in FORMS.items() if name not in forms}
    return {
        "devices": sign_ins.devices_of(me(), device(), now),
        "mails": mails,
        "waiting": email_links.waiting_address(me(), now) if mails else None,
        "mailbox": mailbox(),
        "second_step": second_steps.standing_of(me()),
        **fresh,
        **forms,
    }


def _after(fragment: str, now: datetime) -> ResponseReturnValue:
    return after_post(url_for(".security"), fragment, **_facts(now))


def _again(fragment: str, now: datetime, **forms: Form) -> ResponseReturnValue:
    (form,) = forms.values()
    return with_wait(render(PAGE, fragment, status=form.status, **_facts(now, **forms)), form)
