"""What an accepted pitch opened: the list, one exchange, its end, and proposing times in it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from skillswap.db import transaction
from skillswap.domain import exchanges, learning_sessions
from skillswap.domain.learning_sessions import Desk, Look
from skillswap.domain.limits import HORIZON
from skillswap.errors import Refused, Taken
from skillswap.forms.base import Form
from skillswap.forms.exchanges import NotesForm
from skillswap.forms.sessions import ProposeForm, ReasonForm
from skillswap.lib.clock import local, utcnow
from skillswap.lib.i18n import _
from skillswap.models.exchange import ENDED
from skillswap.sentences import word
from skillswap.web import after_post, cursor, me, notice, render

bp = Blueprint("exchanges", __name__)
PAGE, PART = "exchanges/show.html", "exchanges/_exchange.html"


@bp.get("/exchanges")
@login_required
def mine() -> ResponseReturnValue:
    """My exchanges, the active ones first."""
    now = utcnow()
    return render(
        "exchanges/mine.html",
        "exchanges/_cards.html",
        found=exchanges.exchanges_of(me(), cursor(), now),
        first=cursor() is None,
        counts=learning_sessions.tab_counts(me(), now),
        now=now,
    )


@bp.get("/exchanges/<public_id>")
@login_required
def show(public_id: str) -> ResponseReturnValue:
    """One exchange; with a cursor, for htmx, the next rows of its sessions."""
    return render("exchanges/show.html", "exchanges/_sessions.html", **_shown(public_id))


def _shown(public_id: str, **forms: Form) -> dict[str, Any]:
    """What the page of one exchange prints."""
    now = utcnow()
    exchange = exchanges.exchange_of(me(), public_id)
    legs = exchanges.leg_lines([exchange.id], me(), now)[exchange.id]
    return {
        "exchange": exchange,
        "state": exchange.state_at(now, kept=any(leg.kept for leg in legs)),
        "partner": exchange.partner_of(me()),
        "legs": legs,
        "turn": exchanges.turn_of(legs),
        "found": learning_sessions.sessions_of_exchange(me(), exchange, cursor()),
        "next": exchanges.next_sessions([exchange.id], me(), now).get(exchange.id),
        "notes": exchanges.notes_of(exchange),
        "form": ReasonForm(formdata=None),
        "wake_form": Form(formdata=None),
        "now": now,
        **forms,
    }


@bp.post("/exchanges/<public_id>/cancel")
@login_required
def cancel(public_id: str) -> ResponseReturnValue:
    """End it before its goal, with a reason the partner reads."""
    form = ReasonForm()
    try:
        with transaction():
            exchanges.cancel_exchange(me(), public_id, reason=form.reason.data or "", now=utcnow())
    except Refused as error:
        form.refuse(error)
        return render(PAGE, PART, status=form.status, **_shown(public_id, form=form))
    return _done(public_id, _("The exchange is cancelled."))


@bp.post("/exchanges/<public_id>/complete")
@login_required
def complete(public_id: str) -> ResponseReturnValue:
    """Say that it has reached its goal; the second of the two to say so completes it."""
    with transaction():
        exchange = exchanges.complete_exchange(me(), public_id, now=utcnow())
    if exchange.ended_at:
        return _done(public_id, _("The exchange is completed. Well done, both of you."))
    name = exchange.partner_of(me()).first_name
    return _done(public_id, _("%s is asked to agree.") % name)


@bp.post("/exchanges/<public_id>/wake")
@login_required
def wake(public_id: str) -> ResponseReturnValue:
    """Go on with one that rests; 409 with the reason while a side has no free place."""
    form = Form()
    try:
        with transaction():
            exchanges.wake_exchange(me(), public_id, now=utcnow())
    except Refused as error:
        form.refuse(error)
        return render(PAGE, PART, status=409, **_shown(public_id, wake_form=form))
    return _done(public_id, _("The exchange is awake. Propose times next."))


@bp.route("/exchanges/<public_id>/notes", methods=["GET", "POST"])
@login_required
def notes(public_id: str) -> ResponseReturnValue:
    """The shared notes: the form, and saving it. 409 with both texts when the other was quicker."""
    form = NotesForm()
    if form.validate_on_submit():
        try:
            with transaction():
                exchanges.write_notes(
                    me(), public_id, body=form.body.data or "", version=form.seen, now=utcnow()
                )
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("The notes are saved."))
            url = url_for(".show", public_id=public_id)
            return after_post(url, "exchanges/_notes.html", **_shown(public_id))
    return _writing(public_id, form)


def _writing(public_id: str, form: NotesForm) -> ResponseReturnValue:
    """The form with what was typed; after a clash it goes on from what the other saved."""
    shown = _shown(public_id)
    if shown["state"] in ENDED and request.method == "GET":
        return redirect(url_for(".show", public_id=public_id), 303)
    changed = isinstance(form.refusal, Taken)
    if request.method == "GET":
        form.body.data = shown["notes"].body
    if request.method == "GET" or changed:
        form.version.data = str(shown["notes"].version)
    shown |= {"form": form, "changed": changed}
    page, part = "exchanges/notes.html", "exchanges/_write_notes.html"
    return render(page, part, status=form.status, **shown)


def _done(public_id: str, text: str) -> ResponseReturnValue:
    notice(text)
    return after_post(url_for(".show", public_id=public_id), PART, **_shown(public_id))


@bp.route("/exchanges/<public_id>/propose", methods=["GET", "POST"])
@login_required
def propose(public_id: str) -> ResponseReturnValue:
    """The form for up to three starts; "Look" reads them in both clocks, the rest proposes."""
    now = utcnow()
    desk = learning_sessions.desk_of(me(), public_id, now)
    if request.method == "GET" and not desk.is_open:
        return redirect(url_for(".show", public_id=public_id), 303)  # an old link
    form = _propose_form(desk)
    if form.submit_look.data or not form.validate_on_submit():
        status = 200 if form.submit_look.data else form.status
        return _proposing(desk, form, status)
    look = _look(desk, form)
    try:
        with transaction():
            learning_session = learning_sessions.propose_times(
                me(),
                public_id,
                leg_id=form.leg.data,
                starts=[row.reading.at for row in look.rows],
                minutes=form.minutes.data,
                body=form.body.data or "",
                now=now,
            )
    except Refused as error:
        form.refuse(error)
        return _proposing(desk, form, form.status)
    return _proposed(desk, form, learning_session.public_id)


def _propose_form(desk: Desk) -> ProposeForm:
    asked = request.args.get("leg", type=int)
    known = {leg.id for leg in desk.legs}
    form = ProposeForm(leg=asked if asked in known else desk.next_leg.id)
    form.leg.choices = [
        SelectChoice(leg.id, (_("You teach %s") if leg.i_teach else _("You learn %s")) % leg.skill)
        for leg in desk.legs
    ]
    return form


def _look(desk: Desk, form: ProposeForm) -> Look:
    return learning_sessions.look_at(
        me(),
        desk,
        leg_id=form.leg.data,
        walls=[wall for _number, wall in form.walls],
        minutes=form.minutes.data,
        now=utcnow(),
    )


def _proposing(desk: Desk, form: ProposeForm, status: int) -> ResponseReturnValue:
    look = _look(desk, form)
    problems = [word(r.problem.code, r.problem.params) if r.problem else "" for r in look.rows]
    # htmx asks for the box "Your proposal" while times are typed, and for the form when it failed
    part = "exchanges/_look.html" if form.submit_look.data else "exchanges/_propose.html"
    return render(
        "exchanges/propose.html",
        part,
        status=status,
        days=_days(),
        desk=desk,
        form=form,
        look=look,
        problems=problems,
    )


def _days() -> tuple[str, str]:
    """The first and the last day the date fields offer, on my wall."""
    now = utcnow()
    days = (local(at, me().timezone).date for at in (now, now + HORIZON))
    first, last = (day.isoformat() for day in days)
    return first, last


def _proposed(desk: Desk, form: ProposeForm, public_id: str) -> ResponseReturnValue:
    look = _look(desk, form)
    notice(_("Your times are with %s.") % desk.partner.first_name)
    for (_number, wall), row in zip(form.walls, look.rows, strict=True):
        if row.reading.moved:
            notice(
                _("%(wall)s does not exist on that day: it became %(real)s.")
                % {"wall": f"{wall:%H:%M}", "real": local(row.reading.at, me().timezone).clock}
            )
    return after_post(url_for("sessions.show", public_id=public_id))
