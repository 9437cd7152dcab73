"""Sessions: the lists, one session, agreeing on its time, joining, cancelling, how it went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, current_app, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.config import Settings
from skillswap.db import transaction
from skillswap.domain import exchanges, learning_sessions
from skillswap.domain.learning_sessions import SessionCard
from skillswap.domain.limits import LATE_CANCEL
from skillswap.errors import Refused, Taken
from skillswap.forms.base import Form
from skillswap.forms.sessions import OutcomeForm, PickForm, ReasonForm
from skillswap.lib.clock import local, utcnow
from skillswap.lib.i18n import _
from skillswap.lib.keyset import decode
from skillswap.models.learning_session import JOIN_OPENS, MOVE_UNTIL
from skillswap.web import after_post, cursor, me, notice, render

bp = Blueprint("sessions", __name__)
PAGE, PART = "sessions/show.html", "sessions/_session.html"


# -- lists ----------------------------------------------------------------------------------------


@bp.get("/sessions")
@login_required
def upcoming() -> ResponseReturnValue:
    """What lies ahead, the soonest first."""
    return _listed("upcoming", learning_sessions.upcoming)


@bp.get("/sessions/to-agree")
@login_required
def to_agree() -> ResponseReturnValue:
    """Times on offer, mine and theirs."""
    return _listed("to_agree", learning_sessions.to_agree)


@bp.get("/sessions/past")
@login_required
def past() -> ResponseReturnValue:
    """What is over, the latest first."""
    return _listed("past", learning_sessions.past)


def _listed(tab: str, read: Callable[..., Any]) -> ResponseReturnValue:
    now = utcnow()
    found = read(me(), cursor(), now)
    return render(
        "sessions/list.html",
        "sessions/_cards.html",
        tab=tab,
        found=found,
        groups=_by_week(found.rows, now) if tab == "upcoming" else [("", found.rows)],
        first=cursor() is None,
        more_url=url_for(f".{tab}", after=found.after),
        counts=learning_sessions.tab_counts(me(), now),
        now=now,
    )


def _by_week(cards: Sequence[SessionCard], now: datetime) -> list[tuple[str, list[SessionCard]]]:
    """Under "Today", "This week" and "Later"; a further page goes on without its title."""
    today = local(now, me().timezone).date
    sunday = today + timedelta(days=6 - today.weekday())

    def rank(at: datetime | None) -> int:
        day = local(at or now, me().timezone).date
        return 0 if day <= today else 1 if day <= sunday else 2

    titles = (_("Today"), _("This week"), _("Later"))
    last = decode(cursor() or "", 2)
    shown = rank(last[0]) if last and isinstance(last[0], datetime) else None
    return [
        ("" if number == shown else titles[number], list(group))
        for number, group in groupby(cards, key=lambda card: rank(card.starts_at))
    ]


# -- one session ----------------------------------------------------------------------------------


@bp.get("/sessions/<public_id>")
@login_required
def show(public_id: str) -> ResponseReturnValue:
    """One session, with what can be done about it now."""
    return render(PAGE, PART, **shown(public_id))


def shown(public_id: str, **forms: Form) -> dict[str, Any]:
    """What the page of one session prints."""
    now = utcnow()
    one = learning_sessions.session_of(me(), public_id)
    preparation = learning_sessions.preparation_of(one) if one.preparation else None
    return {
        "one": one,
        "partner": one.partner_of(me()),
        "track": learning_sessions.track_of(one, now),
        "preparation": preparation,
        "may_prepare": learning_sessions.may_prepare(one, now),
        "offered": learning_sessions.offered_starts(me(), one, now),
        "legs": exchanges.leg_lines([one.exchange_id], me(), now)[one.exchange_id],
        "pick": PickForm(formdata=None),
        "reason": ReasonForm(formdata=None),
        "outcome": OutcomeForm(formdata=None),
        "join_opens": JOIN_OPENS,
        "late_cancel": LATE_CANCEL,
        "move_until": MOVE_UNTIL,
        "now": now,
        **forms,
    }


def _again(public_id: str, name: str, form: Form, error: Refused) -> ResponseReturnValue:
    """The page with a refused form: what was typed, and the sentence beside it."""
    form.refuse(error)
    taken = isinstance(error, Taken)
    return render(PAGE, PART, status=form.status, taken=taken, **shown(public_id, **{name: form}))


def _done(public_id: str, text: str) -> ResponseReturnValue:
    notice(text)
    return after_post(url_for(".show", public_id=public_id), PART, **shown(public_id))


@bp.post("/sessions/<public_id>/accept")
@login_required
def accept(public_id: str) -> ResponseReturnValue:
    """Pick one of the offered starts. When it was taken meanwhile: 409 with what is left."""
    form = PickForm()
    try:
        with transaction():
            learning_sessions.accept_times(me(), public_id, start=form.at, now=utcnow())
    except Refused as error:
        return _again(public_id, "pick", form, error)
    return _done(public_id, _("It is agreed. You both see it under Sessions."))


@bp.post("/sessions/<public_id>/decline")
@login_required
def decline(public_id: str) -> ResponseReturnValue:
    """None of the offered starts suits."""
    with transaction():
        learning_sessions.decline_times(me(), public_id, now=utcnow())
    return _done(public_id, _("Declined. Propose times that suit you."))


@bp.post("/sessions/<public_id>/withdraw")
@login_required
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take back the times I offered."""
    with transaction():
        learning_sessions.withdraw_times(me(), public_id, now=utcnow())
    return _done(public_id, _("Your times are withdrawn."))


