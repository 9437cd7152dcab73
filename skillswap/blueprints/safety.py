"""Keeping people away, and telling the staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import dismissals, reports, safety
from skillswap.domain.reports import Subject, SubjectKind
from skillswap.errors import NotFound, Refused
from skillswap.forms.safety import CATEGORIES, ReportForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import ReportCategory, User
from skillswap.onward import came_from
from skillswap.web import after_post, me, notice, render, safe_next

bp = Blueprint("safety", __name__)
Verb = Callable[[User, str, datetime], User]


# -- block and mute -------------------------------------------------------------------------------


@bp.get("/settings/privacy")
@login_required
def privacy() -> ResponseReturnValue:
    """Whom I have blocked, muted and put aside."""
    dismissed = dismissals.dismissed_by(me(), utcnow())
    shown = {"dismissed": dismissed, **_kept_away()}
    return render("settings/privacy.html", "settings/_kept_away.html", **shown)


def _kept_away() -> dict[str, Any]:
    return {"kept": safety.kept_away(me())}


@bp.post("/people/<username>/block")
@login_required
def block(username: str) -> ResponseReturnValue:
    """We two no longer exist for each other."""
    return _done(safety.block, username, _("You and {name} no longer exist for each other."))


@bp.post("/people/<username>/unblock")
@login_required
def unblock(username: str) -> ResponseReturnValue:
    """Take my block back."""
    return _done(safety.unblock, username, _("You and {name} can see each other again."))


@bp.post("/people/<username>/mute")
@login_required
def mute(username: str) -> ResponseReturnValue:
    """Hear nothing from them any more."""
    return _done(safety.mute, username, _("You are told nothing more of what {name} does."))


@bp.post("/people/<username>/unmute")
@login_required
def unmute(username: str) -> ResponseReturnValue:
    """Hear from them again."""
    return _done(safety.unmute, username, _("You hear from {name} again."))


def _done(verb: Verb, username: str, said: str) -> ResponseReturnValue:
    """Back to the page the button stood on, or to the lists."""
    with transaction():
        other = verb(me(), username, utcnow())
    notice(said.format(name=other.first_name))
    onward = request.form.get("next")
    url = safe_next(onward) if onward else url_for(".privacy")
    if request.form.get("back"):  # a button of a card, wherever that was
        url = came_from(url_for("pages.home"))
    return after_post(url, "settings/_kept_away.html", **_kept_away())


# -- reports --------------------------------------------------------------------------------------


@bp.route("/report", methods=["GET", "POST"])
@login_required
def report() -> ResponseReturnValue:
    """The form about one thing; a valid post puts it before the staff."""
    form = ReportForm(request.form if request.method == "POST" else request.args)
    subject = _subject(form)
    if request.method == "GET":
        likely = ReportCategory.FALSE_IDENTITY if subject.kind is SubjectKind.PHOTO else None
        form = ReportForm(
            formdata=None, about=subject.kind, key=subject.key, category=likely, also_block=True
        )
        if reports.is_reported(me(), subject):
            return render("safety/reported.html", subject=subject, url=_page_of(subject))
        return _asked(form, subject)
    if form.validate():
        facts = {name: form[name].data for name in ("category", "body", "also_block", "ticked")}
        try:
            with transaction():
                reports.make_report(me(), subject, **facts, now=utcnow())
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Thank you. A person reads your report, most within a day."))
            blocked = bool(form.also_block.data)
            return after_post(url_for(".privacy") if blocked else _page_of(subject))
    return _asked(form, subject)


@bp.get("/reports/<public_id>")
@login_required
def own_report(public_id: str) -> ResponseReturnValue:
    """A report of mine, and whether somebody has looked at it."""
    found = reports.own_report(me(), public_id)
    return render("safety/own_report.html", report=found, words=CATEGORIES)


def _subject(form: ReportForm) -> Subject:
    if form.kind is None:
        raise NotFound("report")
    return reports.subject_of(me(), form.kind, form.key.data or "", utcnow())


def _asked(form: ReportForm, subject: Subject) -> ResponseReturnValue:
    return render(
        "safety/report.html",
        "safety/_report.html",
        status=form.status,
        form=form,
        subject=subject,
        url=_page_of(subject),
    )


def _page_of(subject: Subject) -> str:
    """Where the reported thing is."""
    match subject.kind:
        case SubjectKind.PERSON | SubjectKind.PHOTO:
            return url_for("profiles.show", username=subject.key)
        case SubjectKind.PITCH:
            return url_for("pitches.show", public_id=subject.key)
        case SubjectKind.SESSION:
            return url_for("sessions.show", public_id=subject.key)
        case SubjectKind.EXCHANGE:
            return url_for("exchanges.show", public_id=subject.key)
        case SubjectKind.CONVERSATION:
            return url_for("chat.show", public_id=subject.key)
        case SubjectKind.RATING:
            return url_for("ratings.show", public_id=subject.key)
        case SubjectKind.POST:
            return url_for("posts.show", public_id=subject.key)
        case SubjectKind.COMMENT:
            return url_for("comments.show", public_id=subject.key)
        case SubjectKind.WISH:
            return url_for("wishes.show", public_id=subject.key)
        case SubjectKind.OFFER:
            return url_for("wishes.offer", public_id=subject.key)
