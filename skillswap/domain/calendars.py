"""What stands in a person's own calendar: one session, all of theirs, and what is mailed of each.

A person may have one address that a calendar program fetches. It is signed over their id and
`calendar_serial`; an odd serial is an open address, an even one none, and each change is one more,
so that no address ever works again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, update
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain import deliveries, preferences
from skillswap.domain.preferences import Topic
from skillswap.domain.visibility import SEEN, visible
from skillswap.errors import NotFound
from skillswap.lib.keyset import AnySelect
from skillswap.models import (
    Channel,
    Event,
    Exchange,
    LearningSession,
    Notification,
    PlaceKind,
    Proposal,
    ProposalState,
    SessionState,
    Skill,
    User,
)

KIND = "session.calendar"  # of a mail that carries a file and is no notification
REACHES_BACK = timedelta(days=60)
CANCELLED_STAYS = timedelta(days=30)
MOST_ENTRIES = 500
# what a calendar has to learn of: after these the time stands, after those it is free
STANDS = frozenset({"session.scheduled", "session.moved", "session.place_changed"})
FREES = frozenset({"session.cancelled", "session.closed", "exchange.cancelled"})
Other = aliased(User)


@dataclass(frozen=True, slots=True)
class Booking:
    """A session that has a time, from one person's side."""

    id: int
    public_id: str
    sequence: int
    changed_at: datetime
    starts_at: datetime
    ends_at: datetime
    cancelled: bool
    skill: str
    i_teach: bool
    partner: str  # their first name, no more: calendars are shared; "" when they are not there
    in_person: str  # where, when it is not online


# -- reading --------------------------------------------------------------------------------------


def _of(reader_id: int) -> ColumnElement[bool]:
    """Condition: this person teaches or learns in it, and it has had a time."""
    return and_(
        or_(LearningSession.teacher_id == reader_id, LearningSession.learner_id == reader_id),
        LearningSession.state != SessionState.PROPOSED,
        LearningSession.starts_at.is_not(None),
    )


def _bookings(reader_id: int) -> AnySelect:
    agreed_at = (
        select(func.max(Proposal.answered_at))
        .where(
            Proposal.learning_session_id == LearningSession.id,
            Proposal.state == ProposalState.ACCEPTED,
        )
        .correlate(LearningSession)
        .scalar_subquery()
    )
    partner_id = case(
        (LearningSession.teacher_id == reader_id, LearningSession.learner_id),
        else_=LearningSession.teacher_id,
    )
    return (
        select(
            LearningSession.id,
            LearningSession.public_id,
            LearningSession.sequence,
            LearningSession.state,
            LearningSession.starts_at,
            LearningSession.ends_at,
            LearningSession.teacher_id,
            LearningSession.place_kind,
            LearningSession.place_body,
            LearningSession.created_at,
            LearningSession.ended_at,
            agreed_at.label("agreed_at"),
            Skill.name.label("skill"),
            Other.first_name,
            visible(Other, to=reader_id).label("is_there"),
        )
        .join(Skill, Skill.id == LearningSession.skill_id)
        .join(Other, Other.id == partner_id)
        .where(_of(reader_id))
    )


def _booking(row: Any, reader_id: int) -> Booking:
    cancelled = row.state is SessionState.CANCELLED
    return Booking(
        id=row.id,
        public_id=row.public_id,
        sequence=row.sequence,
        changed_at=(row.ended_at if cancelled else None) or row.agreed_at or row.created_at,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        cancelled=cancelled,
        skill=row.skill,
        i_teach=row.teacher_id == reader_id,
        partner=row.first_name if row.is_there else "",
        in_person=row.place_body if row.place_kind is PlaceKind.IN_PERSON else "",
    )


def booking_from(one: LearningSession, reader: User) -> Booking:
    """A session that was read already, has a time, and both people of which are there."""
    if one.starts_at is None or one.ends_at is None:
        raise NotFound("session")
    partner = one.partner_of(reader)
    return Booking(
        id=one.id,
        public_id=one.public_id,
        sequence=one.sequence,
        changed_at=one.created_at,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        cancelled=one.state is SessionState.CANCELLED,
        skill=one.skill.name,
        i_teach=one.teacher_id == reader.id,
        partner=partner.first_name,
        in_person=one.place_body if one.place_kind is PlaceKind.IN_PERSON else "",
    )


def booking_of(reader: User, public_id: str) -> Booking:
    """One session of mine that has a time. NotFound for others, and while the partner is gone."""
    query = _bookings(reader.id).where(
        LearningSession.public_id == public_id, visible(Other, to=reader.id)
    )
    row = db.session.execute(query).one_or_none()
    if row is None:
        raise NotFound("session")
    return _booking(row, reader.id)


# -- the address that is fetched ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a calendar program is given: whose it is, and what stands in it, the latest first."""

    owner: User
    bookings: Sequence[Booking]


def has_address(person: User) -> bool:
    """Whether an address is open."""
    return person.calendar_serial % 2 == 1


def new_address(person: User) -> None:
    """Open an address; one that was open before ends."""
    _raise(person, case((User.calendar_serial % 2 == 1, 2), else_=1))


