"""What can staff do to an account, and what do they write down of it?

Nobody acts upon themselves, upon somebody they have an exchange with, or, without being an admin,
upon a colleague. Each act is in the audit log, and whoever it meets is told.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from skillswap.db import db
from skillswap.domain import audit, deliveries, email_links, exchanges, safety, sign_ins
from skillswap.domain.staff_people import Facts, facts_of, may_act
from skillswap.errors import NotAllowed, NotFound, Refused, WrongState
from skillswap.models import StaffNote, StaffRole, User, UserState
from skillswap.models.staff_note import NOTE_MOST

DAYS = {UserState.LIMITED: (7, 30), UserState.SUSPENDED: (7, 90)}
SAFETY = "/safety"


class Act(StrEnum):
    """What can be done to how somebody stands."""

    LIMIT, SUSPEND, RESTORE = "limit", "suspend", "restore"


INTO = {Act.LIMIT: UserState.LIMITED, Act.SUSPEND: UserState.SUSPENDED}


def options(staff: User, facts: Facts) -> tuple[Act, ...]:
    """What this member of staff may do to somebody as they stand now."""
    if not may_act(staff, facts):
        return ()
    match facts.state:
        case UserState.ACTIVE:
            return (Act.LIMIT, Act.SUSPEND)
        case UserState.LIMITED:
            return (Act.RESTORE, Act.SUSPEND)
    return (Act.RESTORE,)


def note(staff: User, username: str, *, body: str, now: datetime) -> StaffNote:
    """Leave a line for colleagues. Raises NotFound, Refused for an empty or long one."""
    person = facts_of(staff, username, now).person
    body = body.strip()
    if not body:
        raise Refused("body", "required")
    if len(body) > NOTE_MOST:
        raise Refused("body", "too_long", limit=NOTE_MOST)
    made = StaffNote(person_id=person.id, author_id=staff.id, body=body, created_at=now)
    db.session.add(made)
    db.session.flush()
    audit.record("person.noted", by=staff, subject=person, person=person, now=now)
    return made


def change(
    staff: User, username: str, *, act: Act | None, days: int | None, reason: str, now: datetime
) -> None:
    """Limit, suspend or restore somebody, and mail them why in those words.

    Raises NotFound, NotAllowed for whom a colleague has to act upon, WrongState when they stand
    so already, Refused for an act without a reason or with days that are not to be had.
    """
    facts = _held(staff, username, now)
    person = facts.person
    if act is None:
        raise Refused("act", "not_an_answer")
    if act not in options(staff, facts):
        raise WrongState("person", facts.state)
    reason = reason.strip()
    if act is Act.RESTORE:
        safety.restore(person, now=now, by=staff)
        deliveries.mail(person, "account.restored", now=now, path="/", words=reason)
        return
    least, most = DAYS[INTO[act]]
    if days is None or not least <= days <= most:
        raise Refused("days", "not_so_many_days", least=least, most=most)
    if not reason:
        raise Refused("reason", "required")
    if len(reason) > safety.STATE_BODY_MOST:
        raise Refused("reason", "too_long", limit=safety.STATE_BODY_MOST)
    verb = safety.limit if act is Act.LIMIT else safety.suspend
    verb(person, days=days, reason=reason, now=now, by=staff)
    kind = f"account.{INTO[act]}"
    deliveries.mail(person, kind, now=now, path=SAFETY, words=reason)


def sign_out(staff: User, username: str, now: datetime) -> int:
    """End every sign-in of somebody; returns how many. Harmless when repeated."""
    person = _held(staff, username, now).person
    ended = sign_ins.end_all(person, now)
    audit.record("person.signed_out", by=staff, subject=person, person=person, now=now)
    return ended


def confirm_again(staff: User, username: str, now: datetime) -> None:
    """Mail somebody the link that confirms their address once more.

    Raises WrongState when it is confirmed, TooMany, and NotFound where no mail is sent.
    """
    person = _held(staff, username, now).person
    if not email_links.send_again(person, now):
        raise WrongState("address", "confirmed")
    audit.record("person.confirmation_sent", by=staff, subject=person, person=person, now=now)


def give_role(staff: User, username: str, role: StaffRole | None, now: datetime) -> None:
    """Make somebody a moderator, an admin, or neither; they sign in anew. For admins alone.

    Raises NotFound for oneself and from whoever is no admin (any more), WrongState when they are
    that already, Refused for an account that is not in good standing.
    """
    person = _held(staff, username, now, as_admin=True).person
    if role is None:
        raise Refused("role", "not_an_answer")
    if person.staff_role is role:
        raise WrongState("role", "held")
    if role is not StaffRole.NONE and person.state_at(now) is not UserState.ACTIVE:
        raise Refused("role", "role_standing")
    safety.give_role(person, role, now=now, by=staff)
    sign_ins.end_all(person, now)


def _held(staff: User, username: str, now: datetime, *, as_admin: bool = False) -> Facts:
    """Somebody as they stand now that nobody else may move them or this member of staff.

    Of two admins who demote each other the slower one is no admin any more.
    """
    person = facts_of(staff, username, now).person
    exchanges.lock_people(staff.id, person.id)
    db.session.refresh(person)
    staff = db.session.get_one(User, staff.id, populate_existing=True)
    facts = facts_of(staff, username, now)
    if as_admin and not staff.is_admin:
        raise NotFound("person")
    if not as_admin and not may_act(staff, facts):
        raise NotAllowed("for_a_colleague")
    return facts
