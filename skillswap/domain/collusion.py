"""Whose points come mostly from one partner? A list for moderators, who may let somebody back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain import audit
from skillswap.errors import NotFound
from skillswap.lib.keyset import Key, Page, page, paginate
from skillswap.models import PointsFlag, User

NEWEST = [Key(PointsFlag.found_at, "found_at"), Key(PointsFlag.id, "id")]  # type: ignore[arg-type]
Owner, Partner, Other = aliased(User), aliased(User), aliased(User)


@dataclass(frozen=True, slots=True)
class FlagLine:
    """Somebody who is on no board until this is cleared or over."""

    public_id: str
    username: str
    name: str
    partner: str
    other: str  # the third of a circle, or nothing
    points: int
    share: int  # of a hundred
    found_at: datetime
    until: datetime


def flagged(staff: User, cursor: str | None, now: datetime) -> Page:
    """Flags that stand, the newest first; none about oneself. One statement."""
    query = (
        select(
            PointsFlag.id,
            PointsFlag.public_id,
            PointsFlag.points,
            PointsFlag.share,
            PointsFlag.found_at,
            PointsFlag.until,
            Owner.username,
            Owner.first_name,
            Owner.last_name,
            Partner.first_name.label("partner_first"),
            Partner.last_name.label("partner_last"),
            Other.first_name.label("other_first"),
            Other.last_name.label("other_last"),
        )
        .join(Owner, Owner.id == PointsFlag.user_id)
        .join(Partner, Partner.id == PointsFlag.partner_id)
        .outerjoin(Other, Other.id == PointsFlag.other_id)
        .where(PointsFlag.cleared_at.is_(None), PointsFlag.until > now, *_impartial(staff))
    )
    found = page(db.session.execute(paginate(query, NEWEST, cursor)).all(), NEWEST)
    return Page([_line(row) for row in found.rows], found.after)


def _impartial(staff: User) -> list[ColumnElement[bool]]:
    three = (PointsFlag.user_id, PointsFlag.partner_id, func.coalesce(PointsFlag.other_id, 0))
    return [column != staff.id for column in three]


def _line(row: Any) -> FlagLine:
    other = f"{row.other_first} {row.other_last}".strip() if row.other_first else ""
    return FlagLine(
        public_id=row.public_id,
        username=row.username,
        name=f"{row.first_name} {row.last_name}".strip(),
        partner=f"{row.partner_first} {row.partner_last}".strip(),
        other=other,
        points=row.points,
        share=row.share,
        found_at=row.found_at,
        until=row.until,
    )


def clear(staff: User, public_id: str, *, now: datetime) -> PointsFlag:
    """Let somebody back on the boards: it was honest. Harmless when repeated.

    Raises NotFound for a flag that is not there, or is about this member of staff.
    """
    flag = db.session.scalar(
        select(PointsFlag)
        .where(PointsFlag.public_id == public_id, *_impartial(staff))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if flag is None or not staff.is_staff:
        raise NotFound("flag")
    if flag.cleared_at is None:
        flag.cleared_at, flag.cleared_by_id = now, staff.id
        owner = db.session.get_one(User, flag.user_id)
        audit.record("collusion.cleared", by=staff, subject=flag, person=owner, now=now)
    return flag
