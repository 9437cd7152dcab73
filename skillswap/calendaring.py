"""How does a session become an entry in somebody's own calendar? Files, their mails, the feed.

The link to the call stands in none of them: only the session page, which asks who is there, has
it. Needs the app, and no request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlencode

from itsdangerous import BadSignature, URLSafeSerializer

from skillswap.addresses import address_of, host, settings
from skillswap.domain.calendars import Booking, Calendar, Invite
from skillswap.lib import ics
from skillswap.lib.i18n import _
from skillswap.lib.ics import CalendarUser, Entry, Feed, Method, Status
from skillswap.models import User

SITE = "SkillSwap"
ATTACHED = "invite.ics"
REFRESH = timedelta(hours=1)  # how often a calendar program may look
GOOGLE = "https://calendar.google.com/calendar/render"
OUTLOOK = "https://outlook.live.com/calendar/0/deeplink/compose"


# -- files ----------------------------------------------------------------------------------------


def title_of(booking: Booking) -> str:
    """What stands in the calendar: `Piano with Ada`."""
    if not booking.partner:
        return booking.skill
    return _("{skill} with {name}").format(skill=booking.skill, name=booking.partner)


def place_of(booking: Booking) -> str:
    """Where it is, without any link to a call."""
    return booking.in_person or _("Online, opens from the session page")


def _entry(booking: Booking, stamp: datetime) -> Entry:
    link = address_of("sessions.show", public_id=booking.public_id) if booking.partner else ""
    words = _("You teach {name} {skill}.") if booking.i_teach else _("{name} teaches you {skill}.")
    said = [words.format(name=booking.partner, skill=booking.skill), link] if link else []
    return Entry(
        uid=f"{booking.public_id}@{host()}",
        sequence=booking.sequence,
        stamp=stamp,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        summary=title_of(booking),
        description="\n".join(said),
        location=place_of(booking),
        url=link,
        status=Status.CANCELLED if booking.cancelled else Status.CONFIRMED,
    )


def _write(
    entries: Sequence[Entry],
    method: Method,
    timezone: str,
    *,
    guest: CalendarUser | None = None,
    feed: Feed | None = None,
) -> bytes:
    sender = settings().mail_from
    return ics.write(
        entries,
        method=method,
        product=SITE,
        zone_name=timezone,
        organizer=CalendarUser(sender.display_name or SITE, sender.addr_spec),
        guest=guest,
        feed=feed,
    )


def file_of(booking: Booking, reader: User) -> bytes:
    """One session, to be put into a calendar by hand."""
    return _write([_entry(booking, booking.changed_at)], Method.PUBLISH, reader.timezone)


def feed_of(calendar: Calendar) -> bytes:
    """All of a person's sessions. The same rows give the same bytes."""
    entries = [_entry(booking, booking.changed_at) for booking in calendar.bookings]
    feed = Feed(_("SkillSwap sessions"), REFRESH)
    return _write(entries, Method.PUBLISH, calendar.owner.timezone, feed=feed)


def enclose(
    message: EmailMessage, invite: Invite, guest: CalendarUser, zone: str, at: datetime
) -> None:
    """Put the file into a mail: as a further reading of it, for Gmail and Outlook, and attached,
    for Apple and for people."""
    method = Method.CANCEL if invite.cancels else Method.REQUEST
    raw = _write([_entry(invite.booking, at)], method, zone, guest=guest)
    message.add_alternative(
        raw.decode(), subtype="calendar", cte="base64", params={"method": method.value}
    )
    message.add_attachment(raw, maintype="application", subtype="ics", filename=ATTACHED)


# -- the address that is fetched ------------------------------------------------------------------


def _signer() -> URLSafeSerializer:
    keys = [*reversed(settings().secret_key_fallbacks), settings().secret_key]
    kwargs = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(keys, salt="calendar", signer_kwargs=kwargs)


def token_of(person: User) -> str:
    """What lets its holder read this person's sessions, until the serial rises. Nothing of it is
    kept; with 43 signs of signature it is long enough for the access log to hide it."""
    return str(_signer().dumps([person.id, person.calendar_serial]))


def read_token(token: str) -> tuple[int, int] | None:
    """Whose, and which serial; None for one that we did not sign. Compared in constant time."""
    try:
        user_id, serial = _signer().loads(token)
        return int(user_id), int(serial)
    except (BadSignature, ValueError, TypeError):
        return None


def address_of_feed(person: User) -> str:
    """The address for a calendar program."""
    return address_of("calendars.feed", token=token_of(person))


# -- calendars that take an entry from a link -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddLinks:
    """Addresses of strangers that open their form for a new entry, filled in."""

    google: str
    outlook: str


def add_links(booking: Booking) -> AddLinks:
    """For a session ahead."""
    entry = _entry(booking, booking.changed_at)
    start, end = (at.astimezone(UTC) for at in (entry.starts_at, entry.ends_at))
    google = {
        "action": "TEMPLATE",
        "text": entry.summary,
        "dates": f"{start:%Y%m%dT%H%M%SZ}/{end:%Y%m%dT%H%M%SZ}",
        "details": entry.description,
        "location": entry.location,
    }
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": entry.summary,
        "startdt": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        "body": entry.description,
        "location": entry.location,
    }
    return AddLinks(f"{GOOGLE}?{urlencode(google)}", f"{OUTLOOK}?{urlencode(outlook)}")
