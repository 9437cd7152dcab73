"""Who stands in the lists of teachers, with what? Owns the rows that lists are searched by.

`teacher_listings`, `swap_edges` and `hour_masks` are derived of a person's profile, skills, hours,
numbers, open pitches and active exchanges. They are made anew in the transaction that changes any
of these (`keep_touched`, before it is kept); `flask reindex` makes all anew, `flask doctor`
compares. Full and expired by the clock is what the sweep has written, within a minute.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import Executable, bindparam, delete, event, exists, func, insert, inspect, select
from sqlalchemy.orm import Session

from skillswap.db import Model, db
from skillswap.domain import touched
from skillswap.domain.answering import shown
from skillswap.domain.hour_masks import NO_HOURS, Mask, mask_of, stale_at
from skillswap.domain.hours import Window
from skillswap.domain.rating_totals import SHOWN_FROM
from skillswap.domain.visibility import SEEN
from skillswap.lib.clock import utcnow
from skillswap.lib.keyset import AnySelect
from skillswap.models import (
    AvailabilityWindow,
    Exchange,
    ExchangeLeg,
    ExchangeState,
    HourMask,
    Pitch,
    Skill,
    SkillState,
    SwapEdge,
    TeacherListing,
    User,
    UserSkill,
    UserSkillKind,
)
from skillswap.models.listing import CHOSEN_BY
from skillswap.models.pitch import OPEN

EDGES_EACH_WAY = 8  # of each side: offers times wants must not grow without end
AT_ONCE = 500
COLUMNS = (
    "teaching learning paused state places pitch_cap language_mask timezone rating_rank"
    " rating_milli rating_count answered_count unanswered_count reply_minutes verified_until"
).split()

Row = tuple[Any, ...]


@dataclass(slots=True)
class Derived:
    """The rows of some people, as they should be: by their keys."""

    listings: dict[tuple[int, int], Row] = field(default_factory=dict)
    edges: dict[tuple[int, int, int], Row] = field(default_factory=dict)
    masks: dict[tuple[int], Row] = field(default_factory=dict)

    def of(self, table: type[Model]) -> dict[Any, Row]:
        """Those of one table."""
        parts = {TeacherListing: self.listings, SwapEdge: self.edges, HourMask: self.masks}
        return parts[table]  # type: ignore[return-value]


# -- when they are made anew ----------------------------------------------------------------------


@event.listens_for(Session, "after_flush")
def _notice(unit: Session, _context: object) -> None:
    """Note of whom a flush changes what lists are made of."""
    ids = unit.info.setdefault(touched.KEY, set())
    for one in [*unit.new, *unit.dirty, *unit.deleted]:
        ids.update(_concerned(one))


def _concerned(one: object) -> Collection[int]:
    match one:
        case User() if _changed(one, *COLUMNS):
            return {one.id}
        case UserSkill() | AvailabilityWindow():
            return {one.user_id}
        case Pitch() if _changed(one, "state"):
            return {one.teacher_id}
        case Exchange() if _changed(one, "state"):
            return {one.teacher_id, one.learner_id}
        case ExchangeLeg():
            return {one.teacher_id}
    return ()


def _changed(one: object, *names: str) -> bool:
    """Whether it is new, also with these columns as they are by default, or one of them moved."""
    state = inspect(one)
    return state.pending or any(state.attrs[name].history.has_changes() for name in names)


@event.listens_for(Session, "before_commit")
def _before_it_is_kept(unit: Session) -> None:
    if not unit.in_nested_transaction():
        keep_touched(utcnow())


@event.listens_for(Session, "after_rollback")
def _forget(unit: Session) -> None:
    if not unit.in_nested_transaction():  # a savepoint undone leaves the rest to be kept
        unit.info.pop(touched.KEY, None)


def keep_touched(now: datetime) -> None:
    """Make the rows of everybody anew whom this unit of work has touched."""
    db.session.flush()
    ids = touched.take()
    for first in range(0, len(ids), AT_ONCE):
        keep(ids[first : first + AT_ONCE], now)


def refresh_due(now: datetime, limit: int) -> int:
    """Make the rows anew of those whose clocks change soon or have changed, and of those whose
    verification has run out. For the sweep.
    """
    due = select(HourMask.user_id).where(HourMask.stale_at <= now).order_by(HourMask.stale_at)
    ids = sorted({*db.session.scalars(due.limit(limit)), *_no_longer_verified(now, limit)})
    if ids:
        keep(ids, now)
    return len(ids)


def _no_longer_verified(now: datetime, limit: int | None) -> Sequence[int]:
    listed = exists().where(TeacherListing.user_id == User.id, TeacherListing.is_verified)
    query = select(User.id).where(User.verified_until <= now, listed)
    return db.session.scalars(query.order_by(User.verified_until, User.id).limit(limit)).all()


# -- what they are made of ------------------------------------------------------------------------


def keep(user_ids: Collection[int], now: datetime) -> None:
    """Write what has become different in these people's rows, held in their order."""
    wanted, standing = derive(user_ids, now, hold=True), stored(user_ids)
    for table in KEYS:
        _write(table, standing.of(table), wanted.of(table))


