"""What does a due delivery say, and may it still be said? Asked at the moment of sending.

Between the event and the mail people read, switch off, mute, block, are suspended or leave: what
may not be seen any more must not be sent either.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, select

from skillswap.db import db
from skillswap.domain import calendars, conversations, digests, live, notifications, preferences
from skillswap.domain.calendars import Invite
from skillswap.domain.deliveries import Claim, after_quiet_hours, claim_of
from skillswap.domain.notifications import Line
from skillswap.domain.preferences import Topic
from skillswap.domain.visibility import SEEN
from skillswap.models import (
    Channel,
    Delivery,
    DeliveryResult,
    Event,
    LearningSession,
    Mute,
    Notification,
    SessionState,
    User,
    UserState,
)


class Dropped(Exception):
    """Not to be sent any more; the message says why."""


class Later(Exception):
    """Not at this hour: it was held up until the reader's night."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until.isoformat()}")
        self.until = until


@dataclass(frozen=True, slots=True)
class Letter:
    """A delivery with everything that is needed to write it out."""

    claim: Claim
    address: str
    first_name: str
    timezone: str
    topic: Topic | None  # None: it concerns the account, and no switch is about it
    lines: tuple[Line, ...]  # of a notification one; of a digest those still unread
    at: datetime
    invite: Invite | None = None  # of a mail the calendar file that goes with it


def letter_for(claim: Claim, now: datetime) -> Letter:
    """The letter behind a claim. Raises Dropped when it may not, or need not, go any more; Later
    when it would wake somebody."""
    reader = db.session.get(User, claim.user_id, populate_existing=True)
    if reader is None or reader.state is UserState.DELETED:
        raise Dropped("the person has left")
    if claim.channel is Channel.DIGEST:
        return _digest(claim, reader, now)
    if claim.notification_id is not None:
        return _told(claim, reader, now)
    if claim.kind == conversations.TOLD:
        return _chat(claim, reader, now)
    if claim.kind == calendars.KIND:
        return _calendar(claim, reader, now)
    until = claim.payload.get("until")
    if until and datetime.fromisoformat(until) <= now:
        raise Dropped("its link is out of date")
    return _letter(claim, reader, None, [], now)


def _told(claim: Claim, reader: User, now: datetime) -> Letter:
    topic = preferences.topic_of(claim.kind)
    _check_open(reader, topic, claim.channel)
    _check_address(reader, claim.channel)
    this = Notification.id == claim.notification_id
    lines = notifications.lines(reader, this, ~_is_muted(), now=now, limit=1)
    if not lines:
        raise Dropped("nothing to open any more")
    invite = _invite(claim)
    if not lines[0].unread and invite is None:  # a calendar has to learn of it all the same
        raise Dropped("read meanwhile")
    if claim.kind == "session.reminded" and _is_overtaken(claim, now):
        raise Dropped("the session is not then any more")
    morning = after_quiet_hours(now, reader.timezone)
    if claim.channel is Channel.PUSH and morning > now:
        raise Later(morning)
    return _letter(claim, reader, topic, lines, now, invite)


def _chat(claim: Claim, reader: User, now: datetime) -> Letter:
    """That somebody wrote. Who has a page open sees it there, and is sent no push."""
    _check_open(reader, Topic.CHAT, claim.channel)
    _check_address(reader, claim.channel)
    said = claim.payload
    unread = conversations.unread_of(reader.id, said["conversation"], said["seq"], now)
    if unread is None:
        raise Dropped("read meanwhile")
    morning = after_quiet_hours(now, reader.timezone)
    if claim.channel is Channel.PUSH and morning > now:
        raise Later(morning)
    if claim.channel is Channel.PUSH and live.is_here(reader.id, now):
        raise Dropped("a page of theirs is open")
    line = notifications.chat_line(unread.other, unread.public_id, unread.count, unread.last_at)
    return _letter(claim, reader, Topic.CHAT, [line], now)


def _calendar(claim: Claim, reader: User, now: datetime) -> Letter:
    """A mail whose only news is its file. A later change of the session has a mail of its own."""
    topic = preferences.topic_of(claim.kind)
    _check_open(reader, topic, claim.channel)
    _check_address(reader, claim.channel)
    invite = _invite(claim)
    if invite is None or invite.booking.sequence != claim.payload.get("sequence"):
        raise Dropped("the session has changed since")
    return _letter(claim, reader, topic, [], now, invite)


