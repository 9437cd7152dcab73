"""The badges: all of them, and one with its rule and who holds it."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from skillswap.domain import badges
from skillswap.lib.clock import utcnow
from skillswap.web import cursor, render, viewer, wants_fragment

bp = Blueprint("badges", __name__, url_prefix="/badges")


@bp.get("")
def shelf() -> ResponseReturnValue:
    """All fourteen; for who is signed in, which are theirs and how far the others are."""
    return render("badges/shelf.html", cards=badges.shelf_of(viewer(), utcnow()))


@bp.get("/<public_id>")
def show(public_id: str) -> ResponseReturnValue:
    """One badge by its code; after a cursor more of those who hold it."""
    code, now = badges.code_of(public_id), utcnow()
    if cursor() and wants_fragment():
        found = badges.holders_of(code, viewer(), cursor())
        return render("badges/_holders.html", code=code, holders=found)
    about = badges.badge_page(code, viewer(), cursor(), now)
    next_look = badges.next_monday(now)
    return render("badges/show.html", about=about, code=code, next_look=next_look)