def derive(user_ids: Collection[int], now: datetime, *, hold: bool = False) -> Derived:
    """The rows of these people by their definition. Three statements."""
    found = Derived()
    people = _run(PEOPLE_HELD if hold else PEOPLE, user_ids)  # first: the rest is read under it
    windows: dict[int, list[Window]] = {}
    for row in _run(WINDOWS, user_ids):
        windows.setdefault(row.user_id, []).append(Window(*row[1:]))
    lines: dict[int, list[Any]] = {}
    for row in _run(LINES, user_ids):
        lines.setdefault(row.user_id, []).append(row)
    for person in people:
        week = windows.get(person.id)
        hours = mask_of(week, person.timezone, now) if week else NO_HOURS
        if week:
            found.masks[(person.id,)] = (*hours, stale_at(person.timezone, now))
        if _takes_pitches(person):
            verified = person.verified_until is not None and person.verified_until > now
            _list(found, person, lines.get(person.id, []), hours, verified=verified)
    return found


def _run(query: Executable, user_ids: Collection[int]) -> Sequence[Any]:
    return db.session.execute(query, {"ids": list(user_ids)}).all()


def _list(
    found: Derived, person: Any, lines: Sequence[Any], hours: Mask, *, verified: bool
) -> None:
    """The listings and the swaps of somebody who takes pitches."""
    offers = [line for line in lines if line.kind is UserSkillKind.OFFERED]
    wants = [line for line in lines if line.kind is UserSkillKind.WANTED]
    rated = person.rating_milli if person.rating_count >= SHOWN_FROM else 0
    answers = shown(person.answered_count, person.unanswered_count, person.reply_minutes)
    pace = person.reply_minutes if answers else None
    for place, line in enumerate(offers):
        found.listings[person.id, line.skill_id] = (
            person.rating_rank,
            line.level,
            person.language_mask,
            *hours,
            rated,
            pace,
            verified,
            place == 0,  # the first is of the highest level
        )
    if person.learning:
        pairs = product(offers[:EDGES_EACH_WAY], wants[:EDGES_EACH_WAY])
        for offer, want in pairs:
            edge = person.id, offer.skill_id, want.skill_id
            found.edges[edge] = (person.rating_rank,)


def _takes_pitches(person: Any) -> bool:
    return (
        person.teaching
        and person.paused is None
        and person.state in SEEN
        and person.taken < person.places
        and person.waiting < person.pitch_cap
    )


# -- put together once: that takes longer than running it -----------------------------------------

IDS: Any = bindparam("ids", expanding=True)


def _people() -> AnySelect:
    """What decides whether somebody takes pitches, and what a list says of them."""
    active = exists().where(
        Exchange.id == ExchangeLeg.exchange_id, Exchange.state == ExchangeState.ACTIVE
    )
    taken = (
        select(func.count(func.distinct(ExchangeLeg.exchange_id)))
        .where(ExchangeLeg.teacher_id == User.id, active)
        .scalar_subquery()
    )
    waiting = (
        select(func.count())
        .where(Pitch.teacher_id == User.id, Pitch.state.in_(OPEN))
        .scalar_subquery()
    )
    columns = (getattr(User, name) for name in COLUMNS)
    query = select(User.id, *columns, taken.label("taken"), waiting.label("waiting"))
    return query.where(User.id.in_(IDS)).order_by(User.id)


