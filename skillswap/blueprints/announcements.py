"""What is announced: pages for staff, and putting one away."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.moderation import bp as staff
from skillswap.db import transaction
from skillswap.domain import announcements
from skillswap.errors import Refused, WrongState
from skillswap.forms.announcements import AUDIENCES, AnnouncementForm, form_of, on_clock
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import Announcement
from skillswap.sentences import word_state
from skillswap.web import after_post, cursor, me, notice, render, staff_only

bp = Blueprint("announcements", __name__, url_prefix="/announcements")
USUAL = timedelta(days=7)


@bp.post("/<public_id>/dismiss")
@login_required
def dismiss(public_id: str) -> ResponseReturnValue:
    """I have read it."""
    with transaction():
        announcements.dismiss(me(), public_id, utcnow())
    return after_post(url_for("pages.home"), "announcements/_gone.html")


# -- for staff ------------------------------------------------------------------------------------


@staff.get("/announcements", endpoint="announcements")
@staff_only
def everything() -> ResponseReturnValue:
    """All there ever were, the latest first."""
    found = announcements.everything(cursor())
    page, part = "moderation/announcements.html", "moderation/_announcements.html"
    return render(page, part, found=found, audiences=AUDIENCES)


@staff.get("/announcements/new", endpoint="new_announcement")
@staff_only
def new() -> ResponseReturnValue:
    """The empty form: from now on, for a week."""
    now, zone = utcnow(), me().timezone
    times = {"starts": on_clock(now, zone), "ends": on_clock(now + USUAL, zone)}
    return _form(AnnouncementForm(None, **times))


@staff.post("/announcements/new", endpoint="announce")
@staff_only
def announce() -> ResponseReturnValue:
    """Say it."""
    form = AnnouncementForm()
    try:
        with transaction():
            announcements.publish(me(), **form.facts(me().timezone), now=utcnow())
    except Refused as error:
        form.refuse(error)
        return _form(form)
    notice(_("It is announced."))
    return after_post(url_for("moderation.announcements"))


@staff.get("/announcements/<public_id>", endpoint="announcement")
@staff_only
def show(public_id: str) -> ResponseReturnValue:
    """One of them, with the form while it stands."""
    found = announcements.announcement(public_id)
    return _form(form_of(found, me().timezone), found)


@staff.post("/announcements/<public_id>", endpoint="edit_announcement")
@staff_only
def edit(public_id: str) -> ResponseReturnValue:
    """Change it."""
    form = AnnouncementForm()
    try:
        with transaction():
            facts = form.facts(me().timezone)
            announcements.edit(me(), public_id, **facts, version=form.seen, now=utcnow())
    except Refused as error:
        form.refuse(error)
        return _form(form, announcements.announcement(public_id))
    except WrongState as error:
        if error.state != "changed":
            raise
        return _changed(form, announcements.announcement(public_id))
    notice(_("It is kept."))
    return after_post(url_for("moderation.announcements"))


@staff.post("/announcements/<public_id>/withdraw", endpoint="withdraw_announcement")
@staff_only
def withdraw(public_id: str) -> ResponseReturnValue:
    """Say it no more."""
    with transaction():
        announcements.withdraw(me(), public_id, utcnow())
    notice(_("It is withdrawn."))
    return after_post(url_for("moderation.announcements"))


def _changed(form: AnnouncementForm, found: Announcement) -> ResponseReturnValue:
    """Somebody was quicker: theirs is shown, and one's own can be put in its place."""
    form.form_errors.append(word_state("announcement", "changed"))
    form.version.data = str(found.version)
    return _form(form, found, status=409)


def _form(
    form: AnnouncementForm, found: Announcement | None = None, *, status: int = 0
) -> ResponseReturnValue:
    page, part = "moderation/announcement.html", "moderation/_announcement.html"
    state = found.state_at(utcnow()) if found else None
    return render(page, part, status=status or form.status, form=form, found=found, state=state)
