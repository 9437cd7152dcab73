"""Swap rings: those I am in, those I could begin, one of them, and its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.email_links import mailbox
from skillswap.db import transaction
from skillswap.domain import rings
from skillswap.domain.rings import Possible, Round
from skillswap.errors import Refused
from skillswap.forms.rings import RingForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import RingState
from skillswap.sentences import word
from skillswap.web import after_post, cursor, me, notice, render

bp = Blueprint("rings", __name__, url_prefix="/explore/rings")
OTHERS = ("second", "third")  # whom I teach, who teaches me
SKILLS = ("teach", "second_teaches", "third_teaches")


@dataclass(frozen=True, slots=True)
class Stop:
    """One of the three in the picture of a ring that is no ring yet."""

    person: Any
    skill: str
    is_me: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """A ring I could begin, with the address of its form."""

    members: Sequence[Stop]
    hours: int
    url: str


@bp.get("")
@login_required
def mine() -> ResponseReturnValue:
    """My rings, and others I could close; with a cursor, for htmx, the next of the earlier ones."""
    now = utcnow()
    earlier = rings.earlier_rings(me(), cursor(), now)
    if cursor():
        return render("rings/earlier.html", "rings/_earlier.html", earlier=earlier)
    return render(
        "rings/mine.html",
        open_rings=rings.open_rings(me(), now),
        offered=[_offered(one) for one in rings.possible_rings(me(), now)],
        earlier=earlier,
    )


def _offered(one: Possible) -> Offered:
    others = (one.second, one.third)
    asked: dict[str, Any] = {
        "second": one.second.person.username,
        "third": one.third.person.username,
        "teach": one.slug,
        "second_teaches": one.second.slug,
        "third_teaches": one.third.slug,
    }
    members = [Stop(me(), one.skill, is_me=True), *(Stop(o.person, o.skill) for o in others)]
    return Offered(members, one.hours, url_for(".start", **asked))


@bp.route("/start", methods=["GET", "POST"])
@login_required
def start() -> ResponseReturnValue:
    """The form for a ring with two others; a valid one is begun."""
    form, now = RingForm(), utcnow()
    others, skills = _asked(OTHERS), _asked(SKILLS)
    round_ = rings.round_of(me(), others, skills)
    if form.validate_on_submit():
        try:
            with transaction():
                ring = rings.start_ring(me(), others, skills, body=form.body.data or "", now=now)
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Your ring is begun. The two others are asked."))
            return after_post(url_for(".show", public_id=ring.public_id))
    return _start(form, round_, now)


def _asked(names: Sequence[str]) -> list[str]:
    return [request.args.get(name, "") for name in names]


def _start(form: RingForm, round_: Round, now: datetime) -> ResponseReturnValue:
    obstacles = [] if form.is_submitted() else rings.look_at(round_, now)
    members = [Stop(person, skill.name, person.id == me().id) for person, skill in round_.pairs]
    return render(
        "rings/start.html",
        "rings/_start.html",
        status=form.status,
        form=form,
        url=request.full_path,
        members=members,
        obstacles=[(error.code, word(error.code, error.params)) for error in obstacles],
        mailbox=mailbox(),
    )


@bp.get("/<public_id>")
@login_required
def show(public_id: str) -> ResponseReturnValue:
    """One ring, as one of its three sees it."""
    return _show(public_id, RingForm(None))


def _show(public_id: str, form: RingForm) -> ResponseReturnValue:
    view = rings.ring_of(me(), public_id, utcnow())
    return render(
        "rings/show.html", "rings/_ring.html", status=form.status, ring=view, form=form, whole=True
    )


@bp.post("/<public_id>/accept")
@login_required
def accept(public_id: str) -> ResponseReturnValue:
    """Say yes, with words for the others; the third yes opens three exchanges."""
    form = RingForm()
    try:
        with transaction():
            ring = rings.accept_ring(me(), public_id, body=form.body.data or "", now=utcnow())
    except Refused as error:
        form.refuse(error)
        return _show(public_id, form)
    said = {
        RingState.ACCEPTED: _("All three said yes. Three exchanges are open."),
        RingState.CLOSED: _("This ring was closed, since it is not possible any more."),
    }
    return _answered(public_id, said.get(ring.state, _("You said yes. One more is to answer.")))


@bp.post("/<public_id>/decline")
@login_required
def decline(public_id: str) -> ResponseReturnValue:
    """Say no; the others are not told by whom."""
    with transaction():
        rings.decline_ring(me(), public_id, now=utcnow())
    return _answered(public_id, _("You said no. Nobody is blamed."))


@bp.post("/<public_id>/withdraw")
@login_required
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take my yes back while somebody has not answered."""
    with transaction():
        rings.withdraw_ring(me(), public_id, now=utcnow())
    return _answered(public_id, _("You are out of this ring. Nobody is blamed."))


def _answered(public_id: str, said: str) -> ResponseReturnValue:
    """The ring as it stands now."""
    notice(said)
    view = rings.ring_of(me(), public_id, utcnow())
    return after_post(
        url_for(".show", public_id=public_id),
        "rings/_ring.html",
        ring=view,
        form=RingForm(None),
        whole=True,
        answered=True,
    )
