"""Offering times for a session: the common free times of two people, and the page around them."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.blueprints.exchanges import bp
from skillswap.db import transaction
from skillswap.domain import learning_sessions, meeting_places
from skillswap.domain.learning_sessions import Desk, Look
from skillswap.domain.limits import HORIZON
from skillswap.errors import Refused
from skillswap.forms.sessions import ProposeForm
from skillswap.forms.starts import offered_days
from skillswap.lib.clock import local, utcnow
from skillswap.lib.i18n import _
from skillswap.models import LearningSession
from skillswap.sentences import word
from skillswap.web import after_post, me, notice, render

PAGE, FORM = "exchanges/propose.html", "exchanges/_propose.html"


@bp.route("/exchanges/<public_id>/propose", methods=["GET", "POST"])
@login_required
def propose(public_id: str) -> ResponseReturnValue:
    """The common free times of a week and the form for up to three starts. Its buttons for
    looking read them in both clocks, the other one proposes."""
    desk = learning_sessions.desk_of(me(), public_id, utcnow())
    if request.method == "GET" and not desk.is_open:
        return redirect(url_for(".show", public_id=public_id), 303)  # an old link
    form = _form(desk)
    if form.only_looks or not form.validate_on_submit():
        return _page(desk, form, 200 if form.only_looks else form.status)
    try:
        with transaction():
            learning_session = _propose(public_id, form)
    except Refused as error:
        form.refuse(error)
        return _page(desk, form, form.status)
    return _proposed(desk, form, learning_session.public_id)


def _propose(public_id: str, form: ProposeForm) -> LearningSession:
    return learning_sessions.propose_times(
        me(),
        public_id,
        leg_id=form.leg.data,
        starts=[reading.at for reading in form.readings(me().timezone)],
        minutes=form.minutes.data,
        weeks=form.weeks.data,
        body=form.body.data or "",
        place_kind=form.chosen_place,
        place_body=form.place_body.data or "",
        now=utcnow(),
    )


def _form(desk: Desk) -> ProposeForm:
    """The form as it was sent; opened by a link, with what the link says."""
    asked = {"formdata": request.args} if request.method == "GET" and request.args else {}
    form = ProposeForm(leg=desk.next_leg.id, **asked)
    form.leg.choices = [
        SelectChoice(leg.id, (_("You teach %s") if leg.i_teach else _("You learn %s")) % leg.skill)
        for leg in desk.legs
    ]
    form.offer_weeks()
    form.offer_places(meeting_places.here())
    if asked:
        if form.leg.data not in {leg.id for leg in desk.legs}:
            form.leg.data = desk.next_leg.id
        if like := request.args.get("like"):
            _take_over(form, learning_sessions.session_of(me(), like))
    return form


def _take_over(form: ProposeForm, like: LearningSession) -> None:
    """The same time a week after another session."""
    form.minutes.data = like.minutes
    if at := learning_sessions.week_later(like):
        form.start.data = [at]
        form.week.data = local(at, me().timezone).date.isoformat()


def _look(desk: Desk, form: ProposeForm) -> Look:
    return learning_sessions.look_at(
        me(),
        desk,
        leg_id=form.leg.data,
        readings=form.readings(me().timezone),
        minutes=form.minutes.data,
    )


def _page(desk: Desk, form: ProposeForm, status: int) -> ResponseReturnValue:
    """The page. htmx asks for the box "Your proposal" while times are chosen, for that and the
    days after another week or length, and for the form when it was refused."""
    part = "exchanges/_look.html" if form.submit_look.data else FORM
    if form.submit_times.data:
        part = "exchanges/_times.html"
    return render(PAGE, part, status=status, **_shown(desk, form))


def _shown(desk: Desk, form: ProposeForm) -> dict[str, Any]:
    look = _look(desk, form)
    url = url_for(".propose", public_id=desk.exchange.public_id)
    now = desk.pair.now
    rows = sorted(look.rows, key=lambda row: row.reading.at)
    return {
        "url": url,
        "desk": desk,
        "form": form,
        "place_form": form,
        "grid": form.grid(desk.pair, desk.teacher_of(form.leg.data, me()), url, leg=form.leg.data),
        "days": offered_days(now, now + HORIZON, me().timezone),
        "look": look,
        "rows": [
            (row, word(row.problem.code, row.problem.params) if row.problem else "") for row in rows
        ],
    }


def _proposed(desk: Desk, form: ProposeForm, public_id: str) -> ResponseReturnValue:
    notice(_("Your times are with %s.") % desk.partner.first_name)
    readings = form.readings(me().timezone)[-len(form.walls) :] if form.walls else []
    for (_number, wall), reading in zip(form.walls, readings, strict=True):
        if reading.moved:
            notice(
                _("%(wall)s does not exist on that day: it became %(real)s.")
                % {"wall": f"{wall:%H:%M}", "real": local(reading.at, me().timezone).clock}
            )
    return after_post(url_for("sessions.show", public_id=public_id))
