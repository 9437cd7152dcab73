"""Is it still you? Asked once more before what matters most; adds its view to `accounts`."""

from __future__ import annotations

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_login import login_required, login_user

from skillswap.blueprints.accounts import bp, go, sealer, with_wait
from skillswap.db import transaction
from skillswap.domain import stepping_up
from skillswap.errors import Gone, Refused
from skillswap.forms.second_steps import BeginForm, CodeForm
from skillswap.lib.clock import utcnow
from skillswap.web import me, render, safe_next


@bp.route("/login/again", methods=["GET", "POST"])
@login_required
def again() -> ResponseReturnValue:
    """A code, or the password of somebody who has no second step; then on to where they were."""
    onward = request.args.get("next")
    form = CodeForm() if stepping_up.takes_code(me()) else BeginForm()
    if form.validate_on_submit():
        try:
            _check(form)
            login_user(g.signed_in.sign_in)  # its token is a new one
            return go(safe_next(onward))
        except Refused as error:
            form.refuse(error)
        except Gone:  # the other of the two is asked for now
            return go(request.full_path)
    page, part = "accounts/again.html", "accounts/_again.html"
    return with_wait(render(page, part, status=form.status, form=form, onward=onward), form)


def _check(form: CodeForm | BeginForm) -> None:
    """Two transactions: the try stays counted whatever becomes of it."""
    now, here = utcnow(), g.signed_in.sign_in
    field = "code" if isinstance(form, CodeForm) else "password"
    with transaction():
        counted = stepping_up.count_try(me(), field, now)
    with transaction():
        if isinstance(form, CodeForm):
            stepping_up.by_code(me(), here, form.code.data or "", counted, sealer(), now)
        else:
            stepping_up.by_password(me(), here, form.password.data or "", counted, now)
