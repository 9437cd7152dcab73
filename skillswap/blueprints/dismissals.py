"""Who is not for me, and bringing them back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import dismissals, recommending
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import ShownIn
from skillswap.onward import came_from, wants_fragment
from skillswap.web import after_post, me, notice

bp = Blueprint("dismissals", __name__)
# where people are recommended, and the part that holds them there
PARTS = {"home": "feed/_for_me.html", "explore": "explore/_for_you.html"}


@bp.post("/people/<username>/dismiss")
@login_required
def dismiss(username: str) -> ResponseReturnValue:
    """Not for me: recommend them no more for 90 days. The answer offers to undo it."""
    with transaction():
        other = dismissals.dismiss(me(), username, utcnow())
    part, back = _part(), came_from(url_for("pages.home"))
    if part and wants_fragment():
        return after_post(back, part, dismissed=other, **_recommended())
    said = _("{name} is not recommended to you for 90 days. Settings, Privacy brings them back.")
    notice(said.format(name=other.first_name))
    return after_post(back)


@bp.post("/people/<username>/bring-back")
@login_required
def bring_back(username: str) -> ResponseReturnValue:
    """Recommend them to me again."""
    with transaction():
        other = dismissals.bring_back(me(), username)
    if (part := _part()) and wants_fragment():
        shown = {"part": part, "brought": other, **_recommended()}
        return after_post(url_for("pages.home"), "feed/_undone.html", **shown)
    notice(_("{name} may be recommended to you again.").format(name=other.first_name))
    kept = dismissals.dismissed_by(me(), utcnow())
    return after_post(url_for("safety.privacy"), "settings/_dismissed.html", dismissed=kept)


def _part() -> str | None:
    """The part of a page that the button belongs to, if it is one with recommendations."""
    return PARTS.get(request.form.get("where", ""))


def _recommended() -> dict[str, Any]:
    place = ShownIn(request.form["where"])
    return {"for_me": recommending.people_for_you(me(), place, utcnow())}
