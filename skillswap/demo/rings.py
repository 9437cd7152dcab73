"""Which swap rings do the people of the demo begin, and which could they?"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain import listings, rings, skills
from skillswap.errors import Refused
from skillswap.models import (
    Level,
    Skill,
    SwapEdge,
    TeacherListing,
    User,
    UserSkill,
    UserSkillKind,
)

WISHERS = 20  # who come to want what ada teaches, so that rings with her can be closed
HELLO = (
    "I have wanted to learn this for years and never found the hour. "
    "If you two say yes, I can start next week, evenings mostly."
)
GLADLY = "What a good idea. I teach this slowly and I am glad to be on the other side for once."
MINE = "This would suit all three of us. I am free at weekends and most evenings."


def fill(users: Mapping[str, User], now: datetime) -> None:
    """One that waits for ada's answer with others she could close, and one that ben has begun."""
    ada, ben = users["ada"], users["ben"]
    listings.keep_touched(now)  # what they are found by
    _let_some_want(ada, now)
    listings.keep_touched(now)
    for one in rings.possible_rings(ada, now)[-1:]:
        second, third = (users[other.person.username] for other in (one.second, one.third))
        taught = [one.second.slug, one.third.slug, one.slug]
        with suppress(Refused):  # whoever has missed three sessions begins nothing new
            ring = rings.start_ring(
                second, [third.username, ada.username], taught, body=HELLO, now=now
            )
            rings.accept_ring(third, ring.public_id, body=GLADLY, now=now)
    for one in rings.possible_rings(ben, now)[:1]:
        names = [one.second.person.username, one.third.person.username]
        taught = [one.slug, one.second.slug, one.third.slug]
        with suppress(Refused):
            rings.start_ring(ben, names, taught, body=MINE, now=now)


def _let_some_want(ada: User, now: datetime) -> None:
    """Teachers of what those want who teach what ada wants: they come to want what she teaches."""
    mine = select(UserSkill.skill_id).where(UserSkill.user_id == ada.id)
    offered = mine.where(UserSkill.kind == UserSkillKind.OFFERED)
    third, line = aliased(SwapEdge), aliased(UserSkill)
    middles = select(third.want_id).where(
        third.offer_id.in_(mine.where(UserSkill.kind == UserSkillKind.WANTED)),
        third.want_id.not_in(offered),
    )
    has_it = exists().where(line.user_id == User.id, line.skill_id.in_(offered))
    teachers = select(TeacherListing.user_id).where(TeacherListing.skill_id.in_(middles))
    people = db.session.scalars(
        select(User)
        .where(User.id.in_(teachers), User.id != ada.id, User.learning, ~has_it)
        .order_by(User.id)
        .limit(WISHERS)
    ).all()
    taught = db.session.scalars(select(Skill.slug).where(Skill.id.in_(offered)).order_by(Skill.id))
    slugs = list(taught)
    for number, person in enumerate(people):
        slug = slugs[number % len(slugs)]
        skills.add_skill(person, UserSkillKind.WANTED, slug, level=Level.BEGINNER, note="", now=now)