def end_address(person: User) -> None:
    """End the address, if one is open."""
    _raise(person, case((User.calendar_serial % 2 == 1, 1), else_=0))


def _raise(person: User, by: ColumnElement[int]) -> None:
    # in the database: two tabs at once never come to the same serial
    db.session.execute(
        update(User)
        .where(User.id == person.id)
        .values(calendar_serial=User.calendar_serial + by)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(person, ["calendar_serial"])


def calendar_of(user_id: int, serial: int, now: datetime) -> Calendar:
    """Everything ahead and of the last 60 days, for the holder of an address. Two statements.

    Cancelled sessions stay for 30 days, as such. NotFound when the address is another by now, and
    for people who are not there.
    """
    owner = db.session.scalar(
        select(User).where(User.id == user_id, User.calendar_serial == serial, visible(to=None))
    )
    if owner is None or not has_address(owner):
        raise NotFound("calendar")
    cancelled = LearningSession.state == SessionState.CANCELLED
    query = (
        _bookings(user_id)
        .where(
            visible(Other, to=user_id),
            LearningSession.ends_at > now - REACHES_BACK,
            or_(~cancelled, LearningSession.ended_at > now - CANCELLED_STAYS),
        )
        .order_by(LearningSession.starts_at.desc(), LearningSession.id.desc())
        .limit(MOST_ENTRIES)
    )
    rows = db.session.execute(query).all()
    return Calendar(owner, [_booking(row, user_id) for row in rows])


# -- what is mailed -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Invite:
    """What a mail's file is about."""

    booking: Booking
    cancels: bool


def enclose(event: Event) -> None:
    """The consequence: plan a mail with a calendar file for whoever gets none with a notification.

    That is who did it, who has muted them, and of weekly repeats and of an exchange that ends both
    people for each session. One mail a session, since no calendar takes in two of a mail alike.
    """
    if not deliveries.is_offered(Channel.EMAIL) or db.session.info.get(deliveries.SILENT):
        return
    told = set(
        db.session.scalars(select(Notification.user_id).where(Notification.event_id == event.id))
    )
    rows = [
        deliveries.row_of(
            f"calendar:{event.id}:{row.id}:{row.user_id}",
            row.user_id,
            Channel.EMAIL,
            KIND,
            event.happened_at + deliveries.MAIL_WAITS,
            event.happened_at,
        )
        | {"payload": {"session": row.id, "sequence": row.sequence}}
        for row in db.session.execute(_guests(event))
        if row.user_id not in told or not _is_about(event, row.id)
    ]
    deliveries.add_new(rows)


def _is_about(event: Event, session_id: int) -> bool:
    subject = (event.subject_type, event.subject_id)
    return subject == (LearningSession.__tablename__, session_id)


def _guests(event: Event) -> AnySelect:
    """Which of the two wants a file of which session that the event has changed."""
    return (
        select(LearningSession.id, LearningSession.sequence, User.id.label("user_id"))
        .join(
            User,
            or_(User.id == LearningSession.teacher_id, User.id == LearningSession.learner_id),
        )
        .where(
            _changed_by(event),
            LearningSession.starts_at.is_not(None),
            User.state.in_(SEEN),
            deliveries.confirmed(),
            preferences.wants(User.id, Topic.SESSIONS, Channel.EMAIL),
        )
        .order_by(LearningSession.starts_at, User.id)
    )


def _changed_by(event: Event) -> ColumnElement[bool]:
    if event.subject_type == Exchange.__tablename__:
        return and_(  # those it has called off
            LearningSession.exchange_id == event.subject_id,
            LearningSession.state == SessionState.CANCELLED,
            LearningSession.ended_at == event.happened_at,
        )
    this = LearningSession.id == event.subject_id
    if event.kind != "session.scheduled":
        return this
    # the weeks after it are made in the same instant
    exchange_id = (
        select(LearningSession.exchange_id)
        .where(LearningSession.id == event.subject_id)
        .scalar_subquery()
    )
    repeats = and_(
        LearningSession.exchange_id == exchange_id,
        LearningSession.created_at == event.happened_at,
        LearningSession.state == SessionState.SCHEDULED,
    )
    return or_(this, repeats)


def has_file(kind: str) -> bool:
    """Whether the mail about such an event brings a calendar file: it is about one session."""
    return kind in STANDS | FREES and kind.startswith("session.")


def invite_of(reader_id: int, kind: str, session_id: int) -> Invite | None:
    """What the file of a mail about such an event says by now; None when it would say something
    else than the mail."""
    invite = invite_now(reader_id, session_id)
    return invite if invite and invite.cancels is (kind in FREES) else None


def invite_now(reader_id: int, session_id: int) -> Invite | None:
    """What a calendar should hold of a session; None when it has no time, or the partner of one
    that stands is gone."""
    row = db.session.execute(
        _bookings(reader_id).where(LearningSession.id == session_id)
    ).one_or_none()
    if row is None:
        return None
    booking = _booking(row, reader_id)
    if not booking.cancelled and not booking.partner:
        return None
    return Invite(booking, booking.cancelled)
