"""Where a session takes place, and who has come: choosing the place, joining, waiting."""

from __future__ import annotations

from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.blueprints.sessions import bp, here
from skillswap.config import Settings
from skillswap.db import transaction
from skillswap.domain import learning_sessions, meeting_places
from skillswap.errors import Refused
from skillswap.forms.places import PlaceForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import PlaceKind
from skillswap.web import after_post, me, notice, render, wants_fragment


@bp.post("/sessions/<public_id>/join")
@login_required
def join(public_id: str) -> ResponseReturnValue:
    """Note that I am here, then open the call.

    It does not redirect to the call itself: Chromium holds the redirect of a form against
    `form-action 'self'` and blocks it (tried with 156), and naming call servers in the policy of
    every page would not do for a person's own link. So it leads to a page of ours that opens the
    call by itself and holds it as a plain link. The address is in no page before the POST.
    """
    settings: Settings = current_app.config["SETTINGS"]
    with transaction():
        call = learning_sessions.join_session(
            me(), public_id, jitsi_url=settings.jitsi_url, now=utcnow()
        )
    go = 1 if call.url else None
    return redirect(url_for(".gathering", public_id=public_id, open=go), 303)


@bp.get("/sessions/<public_id>/join")
@login_required
def gathering(public_id: str) -> ResponseReturnValue:
    """Who has come, and the call as a link; for htmx the part that asks for itself again.

    Only the page after the button opens the call by itself, so that one can come back to it.
    """
    now = utcnow()
    one = learning_sessions.session_of(me(), public_id)
    found = here(one, now)
    if found.call is None and not wants_fragment():
        return redirect(url_for(".show", public_id=public_id), 303)
    seen = request.args.get("seen", "")
    elsewhere = bool(seen and found.call and seen != found.call.mark)
    page = render(
        "sessions/join.html",
        "sessions/_here.html",
        one=one,
        gathering=found,
        elsewhere=elsewhere,
        now=now,
    )
    if request.args.get("open") and found.call and not wants_fragment():
        page.headers["Refresh"] = f"0; url={found.call.url}"  # type: ignore[union-attr]
    return page


@bp.route("/sessions/<public_id>/place", methods=["GET", "POST"])
@login_required
def place(public_id: str) -> ResponseReturnValue:
    """Where the two meet: the form, and saving it."""
    form = PlaceForm(meeting_places.here())
    if form.validate_on_submit():
        try:
            with transaction():
                learning_sessions.change_place(
                    me(),
                    public_id,
                    kind=form.chosen_place,
                    body=form.place_body.data or "",
                    now=utcnow(),
                )
        except Refused as error:
            form.refuse(error)
        else:
            notice(_("Saved. You both see where you meet."))
            return after_post(url_for(".show", public_id=public_id))
    return _placing(public_id, form)


def _placing(public_id: str, form: PlaceForm) -> ResponseReturnValue:
    """The form; a link that stands there is not printed, it is shown to who joins."""
    one = learning_sessions.session_of(me(), public_id)
    if request.method == "GET":
        if not learning_sessions.may_change(one, utcnow()):
            return redirect(url_for(".show", public_id=public_id), 303)  # an old link
        form.place_kind.data = one.place_kind.value
        form.place_body.data = one.place_body if one.place_kind is PlaceKind.IN_PERSON else ""
    return render(
        "sessions/place.html",
        "sessions/_place.html",
        status=form.status,
        one=one,
        partner=one.partner_of(me()),
        form=form,
    )
