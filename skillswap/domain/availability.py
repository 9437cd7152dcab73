"""When could a person meet? What they say of their week, of other days, and how they keep room.

The hours are wall-clock truth in their own zone; what follows from them for two people is
`free_time.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import delete, insert, select

from skillswap.db import db
from skillswap.domain.hours import DAY, Days, Window, ahead, is_span, merged, moved, moved_days
from skillswap.domain.limits import (
    DAILY_SESSIONS,
    EXCEPTION_LINE,
    EXCEPTION_WITHIN,
    EXCEPTIONS_AHEAD,
    NOTICE_HOURS,
    PITCH_CAPS,
    PLACES,
)
from skillswap.domain.touched import touch
from skillswap.errors import Refused
from skillswap.lib.clock import local
from skillswap.lib.text import Unprintable, clean_line
from skillswap.models import AvailabilityException, AvailabilityWindow, ExceptionKind, User
from skillswap.models.user import BUFFERS


@dataclass(frozen=True, slots=True)
class DifferentDays:
    """Days that are not like the usual week, as their person sees them."""

    id: int
    kind: ExceptionKind
    days: Days
    body: str


@dataclass(frozen=True, slots=True)
class Hours:
    """All that a person has said of their time."""

    week: Sequence[Window]
    different: Sequence[DifferentDays]  # those that are not over


# -- the usual week -------------------------------------------------------------------------------


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
    touch(person.id)
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


def hours_of(person: User, now: datetime) -> Hours:
    """What a person reads of their own hours. Two statements."""
    return Hours(week_of(person), _different(person, now))


def _lock(person: User) -> None:
    """Let no other request of this person write hours meanwhile."""
    db.session.execute(select(User.id).where(User.id == person.id).with_for_update(key_share=True))


# -- days that are different ----------------------------------------------------------------------


def add_exception(
    person: User,
    *,
    kind: ExceptionKind,
    first_on: date | None,
    last_on: date | None = None,
    span: tuple[int, int] = (0, DAY),
    body: str = "",
    now: datetime,
) -> None:
    """Note days on which a person is busy, or free beyond their week; `span` is of each of them.

    Without a last day it is one day. Raises Refused. The same once more changes nothing.
    """
    days = _check_days(first_on, last_on, local(now, person.timezone).date)
    if not is_span(*span):
        raise Refused("to_time", "times_order")
    body = _check_word(body)
    _lock(person)
    listed = _different(person, now)
    wanted = Days(days.first_on, days.last_on, *span)
    if any((one.kind, one.days, one.body) == (kind, wanted, body) for one in listed):
        return
    if len(listed) >= EXCEPTIONS_AHEAD:
        raise Refused("", "exceptions_full", limit=EXCEPTIONS_AHEAD)
    _insert(person, [(kind, wanted, body)])


def _check_days(first_on: date | None, last_on: date | None, today: date) -> Days:
    if first_on is None:
        raise Refused("first_on", "day_needed")
    last_on = last_on or first_on
    where = "first_on" if last_on == first_on else "last_on"
    if last_on < first_on:
        raise Refused("last_on", "days_order")
    if last_on < today:
        raise Refused(where, "days_over")
    if last_on > today + EXCEPTION_WITHIN:
        raise Refused(where, "days_far")
    return Days(max(first_on, today), last_on)


def _check_word(typed: str) -> str:
    try:
        line = clean_line(typed)
    except Unprintable:
        raise Refused("body", "control_characters") from None
    if len(line) > EXCEPTION_LINE:
        raise Refused("body", "too_long", limit=EXCEPTION_LINE)
    return line


def remove_exception(person: User, exception_id: int) -> None:
    """Take such days back: they are like any others again. What is gone stays gone."""
    db.session.execute(
        delete(AvailabilityException).where(
            AvailabilityException.id == exception_id, AvailabilityException.user_id == person.id
        )
    )


def _different(person: User, now: datetime) -> Sequence[DifferentDays]:
    """Those that are not over on their wall, the earliest first. One statement."""
    rows = db.session.execute(
        select(
            AvailabilityException.id,
            AvailabilityException.kind,
            AvailabilityException.body,
            AvailabilityException.first_on,
            AvailabilityException.last_on,
            AvailabilityException.start_minute,
            AvailabilityException.end_minute,
        )
        .where(
            AvailabilityException.user_id == person.id,
            AvailabilityException.last_on >= local(now, person.timezone).date,
        )
        .order_by(
            AvailabilityException.first_on,
            AvailabilityException.start_minute,
            AvailabilityException.id,
        )
    )
    return [DifferentDays(row.id, row.kind, Days(*row[3:]), row.body) for row in rows]


def _insert(person: User, noted: Iterable[tuple[ExceptionKind, Days, str]]) -> None:
    db.session.execute(
        insert(AvailabilityException),
        [
            {
                "user_id": person.id,
                "kind": kind,
                "first_on": days.first_on,
                "last_on": days.last_on,
                "start_minute": days.start_minute,
                "end_minute": days.end_minute,
                "body": body,
            }
            for kind, days, body in noted
        ],
    )


# -- room to breathe ------------------------------------------------------------------------------


def set_limits(
    person: User,
    *,
    notice_hours: int,
    buffer_minutes: int,
    daily_sessions: int,
    places: int,
    pitch_cap: int,
) -> None:
    """How much a person takes on: notice, breaks, sessions a day, exchanges and pitches at once.

    What is agreed already stays, also beyond them. Raises Refused for a number out of its range.
    """
    asked = {
        "notice_hours": (notice_hours, NOTICE_HOURS),
        "buffer_minutes": (buffer_minutes, BUFFERS),
        "daily_sessions": (daily_sessions, DAILY_SESSIONS),
        "places": (places, PLACES),
        "pitch_cap": (pitch_cap, PITCH_CAPS),
    }
    for name, (value, allowed) in asked.items():
        if value not in allowed:
            raise Refused(name, "from_to", least=min(allowed), most=max(allowed))
    for name, (value, _allowed) in asked.items():
        setattr(person, name, value)
    db.session.flush()


# -- another zone ---------------------------------------------------------------------------------


class ZoneAnswer(StrEnum):
    KEEP = "keep"  # the clock times: 18:00 stays 18:00
    MOVE = "move"  # the moments: 18:00 there is another time here


def change_zone(person: User, old: str, new: str, answer: str, now: datetime) -> None:
    """Let a person's hours follow them into another zone, or stay at their clock times.

    The week moves by the difference of this moment, other days by that of theirs. Raises Refused
    when the two answers differ and none was given. What is agreed is an instant and stays.
    """
    _lock(person)
    week = week_of(person)
    week_there = moved(week, ahead(now, old, new))
    days = [
        (one, there)
        for one in _different(person, now)
        if (there := moved_days(one.days, old, new)) != [one.days]
    ]
    if week_there == list(week) and not days:
        return
    if answer not in set(ZoneAnswer):
        raise Refused("hours", "zone_hours")
    if answer == ZoneAnswer.KEEP:
        return
    set_week(person, week_there)
    for one, _there in days:
        remove_exception(person, one.id)
    if days:
        _insert(person, [(one.kind, each, one.body) for one, there in days for each in there])
