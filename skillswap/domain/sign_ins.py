"""Where is a person signed in, and how does that end?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select, update

from skillswap.db import db
from skillswap.domain import deliveries, events, live
from skillswap.domain.credentials import check_new_password, same_everywhere
from skillswap.errors import NotFound
from skillswap.lib.i18n import _
from skillswap.lib.passwords import hash_password
from skillswap.lib.tokens import new_token, token_hash
from skillswap.models import SignIn, User

IDLE, STAFF_IDLE = timedelta(days=14), timedelta(hours=12)
KEY_LENGTH = 16  # of the hash: enough to name a row to its owner
SHOWN = 50
BROWSERS = (
    (re.compile(r"Edg[A-Za-z]*/"), "Edge"),
    (re.compile(r"OPR/"), "Opera"),
    (re.compile(r"SamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"Firefox/|FxiOS/"), "Firefox"),
    (re.compile(r"Chrome/|CriOS/|Chromium/"), "Chrome"),
    (re.compile(r"Safari/"), "Safari"),
)
SYSTEMS = (
    (re.compile(r"iPhone"), "iPhone"),
    (re.compile(r"iPad"), "iPad"),
    (re.compile(r"Android"), "Android"),
    (re.compile(r"Windows"), "Windows"),
    (re.compile(r"CrOS"), "ChromeOS"),
    (re.compile(r"Macintosh|Mac OS X"), "Mac"),
    (re.compile(r"Linux|X11"), "Linux"),
)
HANDHELD = frozenset({"iPhone", "Android"})


@dataclass(frozen=True, slots=True)
class Device:
    """One sign-in as its owner sees it."""

    key: str
    name: str
    handheld: bool
    is_here: bool
    created_at: datetime
    seen_at: datetime


def device_name(user_agent: str) -> str:
    """ "Firefox on Linux", as far as the header tells."""
    browser = next((name for sign, name in BROWSERS if sign.search(user_agent)), "")
    system = next((name for sign, name in SYSTEMS if sign.search(user_agent)), "")
    if browser and system:
        return _("{browser} on {system}").format(browser=browser, system=system)
    return browser or system or _("Unknown device")


def is_live(now: datetime, idle: timedelta = IDLE) -> ColumnElement[bool]:
    """Condition: it is neither over nor idle for too long."""
    return and_(SignIn.revoked_at.is_(None), SignIn.expires_at > now, SignIn.seen_at > now - idle)


def _live(person: User, now: datetime) -> ColumnElement[bool]:
    idle = STAFF_IDLE if person.is_staff else IDLE
    return and_(SignIn.user_id == person.id, is_live(now, idle))


def devices_of(person: User, here: SignIn | None, now: datetime) -> Sequence[Device]:
    """Where a person is signed in: this device first, then the latest. One statement."""
    rows = db.session.execute(
        select(SignIn.id, SignIn.token_hash, SignIn.device, SignIn.created_at, SignIn.seen_at)
        .where(_live(person, now))
        .order_by(SignIn.seen_at.desc(), SignIn.id.desc())
        .limit(SHOWN)
    ).all()
    found = [
        Device(
            key=row.token_hash[:KEY_LENGTH],
            name=device_name(row.device),
            handheld=any(name in row.device for name in HANDHELD),
            is_here=here is not None and row.id == here.id,
            created_at=row.created_at,
            seen_at=row.seen_at,
        )
        for row in rows
    ]
    return sorted(found, key=lambda device: not device.is_here)


def mine(person: User, key: str) -> int:
    """The row of one of my sign-ins, also of one that is over. Raises NotFound."""
    which = SignIn.token_hash.startswith(key, autoescape=True)
    found = db.session.scalar(select(SignIn.id).where(SignIn.user_id == person.id, which))
    if len(key) != KEY_LENGTH or found is None:
        raise NotFound("sign-in")
    return found


def end_sign_in(person: User, sign_in_id: int, now: datetime) -> None:
    """End one of mine, wherever its cookie was copied to. Twice is harmless."""
    _end(now, _live(person, now), SignIn.id == sign_in_id)
    live.tell([person.id], "signed_out", only=sign_in_id)


def end_others(person: User, here: SignIn, now: datetime) -> int:
    """End every sign-in but this one; returns how many."""
    live.tell([person.id], "signed_out", but=here.id)
    return _end(now, _live(person, now), SignIn.id != here.id)


def end_all(person: User, now: datetime) -> int:
    """End every sign-in of a person; returns how many."""
    live.tell([person.id], "signed_out")
    return _end(now, _live(person, now))


def _end(now: datetime, *which: ColumnElement[bool]) -> int:
    done = db.session.execute(
        update(SignIn)
        .where(*which)
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


def change_password(person: User, here: SignIn, password: str, now: datetime) -> None:
    """Another password: all other devices are signed out, this one gets a new token.

    It makes a hash before its first write; ask for the present password before. Raises Refused.
    """
    names = (person.first_name, person.last_name)
    check_new_password(password, person.email, *names, where="new_password")
    made = hash_password(same_everywhere(password))
    person.password_hash = made
    db.session.flush()
    end_others(person, here, now)
    renew_token(here)
    events.record("person.password_changed", actor=person, subject=person, to=[], now=now)
    deliveries.mail(person, "account.password", now=now, path="/password/forgot")


def renew_token(here: SignIn) -> None:
    """Give this device another token; log it in anew, since the cookie's is worth nothing now."""
    here.token = new_token()
    here.token_hash = token_hash(here.token)
    db.session.flush()
