"""Which skills have more people about them than usual? Summed up every ten minutes.

A skill rises when at least five people did something about it, and more than usual did: usual are
the four weeks before, a few people added to either side so that small numbers say little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from skillswap.db import db
from skillswap.domain.trends.hours import deeds, first_kept, hour_of, start_of
from skillswap.domain.visibility import visible
from skillswap.models import (
    Skill,
    SkillCount,
    SkillDay,
    SkillHour,
    SkillState,
    TeacherListing,
    Trend,
    TrendSpan,
    User,
    UserSkill,
    UserSkillKind,
)

REFRESHED_EVERY = timedelta(minutes=10)
LEAST_PEOPLE = 5
USUAL_DAYS, LEAST_USUAL_DAYS = 28, 7
DAYS_KEPT = 60
SMOOTHING = 3  # people, beside those who are there and those who usually are
RISES_FROM = 10  # percent more than usual
MOST = 100  # of each span
COUNTED_TO = 1_000
WEEK_HOURS, DAY_HOURS = 168, 24


def refresh_due(now: datetime, limit: int) -> int:
    """Count who teaches and wants up to `limit` skills that were counted ten minutes ago; with the
    last of them find out anew which rise. Returns how many skills. For the sweep.
    """
    ids = _uncounted(now, limit + 1)
    if not ids:
        return 0
    _count(ids[:limit], now)
    if len(ids) <= limit:
        refresh(now)
    return min(len(ids), limit)


def refresh(now: datetime) -> None:
    """Sum up the days and find out anew which skills rise."""
    _keep_days(now)
    _forget(now)
    rows = [
        *_rows(TrendSpan.DAY, _rising(TrendSpan.DAY, now), is_past=False),
        *_rows(TrendSpan.WEEK, _rising(TrendSpan.WEEK, now), is_past=False),
    ]
    if not any(row["span"] is TrendSpan.WEEK for row in rows):  # a quiet week: then the last one
        past = _rising(TrendSpan.WEEK, now - timedelta(hours=WEEK_HOURS))
        rows += _rows(TrendSpan.WEEK, past, is_past=True)
    db.session.execute(delete(Trend))
    if rows:
        db.session.execute(insert(Trend), rows)


# -- how many teach and want it -------------------------------------------------------------------

SKILL = bindparam("skill", type_=BigInteger())
_TEACHERS = select(TeacherListing.user_id).where(TeacherListing.skill_id == SKILL)
_WANTING = (
    select(User.id)
    .join(UserSkill, UserSkill.user_id == User.id)
    .where(UserSkill.skill_id == SKILL, UserSkill.kind == UserSkillKind.WANTED)
    .where(User.learning, visible(to=None))
)
_COUNTS = select(
    *(
        select(func.count()).select_from(rows.limit(COUNTED_TO).subquery()).scalar_subquery()
        for rows in (_TEACHERS, _WANTING)
    )
)


def _uncounted(now: datetime, limit: int) -> Sequence[int]:
    query = (
        select(Skill.id)
        .outerjoin(SkillCount, SkillCount.skill_id == Skill.id)
        .where(Skill.state == SkillState.ACTIVE)
        .where(or_(SkillCount.skill_id.is_(None), SkillCount.counted_at <= now - REFRESHED_EVERY))
        .order_by(Skill.id)
        .limit(limit)
    )
    return db.session.scalars(query).all()


def _count(skill_ids: Sequence[int], now: datetime) -> None:
    """Counted just far enough, a statement for each. The first row that is written lets no other
    worker on until all of it is kept.
    """
    rows = []
    for skill_id in skill_ids:
        teachers, wanting = db.session.execute(_COUNTS, {"skill": skill_id}).one()
        rows.append(
            {"skill_id": skill_id, "teachers": teachers, "wanting": wanting, "counted_at": now}
        )
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    new = dialect.insert(SkillCount)
    values = {name: new.excluded[name] for name in ("teachers", "wanting", "counted_at")}
    db.session.execute(new.on_conflict_do_update(index_elements=["skill_id"], set_=values), rows)


# -- days -----------------------------------------------------------------------------------------


def _keep_days(now: datetime) -> None:
    """The days whose hours are all known, written where they have become different."""
    first = first_kept(now) // DAY_HOURS + 1
    day = SkillHour.hour // DAY_HOURS
    derived = db.session.execute(
        select(SkillHour.skill_id, day, func.count(func.distinct(SkillHour.user_id)))
        .join(User, User.id == SkillHour.user_id)
        .where(SkillHour.hour >= first * DAY_HOURS, visible(to=None))
        .group_by(SkillHour.skill_id, day)
    )
    wanted = {(skill_id, at): people for skill_id, at, people in derived}
    rows = db.session.execute(
        select(SkillDay.skill_id, SkillDay.day, SkillDay.people).where(SkillDay.day >= first)
    )
    standing = {(skill_id, at): people for skill_id, at, people in rows}
    moved = [key for key in standing if wanted.get(key) != standing[key]]
    if moved:
        one = delete(SkillDay.__table__).where(  # type: ignore[arg-type]  # a model's table is one
            SkillDay.skill_id == bindparam("gone_skill"), SkillDay.day == bindparam("gone_day")
        )
        db.session.execute(one, [{"gone_skill": skill, "gone_day": at} for skill, at in moved])
    new = [
        {"skill_id": skill, "day": at, "people": people}
        for (skill, at), people in sorted(wanted.items())
        if standing.get((skill, at)) != people
    ]
    if new:
        db.session.execute(insert(SkillDay), new)


def remember(now: datetime) -> None:
    """Make the days anew whose hours are forgotten, out of what still stands. For whoever comes
    with a history: an older version, or the demo.
    """
    last = first_kept(now) // DAY_HOURS
    seen = select(User.id).where(visible(to=None))
    since = start_of((last - DAYS_KEPT) * DAY_HOURS)
    rows = db.session.execute(deeds(seen), {"since": since})
    done = {(row.skill_id, hour_of(row.at) // DAY_HOURS, row.user_id) for row in rows}
    people = Counter((skill_id, day) for skill_id, day, _user_id in done if day <= last)
    db.session.execute(delete(SkillDay).where(SkillDay.day <= last))
    new = [
        {"skill_id": skill_id, "day": day, "people": count}
        for (skill_id, day), count in sorted(people.items())
    ]
    if new:
        db.session.execute(insert(SkillDay), new)


def _forget(now: datetime) -> None:
    first = first_kept(now)
    db.session.execute(delete(SkillHour).where(SkillHour.hour < first))
    db.session.execute(delete(SkillDay).where(SkillDay.day < first // DAY_HOURS - DAYS_KEPT))


# -- what rises -----------------------------------------------------------------------------------


def _rising(span: TrendSpan, end: datetime) -> list[tuple[int, int, int]]:
    """(skill, people, percent more than usual) of what rose up to then, the most first."""
    hours = WEEK_HOURS if span is TrendSpan.WEEK else DAY_HOURS
    now_there = _there(hour_of(end), hours)
    usual = _usual((hour_of(end) - WEEK_HOURS) // DAY_HOURS, now_there)
    days = hours // DAY_HOURS
    found = []
    for skill_id, (people, happened) in now_there.items():
        often = usual.get(skill_id, 0.0) * days
        percent = round(100 * ((happened + SMOOTHING) / (often + SMOOTHING) - 1))
        if percent >= RISES_FROM:
            found.append((skill_id, people, percent))
    return sorted(found, key=lambda one: (-one[2], -one[1], one[0]))[:MOST]


def _there(end: int, hours: int) -> dict[int, tuple[int, int]]:
    """skill -> (distinct people, people counted anew each day) of the hours up to `end`."""
    block = ((end - SkillHour.hour) // DAY_HOURS).label("block")
    each = (
        select(SkillHour.skill_id, SkillHour.user_id, block)
        .join(User, User.id == SkillHour.user_id)
        .join(Skill, Skill.id == SkillHour.skill_id)
        .where(SkillHour.hour > end - hours, SkillHour.hour <= end)
        .where(Skill.state == SkillState.ACTIVE, visible(to=None))
        .distinct()
        .subquery()
    )
    people = func.count(func.distinct(each.c.user_id))
    query = select(each.c.skill_id, people, func.count()).group_by(each.c.skill_id)
    rows = db.session.execute(query.having(people >= LEAST_PEOPLE))
    return {skill_id: (distinct, happened) for skill_id, distinct, happened in rows}


def _usual(last: int, skills: Mapping[int, Any]) -> dict[int, float]:
    """skill -> how many people a day, in the four weeks before the day `last`, or in as many days
    as anything is known of.
    """
    first_known = db.session.scalar(select(func.min(SkillDay.day)))
    known = last - (first_known if first_known is not None else last)
    days = min(USUAL_DAYS, max(LEAST_USUAL_DAYS, known))
    rows = db.session.execute(
        select(SkillDay.skill_id, func.sum(SkillDay.people))
        .where(SkillDay.day >= last - days, SkillDay.day < last)
        .group_by(SkillDay.skill_id)
    )
    return {skill_id: people / days for skill_id, people in rows if skill_id in skills}


def _rows(
    span: TrendSpan, rising: Sequence[tuple[int, int, int]], *, is_past: bool
) -> Iterator[dict[str, Any]]:
    for position, (skill_id, people, percent) in enumerate(rising, start=1):
        yield {
            "span": span,
            "position": position,
            "skill_id": skill_id,
            "people": people,
            "percent": percent,
            "is_past": is_past,
        }
