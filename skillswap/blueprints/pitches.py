"""Pitches: writing one, the lists, one in full, and its answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import pitch_rules, pitches
from skillswap.domain.limits import COOL_DOWN
from skillswap.domain.pitches import Box
from skillswap.domain.visibility import person_named
from skillswap.errors import Refused
from skillswap.forms.pitches import DAYS_OFFERED, REASONS, AcceptForm, DeclineForm, PitchForm
from skillswap.lib.clock import local, utcnow
from skillswap.lib.i18n import _
from skillswap.models import Pitch, PitchState, User
from skillswap.sentences import word
from skillswap.web import after_post, cursor, me, notice, render, wants_fragment

bp = Blueprint("pitches", __name__)


# -- writing one ----------------------------------------------------------------------------------


@bp.route("/people/<username>/pitch", methods=["GET", "POST"])
@login_required
def send(username: str) -> ResponseReturnValue:
    """The form for a new pitch; a valid one is sent."""
    teacher, now = person_named(username, to=me().id), utcnow()
    form = PitchForm(skill=request.args.get("skill", ""))
    if form.validate_on_submit():
        try:
            with transaction():
                pitch = pitches.send_pitch(me(), teacher, **form.values, now=now)
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Your pitch is with {name}.").format(name=teacher.first_name))
            return after_post(url_for(".show", public_id=pitch.public_id))
    return _compose(form, teacher, now)


def _compose(form: PitchForm, teacher: User, now: datetime) -> ResponseReturnValue:
    draft = pitch_rules.draft(me(), teacher, now)
    form.offer(
        taught=[
            (slug, _asked(skill.name, draft.earlier.get(slug)), slug not in draft.earlier)
            for slug, skill in draft.lists.taught.items()
        ],
        returns=[(slug, skill.name) for slug, skill in draft.lists.returns.items()],
        until={days: _day_in(days, now) for days in DAYS_OFFERED},
    )
    return render(
        "pitches/send.html",
        "pitches/_form.html",
        status=form.status,
        form=form,
        teacher=teacher,
        draft=draft,
        obstacles=[(error.code, word(error.code, error.params)) for error in draft.obstacles],
    )


def _asked(name: str, pitch: Pitch | None) -> str:
    if pitch is None:
        return name
    said = _("{skill} (declined lately)") if pitch.answered_at else _("{skill} (asked already)")
    return said.format(skill=name)


def _day_in(days: int, now: datetime) -> str:
    return local(now + timedelta(days=days), me().timezone).short_day


# -- lists ----------------------------------------------------------------------------------------


@bp.get("/pitches")
@login_required
def inbox() -> ResponseReturnValue:
    """What waits for my answer."""
    return _list(Box.INBOX)


@bp.get("/pitches/sent")
@login_required
def sent() -> ResponseReturnValue:
    """What I asked and still wait to hear."""
    return _list(Box.SENT)


@bp.get("/pitches/closed")
@login_required
def closed() -> ResponseReturnValue:
    """What is over, and what I ignore."""
    return _list(Box.CLOSED)


def _list(box: Box) -> ResponseReturnValue:
    cards = pitches.box(box, me(), cursor(), utcnow())
    return render(
        "pitches/list.html", "pitches/_rows.html", cards=cards, current=None, **_place(box)
    )


def _place(box: Box) -> dict[str, Any]:
    """Which list is shown, and where it is."""
    return {"box": box, "list_url": url_for(f".{box}")}


# -- one in full ----------------------------------------------------------------------------------


@bp.get("/pitches/<public_id>")
@login_required
def show(public_id: str) -> ResponseReturnValue:
    """A pitch as either of its two sees it, beside the list it stands in."""
    return _show(public_id, utcnow())


def _show(public_id: str, now: datetime, **forms: Any) -> ResponseReturnValue:
    pitch = pitches.pitch_of(me(), public_id)
    facts = _facts(pitch, now, **forms)
    if not wants_fragment():
        facts["cards"] = pitches.box(facts["box"], me(), None, now)
    status = max((form.status for form in forms.values()), default=200)
    return render("pitches/show.html", "pitches/_detail.html", status=status, **facts)


def _facts(
    pitch: Pitch,
    now: datetime,
    accept_form: AcceptForm | None = None,
    decline_form: DeclineForm | None = None,
) -> dict[str, Any]:
    """What the card of one pitch prints."""
    accepted = pitch.state is PitchState.ACCEPTED
    return {
        "pitch": pitch,
        "card": pitches.card_of(pitch, me(), now),
        "current": pitch.public_id,
        "other": pitches.other_of(pitch, me()),
        **_place(pitches.box_of(pitch, me(), now)),
        "exchange_id": pitches.exchange_of(pitch) if accepted else None,
        "again_at": pitch.answered_at + COOL_DOWN if pitch.answered_at else None,
        "reasons": REASONS,
        "accept_form": accept_form or AcceptForm(None),
        "decline_form": decline_form or DeclineForm(None),
        "now": now,
    }


# -- answers --------------------------------------------------------------------------------------


@bp.post("/pitches/<public_id>/accept")
@login_required
def accept(public_id: str) -> ResponseReturnValue:
    """Say yes; the exchange opens."""
    form, now = AcceptForm(), utcnow()
    try:
        with transaction():
            pitches.accept_pitch(me(), public_id, **form.values, now=now)
    except Refused as error:
        form.refuse(error)
        return _show(public_id, now, accept_form=form)
    return _answered(public_id, now)


@bp.post("/pitches/<public_id>/decline")
@login_required
def decline(public_id: str) -> ResponseReturnValue:
    """Say no, with a reason."""
    form, now = DeclineForm(), utcnow()
    try:
        with transaction():
            pitches.decline_pitch(me(), public_id, **form.values, now=now)
    except Refused as error:
        form.refuse(error)
        return _show(public_id, now, decline_form=form)
    return _answered(public_id, now)


@bp.post("/pitches/<public_id>/ignore")
@login_required
def ignore(public_id: str) -> ResponseReturnValue:
    """Hide it from my inbox; nobody is told."""
    now = utcnow()
    with transaction():
        pitches.ignore_pitch(me(), public_id, now=now)
    return _answered(public_id, now)


@bp.post("/pitches/<public_id>/withdraw")
@login_required
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take my pitch back."""
    now = utcnow()
    with transaction():
        pitches.withdraw_pitch(me(), public_id, now=now)
    return _answered(public_id, now)


def _answered(public_id: str, now: datetime) -> ResponseReturnValue:
    """The card as it stands now; the list beside it stays the one it was opened from."""
    facts: dict[str, Any] = {}
    if wants_fragment():
        pitch = pitches.pitch_of(me(), public_id)
        facts = _facts(pitch, now) | _place(_opened_from(pitch, now))
    return after_post(
        url_for(".show", public_id=public_id), "pitches/_answered.html", answered=True, **facts
    )


def _opened_from(pitch: Pitch, now: datetime) -> Box:
    """The list the pitch stood in before this answer."""
    if pitch.learner_id == me().id:
        return Box.SENT
    ignored_before = pitch.ignored_at is not None and pitch.ignored_at < now
    return Box.CLOSED if ignored_before else Box.INBOX
