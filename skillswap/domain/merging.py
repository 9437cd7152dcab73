"""What becomes of everything that names a skill, once that skill is merged into another?

Whatever is said about the one is from then on said about the other: lists, follows, posts, pitches,
wishes, exchanges, sessions, points, words. Where one person has both, one remains. What cannot be
about the same skill twice is closed, against nobody. Only what was shown to whom (impressions) and
an ended pitch that offered the one for the other keep the old entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import aliased

from skillswap.db import Model, db
from skillswap.domain import claims, events, exchanges, pitches, wishes
from skillswap.domain.rings.reading import rings_with
from skillswap.domain.rings.rules import round_key
from skillswap.domain.touched import touch
from skillswap.models import (
    ExchangeLeg,
    LearningSession,
    Pitch,
    PointsEntry,
    PointsSkillPeriod,
    PostSkill,
    RingState,
    Skill,
    SkillCount,
    SkillDay,
    SkillFollow,
    SkillHour,
    SkillName,
    SkillState,
    SwapRing,
    SwapRingMember,
    Trend,
    UserSkill,
    Wish,
    WishOffer,
    WishState,
)
from skillswap.models.pitch import OPEN

FOLLOWS_AFTER = timedelta(minutes=2)  # longer than any request lasts
LONG_AGO = timedelta(days=1)


def hold(source_id: int, into_id: int) -> tuple[Skill, Skill]:
    """Both skills, held against changes, and before them everybody whose rows will move.

    Who lists the skill at this moment waits with their person's row, and then with the skill's.
    """
    exchanges.lock_people(*_concerned(source_id))
    ids = (source_id, into_id)
    found = db.session.scalars(
        select(Skill)
        .where(Skill.id.in_(ids))
        .order_by(Skill.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    by_id = {skill.id: skill for skill in found}
    return by_id[source_id], by_id[into_id]


def _concerned(source_id: int) -> set[int]:
    """Who lists it, and who has something open about it."""
    asked = or_(Pitch.skill_id == source_id, Pitch.offered_skill_id == source_id)
    open_ring = exists().where(
        SwapRing.id == SwapRingMember.ring_id, SwapRing.state == RingState.PROPOSED
    )
    named = aliased(SwapRingMember)
    with_it = select(named.ring_id).where(named.skill_id == source_id)
    queries = (
        select(UserSkill.user_id).where(UserSkill.skill_id == source_id),
        select(Pitch.learner_id).where(Pitch.state.in_(OPEN), asked),
        select(Pitch.teacher_id).where(Pitch.state.in_(OPEN), asked),
        select(Wish.learner_id).where(Wish.state == WishState.OPEN, Wish.skill_id == source_id),
        select(WishOffer.learner_id).where(WishOffer.return_skill_id == source_id),
        claims.claimants_about(source_id),
        select(SwapRingMember.user_id).where(open_ring, SwapRingMember.ring_id.in_(with_it)),
    )
    return {user_id for query in queries for user_id in db.session.scalars(query)}


def merge(source: Skill, into: Skill, now: datetime) -> None:
    """Let `into` take over everything, and `source` lead to it. The caller holds both."""
    source.state, source.merged_into_id = SkillState.MERGED, into.id
    source.follow_at = now + FOLLOWS_AFTER
    db.session.execute(
        update(Skill).where(Skill.merged_into_id == source.id).values(merged_into_id=into.id),
        execution_options={"synchronize_session": False},
    )
    db.session.flush()
    move(source.id, into.id, now)


def follow_due(now: datetime, limit: int) -> int:
    """Let what was begun about a skill in the moment of its merging follow. For the sweep."""
    due = db.session.scalars(
        select(Skill)
        .where(Skill.follow_at <= now, Skill.merged_into_id.is_not(None))
        .order_by(Skill.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for skill in due:
        skill.follow_at = None
        if skill.merged_into_id is not None:
            move(skill.id, skill.merged_into_id, now)
    return len(due)


def move(source: int, into: int, now: datetime) -> None:
    """Everything that names the one names the other. Harmless when nothing does."""
    _close_doubles(source, into, now)
    _move_lists(source, into)
    for table, key, sums in POURED:
        _pour(table, key, sums, source, into)
    _run(update(SkillName).where(SkillName.skill_id == source), skill_id=into, is_alias=True)
    other = or_(Pitch.offered_skill_id.is_(None), Pitch.offered_skill_id != into)
    _run(update(Pitch).where(Pitch.skill_id == source, other), skill_id=into)
    offers = and_(Pitch.offered_skill_id == source, Pitch.skill_id != into)
    _run(update(Pitch).where(offers), offered_skill_id=into)
    about = select(LearningSession.id).where(LearningSession.skill_id == source)
    earned = and_(
        PointsEntry.subject_type == LearningSession.__tablename__,
        PointsEntry.subject_id.in_(about),
        PointsEntry.skill_id == source,
    )
    _run(update(PointsEntry).where(earned), skill_id=into)
    for table in (LearningSession, ExchangeLeg, Wish):
        _run(update(table).where(table.skill_id == source), skill_id=into)
    _run(update(WishOffer).where(WishOffer.return_skill_id == source), return_skill_id=into)
    claims.move_skill(source, into, now)
    _move_rings(source, into)
    _move_trends(source, into, now)


def _run(statement: Any, **values: Any) -> None:
    query = statement.values(**values) if values else statement
    db.session.execute(query.execution_options(synchronize_session=False))


# -- what cannot be twice -------------------------------------------------------------------------


def _close_doubles(source: int, into: int, now: datetime) -> None:
    """End what is open and would be about one skill twice: a pitch or a wish beside another of
    the same people, a pitch or an offer of the one for the other."""
    both = aliased(Pitch)
    beside = exists().where(
        both.learner_id == Pitch.learner_id,
        both.teacher_id == Pitch.teacher_id,
        both.skill_id == into,
        both.state.in_(OPEN),
    )
    swapped = or_(
        and_(Pitch.skill_id == source, Pitch.offered_skill_id == into),
        and_(Pitch.skill_id == into, Pitch.offered_skill_id == source),
    )
    double = or_(and_(Pitch.skill_id == source, beside), swapped)
    pitches.close_open(double, reason="skill", by=None, now=now)
    wished = aliased(Wish)
    twice = exists().where(
        wished.learner_id == Wish.learner_id,
        wished.skill_id == into,
        wished.state == WishState.OPEN,
    )
    query = select(Wish).where(Wish.state == WishState.OPEN, Wish.skill_id == source, twice)
    for wish in db.session.scalars(query.with_for_update()):
        _close_wish(wish, now)
    returned = or_(
        and_(WishOffer.return_skill_id == source, WishOffer.wish.has(Wish.skill_id == into)),
        and_(WishOffer.return_skill_id == into, WishOffer.wish.has(Wish.skill_id == source)),
    )
    wishes.close_offers(returned, by=None, now=now)


def _close_wish(wish: Wish, now: datetime) -> None:
    wish.move_to(WishState.CLOSED, now)
    db.session.flush()
    wishes.close_offers(WishOffer.wish_id == wish.id, by=None, now=now)
    name = db.session.get_one(Skill, wish.skill_id).name
    events.record("wish.closed", actor=None, subject=wish, to=[], now=now, skill=name)


# -- lists, with what is kept once ----------------------------------------------------------------


def _move_lists(source: int, into: int) -> None:
    """Lines of the one become lines of the other; who has both keeps the higher level, the note
    that says something, and the earlier day."""
    lines = db.session.execute(
        select(UserSkill.user_id, UserSkill.kind, UserSkill.level, UserSkill.note)
        .add_columns(UserSkill.created_at)
        .where(UserSkill.skill_id == source)
        .order_by(UserSkill.user_id)
    ).all()
    touch(*{line.user_id for line in lines})
    theirs = aliased(UserSkill)
    there = select(theirs).where(
        theirs.skill_id == into, theirs.user_id.in_({line.user_id for line in lines})
    )
    kept = {(one.user_id, one.kind): one for one in db.session.scalars(there)}
    for line in lines:
        if (one := kept.get((line.user_id, line.kind))) is not None:
            one.level, one.note = max(one.level, line.level), one.note or line.note
            one.created_at = min(one.created_at, line.created_at)
    db.session.flush()
    _pour(UserSkill, ("user_id", "kind"), (), source, into)


POURED: list[tuple[type[Model], tuple[str, ...], tuple[str, ...]]] = [
    (SkillFollow, ("user_id",), ()),
    (PostSkill, ("post_id",), ()),
    (SkillHour, ("user_id", "hour"), ()),
    (SkillDay, ("day",), ("people",)),
    (PointsSkillPeriod, ("kind", "number", "user_id"), ("points", "sessions")),
]


def _pour(
    table: type[Any], key: Iterable[str], sums: Iterable[str], source: int, into: int
) -> None:
    """Let rows of the one skill be rows of the other, added to those that are there already."""
    other = aliased(table)
    same = and_(*(getattr(other, name) == getattr(table, name) for name in key))
    # the names of `other` stand within, so that the row that is written is the one outside
    added = {
        name: getattr(table, name)
        + select(getattr(other, name)).where(same, other.skill_id == source).scalar_subquery()
        for name in sums
    }
    if added:
        poured = exists().where(same, other.skill_id == source)
        _run(update(table).where(table.skill_id == into, poured), **added)
    there = exists().where(same, other.skill_id == into)
    _run(delete(table).where(table.skill_id == source, there))
    _run(update(table).where(table.skill_id == source), skill_id=into)


# -- rings and trends -----------------------------------------------------------------------------


def _move_rings(source: int, into: int) -> None:
    """Members teach the other skill now, and the key that says which ring it is says so too.

    An open one that then is another open one stays what it was, until the clock ends it.
    """
    with_it = select(SwapRingMember.ring_id).where(SwapRingMember.skill_id == source)
    found = rings_with(SwapRing.id.in_(with_it))
    _run(update(SwapRingMember).where(SwapRingMember.skill_id == source), skill_id=into)
    for ring in found:
        pairs = [
            (one.user_id, into if one.skill_id == source else one.skill_id) for one in ring.members
        ]
        key = round_key(pairs)
        taken = select(SwapRing.id).where(
            SwapRing.round_key == key, SwapRing.state == RingState.PROPOSED
        )
        if ring.state is not RingState.PROPOSED or db.session.scalar(taken) is None:
            ring.round_key = key
            db.session.flush()


def _move_trends(source: int, into: int, now: datetime) -> None:
    """The rising one keeps its place where the other has none; both are counted anew soon."""
    rises = aliased(Trend)
    there = exists().where(rises.skill_id == into, rises.span == Trend.span)
    _run(delete(Trend).where(Trend.skill_id == source, there))
    _run(update(Trend).where(Trend.skill_id == source), skill_id=into)
    _run(delete(SkillCount).where(SkillCount.skill_id == source))
    due = update(SkillCount).where(SkillCount.skill_id == into)
    _run(due, counted_at=now - LONG_AGO)


# -- what it would mean ---------------------------------------------------------------------------


def extent(skill_id: int) -> dict[str, int]:
    """How much names a skill: for whoever is about to merge it. One statement."""
    counted = {
        "lists": select(func.count()).where(UserSkill.skill_id == skill_id),
        "follows": select(func.count()).where(SkillFollow.skill_id == skill_id),
        "posts": select(func.count()).where(PostSkill.skill_id == skill_id),
        "pitches": select(func.count()).where(Pitch.skill_id == skill_id),
        "wishes": select(func.count()).where(Wish.skill_id == skill_id),
        "sessions": select(func.count()).where(LearningSession.skill_id == skill_id),
    }
    row = db.session.execute(select(*(one.scalar_subquery() for one in counted.values()))).one()
    return dict(zip(counted, row, strict=True))
