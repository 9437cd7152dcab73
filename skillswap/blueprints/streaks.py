"""Weeks in a row: mine, what kept each, and a pause."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import streaks
from skillswap.errors import Refused
from skillswap.forms.streaks import PauseStreakForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.web import after_post, me, notice, render

bp = Blueprint("streaks", __name__, url_prefix="/streak")
PAGE, PART = "streaks/mine.html", "streaks/_mine.html"
WEEKS_SHOWN = 12


@bp.get("")
@login_required
def mine() -> ResponseReturnValue:
    """My streak, the last weeks and what became of each."""
    return render(PAGE, PART, **_facts(PauseStreakForm(formdata=None)))


@bp.post("/pause")
@login_required
def pause() -> ResponseReturnValue:
    """Ask nothing of me for some weeks."""
    form = PauseStreakForm()
    if form.validate_on_submit():
        try:
            with transaction():
                streaks.pause_streak(me(), weeks=form.weeks.data, now=utcnow())
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Your streak rests. Nothing is asked of you until it is over."))
            return _done()
    return render(PAGE, PART, status=form.status, **_facts(form))


@bp.post("/resume")
@login_required
def resume() -> ResponseReturnValue:
    """Let this week count again."""
    with transaction():
        streaks.resume_streak(me(), now=utcnow())
    notice(_("Welcome back. This week counts."))
    return _done()


def _done() -> ResponseReturnValue:
    return after_post(url_for(".mine"), PART, **_facts(PauseStreakForm(formdata=None)))


def _facts(form: PauseStreakForm) -> dict[str, Any]:
    now = utcnow()
    streak = streaks.streak_of(me(), now)
    return {
        "streak": streak,
        "weeks": streak.weeks[-WEEKS_SHOWN:][::-1],
        "paused_until": streaks.paused_until(me(), now),
        "form": form,
    }
