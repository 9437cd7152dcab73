"""Wishes: what people would love to learn, and the offers to teach it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.email_links import mailbox
from skillswap.db import transaction
from skillswap.domain import skills, wishes
from skillswap.domain.wishes import Show
from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.forms.wishes import AcceptForm, DeclineForm, OfferForm, WishForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.lib.keyset import Page
from skillswap.models import OfferState, Wish
from skillswap.sentences import word
from skillswap.web import after_post, cursor, me, notice, render

bp = Blueprint("wishes", __name__, url_prefix="/wishes")


# -- lists ----------------------------------------------------------------------------------------


@bp.get("", endpoint="all")
@login_required
def everybodys() -> ResponseReturnValue:
    """What others wish for, with my own wishes first; `show` says which."""
    usual = Show.TEACH if me().teaching else Show.ALL
    asked, now = request.args.get("show", ""), utcnow()
    show = Show(asked) if asked in set(Show) else usual
    found = wishes.others_wishes(me(), show, cursor(), now)
    mine = [] if cursor() else wishes.wishes_of(me(), now)
    more = _more(found, ".all", show=show.value)
    facts: dict[str, Any] = {"found": found, "mine": mine, "show": show, "more": more}
    return render("wishes/list.html", "wishes/_cards.html", now=now, **facts)


@bp.get("/offers")
@login_required
def offers() -> ResponseReturnValue:
    """What I have offered to teach."""
    now = utcnow()
    found = wishes.offers_by(me(), cursor(), now)
    more = _more(found, ".offers")
    return render("wishes/offers.html", "wishes/_offers.html", found=found, more=more, now=now)


def _more(found: Page, endpoint: str, **address: Any) -> str | None:
    return url_for(endpoint, **address, after=found.after) if found.after else None


# -- making one -----------------------------------------------------------------------------------


@bp.route("/new", methods=["GET", "POST"])
@login_required
def new() -> ResponseReturnValue:
    """The form for a new wish, with the skill of the address filled in; a valid one is made."""
    form, now = WishForm(skill=_asked_for()), utcnow()
    if form.validate_on_submit():
        try:
            with transaction():
                wish = wishes.make_wish(me(), **form.values, now=now)
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Your wish is out. Teachers of it can offer now."))
            return after_post(url_for(".show", public_id=wish.public_id))
    obstacles = [] if form.refusal else list(wishes.against_wishing(me(), now))
    typed = form.skill.data or ""
    return render(
        "wishes/new.html",
        "wishes/_form.html",
        status=form.status,
        form=form,
        close=skills.nearest(typed) if form.skill.errors and typed else (),
        obstacles=_worded(obstacles),
        mailbox=mailbox(),
    )


def _asked_for() -> str:
    """The name of the skill in the address, or what was searched for in vain."""
    typed = request.args.get("skill", "") if request.method == "GET" else ""
    skill = skills.find_skill(me(), typed) if typed else None
    return skill.name if skill else typed[: skills.TYPED_MOST]


def _worded(obstacles: list[Refused]) -> list[tuple[str, str]]:
    return [(error.code, word(error.code, error.params)) for error in obstacles]


# -- one wish -------------------------------------------------------------------------------------


@bp.get("/<public_id>")
@login_required
def show(public_id: str) -> ResponseReturnValue:
    """A wish: mine with its offers, somebody else's with the form for one."""
    return _show(public_id, utcnow(), OfferForm(None))


def _show(public_id: str, now: datetime, form: OfferForm) -> ResponseReturnValue:
    wish = wishes.wish_of(me(), public_id, now)
    mine = wish.learner_id == me().id
    facts = _of_mine(wish, now) if mine else _of_theirs(wish, form, now)
    card = wishes.card_of(wish, me(), now)
    page, part = "wishes/show.html", "wishes/_offers.html" if cursor() else "wishes/_wish.html"
    return render(page, part, status=form.status, wish=wish, card=card, now=now, **facts)


