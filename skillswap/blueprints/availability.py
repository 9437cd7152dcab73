"""When could I meet? Where one says so."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import availability
from skillswap.errors import NotFound, Refused
from skillswap.forms.availability import PRESETS, ExceptionForm, LimitsForm, Preset, WeekForm
from skillswap.forms.base import Form
from skillswap.forms.pitches import PauseForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.web import after_post, me, notice, render

bp = Blueprint("availability", __name__, url_prefix="/settings/availability")
PAGE = "settings/availability.html"
WEEK, DAYS, LIMITS = "settings/_week.html", "settings/_other_days.html", "settings/_limits.html"


@bp.get("")
@login_required
def page() -> ResponseReturnValue:
    """The week, the days unlike it, the pause and the limits: a form each."""
    return render(PAGE, **_facts())


def _facts(**forms: Form) -> dict[str, Any]:
    """What the page prints; `forms` are those that come back."""
    hours = availability.hours_of(me(), utcnow())
    return {
        "presets": PRESETS,
        "week": forms.get("week") or WeekForm(hours.week),
        "different": hours.different,
        "other_days": forms.get("other_days") or ExceptionForm(formdata=None),
        "limits": forms.get("limits") or LimitsForm(me(), formdata=None),
        "pause_form": PauseForm(None),
    }


@bp.post("/set-week")
@login_required
def set_week() -> ResponseReturnValue:
    """Save the week; a preset answers with the form filled in, and saves nothing."""
    form = WeekForm()
    preset = request.form.get("preset")
    if preset in PRESETS:
        form.fill(Preset(preset))
        return render(PAGE, WEEK, unsaved=preset, **_facts(week=form))
    if form.validate_on_submit():
        try:
            with transaction():
                availability.set_week(me(), form.windows)
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Your week is saved."))
            return _saved(WEEK)
    return render(PAGE, WEEK, status=form.status, **_facts(week=form))


@bp.post("/add-exception")
@login_required
def add_exception() -> ResponseReturnValue:
    """Note days that are not like the week."""
    form = ExceptionForm()
    if form.validate_on_submit():
        try:
            with transaction():
                availability.add_exception(me(), **form.facts, now=utcnow())
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Noted."))
            return _saved(DAYS)
    return render(PAGE, DAYS, status=form.status, **_facts(other_days=form))


@bp.post("/remove-exception")
@login_required
def remove_exception() -> ResponseReturnValue:
    """Take such days back; those of others do not exist."""
    number = request.form.get("number", type=int)
    if number is None or not 0 < number < 2**63:
        raise NotFound("exception")
    with transaction():
        availability.remove_exception(me(), number)
    notice(_("These days are like any others again."))
    return _saved(DAYS)


@bp.post("/set-limits")
@login_required
def set_limits() -> ResponseReturnValue:
    """Say how much one takes on."""
    form = LimitsForm(me())
    if form.validate_on_submit():
        try:
            with transaction():
                availability.set_limits(me(), **form.values)
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Your limits are saved."))
            return _saved(LIMITS)
    return render(PAGE, LIMITS, status=form.status, **_facts(limits=form))


def _saved(fragment: str) -> ResponseReturnValue:
    """The part as it stands now; the keyboard goes on at its heading."""
    return after_post(url_for(".page"), fragment, focus=True, **_facts())
