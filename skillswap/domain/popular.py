"""Which skills do many teach here?"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from skillswap.domain.teachers import VIEWER, SkillRef, run
from skillswap.domain.visibility import apart
from skillswap.lib.keyset import AnySelect
from skillswap.models import Skill, SkillState, TeacherListing, User

LOOKED_AT = 1_000  # people, or lines of skills


def taught_skills(
    limit: int, *, viewer: User | None = None, like: SkillRef | None = None
) -> list[SkillRef]:
    """The skills that most teach of those the viewer may see, but for the viewer, as far as they
    are looked at.

    `like`: of the same category, that one left out.
    """
    return [SkillRef(*row) for row in run(_taught_query(limit, like), viewer)]


@lru_cache(maxsize=32)
def _taught_query(limit: int, like: SkillRef | None) -> AnySelect:
    columns = (Skill.id, Skill.slug, Skill.name, Skill.category)
    taught = (_taught_by_the_best() if like is None else _taught_like(like)).subquery("taught")
    query: Any = (
        select(*columns)
        .join(taught, taught.c.skill_id == Skill.id)
        .where(Skill.state == SkillState.ACTIVE)
        .group_by(*columns)
        .order_by(func.count().desc(), Skill.name)
        .limit(limit)
    )
    popular: AnySelect = query
    return popular


def _taught_by_the_best() -> AnySelect:
    """The skills of the best rated who take pitches, a row for each line."""
    row, lead = TeacherListing, aliased(TeacherListing)
    some = (
        select(lead.user_id)
        .where(lead.leads, lead.user_id != VIEWER, apart(lead.user_id, VIEWER))
        .order_by(lead.rank.desc(), lead.user_id.desc())
        .limit(LOOKED_AT)
    )
    found: AnySelect = select(row.skill_id).where(row.user_id.in_(some))
    return found


def _taught_like(like: SkillRef) -> AnySelect:
    """The lines of skills of that category, some of each skill."""
    row = TeacherListing
    near = select(Skill.id).where(Skill.category == like.category, Skill.id != like.id)
    found: AnySelect = (
        select(row.skill_id)
        .where(row.skill_id.in_(near), row.user_id != VIEWER, apart(row.user_id, VIEWER))
        .limit(LOOKED_AT)
    )
    return found
