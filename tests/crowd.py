"""Very many people, written at once: what a page costs must not depend on how many there are."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from skillswap.db import db, transaction
from skillswap.domain import name_words
from skillswap.domain.touched import touch
from skillswap.lib.clock import utcnow
from skillswap.models import Skill, SkillName, User, UserSkill, UserSkillKind

ZONES = ("Europe/London", "America/Mexico_City", "Asia/Seoul", "Africa/Lagos", "Asia/Kolkata")


def make_crowd(count: int, *, skills: int = 40, listed: bool = True, named: bool = False) -> None:
    """`count` people who each teach three of the skills `Craft 0`… and want two others.

    The same people each time: chance is seeded. `listed`: with the rows that lists are searched
    by; `named`: with the words by which names are found.
    """
    chance, now = random.Random(count), utcnow()
    with transaction():
        db.session.execute(
            insert(Skill),
            [
                {
                    "slug": f"craft-{n}",
                    "name": f"Craft {n}",
                    "category": f"Area {n % 5}",
                    "created_at": now,
                }
                for n in range(skills)
            ],
        )
        ids = list(db.session.scalars(select(Skill.id).where(Skill.slug.startswith("craft-"))))
        names = [
            {"key": f"craft {n}", "skill_id": skill, "is_alias": False}
            for n, skill in enumerate(ids)
        ]
        db.session.execute(insert(SkillName), names)
        db.session.execute(insert(User), [_person(n, chance) for n in range(count)])
        made = select(User.id).where(User.username.startswith("crowd-"))
        crowd, lines = db.session.scalars(made).all(), []
        for user_id in crowd:
            drawn = chance.sample(ids, 5)
            for place, skill in enumerate(drawn):
                kind = UserSkillKind.OFFERED if place < 3 else UserSkillKind.WANTED
                lines.append(
                    {
                        "user_id": user_id,
                        "kind": kind,
                        "skill_id": skill,
                        "level": chance.randint(1, 3),
                        "created_at": now,
                    }
                )
        db.session.execute(insert(UserSkill), lines)
        if listed:
            touch(*crowd)
        if named:
            name_words.keep(crowd)


def _person(number: int, chance: random.Random) -> dict[str, Any]:
    now = utcnow()
    return {
        "username": f"crowd-{number}",
        "email": f"crowd-{number}@example.org",
        "password_hash": "none",
        "first_name": f"Crowd{number}",
        "last_name": "Member",
        "name_key": f"crowd{number} member",
        "headline": "Slow hands first, then one song well",
        "timezone": chance.choice(ZONES),
        "language_mask": 1 | 1 << chance.randrange(8),
        "birth_year": 1990,
        "email_confirmed_at": now,
        "rating_rank": 4_100 + 100 * chance.randrange(3),
        "created_at": now - timedelta(hours=chance.randrange(1, 5_000)),
        "last_seen_at": now - timedelta(minutes=chance.randrange(50_000)),
    }
