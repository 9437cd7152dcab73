"""Who is this person? The page that anybody may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.domain import (
    badges,
    claims,
    feed,
    follows,
    matches,
    profiles,
    ratings,
    reliability,
    saved_teachers,
    streaks,
)
from skillswap.domain.ratings import Filters
from skillswap.forms.teachers import read_filters
from skillswap.lib.clock import utcnow
from skillswap.models import RatedRole, User
from skillswap.web import me, render, viewer

bp = Blueprint("profiles", __name__)
LATEST = 3  # ratings and posts, before the way to all of them


@bp.get("/people/<username>")
def show(username: str) -> ResponseReturnValue:
    """A person's public page; one's own says where to change it."""
    now = utcnow()
    profile = profiles.profile_of(username, viewer(), now)
    kept = reliability.shown(profile.person, now)
    follow = follows.facts_of(profile.person, viewer())
    latest = feed.latest_by(profile.person, viewer(), LATEST)
    shown: dict[str, Any] = {"profile": profile, "kept": kept, "follow": follow, "latest": latest}
    shown["streak"] = streaks.streak_of(profile.person, now)
    shown["badges"] = badges.badges_of(profile.person)
    shown["checked"] = claims.badges_of(profile.person, now)
    if (reader := viewer()) and not profile.mine:
        shown["saved"] = saved_teachers.row_of(reader, profile.person, now)
    return render("profiles/show.html", **shown, **_said(profile.person, now))


@bp.get("/people/<username>/why")
@login_required
def why(username: str) -> ResponseReturnValue:
    """Every part of how well a teacher fits the reader, what it weighs, and what would help."""
    filters, _dropped = read_filters(request.args)
    found = matches.why_of(me(), username, filters.skill, utcnow())
    return render("profiles/why.html", why=found)


def _said(person: User, now: datetime) -> dict[str, Any]:
    """The latest ratings of what they mostly are here. Two statements."""
    role = RatedRole.TEACHER if person.teaching else RatedRole.LEARNER
    return {
        "role": role,
        "spread": ratings.spread_of(person, viewer(), role, now),
        "said": ratings.ratings_of(person, viewer(), Filters(role), None, now, limit=LATEST),
    }