def _invite(claim: Claim) -> Invite | None:
    """The calendar file that goes with a mail, if one does."""
    if claim.kind == calendars.KIND:
        return calendars.invite_now(claim.user_id, claim.payload.get("session", 0))
    if claim.channel is not Channel.EMAIL or not calendars.has_file(claim.kind):
        return None
    subject_id = db.session.scalar(
        select(Notification.subject_id).where(Notification.id == claim.notification_id)
    )
    return calendars.invite_of(claim.user_id, claim.kind, subject_id or 0)


def _is_overtaken(claim: Claim, now: datetime) -> bool:
    """Whether the session that a reminder is about has been moved, called off, or has begun."""
    row = db.session.execute(
        select(Event.facts, LearningSession.state, LearningSession.starts_at)
        .join(Notification, Notification.event_id == Event.id)
        .join(LearningSession, LearningSession.id == Notification.subject_id)
        .where(Notification.id == claim.notification_id)
    ).one()
    planned = datetime.fromisoformat(row.facts["starts_at"])
    stands = row.state is SessionState.SCHEDULED and row.starts_at == planned
    return not stands or planned <= now


def _digest(claim: Claim, reader: User, now: datetime) -> Letter:
    if reader.state not in SEEN:
        raise Dropped("the person is suspended")
    _check_address(reader, claim.channel)
    which = digests.still_new(reader.id, claim.created_at, before=claim.id)
    lines = notifications.lines(reader, which, ~_is_muted(), now=now, limit=digests.MOST_LINES)
    if not lines:
        raise Dropped("everything was read meanwhile")
    return _letter(claim, reader, None, lines, now)


def _check_open(reader: User, topic: Topic, channel: Channel) -> None:
    if reader.state not in SEEN and topic is not Topic.SECURITY:
        raise Dropped("the person is suspended")
    if not preferences.wanted(reader.id, topic, channel):
        raise Dropped("switched off")


def _check_address(reader: User, channel: Channel) -> None:
    if channel is not Channel.PUSH and reader.email_confirmed_at is None:
        raise Dropped("the address is not confirmed")


def _is_muted() -> ColumnElement[bool]:
    """Condition on a listed notification: its reader has muted who did it since."""
    return exists(
        select(Mute.muter_id).where(
            Mute.muter_id == Notification.user_id, Mute.muted_id == Event.actor_id
        )
    )


def _letter(
    claim: Claim,
    reader: User,
    topic: Topic | None,
    lines: list[Line],
    now: datetime,
    invite: Invite | None = None,
) -> Letter:
    return Letter(
        claim=claim,
        address=claim.payload.get("to") or reader.email,
        first_name=reader.first_name,
        timezone=reader.timezone,
        topic=topic,
        lines=tuple(lines),
        at=now,
        invite=invite,
    )


def kept(now: datetime, limit: int) -> list[Letter]:
    """The mails of the last hours that were due, newest first, also those read meanwhile.

    For /dev/mail alone: nothing is checked, and each asks the database.
    """
    rows = db.session.scalars(
        select(Delivery)
        .where(
            Delivery.channel.in_((Channel.EMAIL, Channel.DIGEST)),
            Delivery.due_at <= now,
            Delivery.result.is_distinct_from(DeliveryResult.DROPPED),
        )
        .order_by(Delivery.due_at.desc(), Delivery.id.desc())
        .limit(limit)
    ).all()
    return [letter for row in rows if (letter := _unchecked(claim_of(row), now)) is not None]


def _unchecked(claim: Claim, now: datetime) -> Letter | None:
    reader = db.session.get_one(User, claim.user_id)
    if claim.channel is Channel.DIGEST:
        which = digests.belongs(reader.id, claim.created_at)
        lines = notifications.lines(reader, which, now=now, limit=digests.MOST_LINES)
    elif claim.notification_id is not None:
        this = Notification.id == claim.notification_id
        lines = notifications.lines(reader, this, now=now, limit=1)
    elif claim.kind == calendars.KIND:
        lines = []
    else:
        return _letter(claim, reader, None, [], now)
    topic = None if claim.channel is Channel.DIGEST else preferences.topic_of(claim.kind)
    invite = _invite(claim)
    return _letter(claim, reader, topic, lines, now, invite) if lines or invite else None
