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


@bp.route("/unsubscribe/<token>", methods=["GET", "POST"])
@csrf.exempt
def page(token: str) -> ResponseReturnValue:
    """Ask first: what scans mails opens every link. A POST switches it off, or on again.

    The signed token is the permission, so neither a sign-in nor a form's token is asked for.
    """
    user_id, topic, channel = _read(token)
    if request.method == "POST":
        with transaction():
            preferences.switch_all(user_id, topic, channel, on=request.form.get("on") == "1")
        if ONE_CLICK not in request.form:  # a program, which asks so, follows no redirect
            return after_post(url_for(".page", token=token))
    is_on = preferences.is_on(user_id, topic, channel)
    return render("unsubscribe/page.html", topic=topic, is_on=is_on, token=token)


def _read(token: str) -> tuple[int, Topic | None, Channel]:
    found = mailing.read_token(token)
    if found is None:
        abort(404)
    return found
