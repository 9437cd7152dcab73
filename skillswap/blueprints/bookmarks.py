"""What I have saved."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.domain import bookmarks
from skillswap.lib.clock import utcnow
from skillswap.web import cursor, me, render

bp = Blueprint("bookmarks", __name__)


@bp.get("/bookmarks")
@login_required
def mine() -> ResponseReturnValue:
    """My saved posts, the last saved first."""
    found = bookmarks.bookmarks_of(me(), cursor())
    return render("posts/bookmarks.html", "posts/_bookmarks.html", found=found, now=utcnow())
