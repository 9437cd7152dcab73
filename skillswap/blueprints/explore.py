"""Look around: what rises, what is missing, and who is here."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from skillswap.domain import recommending
from skillswap.lib.clock import utcnow
from skillswap.models import ShownIn
from skillswap.web import render, viewer

bp = Blueprint("explore", __name__, url_prefix="/explore")


@bp.get("")
def skills() -> ResponseReturnValue:
    """What people teach, ask for and make these days; for who learns, the people who fit."""
    person = viewer()
    for_me = recommending.people_for_you(person, ShownIn.EXPLORE, utcnow()) if person else []
    return render("explore/skills.html", for_me=for_me)


@bp.get("/people")
def people() -> ResponseReturnValue:
    """People by what their skills are about."""
    return render("explore/people.html")
