"""Sessions: the lists, one session, agreeing on its time, joining, cancelling, how it went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, current_app, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.config import Settings
from skillswap.db import transaction
from skillswap.domain import contests, exchanges, learning_sessions, ratings
from skillswap.domain.learning_sessions import Gathering, SessionCard
from skillswap.domain.limits import LATE_CANCEL
from skillswap.errors import Refused, Taken
from skillswap.forms.afterwards import OutcomeForm
from skillswap.forms.base import Form
from skillswap.forms.cancelling import CancelForm
from skillswap.forms.sessions import PickForm
from skillswap.lib.clock import local, utcnow
from skillswap.lib.i18n import _, ngettext
from skillswap.lib.keyset import decode
from skillswap.models import LearningSession, ProposalKind, SessionState
from skillswap.models.learning_session import JOIN_OPENS, MOVE_UNTIL
from skillswap.web import after_post, cursor, me, notice, render

bp = Blueprint("sessions", __name__)
PAGE, PART = "sessions/show.html", "sessions/_session.html"
LIMITS = {"join_opens": JOIN_OPENS, "late_cancel": LATE_CANCEL, "move_until": MOVE_UNTIL}


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
        "reason": CancelForm(formdata=None),
        "may_move": learning_sessions.may_move(one, now),
        "instead": [],
        "outcome": OutcomeForm(formdata=None),
        "after": contests.aftermath_of(me(), one, now),
        "gathering": here(one, now) if one.join_is_open(now) else None,
        "desk": ratings.desk_of(me(), one, now) if ratings.rate_by(one, now) else None,
        "may_place": learning_sessions.may_change(one, now),
        **LIMITS,
        "now": now,
        **forms,
    }


def here(one: LearningSession, now: datetime) -> Gathering:
    """Who has come to it, and where the call is for somebody who has."""
    settings: Settings = current_app.config["SETTINGS"]
    return learning_sessions.gathering_of(me(), one, jitsi_url=settings.jitsi_url, now=now)


def _again(public_id: str, name: str, form: Form, error: Refused) -> ResponseReturnValue:
    """The page with a refused form: what was typed, and the sentence beside it."""
    form.refuse(error)
    page = shown(public_id, **{name: form})
    if isinstance(error, Taken):
        free = learning_sessions.free_instead(me(), page["one"], page["now"])
        page |= {"taken": True, "instead": free}
    return render(PAGE, PART, status=form.status, **page)


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
            one = learning_sessions.accept_times(me(), public_id, start=form.at, now=utcnow())
    except Refused as error:
        return _again(public_id, "pick", form, error)
    if one.proposals[-1].kind is ProposalKind.MOVE:
        return _done(public_id, _("It is moved. Both your calendars hold the new time."))
    return _done(public_id, _agreed(one))


def _agreed(one: LearningSession) -> str:
    """What was agreed, with the weeks after; those left out are a notice of their own."""
    weeks = learning_sessions.weeks_of(one)
    if weeks.left_out:
        text = ngettext(
            "%s is taken, so that week is left out: propose another time for it.",
            "%s are taken, so those weeks are left out: propose other times for them.",
            len(weeks.left_out),
        )
        notice(text % ", ".join(local(at, me().timezone).day for at in weeks.left_out))
    if not weeks.made:
        return _("It is agreed. You both see it under Sessions.")
    text = ngettext(
        "It is agreed, and %d week after it. You both see them under Sessions.",
        "It is agreed, and %d weeks after it. You both see them under Sessions.",
        len(weeks.made),
    )
    return text % len(weeks.made)


@bp.post("/sessions/<public_id>/decline")
@login_required
def decline(public_id: str) -> ResponseReturnValue:
    """None of the offered starts suits; an agreed time stays."""
    with transaction():
        one = learning_sessions.decline_times(me(), public_id, now=utcnow())
    if one.state is SessionState.SCHEDULED:
        return _done(public_id, _("Declined. The agreed time stays."))
    return _done(public_id, _("Declined. Propose times that suit you."))


@bp.post("/sessions/<public_id>/withdraw")
@login_required
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take back the times I offered; an agreed time stays."""
    with transaction():
        one = learning_sessions.withdraw_times(me(), public_id, now=utcnow())
    if one.state is SessionState.SCHEDULED:
        return _done(public_id, _("Your move is withdrawn. The agreed time stays."))
    return _done(public_id, _("Your times are withdrawn."))


@bp.post("/sessions/<public_id>/cancel")
@login_required
def cancel(public_id: str) -> ResponseReturnValue:
    """Call a scheduled session off, with a reason the partner reads."""
    form = CancelForm()
    try:
        with transaction():
            learning_sessions.cancel_session(me(), public_id, reason=form.words, now=utcnow())
    except Refused as error:
        return _again(public_id, "reason", form, error)
    return _done(public_id, _("The session is cancelled."))
