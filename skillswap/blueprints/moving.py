"""Asking for another time than the agreed one: the common free times, and the page around them."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.sessions import bp
from skillswap.db import transaction
from skillswap.domain import learning_sessions
from skillswap.domain.learning_sessions import MoveDesk
from skillswap.domain.limits import HORIZON
from skillswap.errors import Refused
from skillswap.forms.starts import StartsForm, offered_days
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.sentences import word
from skillswap.web import after_post, me, notice, render

PAGE, FORM = "sessions/move.html", "sessions/_move.html"


@bp.route("/sessions/<public_id>/move", methods=["GET", "POST"])
@login_required
def move(public_id: str) -> ResponseReturnValue:
    """The common free times of a week and the form for up to three other starts. Its buttons for
    looking read them in both clocks, the other one asks."""
    desk = learning_sessions.move_desk_of(me(), public_id, utcnow())
    if request.method == "GET" and not desk.is_open:
        return redirect(url_for(".show", public_id=public_id), 303)  # an old link
    asked = {"formdata": request.args} if request.method == "GET" and request.args else {}
    form = StartsForm(minutes=desk.learning_session.minutes, **asked)
    if form.only_looks or not form.validate_on_submit():
        return _page(desk, form, 200 if form.only_looks else form.status)
    try:
        with transaction():
            _propose(public_id, form)
    except Refused as error:
        form.refuse(error)
        return _page(desk, form, form.status)
    name = desk.partner.first_name
    notice(_("%s is asked. The agreed time stands until you both agree on another.") % name)
    return after_post(url_for(".show", public_id=public_id))


def _propose(public_id: str, form: StartsForm) -> None:
    learning_sessions.propose_move(
        me(),
        public_id,
        starts=[reading.at for reading in form.readings(me().timezone)],
        minutes=form.minutes.data,
        body=form.body.data or "",
        now=utcnow(),
    )


def _page(desk: MoveDesk, form: StartsForm, status: int) -> ResponseReturnValue:
    """The page. htmx asks for the box "Your move" while times are chosen, for that and the days
    after another week or length, and for the form when it was refused."""
    part = "exchanges/_look.html" if form.submit_look.data else FORM
    if form.submit_times.data:
        part = "exchanges/_times.html"
    return render(PAGE, part, status=status, **_shown(desk, form))


def _shown(desk: MoveDesk, form: StartsForm) -> dict[str, Any]:
    now, mine = desk.pair.now, me().timezone
    url = url_for(".move", public_id=desk.learning_session.public_id)
    look = learning_sessions.look_at_move(
        me(), desk, readings=form.readings(mine), minutes=form.minutes.data
    )
    rows = sorted(look.rows, key=lambda row: row.reading.at)
    return {
        "url": url,
        "one": desk.learning_session,
        "desk": desk,
        "form": form,
        "moves": True,
        "grid": form.grid(desk.pair, desk.teacher, url),
        "days": offered_days(now, now + HORIZON, mine),
        "look": look,
        "rows": [
            (row, word(row.problem.code, row.problem.params) if row.problem else "") for row in rows
        ],
    }
