"""Your strikes: what staff decided about you and why, and saying that they are wrong."""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import strikes
from skillswap.domain.strikes import StrikeView
from skillswap.errors import Refused
from skillswap.forms.strikes import AppealForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.web import after_post, cursor, me, notice, render, viewer

bp = Blueprint("strikes", __name__)


@bp.get("/strikes")
@login_required
def mine() -> ResponseReturnValue:
    """All of mine, the latest first."""
    found = strikes.strikes_of(me(), cursor())
    return render("strikes/mine.html", "strikes/_strikes.html", found=found)


@bp.get("/strikes/<public_id>")
@login_required
def show(public_id: str) -> ResponseReturnValue:
    """One of mine: the rule, the words, the effect, and the appeal."""
    return _own(public_id, AppealForm(formdata=None))


@bp.post("/strikes/<public_id>/appeal")
@login_required
def appeal(public_id: str) -> ResponseReturnValue:
    """Say why it is wrong."""
    form = AppealForm()
    try:
        with transaction():
            strikes.appeal(me(), public_id, body=form.body.data or "", now=utcnow())
    except Refused as error:
        form.refuse(error)
        return _own(public_id, form)
    return _sent(url_for(".show", public_id=public_id))


def _own(public_id: str, form: AppealForm) -> ResponseReturnValue:
    url = url_for(".appeal", public_id=public_id)
    return _page(strikes.strike_of(me(), public_id), form, url, linked=False)


# -- for who cannot log in: the mailed link is the permission -------------------------------------


@bp.get("/strikes/link/<token>")
def link(token: str) -> ResponseReturnValue:
    """The strike that the link was mailed about."""
    return _linked(token, AppealForm(formdata=None))


@bp.post("/strikes/link/<token>/appeal")
def appeal_by_link(token: str) -> ResponseReturnValue:
    """Say why it is wrong."""
    form = AppealForm()
    try:
        with transaction():
            strikes.appeal_by_link(token, body=form.body.data or "", now=utcnow())
    except Refused as error:
        form.refuse(error)
        return _linked(token, form)
    return _sent(url_for(".link", token=token))


def _linked(token: str, form: AppealForm) -> ResponseReturnValue:
    url = url_for(".appeal_by_link", token=token)
    return _page(strikes.strike_by_link(token, utcnow()), form, url, linked=True)


# -- either way -----------------------------------------------------------------------------------


def _sent(url: str) -> ResponseReturnValue:
    notice(_("Sent. Another member of staff reads it."))
    return after_post(url)


def _page(strike: StrikeView, form: AppealForm, url: str, *, linked: bool) -> ResponseReturnValue:
    reader = viewer()
    return render(
        "strikes/show.html",
        "strikes/_appeal.html",
        status=form.status,
        strike=strike,
        form=form if strike.may_appeal_at(utcnow()) else None,
        url=url,
        zone=reader.timezone if reader else "UTC",
        linked=linked,
    )
