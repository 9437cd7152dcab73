"""What has to leave the house, when, and who is sending it? The outbox behind email and push.

Rows are planned in the transaction of what they tell, claimed by a worker for the length of a
lease, sent outside any transaction, and marked by whoever still holds them. So a request waits for
no mail server, and a worker that is killed loses nothing: at worst one mail goes twice, with the
same Message-ID.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Row,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from skillswap.db import db, new_public_id
from skillswap.domain import preferences
from skillswap.domain.visibility import SEEN
from skillswap.lib.clock import from_wall, local
from skillswap.models import (
    Channel,
    Delivery,
    DeliveryResult,
    Event,
    Notification,
    PushSubscription,
    User,
)

LEASE = timedelta(minutes=5)  # longer than any batch takes: workers look at the clock
MAIL_WAITS = timedelta(minutes=1)  # who is here reads it meanwhile, and the mail drops out
MAILS_PER_DAY = 20  # of notifications; what is beyond goes into the digest
QUIET_FROM, QUIET_TO = 22, 8  # on the reader's clock, for push
BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 4, 15, 60, 180, 480, 1440))
MOST_ATTEMPTS = len(BACK_OFF) + 1
MOST_CLAIMS = 3 * MOST_ATTEMPTS  # a row that kills whoever takes it up is given up too
ERROR_LENGTH = 500
KEPT = timedelta(days=90)  # after it ended
OVER_LIMIT = "over the daily number of mails: left to the digest"
SILENT = "deliveries are silent"  # a key of db.session.info


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that one worker holds until `until`."""

    id: int
    public_id: str
    user_id: int
    notification_id: int | None
    channel: Channel
    kind: str
    payload: dict[str, Any]
    attempts: int
    owner: str
    until: datetime
    created_at: datetime


# -- planning -------------------------------------------------------------------------------------


@contextmanager
def silence() -> Iterator[None]:
    """Inside, events are told in the app only: for a past that is being invented (the demo)."""
    db.session.info[SILENT] = True
    try:
        yield
    finally:
        db.session.info.pop(SILENT, None)


def are_silent() -> bool:
    """Whether nothing leaves the house just now."""
    return bool(db.session.info.get(SILENT))


def is_offered(channel: Channel) -> bool:
    """Whether this place has that channel at all: production without SMTP_URL has no email."""
    offered = db.session.get_bind().get_execution_options().get("channels")
    return offered is None or channel in offered


def plan(event: Event, told: Sequence[Notification]) -> None:
    """Write the rows by which these notifications of one event leave the house.

    Two statements, however many people. Part of `notifications.notify`, in its transaction.
    """
    channels = [
        channel
        for channel in (Channel.EMAIL, Channel.PUSH)
        if is_offered(channel) and preferences.may_go_by(event.kind, channel)
    ]
    if not told or not channels or are_silent():
        return
    readers = {row.id: row for row in db.session.execute(_readers(event, told))}
    rows = [
        _row(channel, note, event, readers[note.user_id])
        for note in told
        if note.user_id in readers
        for channel in channels
        if getattr(readers[note.user_id], channel.value)
    ]
    add_new(rows)


def _readers(event: Event, told: Sequence[Notification]) -> Any:
    """Those who may be told, and by what."""
    topic = preferences.topic_of(event.kind)
    day_ago = event.happened_at - timedelta(days=1)
    subscribed = exists().where(PushSubscription.user_id == User.id)
    mails = (
        select(func.count())
        .select_from(Delivery)
        .where(
            Delivery.user_id == User.id,
            Delivery.channel == Channel.EMAIL,
            Delivery.notification_id.is_not(None),
            Delivery.created_at > day_ago,
        )
        .scalar_subquery()
    )
    return select(
        User.id,
        User.timezone,
        (preferences.wants(User.id, topic, Channel.EMAIL) & confirmed()).label(Channel.EMAIL.value),
        (preferences.wants(User.id, topic, Channel.PUSH) & subscribed).label(Channel.PUSH.value),
        mails.label("mails"),
    ).where(User.id.in_([note.user_id for note in told]), User.state.in_(SEEN))


