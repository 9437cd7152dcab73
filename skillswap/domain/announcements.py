"""What do those who look after the place say to everybody, and who still sees it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, and_, bindparam, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from skillswap.db import UtcDateTime, db, spelled
from skillswap.domain import audit
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.lib.markdown import RULES_VERSION, render_markdown
from skillswap.lib.text import Unprintable, clean_body, clean_line
from skillswap.models import (
    Announcement,
    AnnouncementDismissal,
    AnnouncementState,
    Audience,
    User,
)
from skillswap.models.announcement import BODY_MOST, TITLE_MOST

SHOWN_MOST = 3
LONGEST = timedelta(days=366)
NEWEST = [Key(Announcement.id, "id")]  # type: ignore[arg-type]  # a mapped column is one


# -- what people see ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Note:
    """One announcement as it is read."""

    public_id: str
    title: str
    body_html: str
    audience: Audience


READER = bindparam("viewer_id", type_=BigInteger())  # as in statements about teachers
NOW = bindparam("now", type_=UtcDateTime())
TEACHES = bindparam("teaches", type_=Boolean())
IS_STAFF = bindparam("is_staff", type_=Boolean())
STANDS = and_(
    Announcement.withdrawn_at.is_(None),
    Announcement.starts_at <= NOW,
    Announcement.ends_at > NOW,
)
# what the reader of those parameters has not put away, of what is meant for them
FOR_READER = and_(
    STANDS,
    or_(
        Announcement.audience == spelled(Audience.EVERYBODY),
        and_(Announcement.audience == spelled(Audience.TEACHERS), TEACHES),
        and_(Announcement.audience == spelled(Audience.STAFF), IS_STAFF),
    ),
    ~exists().where(
        AnnouncementDismissal.user_id == READER,
        AnnouncementDismissal.announcement_id == Announcement.id,
    ),
)


def reader_of(person: User, now: datetime) -> dict[str, Any]:
    """The parameters of FOR_READER."""
    return {
        "viewer_id": person.id,
        "teaches": person.teaching,
        "is_staff": person.is_staff,
        "now": now,
    }


def _notes(*which: ColumnElement[bool]) -> AnySelect:
    columns = (Announcement.public_id, Announcement.title, Announcement.body_html)
    found: AnySelect = (
        select(*columns, Announcement.audience)
        .where(*which)
        .order_by(Announcement.starts_at.desc(), Announcement.id.desc())
        .limit(SHOWN_MOST)
    )
    return found


# made once: building them takes longer than running them
_FOR_READER = _notes(FOR_READER)
_FOR_VISITORS = _notes(and_(STANDS, Announcement.is_public))


def for_person(person: User, now: datetime) -> Sequence[Note]:
    """What this person has not put away, the latest first, three at most. One statement."""
    return [Note(*row) for row in db.session.execute(_FOR_READER, reader_of(person, now))]


def for_visitors(now: datetime) -> Sequence[Note]:
    """What stands on the front page, the latest first. One statement."""
    return [Note(*row) for row in db.session.execute(_FOR_VISITORS, {"now": now})]


def dismiss(person: User, public_id: str, now: datetime) -> None:
    """Put it away for good. Harmless when repeated. Raises NotFound for one not meant for them."""
    found = _one(public_id)
    meant = {
        Audience.EVERYBODY: True,
        Audience.TEACHERS: person.teaching,
        Audience.STAFF: person.is_staff,
    }
    if not meant[found.audience] or found.state_at(now) is AnnouncementState.PLANNED:
        raise NotFound("announcement")
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    row = {"user_id": person.id, "announcement_id": found.id, "created_at": now}
    new = dialect.insert(AnnouncementDismissal.__table__).values(row)
    db.session.execute(new.on_conflict_do_nothing())


# -- what staff do --------------------------------------------------------------------------------


def publish(
    staff: User,
    *,
    title: str,
    body: str,
    audience: Audience,
    is_public: bool,
    starts_at: datetime | None,
    ends_at: datetime | None,
    now: datetime,
) -> Announcement:
    """Say something from an instant (now, without one) until another. Raises Refused."""
    found = Announcement(author_id=staff.id, created_at=now)
    facts: dict[str, Any] = {
        "title": title,
        "body": body,
        "audience": audience,
        "is_public": is_public,
    }
    _write(found, **facts, starts_at=starts_at or now, ends_at=ends_at, now=now)
    db.session.add(found)
    db.session.flush()
    _note("announcement.published", found, staff, now)
    return found


def edit(
    staff: User,
    public_id: str,
    *,
    title: str,
    body: str,
    audience: Audience,
    is_public: bool,
    starts_at: datetime | None,
    ends_at: datetime | None,
    version: int,
    now: datetime,
) -> Announcement:
    """Change what is said, to whom or how long, until it is over; who put it away is not asked
    again. Raises Refused, NotFound, WrongState when it is over, or changed since that version.
    """
    found = _one(public_id, held=True)
    _check_stands(found, now)
    if found.version != version:
        raise WrongState("announcement", "changed")
    facts: dict[str, Any] = {
        "title": title,
        "body": body,
        "audience": audience,
        "is_public": is_public,
    }
    starts = starts_at or found.starts_at
    _write(found, **facts, starts_at=starts, ends_at=ends_at, now=now)
    db.session.flush()
    _note("announcement.edited", found, staff, now)
    return found


def withdraw(staff: User, public_id: str, now: datetime) -> Announcement:
    """Say it no more. Raises NotFound, WrongState when it is over already."""
    found = _one(public_id, held=True)
    _check_stands(found, now)
    found.withdrawn_at = now
    db.session.flush()
    _note("announcement.withdrawn", found, staff, now)
    return found


def _write(
    found: Announcement,
    *,
    title: str,
    body: str,
    audience: Audience,
    is_public: bool,
    starts_at: datetime,
    ends_at: datetime | None,
    now: datetime,
) -> None:
    found.title, found.body = _cleaned(title, "title"), _cleaned(body, "body")
    if is_public and audience is not Audience.EVERYBODY:
        raise Refused("is_public", "announcement_public")
    if ends_at is None:
        raise Refused("ends", "required")
    if ends_at <= max(starts_at, now):
        raise Refused("ends", "announcement_ends")
    if ends_at > max(starts_at, now) + LONGEST:
        raise Refused("ends", "announcement_long")
    found.body_html, found.rules_version = render_markdown(found.body), RULES_VERSION
    found.audience, found.is_public = audience, is_public
    found.starts_at, found.ends_at = starts_at, ends_at


def _cleaned(typed: str, field: str) -> str:
    try:
        text = clean_line(typed) if field == "title" else clean_body(typed)
    except Unprintable:
        raise Refused(field, "control_characters") from None
    most = TITLE_MOST if field == "title" else BODY_MOST
    if not text:
        raise Refused(field, "required")
    if len(text) > most:
        raise Refused(field, "too_long", limit=most)
    return text


def _check_stands(found: Announcement, now: datetime) -> None:
    state = found.state_at(now)
    if state in (AnnouncementState.OVER, AnnouncementState.WITHDRAWN):
        raise WrongState("announcement", state)


def _note(action: str, found: Announcement, staff: User, now: datetime) -> None:
    audit.record(action, by=staff, subject=found, now=now, name=found.title)


def _one(public_id: str, *, held: bool = False) -> Announcement:
    query = select(Announcement).where(Announcement.public_id == public_id)
    if held:
        query = query.with_for_update().execution_options(populate_existing=True)
    if (found := db.session.scalar(query)) is None:
        raise NotFound("announcement")
    return found


# -- for the staff's pages ------------------------------------------------------------------------


def announcement(public_id: str) -> Announcement:
    """One of them, whatever its state. Raises NotFound."""
    return _one(public_id)


def everything(cursor: str | None) -> Page:
    """All there ever were, the latest first. One statement."""
    query = paginate(select(Announcement), NEWEST, cursor)
    return page(db.session.scalars(query).all(), NEWEST)
