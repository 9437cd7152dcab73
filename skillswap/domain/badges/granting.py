"""When is a badge somebody's? What follows from an event, and what the rows must come to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite

from skillswap.db import EPOCH, db
from skillswap.domain.badges import facts as reading
from skillswap.domain.badges.rules import Facts, is_earned, may_come_by_itself
from skillswap.models import BadgeCheck, BadgeCode, BadgeGrant, Event, Post, Rating, User, UserState
from skillswap.models.badge import LOSABLE

B = BadgeCode
_MET = (
    *(B.FIRST_LESSON, B.FIRST_CLASS, B.FAIR_SWAP, B.MENTOR_10, B.POLYMATH, B.LONG_HAUL),
    *(B.RELIABLE, B.TOP_MENTOR),
)
# which badges may be somebody's after an event of that kind
AFTER: dict[str, tuple[BadgeCode, ...]] = {
    "session.completed": _MET,
    "session.forgiven": (B.RELIABLE, B.TOP_MENTOR),
    "contest.decided": (B.RELIABLE, B.TOP_MENTOR),
    "rating.published": (B.GOOD_NEIGHBOUR, B.TOP_MENTOR),
    "rating.released": (B.GOOD_NEIGHBOUR, B.TOP_MENTOR),
    "pitch.accepted": (B.CLEAR_PITCH, B.FAST_RESPONDER),
    "pitch.declined": (B.FAST_RESPONDER,),
    "pitch.asked": (B.FAST_RESPONDER,),
    "streak.reached": (B.STEADY_12,),
    "ring.accepted": (B.RING_MAKER,),
    "post.published": (B.AUTHOR,),
    "post.released": (B.AUTHOR,),
    "post.liked": (B.AUTHOR,),
    "strike.overturned": (B.TOP_MENTOR,),
}
# the sweep looks again: of a like nobody holds the author's row, so that two at once might each
# miss the other, and a rating is released after it is told
AGAIN = frozenset({"post.liked", "rating.released"})
BATCH = 200


@dataclass(frozen=True, slots=True)
class Granted:
    """A badge that has just been earned."""

    id: int
    user_id: int
    code: BadgeCode


def check(event: Event) -> Iterable[Event]:
    """The consequence: who earns a badge by it has it, once, and is told."""
    user_ids, now = _people_of(event), event.happened_at
    granted = grant(user_ids, AFTER[event.kind], now)
    if event.kind in AGAIN:
        _look_again(user_ids, now)
    return [_earned(one, now) for one in granted]


def _people_of(event: Event) -> list[int]:
    """Whose badges an event may move."""
    if event.subject_type == Post.__tablename__:
        return list(db.session.scalars(select(Post.author_id).where(Post.id == event.subject_id)))
    if event.subject_type == Rating.__tablename__:
        two = select(Rating.rater_id, Rating.rated_id).where(Rating.id == event.subject_id)
        return sorted(db.session.execute(two).one())
    return sorted({*event.facts.get("between", ()), *event.audience})


def _earned(one: Granted, now: datetime) -> Event:
    return Event(
        kind="badge.earned",
        actor_id=None,
        subject_type=BadgeGrant.__tablename__,
        subject_id=one.id,
        audience=[one.user_id],
        facts={"public_id": one.code.value, "badge": one.code.value},
        happened_at=now,
    )


def grant(user_ids: Collection[int], codes: Collection[BadgeCode], now: datetime) -> list[Granted]:
    """Give these people what they have earned and do not hold. Harmless when repeated."""
    held = held_by(user_ids, codes)
    lacking = [user_id for user_id in user_ids if not held[user_id].issuperset(codes)]
    known = reading.read(lacking, _lacked(held, codes), now, to_grant=True)
    earned = [
        {"user_id": user_id, "code": code, "granted_at": now}
        for user_id, facts in known.items()
        for code in codes
        if code not in held[user_id] and is_earned(code, facts)
    ]
    granted = _write(earned)
    watch(_to_watch(known, held, codes), now)
    return granted


def _lacked(held: Mapping[int, set[BadgeCode]], codes: Iterable[BadgeCode]) -> list[BadgeCode]:
    """Which of them at least one of the people does not hold."""
    return [code for code in codes if any(code not in theirs for theirs in held.values())]


def held_by(user_ids: Collection[int], codes: Collection[BadgeCode]) -> dict[int, set[BadgeCode]]:
    """Which of these badges each of them holds. One statement."""
    held: dict[int, set[BadgeCode]] = {user_id: set() for user_id in user_ids}
    rows = select(BadgeGrant.user_id, BadgeGrant.code).where(
        BadgeGrant.user_id.in_(user_ids), BadgeGrant.lost_at.is_(None)
    )
    for user_id, code in db.session.execute(rows) if held else ():
        if code in codes:
            held[user_id].add(code)
    return held


def _write(earned: list[dict[str, Any]]) -> list[Granted]:
    """The rows that were not there: the unique key says so, whoever of two was quicker."""
    if not earned:
        return []
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    table = BadgeGrant.__table__
    written = db.session.execute(
        dialect.insert(table)
        .values(earned)
        .on_conflict_do_nothing()
        .returning(table.c.id, table.c.user_id, table.c.code)
    )
    return sorted((Granted(*row) for row in written), key=lambda one: one.id)


# -- looking again --------------------------------------------------------------------------------


def next_monday(now: datetime) -> datetime:
    """The next time a Monday begins, in UTC."""
    days = 7 - now.astimezone(UTC).weekday()
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
        days=days
    )


def _to_watch(
    known: Mapping[int, Facts], held: Mapping[int, set[BadgeCode]], codes: Collection[BadgeCode]
) -> list[int]:
    """Who has just earned what can be lost, or may earn it by waiting."""
    return [
        user_id
        for user_id, facts in known.items()
        if any(
            is_earned(code, facts) or may_come_by_itself(code, facts)
            for code in LOSABLE.intersection(codes) - held[user_id]
        )
    ]


def watch(user_ids: Collection[int], now: datetime) -> None:
    """Look at these people's badges again on Monday."""
    if not user_ids:
        return
    monday = next_monday(now)
    there = select(BadgeCheck.user_id).where(
        BadgeCheck.user_id.in_(user_ids), BadgeCheck.due_at >= monday, BadgeCheck.weekly
    )
    new = set(user_ids) - set(db.session.scalars(there))
    _plan(sorted(new), monday, weekly=True)