def confirmed() -> ColumnElement[bool]:
    """Condition on User: the address is theirs. Strangers' addresses are told nothing."""
    return User.email_confirmed_at.is_not(None)


def _row(channel: Channel, note: Notification, event: Event, reader: Row[Any]) -> dict[str, Any]:
    due_at = note.due_at + MAIL_WAITS
    if channel is Channel.PUSH:
        due_at = after_quiet_hours(note.due_at, reader.timezone)
    row = row_of(
        f"{channel}:{note.id}", note.user_id, channel, event.kind, due_at, event.happened_at
    ) | {"notification_id": note.id}
    if channel is Channel.EMAIL and reader.mails >= MAILS_PER_DAY:
        row |= {
            "done_at": event.happened_at,
            "result": DeliveryResult.DROPPED,
            "error": OVER_LIMIT,
        }
    return row


def row_of(
    key: str, user_id: int, channel: Channel, kind: str, due_at: datetime, now: datetime
) -> dict[str, Any]:
    """The columns of a new row, for `add_new`."""
    return {
        "key": key,
        "public_id": new_public_id(),
        "user_id": user_id,
        "notification_id": None,
        "channel": channel,
        "kind": kind,
        "payload": {},
        "due_at": due_at,
        "attempts": 0,
        "owner": "",
        "error": "",
        "done_at": None,
        "result": None,
        "created_at": now,
    }


def add_new(rows: Sequence[dict[str, Any]]) -> int:
    """Write those whose key is not there yet, in one statement; returns how many that were."""
    if not rows:
        return 0
    written = db.session.execute(_insert(db.session.get_bind().dialect.name), list(rows))
    return len(written.all())


@cache
def _insert(dialect: str) -> Executable:
    """The statement of `add_new`, put together once: that takes longer than running it."""
    table = Delivery.__table__
    flavour: Any = postgresql if dialect == "postgresql" else sqlite
    statement: Executable = (
        flavour.insert(table).on_conflict_do_nothing(index_elements=["key"]).returning(table.c.id)
    )
    return statement


def after_quiet_hours(at: datetime, timezone: str) -> datetime:
    """`at`, or in somebody's night the next morning at eight on their clock."""
    wall = local(at, timezone).wall
    if QUIET_TO <= wall.hour < QUIET_FROM:
        return at
    day = wall.date() + timedelta(days=1 if wall.hour >= QUIET_FROM else 0)
    return from_wall(datetime(day.year, day.month, day.day, QUIET_TO), timezone)  # noqa: DTZ001 - a wall


def mail(
    person: User,
    kind: str,
    *,
    now: datetime,
    to: str = "",
    until: datetime | None = None,
    **payload: Any,
) -> bool:
    """Plan one mail that is no notification: a link to confirm, a notice about the account.

    `kind` names its template (`account.confirm` is emails/account_confirm). It goes to `to`, or
    to the person's address, and not any more after `until`. The payload is forgotten once it was
    sent. False, and nothing is written, where the place sends no mail.
    """
    if not is_offered(Channel.EMAIL):
        return False
    row = row_of(f"{kind}:{new_public_id()}", person.id, Channel.EMAIL, kind, now, now)
    row["payload"] = payload | {"to": to, "until": until.isoformat() if until else ""}
    add_new([row])
    return True


# -- sending --------------------------------------------------------------------------------------


def _is_due(channels: Sequence[Channel], now: datetime) -> ColumnElement[bool]:
    return and_(
        Delivery.done_at.is_(None),
        Delivery.due_at <= now,
        Delivery.channel.in_(channels),
        or_(Delivery.claimed_until.is_(None), Delivery.claimed_until <= now),
    )