@bp.post("/sessions/<public_id>/cancel")
@login_required
def cancel(public_id: str) -> ResponseReturnValue:
    """Call a scheduled session off, with a reason the partner reads."""
    form = ReasonForm()
    try:
        with transaction():
            learning_sessions.cancel_session(
                me(), public_id, reason=form.reason.data or "", now=utcnow()
            )
    except Refused as error:
        return _again(public_id, "reason", form, error)
    return _done(public_id, _("The session is cancelled."))


@bp.route("/sessions/<public_id>/join", methods=["GET", "POST"])
@login_required
def join(public_id: str) -> ResponseReturnValue:
    """Note that I am here, then open the call.

    The POST does not redirect to the call itself: Chromium holds the redirect of a form against
    `form-action 'self'` and blocks it (tried with 156), and naming call servers in the policy of
    every page would not do for a person's own link. So it leads to a page of ours that opens the
    call by itself and holds it as a plain link. The address is in no page before the POST.
    """
    settings: Settings = current_app.config["SETTINGS"]
    now = utcnow()
    if request.method == "POST":
        with transaction():
            learning_sessions.join_session(me(), public_id, jitsi_url=settings.jitsi_url, now=now)
        return redirect(url_for(".join", public_id=public_id), 303)
    one, call = learning_sessions.call_of(me(), public_id, jitsi_url=settings.jitsi_url, now=now)
    if call is None:
        return redirect(url_for(".show", public_id=public_id), 303)
    page = make_response(render("sessions/call.html", one=one, call=call))
    page.headers["Refresh"] = f"0; url={call}"
    return page


@bp.route("/sessions/<public_id>/outcome", methods=["GET", "POST"])
@login_required
def outcome(public_id: str) -> ResponseReturnValue:
    """Did it happen?"""
    form = OutcomeForm()
    if form.validate_on_submit():
        try:
            with transaction():
                learning_sessions.give_outcome(me(), public_id, answer=form.chosen, now=utcnow())
        except Refused as error:
            form.refuse(error)
        else:
            return _done(public_id, _("Thank you. That is noted."))
    page = shown(public_id, outcome=form)
    presences = learning_sessions.presences_of(page["one"])
    return render("sessions/outcome.html", PART, status=form.status, presences=presences, **page)
