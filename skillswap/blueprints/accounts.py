"""Joining, logging in, logging out. The one place that writes who is signed in into the cookie."""

from __future__ import annotations

import time
from typing import Any

import flask
from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user

from skillswap.addresses import settings
from skillswap.db import transaction
from skillswap.domain import accounts, email_links, second_steps
from skillswap.errors import Gone, Refused, TooMany
from skillswap.forms.accounts import LogInForm, SignUpForm
from skillswap.forms.base import Form
from skillswap.forms.second_steps import CodeForm
from skillswap.lib.clock import utcnow
from skillswap.lib.sealing import Sealer
from skillswap.models import SignIn
from skillswap.web import render, safe_next, signed_in, viewer

bp = Blueprint("accounts", __name__)
HALFWAY_SECONDS = 600


@bp.route("/signup", methods=["GET", "POST"])
def sign_up() -> ResponseReturnValue:
    """The form to join; a valid one makes the account and signs it in."""
    form = SignUpForm(utcnow())
    if viewer():
        return _go_on()
    if form.validate_on_submit():
        try:
            return let_in(_join(form), remember=False)
        except Refused as error:
            form.refuse(error)
    return _again("accounts/sign_up.html", form)


def _join(form: SignUpForm) -> SignIn:
    """Two transactions: the try stays counted whatever becomes of it."""
    now = utcnow()
    person = accounts.new_person(**form.facts, now=now)
    with transaction():
        refusal = accounts.count_sign_up(person, ip=request.remote_addr or "", now=now)
    if refusal:
        raise refusal
    with transaction():
        return accounts.sign_up(person, device=request.user_agent.string, now=now)


@bp.route("/login", methods=["GET", "POST"])
def log_in() -> ResponseReturnValue:
    """The form to log in; the right password opens a sign-in for this device."""
    form = LogInForm()
    if viewer():
        return _go_on()
    if form.validate_on_submit():
        try:
            found = _check(form)
            if isinstance(found, accounts.Halfway):
                return go(second_step(found, remember=form.remember.data))
            return let_in(found, remember=form.remember.data)
        except Refused as error:
            form.refuse(error)
    return _again("accounts/log_in.html", form)


def _check(form: LogInForm) -> SignIn | accounts.Halfway:
    """Two transactions: the try stays counted whatever becomes of it."""
    now = utcnow()
    with transaction():
        tried = accounts.try_log_in(form.email.data or "", ip=request.remote_addr or "", now=now)
    with transaction():
        return accounts.log_in(
            tried,
            form.password.data or "",
            device=request.user_agent.string,
            remember=form.remember.data,
            now=now,
        )


@bp.route("/login/code", methods=["GET", "POST"])
def code() -> ResponseReturnValue:
    """The second step of logging in; without the first one the first is asked for."""
    form, kept = CodeForm(), flask.session.get("halfway")
    onward = request.args.get("next")
    if viewer() or not kept or time.time() - kept[3] > HALFWAY_SECONDS:
        return go(url_for(".log_in", next=onward))
    if form.validate_on_submit():
        try:
            return let_in(_check_code(form, kept), remember=kept[2])
        except Refused as error:
            form.refuse(error)
        except Gone:
            flask.session.pop("halfway", None)
            return go(url_for(".log_in", next=onward))
    page = render("accounts/code.html", status=form.status, form=form, onward=onward)
    return with_wait(page, form)


def _check_code(form: CodeForm, kept: list[Any]) -> SignIn:
    """Two transactions: the try stays counted whatever becomes of it."""
    now, halfway = utcnow(), accounts.Halfway(*kept[:2])
    with transaction():
        counted = second_steps.count_try(halfway.user_id, "code", now)
    with transaction():
        return accounts.log_in_by_code(
            halfway,
            form.code.data or "",
            counted,
            sealer(),
            device=request.user_agent.string,
            remember=kept[2],
            now=now,
        )


def sealer() -> Sealer:
    """What opens the secrets of the apps that make the codes."""
    keys = settings().secret_key, *settings().secret_key_fallbacks
    return Sealer(*keys, purpose="second step")


def with_wait(answer: ResponseReturnValue, form: Form) -> ResponseReturnValue:
    """The page of a form; after too many tries with the time to wait."""
    if isinstance(form.refusal, TooMany):
        answer.headers["Retry-After"] = str(form.refusal.retry_seconds)  # type: ignore[union-attr]
    return answer


@bp.post("/logout")
def log_out() -> ResponseReturnValue:
    """End this device's sign-in, here and on the server."""
    if sign_in := signed_in():
        with transaction():
            accounts.log_out(sign_in, utcnow())
    flask.session.clear()
    answer = go(url_for("pages.home"))
    # what the browser kept of private pages goes too, so that "back" shows none of them
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def let_in(sign_in: SignIn, *, remember: bool) -> Response:
    """Put the new token into a cookie that holds nothing of before: no fixed token, no old form."""
    flask.session.clear()
    flask.session.permanent = remember
    login_user(sign_in)
    return _go_on()


def second_step(halfway: accounts.Halfway, *, remember: bool) -> str:
    """Keep for a short while that the password was right; where the code is asked for."""
    onward = safe_next(request.args.get("next"))
    flask.session["halfway"] = [halfway.user_id, halfway.bound_to, remember, int(time.time())]
    return url_for(".code", next=onward if onward != url_for("pages.home") else None)


def _go_on() -> Response:
    return go(safe_next(request.args.get("next")))


def go(url: str) -> Response:
    """Load the page whole, for htmx as well: what stands on its body belongs to another token."""
    if "HX-Request" in request.headers:
        return Response(status=204, headers={"HX-Redirect": url})
    return flask.redirect(url, 303)  # type: ignore[return-value]


def _again(page: str, form: LogInForm | SignUpForm) -> ResponseReturnValue:
    """The form, with what was typed; after too many tries with the time to wait."""
    home, onward = url_for("pages.home"), safe_next(request.args.get("next"))
    answer = render(
        page,
        status=form.status,
        form=form,
        onward=onward if onward != home else None,
        mails=email_links.are_mailed(),
        ended="ended" in request.args,
    )
    return with_wait(answer, form)