def claim(channels: Sequence[Channel], owner: str, now: datetime, limit: int) -> list[Claim]:
    """Take up to `limit` due deliveries, the oldest first, for the length of the lease.

    Commit, then send. Two workers never hold the same one; what a killed worker held is free
    again when its lease is over. Writes nothing when nothing is due.
    """
    due = select(Delivery.id).where(_is_due(channels, now))
    if db.session.scalar(due.limit(1)) is None:
        return []
    # a CTE: PostgreSQL may run a plain subquery with a LIMIT more than once
    picked = (
        due.order_by(Delivery.due_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    rows: Sequence[Delivery] = db.session.scalars(
        update(Delivery)
        .where(Delivery.id.in_(select(picked.c.id)))
        .values(claimed_until=now + LEASE, owner=owner, attempts=Delivery.attempts + 1)
        .returning(Delivery)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).all()
    return [claim_of(row) for row in sorted(rows, key=lambda row: (row.due_at, row.id))]


def claim_of(row: Delivery) -> Claim:
    """The row as its holder knows it."""
    return Claim(
        id=row.id,
        public_id=row.public_id,
        user_id=row.user_id,
        notification_id=row.notification_id,
        channel=row.channel,
        kind=row.kind,
        payload=row.payload,
        attempts=row.attempts,
        owner=row.owner,
        until=row.claimed_until or row.due_at,
        created_at=row.created_at,
    )


def mark_sent(claim: Claim, now: datetime, *, forget: bool = True) -> bool:
    """It has left. With `forget` its payload, which may hold a secret link, is emptied.

    False when somebody else holds it meanwhile, as after every mark.
    """
    values: dict[str, Any] = {"done_at": now, "result": DeliveryResult.SENT, "error": ""}
    return _mark(claim, values | ({"payload": {}} if forget else {}))


def mark_dropped(claim: Claim, reason: str, now: datetime) -> bool:
    """It is not wanted any more: read meanwhile, switched off, the other side gone."""
    values = {"done_at": now, "result": DeliveryResult.DROPPED, "payload": {}}
    return _mark(claim, values | {"error": reason[:ERROR_LENGTH]})


def mark_failed(claim: Claim, error: str, now: datetime, *, for_good: bool = False) -> bool:
    """It could not be sent. Tried again later and later, given up after the eighth time.

    `for_good`: trying again would not help, such as for an address that does not exist.
    """
    values: dict[str, Any] = {"error": error[:ERROR_LENGTH]}
    if for_good or claim.attempts >= MOST_ATTEMPTS:
        values |= {"done_at": now, "result": DeliveryResult.FAILED}
    else:
        wait = BACK_OFF[claim.attempts - 1] * random.uniform(1.0, 1.2)  # noqa: S311 - jitter
        values |= {"due_at": now + min(wait, BACK_OFF[-1])}
    return _mark(claim, values)


def release(claim: Claim) -> bool:
    """Give it back untried, as if it had not been taken up."""
    return _mark(claim, {"attempts": claim.attempts - 1})


def postpone(claim: Claim, until: datetime) -> bool:
    """Give it back untried, for a better hour."""
    return _mark(claim, {"attempts": claim.attempts - 1, "due_at": until})


def _mark(claim: Claim, values: dict[str, Any]) -> bool:
    done = db.session.execute(
        update(Delivery)
        .where(
            Delivery.id == claim.id,
            Delivery.owner == claim.owner,
            Delivery.attempts == claim.attempts,  # the same worker may have taken it up again
            Delivery.done_at.is_(None),
        )
        .values(**values, claimed_until=None)
        .execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


def forget_due(now: datetime, limit: int) -> int:
    """Delete what ended long ago, some of the oldest at a time; returns how many."""
    oldest = select(Delivery.id).order_by(Delivery.id).limit(limit).scalar_subquery()
    done = db.session.execute(
        delete(Delivery)
        .where(Delivery.id.in_(oldest), Delivery.done_at <= now - KEPT)
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # a DELETE has one
