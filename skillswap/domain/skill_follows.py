"""Which skills does somebody follow? Their new posts come to the feed; nobody is told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.follows import check_quota
from skillswap.domain.teachers import SkillRef
from skillswap.errors import NotFound
from skillswap.lib.keyset import Key, Page, page, paginate
from skillswap.models import Skill, SkillFollow, SkillState, User

_Into = aliased(Skill)


def skill_named(slug: str) -> SkillRef:
    """The skill of the catalogue with that slug; one that was merged leads to where it went.

    One statement. Raises NotFound for one that is unknown, or not in the catalogue yet.
    """
    columns = (Skill.id, Skill.slug, Skill.name, Skill.category)
    into = select(_Into.merged_into_id).where(_Into.slug == slug).scalar_subquery()
    row = db.session.execute(
        select(*columns)
        .where((Skill.slug == slug) | (Skill.id == into), Skill.state == SkillState.ACTIVE)
        .limit(1)
    ).first()
    if row is None:
        raise NotFound("skill")
    return SkillRef(*row)


def follow_skill(person: User, slug: str, now: datetime) -> SkillRef:
    """Follow a skill. Harmless when repeated.

    Raises NotFound, and TooMany after the day's number, which people and skills share.
    """
    skill = skill_named(slug)
    if db.session.get(SkillFollow, (person.id, skill.id)) is not None:
        return skill
    check_quota(person, now)
    try:
        with db.session.begin_nested():
            row = SkillFollow(user_id=person.id, skill_id=skill.id, created_at=now)
            db.session.add(row)
    except IntegrityError:  # a second click was quicker
        pass
    return skill


def unfollow_skill(person: User, slug: str) -> SkillRef:
    """Follow it no more. Harmless when repeated."""
    skill = skill_named(slug)
    db.session.execute(
        delete(SkillFollow)
        .where(SkillFollow.user_id == person.id, SkillFollow.skill_id == skill.id)
        .execution_options(synchronize_session=False)
    )
    return skill


NEWEST = [
    Key(SkillFollow.created_at, "created_at"),  # type: ignore[arg-type]
    Key(Skill.id, "id"),  # type: ignore[arg-type]  # a mapped column is an expression
]


def skills_followed(person: User, cursor: str | None, limit: int = 50) -> Page:
    """The skills this person follows, the latest first. One statement."""
    query = (
        select(Skill.id, Skill.slug, Skill.name, Skill.category, SkillFollow.created_at)
        .join(SkillFollow, SkillFollow.skill_id == Skill.id)
        .where(SkillFollow.user_id == person.id, Skill.state == SkillState.ACTIVE)
    )
    found = page(db.session.execute(paginate(query, NEWEST, cursor, limit)).all(), NEWEST, limit)
    return Page([SkillRef(*row[:4]) for row in found.rows], found.after)