PEOPLE = _people()
PEOPLE_HELD = _people().with_for_update(key_share=True, of=User)
WINDOWS = select(
    AvailabilityWindow.user_id,
    AvailabilityWindow.weekday,
    AvailabilityWindow.start_minute,
    AvailabilityWindow.end_minute,
).where(AvailabilityWindow.user_id.in_(IDS))
LINES = (
    select(UserSkill.user_id, UserSkill.kind, UserSkill.skill_id, UserSkill.level)
    .join(Skill, Skill.id == UserSkill.skill_id)
    .where(UserSkill.user_id.in_(IDS), Skill.state != SkillState.MERGED)
    .order_by(UserSkill.level.desc(), UserSkill.skill_id)
)

# -- what stands ----------------------------------------------------------------------------------

HOURS = ("hours_0", "hours_1", "hours_2")
KEYS: dict[type[Model], tuple[str, ...]] = {
    TeacherListing: ("user_id", "skill_id"),
    SwapEdge: ("user_id", "offer_id", "want_id"),
    HourMask: ("user_id",),
}
VALUES: dict[type[Model], tuple[str, ...]] = {
    TeacherListing: ("rank", *CHOSEN_BY, "leads"),
    SwapEdge: ("rank",),
    HourMask: (*HOURS, "stale_at"),
}


def _standing(table: type[Model], names: Sequence[str]) -> AnySelect:
    columns = {name: getattr(table, name) for name in names}
    return select(*columns.values()).where(columns["user_id"].in_(IDS))


STANDING = {table: _standing(table, (*key, *VALUES[table])) for table, key in KEYS.items()}


def stored(user_ids: Collection[int]) -> Derived:
    """The rows of these people as they stand. Three statements."""
    found = Derived()
    for table, key in KEYS.items():
        rows = found.of(table)
        for row in _run(STANDING[table], user_ids):
            rows[tuple(row[: len(key)])] = tuple(row[len(key) :])
    return found


def _write(table: type[Model], standing: dict[Any, Row], wanted: dict[Any, Row]) -> None:
    """Let the rows of a table be those wanted: of each person all, or none where nothing moved."""
    moved = {
        key[0] for key in standing.keys() | wanted.keys() if standing.get(key) != wanted.get(key)
    }
    if not moved:
        return
    db.session.execute(
        delete(table)
        .where(getattr(table, "user_id").in_(sorted(moved)))  # noqa: B009
        .execution_options(synchronize_session=False)
    )
    columns = (*KEYS[table], *VALUES[table])
    new = [
        dict(zip(columns, (*key, *row), strict=True))
        for key, row in sorted(wanted.items())
        if key[0] in moved
    ]
    if new:
        db.session.execute(insert(table), new)


# -- all of them ----------------------------------------------------------------------------------


def reindex(after: int, now: datetime) -> int | None:
    """Make the rows of the next people behind that id anew; returns the last one's id, None when
    there is nobody. A transaction each, so that nobody waits long.
    """
    ids = _some(after)
    if not ids:
        return None
    keep(ids, now)
    return ids[-1]


def are_missing() -> bool:
    """Whether nothing was ever made: the tables are new, and there are people."""
    rows = (select(table) for table in KEYS)
    return bool(_some(0)) and not any(db.session.execute(one.limit(1)).first() for one in rows)


def drift(now: datetime) -> Iterator[str]:
    """Who has rows that differ from what they are made of. What the next sweep makes anew is no
    drift."""
    after = 0
    while ids := _some(after):
        wanted, standing = derive(ids, now), stored(ids)
        late = {key[0] for key, row in standing.masks.items() if row[-1] and row[-1] <= now}
        late |= set(_no_longer_verified(now, None))
        for table in KEYS:
            here, there = standing.of(table), wanted.of(table)
            keys = here.keys() | there.keys()
            for user_id in sorted(
                {key[0] for key in keys if here.get(key) != there.get(key)} - late
            ):
                yield f"the {table.__tablename__} of person {user_id}"
        after = ids[-1]


def _some(after: int) -> list[int]:
    query = select(User.id).where(User.id > after).order_by(User.id).limit(AT_ONCE)
    return list(db.session.scalars(query))
