"""Pitches: writing one, the lists, one in full, and its answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.email_links import mailbox
from skillswap.db import transaction
from skillswap.domain import pitch_rules, pitches, reliability, teachers
from skillswap.domain.limits import COOL_DOWN
from skillswap.domain.pitches import Box, PitchCard
from skillswap.domain.teachers import TeacherCard
from skillswap.domain.visibility import person_named
from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.forms.pitches import (
    DAYS_OFFERED,
    REASONS,
    AcceptForm,
    AskForm,
    DeclineForm,
    LastWordForm,
    PauseForm,
    PitchForm,
    ReplyForm,
)
from skillswap.lib.clock import local, utcnow
from skillswap.lib.i18n import _
from skillswap.models import Pitch, PitchState, User
from skillswap.sentences import word
from skillswap.web import after_post, cursor, me, notice, render, safe_next, wants_fragment

bp = Blueprint("pitches", __name__)


# -- writing one ----------------------------------------------------------------------------------


@bp.route("/people/<username>/pitch", methods=["GET", "POST"])
@login_required
def send(username: str) -> ResponseReturnValue:
    """The form for a new pitch; a valid one is sent."""
    teacher, now = person_named(username, to=me().id), utcnow()
    form = PitchForm(skill=request.args.get("skill", ""))
    if form.is_submitted() and form.submit_look.data:
        return _compose(form, teacher, now, look=True)
    if form.validate_on_submit():
        try:
            with transaction():
                sent = pitches.send_or_hold(me(), teacher, **form.values, now=now)
        except Refused as error:
            form.refuse(error)
        else:
            return _after_sending(sent, teacher)
    return _compose(form, teacher, now)


def _after_sending(sent: pitches.Sent, teacher: User) -> ResponseReturnValue:
    """To its page; who repeats their words is told so."""
    if sent.held is not None:
        notice(_("Your pitch waits until a person has looked at it."))
        return after_post(url_for(".held", public_id=sent.held.public_id))
    notice(_("Your pitch is with {name}.").format(name=teacher.first_name))
    if sent.alike:
        notice(
            _(
                "You have sent nearly these words before. "
                "The fourth time in a week a person looks at them first."
            )
        )
    return after_post(url_for(".show", public_id=sent.one.public_id))


def _compose(
    form: PitchForm, teacher: User, now: datetime, *, look: bool = False
) -> ResponseReturnValue:
    draft = pitch_rules.draft(me(), teacher, now)
    typed = {"skill": form.skill.data or "", "body": form.body.data or ""}
    hints = pitches.look_over(me(), teacher, draft, **typed, now=now) if look else None
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
        "pitches/_coach.html" if look else "pitches/_form.html",
        status=form.status,
        form=form,
        teacher=teacher,
        draft=draft,
        hints=hints,
        obstacles=[(error.code, word(error.code, error.params)) for error in draft.obstacles],
        mailbox=mailbox(),
    )


def _asked(name: str, pitch: Pitch | None) -> str:
    if pitch is None:
        return name
    declined = pitch.state_for(me().id, utcnow()) is PitchState.DECLINED
    said = _("{skill} (declined lately)") if declined else _("{skill} (asked already)")
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
    first = box is Box.SENT and cursor() is None and not wants_fragment()
    return render(
        "pitches/list.html",
        "pitches/_rows.html",
        cards=cards,
        held=pitches.held_of(me(), utcnow()) if first else (),
        current=None,
        pause_form=PauseForm(None),
        **_place(box),
    )


def _place(box: Box) -> dict[str, Any]:
    """Which list is shown, and where it is."""
    return {"box": box, "list_url": url_for(f".{box}")}


# -- a break from them ----------------------------------------------------------------------------


@bp.post("/settings/pause")
@login_required
def pause() -> ResponseReturnValue:
    """Take no new pitches for a while."""
    form, now = PauseForm(), utcnow()
    if form.validate_on_submit():
        try:
            with transaction():
                pitches.pause(me(), until=form.until.data, now=now)
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("You are on a break from new pitches."))
            return after_post(_after_pause())
    return render(
        "pitches/list.html",
        "pitches/_pause.html",
        status=form.status,
        cards=pitches.inbox(me(), None, now),
        current=None,
        pause_form=form,
        **_place(Box.INBOX),
    )


@bp.post("/settings/resume")
@login_required
def resume() -> ResponseReturnValue:
    """Take pitches again."""
    with transaction():
        pitches.resume(me(), now=utcnow())
    notice(_("People can pitch you again."))
    return after_post(_after_pause())


def _after_pause() -> str:
    """Back to the page with the button: the inbox, unless it says another."""
    onward = request.form.get("next")
    return safe_next(onward) if onward else url_for(".inbox")


# -- one in full ----------------------------------------------------------------------------------


@bp.get("/pitches/<public_id>")
@login_required
def show(public_id: str) -> ResponseReturnValue:
    """A pitch as either of its two sees it, beside the list it stands in."""
    return _show(public_id, utcnow())


def _show(public_id: str, now: datetime, **forms: Form) -> ResponseReturnValue:
    pitch = pitches.pitch_of(me(), public_id)
    facts = _facts(pitch, now, **forms)
    if not wants_fragment():
        facts["cards"] = pitches.box(facts["box"], me(), None, now)
    status = max((form.status for form in forms.values()), default=200)
    return render("pitches/show.html", "pitches/_detail.html", status=status, **facts)


FORMS: dict[str, type[Form]] = {
    "accept_form": AcceptForm,
    "decline_form": DeclineForm,
    "ask_form": AskForm,
    "reply_form": ReplyForm,
    "last_form": LastWordForm,
}


def _facts(pitch: Pitch, now: datetime, **forms: Form) -> dict[str, Any]:
    """What the card of one pitch prints."""
    card = pitches.card_of(pitch, me(), now)
    accepted = card.state is PitchState.ACCEPTED
    return {
        "pitch": pitch,
        "card": card,
        "current": pitch.public_id,
        "other": pitches.other_of(pitch, me()),
        **_place(pitches.box_of(pitch, me(), now)),
        "exchange_id": pitches.exchange_of(pitch) if accepted else None,
        "siblings": pitches.siblings(me(), pitch, now) if accepted and not card.incoming else (),
        "again_at": pitch.answered_at + COOL_DOWN if pitch.answered_at else None,
        "undo": pitches.undo_until(pitch, me(), now),
        "others": _others(pitch, card, now),
        "last_word": pitches.has_last_word(pitch, me(), now),
        "story": pitches.story_of(pitch, me(), now),
        "kept": reliability.shown(pitches.other_of(pitch, me()), now),
        "reasons": REASONS,
        **{name: forms.get(name) or form(None) for name, form in FORMS.items()},
        "now": now,
    }


def _others(pitch: Pitch, card: PitchCard, now: datetime) -> Sequence[TeacherCard]:
    """Whom else the learner could ask after a no or a silence."""
    if card.incoming or card.state not in (PitchState.DECLINED, PitchState.EXPIRED):
        return ()
    return teachers.alternatives(me(), pitch, now)


# -- answers --------------------------------------------------------------------------------------


@bp.post("/pitches/<public_id>/accept")
@login_required
def accept(public_id: str) -> ResponseReturnValue:
    """Say yes; the exchange opens."""
    return _say(pitches.accept_pitch, public_id, "accept_form")


@bp.post("/pitches/<public_id>/decline")
@login_required
def decline(public_id: str) -> ResponseReturnValue:
    """Say no, with a reason."""
    return _say(pitches.decline_pitch, public_id, "decline_form")


@bp.post("/pitches/<public_id>/ask")
@login_required
def ask(public_id: str) -> ResponseReturnValue:
    """Ask the learner something first."""
    return _say(pitches.ask, public_id, "ask_form")


@bp.post("/pitches/<public_id>/reply")
@login_required
def reply(public_id: str) -> ResponseReturnValue:
    """Answer the teacher's question."""
    return _say(pitches.reply, public_id, "reply_form")


