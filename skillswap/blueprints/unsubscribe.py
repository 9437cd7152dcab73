"""Switching mails off from a mail: one click, signed out, without a password."""

from __future__ import annotations

from flask import Blueprint, abort, request, url_for
from flask.typing import ResponseReturnValue

from skillswap import mailing
from skillswap.db import transaction
from skillswap.domain import preferences
from skillswap.domain.preferences import Topic
from skillswap.extensions import csrf
from skillswap.models import Channel
from skillswap.web import after_post, render

bp = Blueprint("unsubscribe", __name__)
ONE_CLICK = "List-Unsubscribe"  # what a mail reader posts (RFC 8058)


@bp.get("/unsubscribe/<token>")
def page(token: str) -> ResponseReturnValue:
    """Asks first: what scans mails opens every link. Shows what is off already."""
    user_id, topic, channel = _read(token)
    is_on = preferences.is_on(user_id, topic, channel)
    return render("unsubscribe/page.html", topic=topic, is_on=is_on, token=token)


@bp.post("/unsubscribe/<token>")
@csrf.exempt
def switch(token: str) -> ResponseReturnValue:
    """Switch it off, or from the page on again; the signed token is the permission."""
    user_id, topic, channel = _read(token)
    on = request.form.get("on") == "1"
    with transaction():
        preferences.switch_all(user_id, topic, channel, on=on)
    if ONE_CLICK in request.form:  # a program asks: it follows no redirect
        return render("unsubscribe/page.html", topic=topic, is_on=on, token=token)
    return after_post(url_for(".page", token=token))


def _read(token: str) -> tuple[int, Topic | None, Channel]:
    found = mailing.read_token(token)
    if found is None:
        abort(404)
    return found
