"""48 hours after its end a board is what it was. Run by the sweep."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, insert, select

from skillswap.db import db
from skillswap.domain.boards.periods import FREEZES_AFTER, Period, at
from skillswap.domain.boards.reading import TOP
from skillswap.domain.boards.sources import MOST, Among, counted, source
from skillswap.domain.streaks.keeping import put
from skillswap.models import Board, BoardPlace, PeriodKind, User

# how many are looked back for: a sweep that was away longer leaves older ones as they are read
LOOKED_BACK = {PeriodKind.WEEK: 8, PeriodKind.MONTH: 3}


def freeze_due(now: datetime, limit: int) -> int:
    """Keep the boards that are settled; returns how many."""
    due = [period for kind in LOOKED_BACK for period in _unkept(kind, now)][:limit]
    for period in due:
        _freeze(period, now)
    return len(due)


def _unkept(kind: PeriodKind, now: datetime) -> list[Period]:
    period = at(kind, now - FREEZES_AFTER).before
    found = [period]
    while len(found) < LOOKED_BACK[kind]:
        found.append(found[-1].before)
    numbers = [one.number for one in found]
    kept = set(
        db.session.scalars(
            select(Board.number).where(Board.kind == kind, Board.number.in_(numbers))
        )
    )
    return [one for one in reversed(found) if one.number not in kept]


def _freeze(period: Period, now: datetime) -> None:
    """Write the first fifty and how many there were, unless another process was quicker."""
    rows = source(period, Among.EVERYONE, 0, None)
    on_it = select(rows).join(User, User.id == rows.c.user_id).where(counted(now, None))
    some = on_it.limit(MOST).subquery()
    people = db.session.scalar(select(func.count()).select_from(some)) or 0
    key = {"kind": period.kind, "number": period.number}
    if not put(Board, **key, people=people, frozen_at=now):
        return
    top = on_it.order_by(rows.c.points.desc(), rows.c.user_id.desc()).limit(TOP)
    places = [
        {**key, "user_id": user_id, "points": points, "sessions": sessions}
        for user_id, points, sessions in db.session.execute(top)
    ]
    if places:
        db.session.execute(insert(BoardPlace), places)
