"""What an accepted pitch opened: the list, one exchange, its notes, its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import achievements, consents, exchanges, learning_sessions, ratings
from skillswap.domain.learning_sessions import SessionCard
from skillswap.domain.ratings import ToRate
from skillswap.errors import Refused, Taken
from skillswap.forms.base import Form
from skillswap.forms.exchanges import NotesForm
from skillswap.forms.sessions import ReasonForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models.exchange import ENDED
from skillswap.web import after_post, cursor, me, notice, render

bp = Blueprint("exchanges", __name__)
PAGE, PART = "exchanges/show.html", "exchanges/_exchange.html"
LOOKED_AT = 50  # sessions I am asked to rate, of all my exchanges


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
    found = learning_sessions.sessions_of_exchange(me(), exchange, cursor())
    state = exchange.state_at(now, kept=any(leg.kept for leg in legs))
    written = achievements.written_about(me(), exchange) if state in ENDED else None
    return {
        "exchange": exchange,
        "state": state,
        "written": written,
        "naming": consents.stands(written, now) if written else None,
        "partner": exchange.partner_of(me()),
        "legs": legs,
        "turn": exchanges.turn_of(legs),
        "found": found,
        "to_rate": _to_rate(found.rows, now),
        "next": exchanges.next_sessions([exchange.id], me(), now).get(exchange.id),
        "notes": exchanges.notes_of(exchange),
        "form": ReasonForm(formdata=None),
        "wake_form": Form(formdata=None),
        "now": now,
        **forms,
    }


def _to_rate(cards: Sequence[SessionCard], now: datetime) -> Sequence[ToRate]:
    """Which of these sessions I am asked to rate."""
    here = {card.public_id for card in cards}
    asked = ratings.to_rate(me(), now, LOOKED_AT)
    return [one for one in asked if one.session_public_id in here]


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
