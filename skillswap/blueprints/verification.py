"""Where does somebody let be checked who they are, or what they learnt?"""

from __future__ import annotations

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap.db import transaction
from skillswap.domain import claims
from skillswap.domain.claims import Overview
from skillswap.errors import NotFound, Refused
from skillswap.forms.claims import AskForm, MoreForm
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.web import after_post, me, notice, render

bp = Blueprint("verification", __name__, url_prefix="/verification")


@bp.get("")
@login_required
def page() -> ResponseReturnValue:
    """My claims with their files and when those go, and the form."""
    return _page()


@bp.get("/<public_id>")
@login_required
def show(public_id: str) -> ResponseReturnValue:
    """The same, come to for one of them."""
    return _page(asked=public_id)


@bp.post("")
@login_required
def ask() -> ResponseReturnValue:
    """Send files for a check."""
    form = AskForm()
    try:
        _count(form.what.data or "")
        with transaction():
            claims.submit(me(), what=form.what.data or "", files=form.sent(), now=utcnow())
    except Refused as error:
        form.refuse(error)
        return _page("verification/_form.html", form=form)
    notice(_("Sent. A member of staff reads it, and you are told."))
    return after_post(url_for(".page"))


@bp.post("/<public_id>/add")
@login_required
def add(public_id: str) -> ResponseReturnValue:
    """Send more for a claim of which more is asked."""
    form = MoreForm()
    try:
        _count()
        with transaction():
            claims.add_files(me(), public_id, files=form.sent(), now=utcnow())
    except Refused as error:
        form.refuse(error)
        return _page("verification/_more.html", more=form, asked=public_id)
    notice(_("Sent. A member of staff reads it, and you are told."))
    return after_post(url_for(".page"))


@bp.post("/<public_id>/withdraw")
@login_required
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take a claim back, or the files of one that was refused: they are erased."""
    with transaction():
        claims.withdraw(me(), public_id, utcnow())
    notice(_("The files are erased."))
    return after_post(url_for(".page"))


def _count(what: str = "") -> None:
    """A try to send files costs as much as any, whatever becomes of it."""
    with transaction():
        claims.count_try(me(), utcnow(), what=what)


def _page(
    part: str = "verification/_form.html",
    *,
    form: AskForm | None = None,
    more: MoreForm | None = None,
    asked: str = "",
) -> ResponseReturnValue:
    """The page, or for htmx the form that was sent."""
    found = claims.overview(me(), utcnow())
    form = (form or AskForm(formdata=None)).offer(_choices(found))
    one = next((one for one in found.claims if one.public_id == asked), None)
    if asked and one is None:
        raise NotFound("claim")
    return render(
        "verification/page.html",
        part,
        status=(more or form).status,
        claims=found,
        form=form,
        more=more or MoreForm(formdata=None),
        asked=asked,
        one=one,
    )


def _choices(found: Overview) -> list[tuple[str, str, bool]]:
    """What can be asked for, in words."""
    return [
        (
            one.what,
            _("Credential for {skill}").format(skill=one.skill) if one.skill else _("Identity"),
            one.is_open,
        )
        for one in found.choices
    ]
