"""Who was shown to whom, and how often lately? Owns `impressions` and `exposures`.

A page that is read writes nothing: what it showed is noted in memory, and kept by the sweep or by
`keep_all` of a process that sweeps nothing. The notes end with the process, at most a minute of
them. Once for each viewer, list and day (UTC), so that nobody is made to look often shown by
somebody who presses reload.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, ScalarSelect, bindparam, delete, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from skillswap.db import afterwards, db
from skillswap.domain.matching import Score
from skillswap.models import Exposure, Impression, ShownIn, User

NOTED_MOST = 5_000  # beyond it the oldest are let go: a note is worth less than memory
LATELY = timedelta(days=7)
KEPT_FOR = timedelta(days=90)
DIGITS = 3

FROM_DAY, TO_DAY = bindparam("shown_from", type_=Date()), bindparam("shown_to", type_=Date())


@dataclass(frozen=True, slots=True)
class Note:
    """That somebody was shown a teacher."""

    viewer_id: int
    teacher_id: int
    shown_in: ShownIn
    position: int
    skill_id: int | None
    values: tuple[float, ...]
    names: tuple[str, ...]
    at: datetime

    @property
    def key(self) -> tuple[int, date, int, ShownIn]:
        """What there is one row of."""
        return self.viewer_id, self.at.date(), self.teacher_id, self.shown_in

    @property
    def row(self) -> dict[str, Any]:
        """The row it becomes."""
        viewer_id, day, teacher_id, shown_in = self.key
        return {
            "viewer_id": viewer_id,
            "day": day,
            "teacher_id": teacher_id,
            "shown_in": shown_in,
            "position": self.position,
            "skill_id": self.skill_id,
            "parts": dict(zip(self.names, self.values, strict=True)),
            "shown_at": self.at,
        }


noted: deque[Note] = deque(maxlen=NOTED_MOST)  # in this process, and not kept yet


# -- noting ---------------------------------------------------------------------------------------


def note(viewer_id: int, shown_in: ShownIn, scores: Sequence[Score], now: datetime) -> None:
    """Note that this person is being shown these teachers, in this order. No statement."""
    for position, one in enumerate(scores, 1):
        noted.append(
            Note(
                viewer_id=viewer_id,
                teacher_id=one.teacher.user_id,
                shown_in=shown_in,
                position=position,
                skill_id=one.learner.looking_for,
                values=tuple(round(part.value, DIGITS) for part in one.parts),
                names=tuple(part.kind.value for part in one.parts),
                at=now,
            )
        )


# -- keeping --------------------------------------------------------------------------------------


def keep_due(now: datetime, limit: int) -> int:
    """Write some of what this process has noted; returns how many notes that were.

    If the transaction is not kept they are noted again, and wait for the next sweep.
    """
    taken = [noted.popleft() for _ in range(min(limit, len(noted)))]
    if taken:
        afterwards(undone=lambda: noted.extendleft(reversed(taken)))
        _keep(taken)
    return len(taken)


def _keep(notes: Sequence[Note]) -> None:
    """A row for each that is new; and how often each teacher was shown that day."""
    rows = {one.key: one.row for one in reversed(notes)}  # of the same the first
    there = set(db.session.scalars(select(User.id).where(User.id.in_(_people(notes)))))
    wanted = [
        rows[key] for key in sorted(rows) if rows[key]["viewer_id"] in there and key[2] in there
    ]
    if not wanted:
        return
    made = db.session.execute(
        _insert(Impression)
        .values(wanted)
        .on_conflict_do_nothing()
        .returning(Impression.teacher_id, Impression.day)
    )
    _count(Counter((row.teacher_id, row.day) for row in made))


def _people(notes: Sequence[Note]) -> set[int]:
    return {one.viewer_id for one in notes} | {one.teacher_id for one in notes}


def _count(shown: Mapping[tuple[int, date], int]) -> None:
    if not shown:
        return
    rows = [
        {"user_id": user_id, "day": day, "shown": shown[user_id, day]}
        for user_id, day in sorted(shown)  # in one order, or two would wait for each other
    ]
    new = _insert(Exposure).values(rows)
    more = Exposure.shown + new.excluded.shown
    db.session.execute(
        new.on_conflict_do_update(
            index_elements=[Exposure.user_id, Exposure.day], set_={"shown": more}
        )
    )


def _insert(table: type[Impression] | type[Exposure]) -> Any:
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(table.__table__)


def forget_due(now: datetime, limit: int) -> int:
    """Let go of impressions and their counts after 90 days; returns how many rows."""
    first = (now - KEPT_FOR).date()
    keys = (Impression.viewer_id, Impression.day, Impression.teacher_id, Impression.shown_in)
    gone = _delete(Impression, keys, Impression.day < first, limit)
    return gone or _delete(Exposure, (Exposure.user_id, Exposure.day), Exposure.day < first, limit)


def _delete(table: Any, keys: Sequence[Any], old: ColumnElement[bool], limit: int) -> int:
    due = select(*keys).where(old).limit(limit)
    done = db.session.execute(
        delete(table).where(tuple_(*keys).in_(due)).execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # a DELETE has one


# -- how often lately -----------------------------------------------------------------------------


def shown_lately(user_id: Any) -> ScalarSelect[int]:
    """How often that person was shown in the last 7 days, as a column. Run it with `lately`."""
    return (
        select(func.coalesce(func.sum(Exposure.shown), 0))
        .where(Exposure.user_id == user_id, Exposure.day >= FROM_DAY, Exposure.day < TO_DAY)
        .scalar_subquery()
    )


def lately(at: datetime) -> dict[str, Any]:
    """What a statement with `shown_lately` is run with: 7 whole days, none of them today.

    So the number stays what it is all day, and who was on the first page of a list is not on its
    second one for having been shown.
    """
    return {"shown_from": (at - LATELY).date(), "shown_to": at.date()}


def drift(now: datetime) -> Iterator[str]:
    """Days on which a teacher is counted otherwise than shown. For `flask doctor`.

    Days that are due to be let go are no drift.
    """
    first = (now - KEPT_FOR).date()
    made = (
        select(Impression.teacher_id, Impression.day, func.count())
        .where(Impression.day >= first)
        .group_by(Impression.teacher_id, Impression.day)
    )
    counts = select(Exposure.user_id, Exposure.day, Exposure.shown).where(Exposure.day >= first)
    shown = {(row[0], row[1]): row[2] for row in db.session.execute(made)}
    counted = {(row[0], row[1]): row[2] for row in db.session.execute(counts)}
    for key in sorted(shown.keys() | counted.keys()):
        if shown.get(key, 0) != counted.get(key, 0):
            said = f"{counted.get(key, 0)} times, not {shown.get(key, 0)}"
            yield f"person {key[0]} on {key[1]} is counted {said}"