def _look_again(user_ids: Collection[int], now: datetime) -> None:
    _plan(user_ids, now, weekly=False)


def _plan(user_ids: Iterable[int], due_at: datetime, *, weekly: bool) -> None:
    rows = [{"user_id": user_id, "due_at": due_at, "weekly": weekly} for user_id in user_ids]
    if rows:
        db.session.execute(insert(BadgeCheck), rows)


# -- do the rows agree ----------------------------------------------------------------------------


def drift() -> Iterator[str]:
    """Who has earned for good what they do not hold, by what is written. For `flask doctor`."""
    codes = [code for code in BadgeCode if code not in LOSABLE]
    expected = select(BadgeCheck.user_id).where(~BadgeCheck.weekly)  # the next sweep looks
    people = select(User.id, User.username).where(
        User.state != UserState.DELETED, User.id.not_in(expected)
    )
    names = {row.id: row.username for row in db.session.execute(people.order_by(User.id))}
    ids = list(names)
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        held = held_by(some, codes)
        missing: dict[int, list[str]] = defaultdict(list)
        for user_id, facts in reading.read(some, codes, EPOCH).items():
            missing[user_id] = [
                code for code in codes if code not in held[user_id] and is_earned(code, facts)
            ]
        for user_id, codes_missing in missing.items():
            for code in codes_missing:
                yield f"{names[user_id]} has earned {code} and does not hold it"
