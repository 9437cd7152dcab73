"""A page of people with all that a score needs, in one statement: cards that say why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    ScalarSelect,
    SQLColumnExpression,
    String,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    select,
)

from skillswap.db import UtcDateTime
from skillswap.domain import impressions, teachers
from skillswap.domain.card_lines import read_lines
from skillswap.domain.free_time import AROUND, SOON, Side, common_minutes, instant
from skillswap.domain.matching import Candidate, Learner, Line, Score, caution, reasons, score
from skillswap.domain.places import places_query
from skillswap.domain.scheduling import OtherDays, Span
from skillswap.domain.teachers import VIEWER, Fit, SkillRef, TeacherCard
from skillswap.domain.usual import read_week, week_query
from skillswap.lib.clock import QUARTER_SECONDS
from skillswap.lib.keyset import PAGE_SIZE, AnySelect, Key, Page, page
from skillswap.models import AvailabilityException, BookedSlot, Pitch, SavedTeacher, User
from skillswap.models.availability import ExceptionKind
from skillswap.models.pitch import OPEN

PERSON: Any = literal_column("person.id")
NOW = bindparam("now", type_=UtcDateTime())
FIRST_DAY, LAST_DAY = bindparam("first_day", type_=Date()), bindparam("last_day", type_=Date())
FIRST_SLOT, LAST_SLOT = (
    bindparam(name, type_=BigInteger()) for name in ("first_slot", "last_slot")
)
RANKED = bindparam("ids", type_=BigInteger(), expanding=True)  # who has a place already
COLUMNS = (
    *teachers.COLUMNS,
    User.learning,
    User.language_mask,
    User.places,
    User.pitch_cap,
    User.notice_hours,
    User.daily_sessions,
    User.buffer_minutes,
    User.paused,
    User.paused_until,
)


# -- columns ------------------------------------------------------------------------------------


def _others(user_id: SQLColumnExpression[int]) -> ScalarSelect[str]:
    """Somebody's days unlike the week as one text, "busy:2026-03-26:2026-03-29:0:1440,…"."""
    one = AvailabilityException
    columns = (one.kind, one.first_on, one.last_on, one.start_minute, one.end_minute)
    first, *rest = (cast(column, String) for column in columns)
    line: ColumnElement[str] = first
    for column in rest:
        line = line.concat(":").concat(column)
    return (
        select(func.aggregate_strings(line, ","))
        .where(one.user_id == user_id, one.last_on >= FIRST_DAY, one.first_on <= LAST_DAY)
        .scalar_subquery()
    )


def _booked(user_id: SQLColumnExpression[int]) -> ScalarSelect[str]:
    """What somebody has given away as one text, "session:quarter hour,…"."""
    table = BookedSlot
    line = cast(table.learning_session_id, String).concat(":").concat(cast(table.slot, String))
    return (
        select(func.aggregate_strings(line, ","))
        .where(table.user_id == user_id, table.slot.between(FIRST_SLOT, LAST_SLOT))
        .scalar_subquery()
    )


def _waiting() -> ScalarSelect[int]:
    """How many pitches wait for an answer."""
    return (
        select(func.count())
        .where(Pitch.teacher_id == PERSON, Pitch.state.in_(OPEN), Pitch.respond_by > NOW)
        .scalar_subquery()
    )


# made once: building them takes longer than running them
MORE = (
    places_query(PERSON, NOW).scalar_subquery().label("taken"),
    _waiting().label("waiting"),
    impressions.shown_lately(PERSON).label("shown"),
    exists()
    .where(SavedTeacher.user_id == VIEWER, SavedTeacher.teacher_id == PERSON)
    .label("saved"),
    week_query(PERSON).label("week"),
    _others(PERSON).label("others"),
    _booked(PERSON).label("booked"),
    week_query(VIEWER).label("my_week"),
    _others(VIEWER).label("my_others"),
    _booked(VIEWER).label("my_booked"),
)


def values_at(now: datetime) -> dict[str, Any]:
    """What a statement with these columns is run with, beside the reader."""
    first, last = now - AROUND, now + SOON + AROUND
    return {
        "now": now,
        "first_day": first.date(),
        "last_day": last.date(),
        "first_slot": int(first.timestamp()) // QUARTER_SECONDS,
        "last_slot": int(last.timestamp()) // QUARTER_SECONDS,
        **impressions.lately(now),
    }


