"""What is there about one skill: who teaches it, who wants it, what is written, what is near?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, bindparam, exists, func, select

from skillswap.domain.feed import posts_about
from skillswap.domain.popular import taught_skills
from skillswap.domain.skill_follows import skill_named
from skillswap.domain.teachers import VIEWER, SkillRef, here, run
from skillswap.domain.visibility import visible
from skillswap.lib.keyset import Page
from skillswap.models import SkillFollow, User, UserSkill, UserSkillKind

TUTORIALS_FIRST = 3
NEAREST = 8
COUNTED_TO = 1_000


@dataclass(frozen=True, slots=True)
class SkillFacts:
    """How many teach, want and follow it, as far as the reader may see them, up to 1,000."""

    teachers: int
    wanting: int
    followers: int
    i_follow: bool
    i_want: bool


@dataclass(frozen=True, slots=True)
class SkillPage:
    """Everything on the page of a skill."""

    skill: SkillRef
    facts: SkillFacts
    tutorials: Page
    posts: Page
    nearest: Sequence[SkillRef]


SKILL = bindparam("skill_id", type_=BigInteger())


def _counted(people: Any) -> Any:
    """How many rows, counted just far enough."""
    return select(func.count()).select_from(people.limit(COUNTED_TO).subquery()).scalar_subquery()


def _listing(kind: UserSkillKind) -> Any:
    return (
        select(User.id)
        .join(UserSkill, UserSkill.user_id == User.id)
        .where(UserSkill.skill_id == SKILL, UserSkill.kind == kind)
    )


_FOLLOWERS = (
    select(User.id)
    .join(SkillFollow, SkillFollow.user_id == User.id)
    .where(SkillFollow.skill_id == SKILL, visible(to=VIEWER))
)
# made once: building it takes longer than running it
_FACTS = select(
    _counted(_listing(UserSkillKind.OFFERED).where(here())),
    _counted(
        _listing(UserSkillKind.WANTED).where(User.learning, User.id != VIEWER, visible(to=VIEWER))
    ),
    _counted(_FOLLOWERS),
    exists().where(SkillFollow.user_id == VIEWER, SkillFollow.skill_id == SKILL),
    exists().where(
        UserSkill.user_id == VIEWER,
        UserSkill.skill_id == SKILL,
        UserSkill.kind == UserSkillKind.WANTED,
    ),
)


def facts_of(skill: SkillRef, reader: User | None) -> SkillFacts:
    """The figures of a skill for one reader. One statement."""
    query = _FACTS.params(skill_id=skill.id)
    teachers, wanting, followers, i_follow, i_want = run(query, reader).one()
    return SkillFacts(teachers, wanting, followers, bool(i_follow), bool(i_want))


def skill_page(slug: str, reader: User | None) -> SkillPage:
    """The first tutorials, then the newest of everything else. Nine statements at most.

    Raises NotFound.
    """
    skill = skill_named(slug)
    return SkillPage(
        skill=skill,
        facts=facts_of(skill, reader),
        tutorials=posts_about(skill.id, reader, None, tutorials=True, limit=TUTORIALS_FIRST),
        posts=posts_about(skill.id, reader, None, tutorials=False),
        nearest=taught_skills(NEAREST, viewer=reader, like=skill),
    )
