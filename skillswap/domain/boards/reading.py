"""Who stands where, and where do I? Two statements for a board that runs, two for an old one.

Places are RANK with ties, among those the reader can see: who is hidden leaves no gap. From the
thousandth on a place is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    func,
    literal,
    select,
    true,
    tuple_,
    union_all,
)

from skillswap.db import BigId, db
from skillswap.domain.boards.periods import Period, numbered
from skillswap.domain.boards.sources import MOST, Among, counted, source
from skillswap.domain.notifications import Face
from skillswap.domain.visibility import visible
from skillswap.models import Board, BoardPlace, PeriodKind, User
from skillswap.models.user import HUES, initials

TOP, NEAR, PODIUM, PAST_SHOWN = 50, 2, 3, 4
FACE = (User.id, User.username, User.first_name, User.last_name, User.avatar)

Which = Callable[[Subquery], ColumnElement[bool]]
Between = Callable[[Subquery, Subquery], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Place:
    """One person on a board."""

    person: Face
    place: int | None  # None from the thousandth on
    points: int
    sessions: int
    is_me: bool


@dataclass(frozen=True, slots=True)
class Mine:
    """The reader on a board."""

    points: int = 0
    sessions: int = 0
    place: int | None = None  # None: not on it, or too far down to count
    is_on: bool = False


@dataclass(frozen=True, slots=True)
class Standings:
    """A board as one reader sees it."""

    period: Period
    among: Among
    people: int  # with points; 1,000 stands for more
    top: Sequence[Place]
    near: Sequence[Place]  # two above me, me, two below, when I am further down
    mine: Mine
    is_frozen: bool = False

    @property
    def podium(self) -> Sequence[Place]:
        """The first three."""
        return self.top[:PODIUM]

    @property
    def rest(self) -> Sequence[Place]:
        """Those below them."""
        return self.top[PODIUM:]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader wants to see, and when."""

    reader: User
    period: Period
    among: Among
    skill_id: int | None
    now: datetime

    def rows(self, *, any_points: bool = False) -> Subquery:
        """Where the points come from: anew for each place in a statement."""
        key = (self.period, self.among, self.reader.id, self.skill_id)
        return source(*key, any_points=any_points)

    def own(self) -> Subquery:
        """The same without asking whether the reader is among them."""
        among = Among.SKILL if self.among is Among.SKILL else Among.EVERYONE
        return source(self.period, among, self.reader.id, self.skill_id)

    def counted(self) -> ColumnElement[bool]:
        """Condition: on this board, for this reader."""
        return counted(self.now, self.reader.id)


def standings(
    reader: User, period: Period, among: Among, now: datetime, *, skill_id: int | None = None
) -> Standings:
    """The board of a period among some people, as the reader sees it."""
    asked = Asked(reader, period, among, skill_id, now)
    if period.freezes_at <= now and among is Among.EVERYONE:
        people = db.session.scalar(
            select(Board.people).where(Board.kind == period.kind, Board.number == period.number)
        )
        if people is not None:
            return _frozen(asked, people)
    mine, people = _mine(asked)
    rows = db.session.execute(_rows(asked, mine)).all()
    top = _ranked([row for row in rows if row.part == 0], reader)
    near = [row for row in rows if row.part] if mine.is_on else []
    if any(place.is_me for place in top):
        near = []
    return Standings(period, among, people, top, _around(near, mine, reader), mine)


def _mine(asked: Asked) -> tuple[Mine, int]:
    """How the reader stands, and how many are on the board. One statement."""
    me = asked.reader.id
    own, rows = asked.own(), asked.rows()
    points = select(own.c.points).where(own.c.user_id == me).scalar_subquery()
    sessions = select(own.c.sessions).where(own.c.user_id == me).scalar_subquery()
    is_there = select(rows.c.user_id).where(rows.c.user_id == me).exists()
    am_counted = select(User.id).where(User.id == me, asked.counted(), is_there).exists()
    row = db.session.execute(
        select(
            points,
            sessions,
            am_counted,
            _how_many(asked, lambda one: one.c.points > points, any_points=True),
            _how_many(asked, lambda one: true()),
        )
    ).one()
    is_on = bool(row[2])
    place = row[3] + 1 if is_on and row[3] < MOST else None
    return Mine(row[0] or 0, row[1] or 0, place, is_on), row[4]


def _how_many(
    asked: Asked, which: Which, *, of: Subquery | None = None, any_points: bool = False
) -> ScalarSelect[int]:
    """How many on the board are so, as far as a thousand; `of` is a row further out."""
    rows = asked.rows(any_points=any_points)
    some = (
        select(rows.c.user_id)
        .join(User, User.id == rows.c.user_id)
        .where(asked.counted(), which(rows))
        .limit(MOST)
    )
    some = some.correlate(of) if of is not None else some
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