def _of_mine(wish: Wish, now: datetime) -> dict[str, Any]:
    found = wishes.offers_to(wish, me(), cursor(), now)
    more = _more(found, ".show", public_id=wish.public_id)
    return {"mine": True, "found": found, "more": more}


def _of_theirs(wish: Wish, form: OfferForm, now: datetime) -> dict[str, Any]:
    draft = wishes.draft(me(), wish, now)
    form.offer((slug, skill.name) for slug, skill in draft.returns.items())
    made = wishes.offers_between(wish, me(), now)
    return {
        "mine": False,
        "made": made,
        "waits": any(one.state is OfferState.PENDING for one in made),
        "draft": draft,
        "obstacles": _worded(list(draft.obstacles)),
        "form": form,
        "mailbox": mailbox(),
    }


@bp.post("/<public_id>/offer")
@login_required
def offer_to_teach(public_id: str) -> ResponseReturnValue:
    """Offer to teach it."""
    form, now = OfferForm(), utcnow()
    try:
        with transaction():
            offer = wishes.offer_to_teach(me(), public_id, **form.values, now=now)
            name = offer.learner.first_name
    except Refused as error:
        form.refuse(error)
        return _show(public_id, now, form)
    notice(_("Your offer is with {name}.").format(name=name))
    return after_post(url_for(".show", public_id=public_id))


@bp.post("/<public_id>/close")
@login_required
def close(public_id: str) -> ResponseReturnValue:
    """Wish for it no more."""
    with transaction():
        wishes.close_wish(me(), public_id, now=utcnow())
    notice(_("Your wish is closed."))
    return after_post(url_for(".all"))


@bp.post("/<public_id>/renew")
@login_required
def renew(public_id: str) -> ResponseReturnValue:
    """Let it stand for 60 days more; a limit is said in a notice, since nothing was typed."""
    try:
        with transaction():
            wishes.renew_wish(me(), public_id, now=utcnow())
    except Refused as error:
        notice(word(error.code, error.params), "error")
    else:
        notice(_("Your wish stands for 60 days more."))
    return after_post(url_for(".show", public_id=public_id))


# -- one offer ------------------------------------------------------------------------------------


FORMS: Mapping[str, type[Form]] = {"accept_form": AcceptForm, "decline_form": DeclineForm}


@bp.get("/offers/<public_id>")
@login_required
def offer(public_id: str) -> ResponseReturnValue:
    """An offer as either of its two sees it."""
    return _offer(public_id, utcnow())


def _offer(public_id: str, now: datetime, **forms: Form) -> ResponseReturnValue:
    found = wishes.offer_of(me(), public_id)
    return render(
        "wishes/offer.html",
        "wishes/_offer.html",
        status=max((form.status for form in forms.values()), default=200),
        offer=found,
        wish=found.wish,
        card=wishes.offer_card(found, me(), now),
        **{name: forms.get(name) or form(None) for name, form in FORMS.items()},
        now=now,
    )


@bp.post("/offers/<public_id>/accept")
@login_required
def accept(public_id: str) -> ResponseReturnValue:
    """Say yes; the wish is met and an exchange opens."""
    return _answer(wishes.accept_offer, public_id, "accept_form")


@bp.post("/offers/<public_id>/decline")
@login_required
def decline(public_id: str) -> ResponseReturnValue:
    """Say no; the wish stays open."""
    return _answer(wishes.decline_offer, public_id, "decline_form")


def _answer(verb: Callable[..., Any], public_id: str, name: str) -> ResponseReturnValue:
    form, now = FORMS[name](), utcnow()
    try:
        with transaction():
            verb(me(), public_id, **form.values, now=now)
    except Refused as error:
        form.refuse(error)
        return _offer(public_id, now, **{name: form})
    return after_post(url_for(".offer", public_id=public_id))


@bp.post("/offers/<public_id>/withdraw")
@login_required
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take my offer back."""
    with transaction():
        wishes.withdraw_offer(me(), public_id, now=utcnow())
    return after_post(url_for(".offer", public_id=public_id))
