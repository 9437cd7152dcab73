"""When could a person meet? What they say of their week, of other days, and how they keep room.

The hours are wall-clock truth in their own zone; what follows from them for two people is
`free_time.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, insert, select

from skillswap.db import db
from skillswap.domain.hours import Window, is_span, merged
from skillswap.errors import Refused
from skillswap.models import AvailabilityWindow, User


def set_week(person: User, windows: Iterable[Window]) -> None:
    """Take over a person's usual week, whole: what is not in it is not free any more.

    Raises Refused for hours that are none. The same week once more changes nothing.
    """
    windows = list(windows)
    for one in windows:
        if one.weekday not in range(7) or not is_span(one.start_minute, one.end_minute):
            raise Refused("week", "hours_shape")
    week = merged(windows)
    _lock(person)
    if week == list(week_of(person)):
        return
    db.session.execute(delete(AvailabilityWindow).where(AvailabilityWindow.user_id == person.id))
    if week:
        db.session.execute(
            insert(AvailabilityWindow),
            [
                {
                    "user_id": person.id,
                    "weekday": one.weekday,
                    "start_minute": one.start_minute,
                    "end_minute": one.end_minute,
                }
                for one in week
            ],
        )


def week_of(person: User) -> Sequence[Window]:
    """A person's usual week, in its order. One statement."""
    rows = db.session.execute(
        select(
            AvailabilityWindow.weekday,
            AvailabilityWindow.start_minute,
            AvailabilityWindow.end_minute,
        )
        .where(AvailabilityWindow.user_id == person.id)
        .order_by(AvailabilityWindow.weekday, AvailabilityWindow.start_minute)
    )
    return [Window(*row) for row in rows]


def _lock(person: User) -> None:
    """Let no other request of this person write hours meanwhile."""
    db.session.execute(select(User.id).where(User.id == person.id).with_for_update(key_share=True))
