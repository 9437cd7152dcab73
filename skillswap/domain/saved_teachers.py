"""Which teachers does somebody keep for later, and who wants to be told when they reopen?

Nobody else knows, and the saved are told nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import and_, delete, exists, or_, select, update

from skillswap.db import db
from skillswap.domain import events, marks
from skillswap.domain.visibility import person_named, visible
from skillswap.errors import NotFound
from skillswap.lib.keyset import Key, Page, page, paginate
from skillswap.models import SavedTeacher, TeacherListing, User
from skillswap.models.user import HUES, initials


def save(person: User, username: str, now: datetime) -> User:
    """Keep a teacher for later. Harmless when repeated.

    Raises NotFound for somebody who is not there for this person, and for oneself.
    """
    other = _other(person, username)
    marks.put(SavedTeacher, user_id=person.id, teacher_id=other.id, created_at=now)
    return other


def unsave(person: User, username: str) -> User:
    """Keep them no more, and be told nothing. Harmless when they were not saved."""
    other = _other(person, username)
    marks.take_off(SavedTeacher, user_id=person.id, teacher_id=other.id)
    return other


def watch(person: User, username: str, now: datetime) -> User:
    """Ask to be told once when they take pitches again; saves them too. Harmless when repeated."""
    other = save(person, username, now)
    _set_watch(person, other, SavedTeacher.watched_since.is_(None), since=now)
    return other


def unwatch(person: User, username: str) -> User:
    """Ask for it no more; they stay saved. Harmless when it was not asked for."""
    other = _other(person, username)
    _set_watch(person, other, SavedTeacher.watched_since.is_not(None), since=None)
    return other


def _set_watch(person: User, other: User, which: Any, *, since: datetime | None) -> None:
    db.session.execute(
        update(SavedTeacher)
        .where(SavedTeacher.user_id == person.id, SavedTeacher.teacher_id == other.id, which)
        .values(watched_since=since)
        .execution_options(synchronize_session=False)
    )


def end_between(one_id: int, other_id: int) -> None:
    """A block takes each off the other's list, without a word."""
    pairs = ((one_id, other_id), (other_id, one_id))
    mine = (and_(SavedTeacher.user_id == a, SavedTeacher.teacher_id == b) for a, b in pairs)
    db.session.execute(
        delete(SavedTeacher).where(or_(*mine)).execution_options(synchronize_session=False)
    )


def _other(person: User, username: str) -> User:
    other = person_named(username.lower(), to=person.id)
    if other.id == person.id:
        raise NotFound("person")
    return other


# -- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SavedRow:
    """A teacher as somebody's own list prints them, and how they stand on it."""

    username: str
    name: str
    first_name: str
    initials: str
    hue: int
    avatar_url: str | None
    headline: str
    is_teaching: bool
    is_paused: bool
    paused_until: datetime | None
    takes_pitches: bool
    is_saved: bool
    is_watched: bool


def takes_pitches() -> Any:
    """Condition: that teacher takes pitches and has room, as the derived rows know."""
    return exists().where(TeacherListing.user_id == User.id)


NEWEST = [
    Key(SavedTeacher.created_at, "created_at"),  # type: ignore[arg-type]
    Key(SavedTeacher.teacher_id, "teacher_id"),  # type: ignore[arg-type]
]


COLUMNS = (
    *(User.id, User.username, User.first_name, User.last_name, User.avatar, User.headline),
    *(User.teaching, User.paused, User.paused_until, takes_pitches().label("open")),
    *(SavedTeacher.teacher_id, SavedTeacher.created_at, SavedTeacher.watched_since),
)


def saved_by(person: User, cursor: str | None, now: datetime) -> Page:
    """The teachers whom this person has saved, the latest first, as far as they are there still.

    One statement.
    """
    query = (
        select(*COLUMNS)
        .join(SavedTeacher, SavedTeacher.teacher_id == User.id)
        .where(SavedTeacher.user_id == person.id, visible(to=person.id))
    )
    found = page(db.session.execute(paginate(query, NEWEST, cursor)).all(), NEWEST)
    return Page([_row(row, now) for row in found.rows], found.after)


def row_of(person: User, other: User, now: datetime) -> SavedRow:
    """How somebody stands on this person's list, saved or not. One statement."""
    mine = and_(SavedTeacher.teacher_id == User.id, SavedTeacher.user_id == person.id)
    query = select(*COLUMNS).outerjoin(SavedTeacher, mine).where(User.id == other.id)
    return _row(db.session.execute(query).one(), now)


def _row(row: Any, now: datetime) -> SavedRow:
    over = row.paused_until is not None and row.paused_until <= now
    return SavedRow(
        username=row.username,
        name=f"{row.first_name} {row.last_name}".strip(),
        first_name=row.first_name,
        initials=initials(row.first_name, row.last_name),
        hue=row.id % HUES + 1,
        avatar_url=f"/media/{row.avatar}" if row.avatar else None,
        headline=row.headline,
        is_teaching=row.teaching,
        is_paused=row.paused is not None and not over,
        paused_until=row.paused_until if row.paused is not None else None,
        takes_pitches=bool(row.open),
        is_saved=row.created_at is not None,
        is_watched=row.watched_since is not None,
    )


# -- telling --------------------------------------------------------------------------------------


def tell_due(now: datetime, limit: int) -> int:
    """Tell those who asked for it that a teacher takes pitches again, once; returns how many."""
    due = db.session.scalars(
        select(SavedTeacher)
        .join(User, User.id == SavedTeacher.teacher_id)
        .where(
            SavedTeacher.watched_since.is_not(None),
            takes_pitches(),
            visible(to=SavedTeacher.user_id),
        )
        .order_by(SavedTeacher.teacher_id, SavedTeacher.user_id)
        .limit(limit)
        .with_for_update(of=SavedTeacher, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    ids = {one.teacher_id for one in due} | {one.user_id for one in due}
    users = {one.id: one for one in db.session.scalars(select(User).where(User.id.in_(ids)))}
    for teacher_id, rows in groupby(due, key=lambda one: one.teacher_id):
        _tell(users[teacher_id], list(rows), users, now)
    return len(due)


def _tell(
    teacher: User, rows: Iterable[SavedTeacher], users: dict[int, User], now: datetime
) -> None:
    to = []
    for row in rows:
        row.watched_since = None
        to.append(users[row.user_id])
    events.record("teacher.reopened", actor=teacher, subject=teacher, to=to, now=now)