def _rows(asked: Asked, mine: Mine) -> CompoundSelect[Any]:
    """The first fifty; the two above the reader; the reader and the two below."""
    parts = [_part(asked, 0, TOP, lambda rows: true(), None)]
    if mine.is_on:
        here = tuple_(literal(mine.points), literal(asked.reader.id, BigId))
        has_place = mine.place is not None  # or nobody near has one that is counted
        up = _up_to(mine.points) if has_place else None
        down = _down_from(mine.points) if has_place else None
        parts += [
            _part(asked, 1, NEAR, lambda rows: _key(rows) > here, up),
            _part(asked, 2, NEAR + 1, lambda rows: _key(rows) <= here, down),
        ]
    return union_all(*parts)


def _key(rows: Subquery) -> ColumnElement[Any]:
    return tuple_(rows.c.points, rows.c.user_id)


def _up_to(points: int) -> Between:
    return lambda rows, row: and_(rows.c.points > points, rows.c.points <= row.c.points)


def _down_from(points: int) -> Between:
    return lambda rows, row: and_(rows.c.points > row.c.points, rows.c.points <= points)


def _part(
    asked: Asked,
    number: int,
    most: int,
    which: Which,
    between: Between | None,
) -> Select[Any]:
    """So many rows, and for each how many stand between it and the reader."""
    upwards = number == 1
    rows = asked.rows(any_points=upwards)
    keys = (rows.c.points, rows.c.user_id)
    some = (
        select(*FACE, rows.c.points, rows.c.sessions)
        .select_from(rows.join(User, User.id == rows.c.user_id))
        .where(asked.counted(), which(rows))
        .order_by(*(key.asc() if upwards else key.desc() for key in keys))
        .limit(most)
        .subquery()
    )
    step: ColumnElement[int] = literal(0)
    if between is not None:
        step = _how_many(asked, lambda others: between(others, some), of=some, any_points=True)
    return select(some, literal(number).label("part"), step.label("step"))


# -- what was read, in order and with places ------------------------------------------------------


def _ordered(rows: Iterable[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: (-row.points, -row.id))


def _ranked(rows: Iterable[Any], reader: User) -> list[Place]:
    """All from the first on: whoever has as many points has the same place."""
    first: dict[int, int] = {}
    ordered = _ordered(rows)
    for number, row in enumerate(ordered, 1):
        first.setdefault(row.points, number)
    return [_place(row, first[row.points], reader) for row in ordered]


def _around(rows: Iterable[Any], mine: Mine, reader: User) -> list[Place]:
    """Those around the reader, whose place is counted."""
    found = []
    for row in _ordered(rows):
        step = -row.step if row.part == 1 else row.step
        place = mine.place + step if mine.place is not None and row.step < MOST else None
        found.append(_place(row, place if place is None or place <= MOST else None, reader))
    return found


def _place(row: Any, place: int | None, reader: User) -> Place:
    person = Face(
        row.username,
        f"{row.first_name} {row.last_name}".strip(),
        initials(row.first_name, row.last_name),
        row.id % HUES + 1,
        f"/media/{row.avatar}" if row.avatar else None,
    )
    return Place(person, place, row.points, row.sessions, row.id == reader.id)


# -- old boards -----------------------------------------------------------------------------------


def _frozen(asked: Asked, people: int) -> Standings:
    """As it was kept, without who cannot be seen or has hidden since."""
    reader, period = asked.reader, asked.period
    rows = db.session.execute(
        select(*FACE, BoardPlace.points, BoardPlace.sessions)
        .join(User, User.id == BoardPlace.user_id)
        .where(BoardPlace.kind == period.kind, BoardPlace.number == period.number)
        .where(visible(to=reader.id), User.hides_from_boards.is_(False))
    ).all()
    top = _ranked(rows, reader)
    me = next((one for one in top if one.is_me), None)
    mine = Mine(me.points, me.sessions, me.place, True) if me else Mine()
    return Standings(period, asked.among, people, top, [], mine, is_frozen=True)


@dataclass(frozen=True, slots=True)
class Past:
    """A board that is settled, and who won."""

    period: Period
    winners: Sequence[Place]


def latest(reader: User, kind: PeriodKind, limit: int = PAST_SHOWN) -> list[Past]:
    """The last boards of that kind with their winners, the newest first. One statement."""
    numbers = (
        select(Board.number).where(Board.kind == kind).order_by(Board.number.desc()).limit(limit)
    )
    rows = db.session.execute(
        select(BoardPlace.number, *FACE, BoardPlace.points, BoardPlace.sessions)
        .join(User, User.id == BoardPlace.user_id)
        .where(BoardPlace.kind == kind, BoardPlace.number.in_(numbers.scalar_subquery()))
        .where(visible(to=reader.id), User.hides_from_boards.is_(False))
    ).all()
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.number, []).append(row)
    return [
        Past(
            numbered(kind, number),
            [one for one in _ranked(found[number], reader) if one.place == 1],
        )
        for number in sorted(found, reverse=True)
    ]
