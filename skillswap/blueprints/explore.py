"""Look around: what rises, what is missing, and who is here."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from skillswap.domain import exploring, newcomers, recommending
from skillswap.domain.exploring import Area
from skillswap.domain.teachers import some_teachers
from skillswap.extensions import limiter
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import ShownIn, TrendSpan
from skillswap.web import cursor, notice, render, viewer, wants_fragment

bp = Blueprint("explore", __name__, url_prefix="/explore")
TEACHERS_SHOWN = 3


@bp.get("")
@limiter.limit("120 per minute")
def skills() -> ResponseReturnValue:
    """What people teach, ask for and make these days, of one area or of all."""
    reader, now = viewer(), utcnow()
    span = TrendSpan.DAY if request.args.get("span") == TrendSpan.DAY else TrendSpan.WEEK
    found = exploring.explored(reader, _asked(), span, now)
    _say_left_out(found.area)
    around: dict[str, Any] = {}
    if reader:
        around["for_me"] = recommending.people_for_you(reader, ShownIn.EXPLORE, now)
    else:
        around["teachers"] = some_teachers(TEACHERS_SHOWN, now).rows
    return render("explore/skills.html", found=found, **around)


@bp.get("/people")
@limiter.limit("120 per minute")
def people() -> ResponseReturnValue:
    """People by what their skills are about; for htmx after a cursor more cards."""
    reader, now, areas = viewer(), utcnow(), exploring.areas()
    area = exploring.area_of(areas, _asked())
    teachers = newcomers.people_of(reader, area, cursor(), now)
    slug = area.slug if area else None
    more = url_for(".people", area=slug, after=teachers.after) if teachers.after else None
    shown: dict[str, Any] = {"teachers": teachers, "more": more}
    if wants_fragment() and cursor():
        return render("explore/people.html", "teachers/_cards.html", **shown)
    _say_left_out(area)
    if not area and not cursor():
        shown["newcomers"] = newcomers.newcomers(reader, now)
    return render("explore/people.html", areas=areas, area=area, **shown)


def _asked() -> str:
    return request.args.get("area", "")


def _say_left_out(area: Area | None) -> None:
    if _asked() and area is None:
        notice(_("There is no such area, so everything is shown."))
