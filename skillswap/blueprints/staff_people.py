"""Everybody, as staff find them: search, how somebody stands, notes, and what staff do about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import request, url_for
from flask.typing import ResponseReturnValue

from skillswap.blueprints.moderation import bp
from skillswap.db import transaction
from skillswap.domain import email_links, staff_acts, staff_people
from skillswap.errors import Refused
from skillswap.forms.base import Form
from skillswap.forms.safety import CATEGORIES
from skillswap.forms.staff import NoteForm, RoleForm, StandingForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.web import (
    admin_only,
    after_post,
    cursor,
    me,
    notice,
    render,
    staff_only,
    stepped_up,
    wants_fragment,
)

WORDS_MOST = 100


@bp.get("/people")
@staff_only
def people() -> ResponseReturnValue:
    """Everybody, the newest first, or who is called so."""
    typed = request.args.get("q", "").strip()[:WORDS_MOST]
    asked = request.args.get("which", "")
    which = staff_people.Which(asked) if asked in set(staff_people.Which) else None
    which = which or staff_people.Which.ALL
    found = staff_people.search(me(), typed, which, cursor(), utcnow())
    page, part = "moderation/people.html", "moderation/_people.html"
    return render(page, part, found=found, typed=typed, which=which)


@bp.get("/people/<username>")
@staff_only
def person(username: str) -> ResponseReturnValue:
    """How somebody stands, what there was, and what can be done."""
    if wants_fragment():  # more of the notes
        found = staff_people.facts_of(me(), username, utcnow()).person
        notes = staff_people.notes_of(found, cursor())
        part = "moderation/people/_notes.html"
        return render("moderation/person.html", part, person=found, notes=notes)
    return _page(username)


@bp.post("/people/<username>/notes")
@staff_only
def note(username: str) -> ResponseReturnValue:
    """Leave a line for colleagues."""
    form = NoteForm()
    verb = lambda now: staff_acts.note(me(), username, body=form.body.data or "", now=now)  # noqa: E731
    return _done(username, verb, _("Noted."), "note_form", form)


@bp.post("/people/<username>/standing")
@staff_only
def standing(username: str) -> ResponseReturnValue:
    """Limit, suspend, restore."""
    form = StandingForm()
    verb = lambda now: staff_acts.change(me(), username, **form.decision, now=now)  # noqa: E731
    return _done(username, verb, _("Done, and they are told."), "standing_form", form)


@bp.post("/people/<username>/sign-out")
@staff_only
def sign_out(username: str) -> ResponseReturnValue:
    """End every sign-in of theirs."""
    verb = lambda now: staff_acts.sign_out(me(), username, now)  # noqa: E731
    return _done(username, verb, _("Signed out everywhere."))


@bp.post("/people/<username>/confirm")
@staff_only
def confirm_again(username: str) -> ResponseReturnValue:
    """Mail them the link that confirms their address again."""
    verb = lambda now: staff_acts.confirm_again(me(), username, now)  # noqa: E731
    return _done(username, verb, _("The link is on its way."))


@bp.post("/people/<username>/role")
@admin_only
@stepped_up
def give_role(username: str) -> ResponseReturnValue:
    """Make somebody a moderator, an admin, or neither."""
    form = RoleForm()
    verb = lambda now: staff_acts.give_role(me(), username, form.role.data, now)  # noqa: E731
    return _done(username, verb, _("Done. They sign in anew."), "role_form", form)


def _done(
    username: str,
    verb: Callable[[datetime], object],
    said: str,
    name: str = "",
    form: Form | None = None,
) -> ResponseReturnValue:
    """Do it; a form that is refused comes back on its page."""
    try:
        with transaction():
            verb(utcnow())
    except Refused as error:
        if form is None:
            raise
        form.refuse(error)
        return _page(username, status=form.status, **{name: form})
    notice(said)
    return after_post(url_for(".person", username=username.lower()))


def _page(username: str, *, status: int = 200, **forms: Any) -> ResponseReturnValue:
    now = utcnow()
    facts = staff_people.facts_of(me(), username, now)
    options = staff_acts.options(me(), facts)
    fresh = {
        "note_form": NoteForm(formdata=None),
        "standing_form": StandingForm(formdata=None),
        "role_form": RoleForm(formdata=None, role=facts.person.staff_role),
    }
    shown: dict[str, Any] = fresh | forms
    shown["standing_form"].offer(options)
    return render(
        "moderation/person.html",
        "moderation/_person.html",
        status=status,
        facts=facts,
        person=facts.person,
        options=options,
        may_act=staff_people.may_act(me(), facts),
        mails=email_links.are_mailed(),
        history=staff_people.history_of(me(), facts.person),
        notes=staff_people.notes_of(facts.person, cursor()),
        words=CATEGORIES,
        **shown,
    )
