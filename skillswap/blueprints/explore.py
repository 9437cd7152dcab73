"""Look around: what rises, what is missing, and who is here."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from skillswap.web import render

bp = Blueprint("explore", __name__, url_prefix="/explore")


@bp.get("")
def skills() -> ResponseReturnValue:
    """What people teach, ask for and make these days."""
    return render("explore/skills.html")


@bp.get("/people")
def people() -> ResponseReturnValue:
    """People by what their skills are about."""
    return render("explore/people.html")
