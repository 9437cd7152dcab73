"""Ratings: giving one, reading what was said about somebody, answering, taking back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import learning_sessions, rating_totals, ratings
from skillswap.domain.ratings import Filters
from skillswap.domain.visibility import person_named
from skillswap.errors import NotFound, Refused
from skillswap.forms.ratings import RateForm, ReplyForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import RatedRole, RatingState, SessionState, User
from skillswap.models.rating import STARS
from skillswap.web import after_post, cursor, me, notice, render, viewer

bp = Blueprint("ratings", __name__)
PART = "ratings/_rate.html"
SAID = {
    RatingState.SEALED: _("Sealed. You can change it until it is published."),
    RatingState.PUBLISHED: _("You both have rated, so both can be read now."),
}


# -- one session ----------------------------------------------------------------------------------


@bp.route("/sessions/<public_id>/rate", methods=["GET", "POST"])
@login_required
def rate(public_id: str) -> ResponseReturnValue:
    """What I say about my partner, sealed until both have said it; then what both have said."""
    form = RateForm() if request.method == "POST" else None
    if form is not None and form.validate():
        try:
            with transaction():
                given = ratings.rate_session(me(), public_id, **form.facts, now=utcnow())
        except Refused as error:
            form.refuse(error)
        else:
            both = given.state is RatingState.PUBLISHED
            return _done(
                public_id, _("You both have rated, so both can be read now.") if both else ""
            )
    status = form.status if form is not None else 200
    return render("ratings/rate.html", PART, status=status, **_shown(public_id, form))


def _shown(public_id: str, form: RateForm | None = None) -> dict[str, Any]:
    now = utcnow()
    one = learning_sessions.session_of(me(), public_id)
    desk = ratings.desk_of(me(), one, now)
    form = form or RateForm.of(desk.mine)
    form.word_for(desk)
    return {
        "one": one,
        "partner": desk.partner,
        "desk": desk,
        "words": [desk.choices[code] for code in desk.mine.tags] if desk.mine else [],
        "completes": one.state_at(now) is not SessionState.COMPLETED,
        "form": form,
        "now": now,
    }


def _done(public_id: str, text: str) -> ResponseReturnValue:
    notice(text)
    return after_post(url_for(".rate", public_id=public_id), PART, **_shown(public_id))


@bp.post("/sessions/<public_id>/skip-rating")
@login_required
def skip(public_id: str) -> ResponseReturnValue:
    """Be asked no more about this session."""
    with transaction():
        ratings.skip_rating(me(), public_id, now=utcnow())
    return _done(public_id, _("Skipped. We do not ask again."))


# -- afterwards -----------------------------------------------------------------------------------


@bp.get("/ratings/<public_id>")
@login_required
def show(public_id: str) -> ResponseReturnValue:
    """Where a rating stands: on the page of its session for the two, else among the others."""
    one = ratings.rating_of(me(), public_id, utcnow())
    if one is None:
        raise NotFound("rating")
    if one.session_public_id:
        return redirect(url_for(".rate", public_id=one.session_public_id), 303)
    role = one.role if one.role is RatedRole.LEARNER else None
    url = url_for(".of", username=one.rated_username, role=role, _anchor=f"rating-{public_id}")
    return redirect(url, 303)


@bp.route("/ratings/<public_id>/reply", methods=["GET", "POST"])
@login_required
def reply(public_id: str) -> ResponseReturnValue:
    """Answer in public what was said about me: once."""
    form, now = ReplyForm(), utcnow()
    review = ratings.rating_of(me(), public_id, now)
    if review is None or not review.of_me:
        raise NotFound("rating")
    if form.validate_on_submit():
        try:
            with transaction():
                ratings.reply_to_rating(me(), public_id, body=form.body.data or "", now=now)
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Your reply stands below the rating."))
            return after_post(url_for(".rate", public_id=review.session_public_id))
    facts = {"review": review, "form": form, "now": now}
    return render("ratings/reply.html", "ratings/_reply.html", status=form.status, **facts)


@bp.post("/ratings/<public_id>/retract")
@login_required
def retract(public_id: str) -> ResponseReturnValue:
    """Take back what I said: once and for good."""
    with transaction():
        gone = ratings.retract_rating(me(), public_id, now=utcnow())
        key = gone.learning_session.public_id
    return _done(key, _("Your rating is taken back."))


# -- what was said about somebody -----------------------------------------------------------------


@bp.get("/people/<username>/ratings")
def of(username: str) -> ResponseReturnValue:
    """What was said about a person in one role, the latest first: `role`, `stars`, `skill`."""
    reader, now = viewer(), utcnow()
    person = person_named(username.lower(), to=reader.id if reader else None)
    filters = _filters()
    return render(
        "ratings/of.html",
        "ratings/_reviews.html",
        person=person,
        found=ratings.ratings_of(person, reader, filters, cursor(), now),
        totals=rating_totals.of([person.id], now)[person.id],
        spread=ratings.spread_of(person, reader, filters.role, now),
        filters=filters,
        mine=(reader or person).timezone,
        sees=reader is not None,
        now=now,
        **_urls(person, filters),
    )


def _filters() -> Filters:
    """What the address asks for; what is not ours is left out."""
    asked = request.args
    role = RatedRole.LEARNER if asked.get("role") == RatedRole.LEARNER else RatedRole.TEACHER
    stars = asked.get("stars", type=int)
    return Filters(role, stars if stars in STARS else None, asked.get("skill", ""))


def _urls(person: User, filters: Filters) -> dict[str, Any]:
    """Where each choice leads, the others staying as they are."""

    def url(role: RatedRole, stars: int | None = None, skill: str = "", **more: Any) -> str:
        asked = {"stars": stars, "skill": skill or None, **more}
        if role is RatedRole.LEARNER:
            asked["role"] = role
        return url_for(".of", username=person.username, **asked)

    role, stars, skill = filters.role, filters.stars, filters.skill
    return {
        "tabs": [(each, url(each)) for each in RatedRole],
        "stars_url": lambda number: url(role, number, skill),
        "skill_url": lambda slug: url(role, stars, slug),
        "more_url": lambda after: url(role, stars, skill, after=after),
    }
