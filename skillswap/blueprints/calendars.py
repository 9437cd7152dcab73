"""Sessions in one's own calendar: a file, an address that a calendar program fetches, links."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required

from skillswap import calendaring
from skillswap.calendaring import AddLinks
from skillswap.db import transaction
from skillswap.domain import calendars
from skillswap.errors import NotFound
from skillswap.extensions import limiter
from skillswap.lib.clock import utcnow
from skillswap.lib.i18n import _
from skillswap.models import LearningSession, User
from skillswap.web import after_post, me, notice

bp = Blueprint("calendars", __name__)
MIME = "text/calendar; charset=utf-8"
PART = "sessions/_own_calendar.html"


@bp.get("/sessions/<public_id>.ics")
@login_required
def file(public_id: str) -> ResponseReturnValue:
    """One of my sessions as a file."""
    booking = calendars.booking_of(me(), public_id)
    answer = _answer(calendaring.file_of(booking, me()))
    name = f"skillswap-{booking.starts_at:%Y-%m-%d}.ics"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.get("/calendar/<token>.ics")
@limiter.limit("120 per minute")
def feed(token: str) -> ResponseReturnValue:
    """All sessions of whoever the address belongs to; nobody is signed in here.

    Asked again, it says 304 while nothing has changed. There is no Last-Modified: what a block
    takes out is no later than what stood there.
    """
    found = calendaring.read_token(token)
    if found is None:
        raise NotFound("calendar")
    calendar = calendars.calendar_of(*found, utcnow())
    answer = _answer(calendaring.feed_of(calendar))
    answer.add_etag()
    return answer.make_conditional(request)


def _answer(raw: bytes) -> Response:
    answer = Response(raw, content_type=MIME)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@bp.post("/calendar/new")
@login_required
def new() -> ResponseReturnValue:
    """Make an address, or another one in place of the last."""
    had = calendars.has_address(me())
    with transaction():
        calendars.new_address(me())
    notice(_("The old address has ended.") if had else _("Your calendar has an address."))
    return after_post(url_for("sessions.upcoming", _anchor="own-calendar"), PART)


@bp.post("/calendar/stop")
@login_required
def stop() -> ResponseReturnValue:
    """End the address."""
    with transaction():
        calendars.end_address(me())
    notice(_("The address has ended. Your calendar forgets these sessions by itself."))
    return after_post(url_for("sessions.upcoming", _anchor="own-calendar"), PART)


@bp.app_template_global()
def calendar_address(person: User) -> str:
    """The address that is open for this person, or "". Nothing is asked of the database."""
    return calendaring.address_of_feed(person) if calendars.has_address(person) else ""


@bp.app_template_global()
def add_links(one: LearningSession, person: User) -> AddLinks:
    """The forms of Google and Outlook for a new entry, filled in with a session."""
    return calendaring.add_links(calendars.booking_from(one, person))
