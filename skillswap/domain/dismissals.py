"""Who is not for me? For 90 days they are not recommended; they never learn of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from skillswap.db import db
from skillswap.domain.limits import DISMISSED_FOR
from skillswap.domain.visibility import person_named, visible
from skillswap.errors import NotFound
from skillswap.models import Dismissal, User
from skillswap.models.user import HUES, initials

LISTED_MOST = 500


def dismiss(person: User, username: str, now: datetime) -> User:
    """Let somebody not be recommended for 90 days. Repeated, the days begin anew.

    Raises NotFound for somebody who is not there for this person, and for oneself.
    """
    other = _other(person, username)
    days = {"created_at": now, "until": now + DISMISSED_FOR}
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(Dismissal.__table__).values(
        user_id=person.id, dismissed_id=other.id, **days
    )
    keys = [Dismissal.user_id, Dismissal.dismissed_id]
    db.session.execute(row.on_conflict_do_update(index_elements=keys, set_=days))
    return other


def bring_back(person: User, username: str) -> User:
    """Let them be recommended again. Harmless when they were not dismissed."""
    other = _other(person, username)
    db.session.execute(
        delete(Dismissal)
        .where(Dismissal.user_id == person.id, Dismissal.dismissed_id == other.id)
        .execution_options(synchronize_session=False)
    )
    return other


def _other(person: User, username: str) -> User:
    other = person_named(username.lower(), to=person.id)
    if other.id == person.id:
        raise NotFound("person")
    return other


@dataclass(frozen=True, slots=True)
class Dismissed:
    """Somebody who is not recommended, and until when."""

    username: str
    name: str
    initials: str
    hue: int
    avatar_url: str | None
    until: datetime


def dismissed_by(person: User, now: datetime) -> Sequence[Dismissed]:
    """Whom this person has dismissed, the latest first. One statement."""
    rows = db.session.execute(
        select(
            Dismissal.until, User.id, User.username, User.first_name, User.last_name, User.avatar
        )
        .join(User, User.id == Dismissal.dismissed_id)
        .where(Dismissal.user_id == person.id, Dismissal.until > now, visible(to=person.id))
        .order_by(Dismissal.created_at.desc(), User.id.desc())
        .limit(LISTED_MOST)
    )
    return [
        Dismissed(
            username=row.username,
            name=f"{row.first_name} {row.last_name}".strip(),
            initials=initials(row.first_name, row.last_name),
            hue=row.id % HUES + 1,
            avatar_url=f"/media/{row.avatar}" if row.avatar else None,
            until=row.until,
        )
        for row in rows
    ]


def forget_due(now: datetime, limit: int) -> int:
    """Let go of those whose 90 days are over; returns how many."""
    due = db.session.scalars(
        select(Dismissal)
        .where(Dismissal.until <= now)
        .order_by(Dismissal.until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in due:
        db.session.delete(row)
    return len(due)
