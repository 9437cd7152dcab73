"""Who did something about which skill, in which hour? Derived rows, owned by this module.

To write a post about a skill, to pitch for it, to list it as offered or wanted: each is something.
What goes away (a post deleted or hidden, a line taken off a list) was nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Executable, bindparam, delete, event, select, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from skillswap.db import EPOCH, UtcDateTime, db, spelled
from skillswap.domain import touched
from skillswap.lib.clock import utcnow
from skillswap.models import (
    Pitch,
    Post,
    PostSkill,
    PostState,
    SkillCount,
    SkillHour,
    User,
    UserSkill,
)

HOURS_KEPT = 15 * 24  # two weeks and today
AT_ONCE = 500

Hour = tuple[int, int, int]  # person, hour, skill


def hour_of(at: datetime) -> int:
    """The number of an hour since 1970, in UTC."""
    return int(at.timestamp()) // 3_600


def start_of(hour: int) -> datetime:
    """When the hour of that number begins."""
    return EPOCH + timedelta(hours=hour)


def first_kept(now: datetime) -> int:
    """The first hour of which something is known."""
    return hour_of(now) - HOURS_KEPT


# -- when they are made anew ----------------------------------------------------------------------


@event.listens_for(Session, "after_flush")
def _notice(unit: Session, _context: object) -> None:
    """Note who does something, in this flush, that is or was about a skill."""
    ids = unit.info.setdefault(touched.DEEDS, set())
    for one in [*unit.new, *unit.deleted]:
        if isinstance(one, UserSkill):
            ids.add(one.user_id)
        elif isinstance(one, Pitch):
            ids.add(one.learner_id)
    for one in [*unit.new, *unit.dirty]:
        if isinstance(one, Post) and one.published_at is not None:
            ids.add(one.author_id)


@event.listens_for(Session, "before_commit")
def _before_it_is_kept(unit: Session) -> None:
    if not unit.in_nested_transaction():
        keep_touched(utcnow())


@event.listens_for(Session, "after_rollback")
def _forget(unit: Session) -> None:
    if not unit.in_nested_transaction():  # a savepoint undone leaves the rest to be kept
        unit.info.pop(touched.DEEDS, None)


def keep_touched(now: datetime) -> None:
    """Make the rows of everybody anew who did something in this unit of work."""
    db.session.flush()
    ids = touched.take(touched.DEEDS)
    for first in range(0, len(ids), AT_ONCE):
        keep(ids[first : first + AT_ONCE], now)


# -- what they are made of, and what stands -------------------------------------------------------

IDS: Any = bindparam("ids", expanding=True)
SINCE = bindparam("since", type_=UtcDateTime())
FIRST = bindparam("first", type_=BigInteger())
HELD = (
    select(User.id).where(User.id.in_(IDS)).order_by(User.id).with_for_update(key_share=True)
)  # two at once by one person come one after the other


def deeds(people: Any) -> Any:
    """(user_id, skill_id, at) of what these people did about skills since SINCE. `people`: ids, or
    a select of them.
    """
    return union_all(
        select(Post.author_id.label("user_id"), PostSkill.skill_id, Post.published_at.label("at"))
        .join(PostSkill, PostSkill.post_id == Post.id)
        .where(Post.author_id.in_(people), Post.state == spelled(PostState.PUBLISHED))
        .where(Post.published_at >= SINCE),
        select(Pitch.learner_id, Pitch.skill_id, Pitch.sent_at).where(
            Pitch.learner_id.in_(people), Pitch.sent_at >= SINCE
        ),
        select(UserSkill.user_id, UserSkill.skill_id, UserSkill.created_at).where(
            UserSkill.user_id.in_(people), UserSkill.created_at >= SINCE
        ),
    )


DEEDS: Executable = deeds(IDS)
STANDING = select(SkillHour.user_id, SkillHour.hour, SkillHour.skill_id).where(
    SkillHour.user_id.in_(IDS), SkillHour.hour >= FIRST
)
GONE = delete(SkillHour.__table__).where(  # type: ignore[arg-type]  # a model's table is one
    SkillHour.user_id == bindparam("gone_user"),
    SkillHour.hour == bindparam("gone_hour"),
    SkillHour.skill_id == bindparam("gone_skill"),
)


def derive(user_ids: Collection[int], now: datetime) -> set[Hour]:
    """The rows of these people by their definition. One statement."""
    since = start_of(first_kept(now))
    rows = db.session.execute(DEEDS, {"ids": list(user_ids), "since": since})
    return {(row.user_id, hour_of(row.at), row.skill_id) for row in rows}


def stored(user_ids: Collection[int], now: datetime) -> set[Hour]:
    """The rows of these people as they stand. One statement."""
    rows = db.session.execute(STANDING, {"ids": list(user_ids), "first": first_kept(now)})
    return {(row.user_id, row.hour, row.skill_id) for row in rows}


def keep(user_ids: Collection[int], now: datetime) -> None:
    """Write what has become different in these people's rows, held in their order."""
    db.session.execute(HELD, {"ids": list(user_ids)})
    wanted, standing = derive(user_ids, now), stored(user_ids, now)
    if gone := sorted(standing - wanted):
        names = ("gone_user", "gone_hour", "gone_skill")
        db.session.execute(GONE, [dict(zip(names, row, strict=True)) for row in gone])
    if new := sorted(wanted - standing):
        names = ("user_id", "hour", "skill_id")
        db.session.execute(_insert_if_new(), [dict(zip(names, row, strict=True)) for row in new])


def _insert_if_new() -> Executable:
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    new: Executable = dialect.insert(SkillHour.__table__).on_conflict_do_nothing()
    return new


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
    return bool(_some(0)) and db.session.execute(select(SkillCount).limit(1)).first() is None


def drift(now: datetime) -> Iterator[str]:
    """Whose rows differ from what they are made of."""
    after = 0
    while ids := _some(after):
        for user_id in sorted({row[0] for row in derive(ids, now) ^ stored(ids, now)}):
            yield f"what person {user_id} did about skills"
        after = ids[-1]


def _some(after: int) -> list[int]:
    query = select(User.id).where(User.id > after).order_by(User.id).limit(AT_ONCE)
    return list(db.session.scalars(query))