def page_query(
    people: AnySelect, keys: Sequence[Key], cursor: str | None = None, limit: int = PAGE_SIZE
) -> AnySelect:
    """One page of `people` (a select of COLUMNS) with all that a score needs."""
    return teachers.page_query(people, keys, for_reader=True, cursor=cursor, limit=limit, more=MORE)


# -- from rows to scores --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clock:
    """How somebody counts their time."""

    timezone: str
    daily_sessions: int
    buffer_minutes: int


def side_of(person: User | Any, week: str | None, others: str | None, booked: str | None) -> Side:
    """The time of somebody, out of the columns about it."""
    clock = Clock(person.timezone, person.daily_sessions, person.buffer_minutes)
    return Side(clock, read_week(week), _read_others(others), _read_booked(booked))


def my_side(row: Any, viewer: User) -> Side:
    """The reader's time: every row of a page has it."""
    return side_of(viewer, row.my_week, row.my_others, row.my_booked)


def _read_others(text: str | None) -> list[OtherDays]:
    found = []
    for line in text.split(",") if text else ():
        kind, first, last, start, end = line.split(":")
        days = date.fromisoformat(first), date.fromisoformat(last)
        found.append(OtherDays(ExceptionKind(kind), *days, int(start), int(end)))
    return found


def _read_booked(text: str | None) -> list[Span]:
    slots: dict[str, list[int]] = {}
    for line in text.split(",") if text else ():
        key, slot = line.split(":")
        slots.setdefault(key, []).append(int(slot))
    return [(instant(min(one)), instant(max(one) + 1)) for one in slots.values()]


def score_of(row: Any, viewer: User, mine: Side, asked: int | None, now: datetime) -> Score:
    """The score of the person of a row, with the hours that the two really have in common."""
    lines = read_lines(row.lines)
    theirs = side_of(row, row.week, row.others, row.booked)
    offered = [line for line in lines if line.offered]
    wanted = [line for line in lines if not line.offered] if row.learning else []
    learner = Learner(
        user_id=viewer.id,
        wants={one.skill_id: one.mine for one in offered if one.mine} if viewer.learning else {},
        offers={one.skill_id: one.mine for one in wanted if one.mine} if viewer.teaching else {},
        language_mask=viewer.language_mask,
        hours_known=mine.is_known,
        looking_for=asked,
    )
    teacher = Candidate(
        user_id=row.id,
        first_name=row.first_name,
        offers={one.skill_id: Line(one.name, one.level) for one in offered},
        wants={one.skill_id: Line(one.name, one.level) for one in wanted},
        language_mask=row.language_mask,
        hours_known=theirs.is_known,
        common_minutes=common_minutes(mine, theirs, row.notice_hours, now),
        rating_rank=row.rating_rank,
        rating_milli=row.rating_milli,
        rating_count=row.rating_count,
        answered=row.answered_count,
        unanswered=row.unanswered_count,
        reply_minutes=row.reply_minutes,
        last_seen_at=row.last_seen_at,
        places=row.places,
        taken=row.taken,
        pitch_cap=row.pitch_cap,
        waiting=row.waiting,
        shown=row.shown,
    )
    return score(learner, teacher, now)


def scored(
    rows: Sequence[Any], viewer: User, skill: SkillRef | None, now: datetime
) -> list[tuple[Score, Any]]:
    """Each row with its score. `skill`: what was looked for just now."""
    if not rows:
        return []
    mine, asked = my_side(rows[0], viewer), skill.id if skill else None
    return [(score_of(row, viewer, mine, asked, now), row) for row in rows]


def card_of(
    one: Score, row: Any, viewer: User, skill: SkillRef | None, first: frozenset[int], now: datetime
) -> TeacherCard:
    """A card that says why."""
    fit = Fit(reasons(one), caution(one), skill.slug if skill else "")
    return teachers.card_of(row, viewer, now, first, fit)


def cards(
    query: AnySelect,
    keys: Sequence[Key],
    *,
    viewer: User,
    skill: SkillRef | None,
    first: frozenset[int],
    now: datetime,
    values: Mapping[str, Any] | None = None,
) -> Page:
    """The cards of a `page_query` in its own order; each says why. One statement.

    `values`: what else the query is run with.
    """
    found = page(teachers.run(query, viewer, **values_at(now), **(values or {})).all(), keys)
    made = [
        card_of(one, row, viewer, skill, first, now)
        for one, row in scored(found.rows, viewer, skill, now)
    ]
    return Page(made, found.after)