@bp.post("/pitches/<public_id>/last-word")
@login_required
def last_word(public_id: str) -> ResponseReturnValue:
    """Close it with a word of my own."""
    return _say(pitches.last_word, public_id, "last_form")


def _say(verb: Callable[..., Any], public_id: str, name: str) -> ResponseReturnValue:
    form, now = FORMS[name](), utcnow()
    try:
        with transaction():
            verb(me(), public_id, **form.values, now=now)
    except Refused as error:
        form.refuse(error)
        return _show(public_id, now, **{name: form})
    return _answered(public_id, now)


@bp.post("/pitches/<public_id>/undo")
@login_required
def undo(public_id: str) -> ResponseReturnValue:
    """Take a decline back before it is told."""
    now = utcnow()
    with transaction():
        pitches.undo_decline(me(), public_id, now=now)
    return _answered(public_id, now)


@bp.post("/pitches/<public_id>/withdraw-siblings")
@login_required
def withdraw_siblings(public_id: str) -> ResponseReturnValue:
    """Take back what I asked others for the same skill."""
    now = utcnow()
    with transaction():
        pitches.withdraw_siblings(me(), public_id, now=now)
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
    if pitch.state_for(me().id, now) is PitchState.PENDING and pitch.turns:
        return Box.INBOX  # a reply
    if pitch.learner_id == me().id:
        return Box.SENT
    ignored_before = pitch.ignored_at is not None and pitch.ignored_at < now
    return Box.CLOSED if ignored_before else Box.INBOX
