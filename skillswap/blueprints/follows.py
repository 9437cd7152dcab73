"""Following somebody, and who follows whom."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import follows, skill_follows
from skillswap.domain.visibility import person_named
from skillswap.errors import Refused
from skillswap.lib.clock import utcnow
from skillswap.models import User
from skillswap.sentences import word
from skillswap.web import after_post, cursor, me, notice, render, safe_next, viewer

bp = Blueprint("follows", __name__)


@bp.post("/people/<username>/follow")
@login_required
def follow(username: str) -> ResponseReturnValue:
    """Follow somebody; a limit of the day is said in a notice, since nothing was typed."""
    try:
        with transaction():
            other = follows.follow(me(), username, utcnow())
    except Refused as error:
        notice(word(error.code, error.params), "error")
        other = person_named(username.lower(), to=me().id)
    return _done(other)


@bp.post("/people/<username>/unfollow")
@login_required
def unfollow(username: str) -> ResponseReturnValue:
    """Follow them no more."""
    with transaction():
        other = follows.unfollow(me(), username, utcnow())
    return _done(other)


def _done(other: User) -> ResponseReturnValue:
    facts = follows.facts_of(other, me())
    if onward := request.form.get("onward"):  # pressed in a list, which stays as it is
        back = safe_next(onward)
        shown = {"username": other.username, "name": other.name, "followed": facts.i_follow}
        return after_post(back, "follows/_button.html", back=back, **shown)
    url = url_for("profiles.show", username=other.username)
    return after_post(url, "profiles/_follow.html", person=other, follow=facts)


@bp.get("/followers")
@login_required
def mine() -> ResponseReturnValue:
    """Who follows me: where a notification leads."""
    return redirect(url_for(".followers", username=me().username), 303)


@bp.get("/people/<username>/followers")
def followers(username: str) -> ResponseReturnValue:
    """Who follows this person."""
    return _list(username, followers=True)


@bp.get("/people/<username>/following")
def following(username: str) -> ResponseReturnValue:
    """Whom this person follows."""
    return _list(username, followers=False)


def _list(username: str, *, followers: bool) -> ResponseReturnValue:
    reader = viewer()
    person = person_named(username.lower(), to=reader.id if reader else None)
    read = follows.followers_of if followers else follows.followed_by
    shown: dict[str, Any] = {"person": person, "found": read(person, reader, cursor())}
    if not followers and not cursor():
        shown["skills"] = skill_follows.skills_followed(person, None).rows
    return render("follows/list.html", "follows/_rows.html", followers=followers, **shown)
