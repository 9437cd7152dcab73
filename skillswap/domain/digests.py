"""Who gets a digest this morning, and what stands in it?

One mail at eight on the reader's clock with what they have not read, and no mail when there is
nothing. What one digest named is not named by the next.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain import deliveries, preferences
from skillswap.domain.preferences import Topic, UserId
from skillswap.domain.visibility import SEEN
from skillswap.domain.wording import WORDS
from skillswap.lib.clock import from_wall, local, zone_names
from skillswap.models import Channel, Delivery, DeliveryResult, Event, Notification, User

HOUR = 8
LATEST = 11  # when no worker ran at eight
REACHES_BACK = timedelta(days=7)
MOST_LINES = 20
KIND = "digest"
# other rows than the one in hand; made once, since an alias takes long to make
Given, Earlier, KeptBack = aliased(Delivery), aliased(Delivery), aliased(Delivery)


def plan_due(now: datetime, limit: int) -> int:
    """Plan the digests of everybody whose morning it is; returns how many were written."""
    if not deliveries.is_offered(Channel.DIGEST):
        return 0
    planned = 0
    for eight, zones in mornings(now).items():
        if planned < limit:
            planned += _plan(eight, zones, limit - planned)
    return planned


def mornings(now: datetime) -> dict[datetime, list[str]]:
    """Where it is morning: the instant at which it was eight, and the zones."""
    found: dict[datetime, list[str]] = defaultdict(list)
    for name in zone_names():
        wall = local(now, name).wall
        if HOUR <= wall.hour < LATEST:
            eight = datetime(wall.year, wall.month, wall.day, HOUR)  # noqa: DTZ001 - on a wall
            found[from_wall(eight, name)].append(name)
    return found


def _plan(eight: datetime, zones: list[str], limit: int) -> int:
    day = local(eight, zones[0]).date.isoformat()
    has_today = exists().where(
        Given.user_id == User.id, Given.channel == Channel.DIGEST, Given.created_at == eight
    )
    something = exists(
        select(Notification.id)
        .join(Event, Event.id == Notification.event_id)
        .where(Notification.user_id == User.id, still_new(Notification.user_id, eight))
    )
    query = (
        select(User.id)
        .where(User.timezone.in_(zones), User.state.in_(SEEN), deliveries.confirmed())
        .where(~has_today, something)
        .order_by(User.id)
        .limit(limit)
    )
    return deliveries.add_new(
        [
            deliveries.row_of(
                f"digest:{user_id}:{day}", user_id, Channel.DIGEST, KIND, eight, eight
            )
            for user_id in db.session.scalars(query)
        ]
    )


def still_new(reader: UserId, eight: datetime, *, before: int | None = None) -> ColumnElement[bool]:
    """Condition on Notification and its Event: to be named by that reader's digest of that morning.

    What belongs into it, is unread, and was not named by an earlier one. `before` is this digest's
    own number, once it has one. A column as `reader` must belong to the query that this stands in,
    not to one further out.
    """
    named = exists().where(
        Earlier.user_id == reader,
        Earlier.channel == Channel.DIGEST,
        Earlier.created_at >= Notification.due_at,
        *([Earlier.id < before] if before is not None else []),
    )
    return and_(Notification.read_at.is_(None), belongs(reader, eight), ~named)


def belongs(reader: UserId, eight: datetime) -> ColumnElement[bool]:
    """Condition: of the days before that morning, and of a topic the reader wants in their digest,
    or one mail too many.
    """
    return and_(
        Notification.due_at <= eight,
        Notification.due_at > eight - REACHES_BACK,
        or_(*_is_wanted(reader), _was_too_much()),
    )


def _is_wanted(reader: UserId) -> list[ColumnElement[bool]]:
    kinds: dict[Topic, list[str]] = defaultdict(list)
    for kind in WORDS:
        kinds[preferences.topic_of(kind)].append(kind)
    return [
        Event.kind.in_(those) & preferences.wants(reader, topic, Channel.DIGEST)
        for topic, those in kinds.items()
    ]


def _was_too_much() -> ColumnElement[bool]:
    """A mail about it was planned, and was one too many."""
    return exists().where(
        KeptBack.notification_id == Notification.id,
        KeptBack.result == DeliveryResult.DROPPED,
        KeptBack.error == deliveries.OVER_LIMIT,
    )
