"""A code beside the password: set up, made anew, switched off. `accounts` asks for it."""

from __future__ import annotations

import io
from typing import Any

import segno
from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.accounts import sealer, with_wait
from skillswap.blueprints.security_settings import device, done
from skillswap.db import transaction
from skillswap.domain import second_steps
from skillswap.errors import NotFound, Refused
from skillswap.forms.base import Form
from skillswap.forms.second_steps import BeginForm, CodeForm, OffForm, RenewForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.web import after_post, me, notice, render

bp = Blueprint("second_steps", __name__)
PAGE, PART = "settings/second_step.html", "settings/_second_step.html"
FORMS: dict[str, type[Form]] = {
    "begin_form": BeginForm,
    "code_form": CodeForm,
    "renew_form": RenewForm,
    "off_form": OffForm,
}


# -- setting it up --------------------------------------------------------------------------------


@bp.get("/settings/security/second-step")
@login_required
def show() -> ResponseReturnValue:
    """How it stands with mine, and what can be done about it."""
    return render(PAGE, PART, **_facts())


@bp.get("/settings/security/second-step/square.svg")
@login_required
def square() -> ResponseReturnValue:
    """The secret that is being set up, as a square for the phone's camera."""
    secret, out = second_steps.secret_of(me(), sealer()), io.BytesIO()
    made = segno.make(second_steps.address_of(me(), secret), micro=False)
    made.save(out, kind="svg", scale=5, border=3, dark="#000", light="#fff")
    return Response(out.getvalue(), mimetype="image/svg+xml")


@bp.post("/settings/security/second-step/begin")
@login_required
def begin() -> ResponseReturnValue:
    """Make a secret and show it, by the password."""
    form, now = BeginForm(), utcnow()
    if done(form, form.password, lambda at: second_steps.begin(me(), sealer(), at), now):
        return after_post(url_for(".show"), PART, **_facts())
    return _again("begin_form", form)


@bp.post("/settings/security/second-step/confirm")
@login_required
def confirm() -> ResponseReturnValue:
    """Switch it on by a first code; the recovery codes are shown then."""
    form, now = CodeForm(), utcnow()
    if form.validate_on_submit():
        try:
            with transaction():
                counted = second_steps.count_try(me().id, "code", now)
            with transaction():
                second_steps.confirm(me(), device(), form.code.data or "", sealer(), now)
                second_steps.refund(counted)
            return after_post(url_for(".show"), PART, **_facts())
        except Refused as error:
            form.refuse(error)
    return _again("code_form", form)


@bp.post("/settings/security/second-step/codes")
@login_required
def renew() -> ResponseReturnValue:
    """New recovery codes, by the password."""
    form = RenewForm()
    verb = lambda at: second_steps.renew_codes(me(), sealer(), at)  # noqa: E731
    if done(form, form.codes_password, verb, utcnow()):
        return after_post(url_for(".show"), PART, **_facts())
    return _again("renew_form", form)


@bp.post("/settings/security/second-step/off")
@login_required
def switch_off() -> ResponseReturnValue:
    """Ask for no code any more, by the password and a last code."""
    form, now = OffForm(), utcnow()
    last = form.last_code.data or ""
    verb = lambda at: second_steps.switch_off(me(), last, sealer(), at)  # noqa: E731
    if done(form, form.off_password, verb, now):
        notice(_("Switched off. Logging in takes the password alone."))
        return after_post(url_for(".show"), PART, **_facts())
    return _again("off_form", form)


def _facts(**forms: Form) -> dict[str, Any]:
    fresh = {name: form(formdata=None) for name, form in FORMS.items() if name not in forms}
    try:
        secret = second_steps.secret_of(me(), sealer())
    except NotFound:
        secret = ""
    facts = {
        "second_step": second_steps.standing_of(me()),
        "secret": secret,
        "codes": second_steps.shown_codes(me(), sealer(), utcnow()),
    }
    return {**facts, **fresh, **forms}


def _again(name: str, form: Form) -> ResponseReturnValue:
    return with_wait(render(PAGE, PART, status=form.status, **_facts(**{name: form})), form)
