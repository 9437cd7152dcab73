"""Writing about an exchange that is completed, and being named there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import achievements, posts
from skillswap.domain.notifications import Face
from skillswap.errors import Refused
from skillswap.forms.achievements import AgreeForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import PostState
from skillswap.web import after_post, me, notice, render

bp = Blueprint("achievements", __name__)
PAGE, PART = "achievements/naming.html", "achievements/_naming.html"


@bp.post("/exchanges/<public_id>/write")
@login_required
def write(public_id: str) -> ResponseReturnValue:
    """Begin to write about it, or go on: a draft with the facts, in the form of posts."""
    with transaction():
        post = achievements.begin_achievement(me(), public_id, now=utcnow())
    if post.state is PostState.DRAFT:
        return after_post(url_for("posts.new", draft=post.public_id))
    return after_post(url_for("posts.show", public_id=post.public_id))


# -- being named ----------------------------------------------------------------------------------


@bp.get("/posts/<public_id>/naming")
@login_required
def naming(public_id: str) -> ResponseReturnValue:
    """What my partner wrote, as it would read with my name, and what I say to that."""
    return render(PAGE, PART, **_shown(public_id))


def _shown(public_id: str, form: AgreeForm | None = None) -> dict[str, Any]:
    asked = achievements.naming_of(me(), public_id, utcnow())
    whole = posts.card(public_id, me())
    return {
        "naming": asked,
        "card": replace(whole, partner=_my_face(), is_long=False),
        "form": form or AgreeForm(formdata=None, seen=asked.seen),
        "now": utcnow(),
    }


def _my_face() -> Face:
    person = me()
    return Face(person.username, person.name, person.initials, person.hue, person.avatar_url)


@bp.post("/posts/<public_id>/naming/agree")
@login_required
def agree(public_id: str) -> ResponseReturnValue:
    """Let my name stand there. 409 with the words as they are when they are others by now."""
    form = AgreeForm()
    try:
        with transaction():
            achievements.agree_to_naming(me(), public_id, seen=form.seen.data or "", now=utcnow())
    except Refused as error:
        shown = _shown(public_id)
        shown["form"].refuse(error)
        return render(PAGE, PART, status=error.status, **shown)
    return _said(public_id, _("Your name stands there now."))


@bp.post("/posts/<public_id>/naming/refuse")
@login_required
def refuse(public_id: str) -> ResponseReturnValue:
    """No: it stays without my name."""
    return _say(public_id, achievements.refuse_naming, _("It stays without your name."))


@bp.post("/posts/<public_id>/naming/withdraw")
@login_required
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take my name off again."""
    return _say(public_id, achievements.withdraw_naming, _("Your name is off."))


def _say(public_id: str, verb: Callable[..., object], text: str) -> ResponseReturnValue:
    with transaction():
        verb(me(), public_id, now=utcnow())
    return _said(public_id, text)


def _said(public_id: str, text: str) -> ResponseReturnValue:
    notice(text)
    return after_post(url_for(".naming", public_id=public_id), PART, **_shown(public_id))
