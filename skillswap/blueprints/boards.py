"""Leaderboards, and whether one is on them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import boards, skills, streaks
from skillswap.domain.boards import Among
from skillswap.domain.skill_follows import skill_named
from skillswap.forms.profiles import BoardsForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import PeriodKind
from skillswap.web import after_post, me, notice, render

bp = Blueprint("boards", __name__)
SKILLS_SHOWN = 4


@bp.get("/leaderboard")
@login_required
def show() -> ResponseReturnValue:
    """A week, or with `month` a month; among everyone, or with `among` or `skill` some."""
    now, skill = utcnow(), None
    period = _period()
    among = Among(given) if (given := request.args.get("among", "")) in set(Among) else None
    if slug := request.args.get("skill"):
        skill, among = skill_named(slug), Among.SKILL
    elif among is None or among is Among.SKILL:
        among = Among.EVERYONE
    if period.freezes_at <= now:  # only the board of everyone is kept
        skill, among = None, Among.EVERYONE
    board = boards.standings(me(), period, among, now, skill_id=skill.id if skill else None)
    return render(
        "boards/show.html",
        board=board,
        skill=skill,
        skills=_my_skills(skill),
        streak=streaks.streak_of(me(), now),
        past=boards.latest(me(), period.kind),
        present={kind: boards.at(kind, now) for kind in (PeriodKind.WEEK, PeriodKind.MONTH)},
        is_over=period.is_over(now),
    )


def _period() -> boards.Period:
    for kind in (PeriodKind.WEEK, PeriodKind.MONTH):
        if key := request.args.get(kind.value):
            return boards.keyed(kind, key, utcnow())
    return boards.at(PeriodKind.WEEK, utcnow())


def _my_skills(shown: Any) -> list[tuple[str, str]]:
    """Slug and name of some skills of mine, and of the one that is shown. One statement."""
    mine = {line.slug: line.name for line in skills.lines_of(me().id) if not line.proposed}
    found = dict(list(mine.items())[:SKILLS_SHOWN])
    if shown is not None:
        found[shown.slug] = shown.name
    return list(found.items())


@bp.post("/settings/boards")
@login_required
def show_me() -> ResponseReturnValue:
    """Be on leaderboards, or on none."""
    shown = bool(BoardsForm().shown.data)
    with transaction():
        boards.show(me(), shown=shown)
    notice(_("You are on leaderboards.") if shown else _("You are on no leaderboard."))
    return after_post(url_for("safety.privacy", _anchor="boards"), "settings/_boards.html")
