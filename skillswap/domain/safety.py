"""Who wants nothing to do with whom, and whom does the place itself keep out?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import exists, literal, or_, select, union_all, update

from skillswap.db import db
from skillswap.domain import (
    audit,
    claims,
    closing,
    events,
    exchanges,
    follows,
    live,
    saved_teachers,
)
from skillswap.domain.visibility import SEEN, visible
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.models import Block, Mute, SignIn, StaffRole, User, UserState
from skillswap.models.user import HUES, initials

STATE_BODY_MOST = 500
LISTED_MOST = 500


# -- block and mute -------------------------------------------------------------------------------


def block(person: User, username: str, now: datetime) -> User:
    """From now on the two do not exist for each other; what was open between them is closed.

    The other is told nothing of it. Harmless when repeated. Raises NotFound for somebody who is
    not there for this person, and for oneself.
    """
    other = _whom(person, username, Block)
    exchanges.lock_people(person.id, other.id)
    if db.session.get(Block, (person.id, other.id)) is not None:
        return other
    db.session.add(Block(blocker_id=person.id, blocked_id=other.id, created_at=now))
    closing.close_between(person, other, "block", now)
    follows.end_between(person.id, other.id)
    saved_teachers.end_between(person.id, other.id)
    events.record("person.blocked", actor=person, subject=other, to=[], now=now)
    return other


def unblock(person: User, username: str, now: datetime) -> User:
    """Take the block back; what it closed stays closed. Harmless when there is none."""
    other = _whom(person, username, Block)
    row = db.session.get(Block, (person.id, other.id))
    if row is not None:
        db.session.delete(row)
        events.record("person.unblocked", actor=person, subject=other, to=[], now=now)
    return other


def mute(person: User, username: str, now: datetime) -> User:
    """Hear nothing from somebody any more. They never learn of it. Harmless when repeated."""
    other = _whom(person, username, Mute)
    exchanges.lock_people(person.id)
    if db.session.get(Mute, (person.id, other.id)) is None:
        db.session.add(Mute(muter_id=person.id, muted_id=other.id, created_at=now))
        events.record("person.muted", actor=person, subject=other, to=[], now=now)
    return other


def unmute(person: User, username: str, now: datetime) -> User:
    """Hear from them again. Harmless when they were not muted."""
    other = _whom(person, username, Mute)
    row = db.session.get(Mute, (person.id, other.id))
    if row is not None:
        db.session.delete(row)
        events.record("person.unmuted", actor=person, subject=other, to=[], now=now)
    return other


def _whom(person: User, username: str, table: type[Block] | type[Mute]) -> User:
    """Somebody else who is there for this person, or stands on that list of theirs already."""
    mine, theirs = (
        (Block.blocker_id, Block.blocked_id) if table is Block else (Mute.muter_id, Mute.muted_id)
    )
    other = db.session.scalar(
        select(User).where(
            User.username == username.lower(),
            User.id != person.id,
            or_(visible(to=person.id), User.id.in_(select(theirs).where(mine == person.id))),
        )
    )
    if other is None:
        raise NotFound("person")
    return other


def has_muted(person: User, other_id: int) -> bool:
    """Whether this person hears nothing from the other."""
    row = exists().where(Mute.muter_id == person.id, Mute.muted_id == other_id)
    return bool(db.session.scalar(select(row)))


class ListKind(StrEnum):
    BLOCKED, MUTED = "blocked", "muted"


@dataclass(frozen=True, slots=True)
class Kept:
    """Somebody whom a person has blocked or muted, and since when."""

    kind: ListKind
    username: str
    name: str
    initials: str
    hue: int
    avatar_url: str | None
    since: datetime


def kept_away(person: User) -> Sequence[Kept]:
    """Whom this person has blocked or muted, the latest first. One statement.

    Those who are no longer here for anybody are left out.
    """
    rows = union_all(
        select(
            literal(ListKind.BLOCKED.value).label("kind"),
            Block.blocked_id.label("user_id"),
            Block.created_at.label("since"),
        ).where(Block.blocker_id == person.id),
        select(literal(ListKind.MUTED.value), Mute.muted_id, Mute.created_at).where(
            Mute.muter_id == person.id
        ),
    ).subquery("rows")
    found = db.session.execute(
        select(rows, User.username, User.first_name, User.last_name, User.avatar)
        .join(User, User.id == rows.c.user_id)
        .where(User.state.in_(SEEN))
        .order_by(rows.c.since.desc(), rows.c.user_id.desc(), rows.c.kind)
        .limit(LISTED_MOST)
    )
    return [
        Kept(
            kind=ListKind(row.kind),
            username=row.username,
            name=f"{row.first_name} {row.last_name}".strip(),
            initials=initials(row.first_name, row.last_name),
            hue=row.user_id % HUES + 1,
            avatar_url=f"/media/{row.avatar}" if row.avatar else None,
            since=row.since,
        )
        for row in found
    ]


# -- what the place itself does -------------------------------------------------------------------


def suspend(
    person: User, *, days: int | None, reason: str, now: datetime, by: User | None = None
) -> None:
    """Keep somebody out, for that many days or until they are restored.

    Their devices are signed out, nobody sees them, and what they had open is closed without
    blame. Raises WrongState for an account that is deleted.
    """
    _move(person, UserState.SUSPENDED, days, reason, now)
    _sign_out(person, now)
    closing.close_all(person, "suspension", now)
    events.record("person.suspended", actor=None, subject=person, to=[], now=now, days=days)
    _note("person.suspended", person, by, now, days=days, reason=person.state_body)


def limit(
    person: User, *, days: int | None, reason: str, now: datetime, by: User | None = None
) -> None:
    """Let somebody read and finish what is agreed, but not pitch, accept or propose."""
    _move(person, UserState.LIMITED, days, reason, now)
    events.record("person.limited", actor=None, subject=person, to=[], now=now, days=days)
    _note("person.limited", person, by, now, days=days, reason=person.state_body)


def restore(person: User, *, now: datetime, by: User | None = None) -> None:
    """Make somebody a full member again. Raises WrongState unless they are kept out or limited."""
    _restore(person, now)
    _note("person.restored", person, by, now)


def put_back(
    person: User, *, state: UserState, until: datetime | None, body: str, now: datetime
) -> None:
    """Let an account stand as it would without a decision that was wrong. The caller holds it."""
    person.state, person.state_until, person.state_body = state, until, body
    db.session.flush()
    events.record(
        "person.restored"
        if state is UserState.ACTIVE
        else "person.limited"
        if state is UserState.LIMITED
        else "person.suspended",
        actor=None,
        subject=person,
        to=[],
        now=now,
    )


def give_role(person: User, role: StaffRole, *, now: datetime, by: User | None = None) -> None:
    """Make somebody a moderator or an admin, or neither any more.

    Raises Refused for the last admin there is.
    """
    _lock(person)
    others = exists().where(
        User.staff_role == StaffRole.ADMIN, User.id != person.id, User.state.in_(SEEN)
    )
    if person.is_admin and role is not StaffRole.ADMIN and not db.session.scalar(select(others)):
        raise Refused("role", "last_admin")
    person.staff_role = role
    _note("person.role_given", person, by, now, role=role.value)


def _note(action: str, person: User, by: User | None, now: datetime, **facts: Any) -> None:
    audit.record(action, by=by, subject=person, person=person, now=now, **facts)


def _restore(person: User, now: datetime) -> None:
    _lock(person)
    if person.state not in (UserState.LIMITED, UserState.SUSPENDED):
        raise WrongState("person", person.state)
    person.state, person.state_until, person.state_body = UserState.ACTIVE, None, ""
    db.session.flush()
    events.record("person.restored", actor=None, subject=person, to=[], now=now)


def restore_if_due(person: User, now: datetime) -> bool:
    """End a limitation or suspension whose time is over. True if it was so."""
    if person.state is person.state_at(now):
        return False
    _lock(person)
    if person.state is person.state_at(now):  # somebody was quicker
        return False
    _restore(person, now)
    return True


def restore_due(now: datetime, limit: int) -> int:
    """The same for everybody it is due for, up to `limit`; returns how many. For the sweep."""
    due = db.session.scalars(
        select(User)
        .where(User.state.in_((UserState.LIMITED, UserState.SUSPENDED)), User.state_until <= now)
        .order_by(User.id)
        .limit(limit)
    ).all()
    return sum(restore_if_due(person, now) for person in due)


def delete_person(person: User, *, now: datetime) -> None:
    """Take somebody out of sight for good: signed out, invisible, what was open closed.

    Their documents go at once; erasing what else they left is another matter, and later. Raises
    WrongState the second time.
    """
    _move(person, UserState.DELETED, None, "", now)
    _sign_out(person, now)
    closing.close_all(person, "deletion", now)
    claims.erase_all_of(person, now)
    events.record("person.deleted", actor=None, subject=person, to=[], now=now)


def _move(person: User, state: UserState, days: int | None, reason: str, now: datetime) -> None:
    _lock(person)
    if person.state is UserState.DELETED:
        raise WrongState("person", person.state)
    person.state = state
    person.state_until = now + timedelta(days=days) if days else None
    person.state_body = reason.strip()[:STATE_BODY_MOST]
    db.session.flush()


def _lock(person: User) -> None:
    """Read anew what stands now that nobody else may move it."""
    exchanges.lock_people(person.id)
    db.session.refresh(person)


def _sign_out(person: User, now: datetime) -> None:
    """End every sign-in of theirs, wherever its cookie was copied to."""
    db.session.execute(
        update(SignIn)
        .where(SignIn.user_id == person.id, SignIn.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
    live.tell([person.id], "signed_out")
