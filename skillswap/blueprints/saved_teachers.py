"""Teachers that I keep for later."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import saved_teachers
from skillswap.lib.clock import utcnow
from skillswap.models import User
from skillswap.onward import came_from
from skillswap.web import after_post, cursor, me, render

bp = Blueprint("saved_teachers", __name__)


@bp.get("/saved")
@login_required
def mine() -> ResponseReturnValue:
    """The teachers I have saved, the last saved first."""
    found = saved_teachers.saved_by(me(), cursor(), utcnow())
    return render("saved_teachers/list.html", "saved_teachers/_rows.html", found=found)


@bp.post("/people/<username>/save")
@login_required
def save(username: str) -> ResponseReturnValue:
    """Keep a teacher for later."""
    with transaction():
        other = saved_teachers.save(me(), username, utcnow())
    return _done(other)


@bp.post("/people/<username>/unsave")
@login_required
def unsave(username: str) -> ResponseReturnValue:
    """Keep them no more."""
    with transaction():
        other = saved_teachers.unsave(me(), username)
    return _done(other)


@bp.post("/people/<username>/watch")
@login_required
def watch(username: str) -> ResponseReturnValue:
    """Be told once when they take pitches again."""
    with transaction():
        other = saved_teachers.watch(me(), username, utcnow())
    return _done(other)


@bp.post("/people/<username>/unwatch")
@login_required
def unwatch(username: str) -> ResponseReturnValue:
    """No need to tell me."""
    with transaction():
        other = saved_teachers.unwatch(me(), username)
    return _done(other)


def _done(other: User) -> ResponseReturnValue:
    """The button where it stood: on a card, in my list, or on their profile."""
    row = saved_teachers.row_of(me(), other, utcnow())
    match request.form.get("where"):
        case "card":
            back = came_from(url_for(".mine"))
            who = {"username": other.username, "name": other.name, "saved": row.is_saved}
            return after_post(back, "teachers/_save.html", **who)
        case "row":
            return after_post(url_for(".mine"), "saved_teachers/_row.html", row=row)
    url = url_for("profiles.show", username=other.username)
    return after_post(url, "profiles/_save.html", person=other, saved=row)
