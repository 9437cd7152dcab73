"""Who is this person? The page that anybody may see."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from skillswap.domain import follows, profiles, reliability
from skillswap.lib.clock import utcnow
from skillswap.web import render, viewer

bp = Blueprint("profiles", __name__)


@bp.get("/people/<username>")
def show(username: str) -> ResponseReturnValue:
    """A person's public page; one's own says where to change it."""
    now = utcnow()
    profile = profiles.profile_of(username, viewer(), now)
    kept = reliability.shown(profile.person, now)
    follow = follows.facts_of(profile.person, viewer())
    return render("profiles/show.html", profile=profile, kept=kept, follow=follow)
