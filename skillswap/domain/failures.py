"""What could not be sent, for staff to see and to send again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from skillswap.db import db
from skillswap.domain import audit
from skillswap.errors import NotFound, WrongState
from skillswap.lib.keyset import Key, Page, page, paginate
from skillswap.models import Channel, Delivery, DeliveryResult, User


@dataclass(frozen=True, slots=True)
class FailedLine:
    """A delivery that was given up. Its text and address are nobody's business."""

    id: int
    public_id: str
    channel: Channel
    kind: str
    name: str
    username: str
    attempts: int
    error: str
    done_at: datetime


NEWEST = [Key(Delivery.done_at, "done_at"), Key(Delivery.id, "id")]  # type: ignore[arg-type]


def failed(cursor: str | None) -> Page:
    """Those that were given up, the newest first, as FailedLines."""
    query = (
        select(
            Delivery.id,
            Delivery.public_id,
            Delivery.channel,
            Delivery.kind,
            Delivery.attempts,
            Delivery.error,
            Delivery.done_at,
            User.username,
            User.first_name,
            User.last_name,
        )
        .join(User, User.id == Delivery.user_id)
        .where(Delivery.result == DeliveryResult.FAILED)
    )
    found = page(db.session.execute(paginate(query, NEWEST, cursor)).all(), NEWEST)
    return Page([_failed_line(row) for row in found.rows], found.after)


def _failed_line(row: Row[Any]) -> FailedLine:
    return FailedLine(
        id=row.id,
        public_id=row.public_id,
        channel=row.channel,
        kind=row.kind,
        name=f"{row.first_name} {row.last_name}".strip(),
        username=row.username,
        attempts=row.attempts,
        error=row.error,
        done_at=row.done_at,
    )


def retry(staff: User, public_id: str, now: datetime) -> None:
    """Try one again that was given up, from the first attempt. Raises NotFound, WrongState."""
    row = db.session.scalar(
        select(Delivery).where(Delivery.public_id == public_id).with_for_update()
    )
    if row is None:
        raise NotFound("delivery")
    if row.result is not DeliveryResult.FAILED:
        raise WrongState("delivery", row.result or "waiting")
    row.done_at, row.result, row.attempts, row.due_at = None, None, 0, now
    person = db.session.get_one(User, row.user_id)
    audit.record("delivery.retried", by=staff, subject=row, person=person, now=now, kind=row.kind)
