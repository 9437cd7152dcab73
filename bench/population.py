"""A town of invented people, in any size, the same each time and quickly made."""

from __future__ import annotations

import random
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from skillswap.db import db, transaction
from skillswap.domain.catalogue import load_catalogue
from skillswap.domain.frame import token_hash
from skillswap.models import SignIn, Skill, User, UserSkill, UserSkillKind

ZONES = (
    "Europe/London America/Mexico_City Asia/Tokyo Africa/Lagos Asia/Kolkata Europe/Berlin "
    "Australia/Sydney America/Sao_Paulo"
).split()
SOUNDS = "a be chi da ema fre go ha in ju ko lei ma na or pe qui ro sa tu ul vi wen xa yo".split()
ENDS = "n s rd l na ta go ski mi ez er ov".split()
BIO = "I like to learn slowly, from one person at a time, and to teach what my hands know."
BATCH = 2_000


def people(count: int, now: datetime, *, seed: int = 7) -> list[int]:
    """Insert `count` people with three offered and two wanted skills each; returns their ids."""
    chance = random.Random(seed)
    with transaction():
        load_catalogue(now)
    skills = db.session.scalars(select(Skill.id).order_by(Skill.id)).all()
    weights = [1 / (rank + 1) for rank in range(len(skills))]  # Zipf: a few skills are everybody's
    for start in range(0, count, BATCH):
        rows = [_person(n, now, chance) for n in range(start, min(start + BATCH, count))]
        with transaction():
            db.session.execute(insert(User), rows)
        names = [row["username"] for row in rows]
        ids = db.session.scalars(select(User.id).where(User.username.in_(names))).all()
        lines: list[dict[str, Any]] = []
        for user_id in ids:
            chosen = list(dict.fromkeys(chance.choices(skills, weights, k=9)))[:5]
            for place, skill_id in enumerate(chosen):
                kind = UserSkillKind.OFFERED if place < 3 else UserSkillKind.WANTED
                lines.append(
                    {
                        "user_id": user_id,
                        "skill_id": skill_id,
                        "kind": kind,
                        "level": chance.randint(1, 3),
                        "note": "",
                        "created_at": now,
                    }
                )
        with transaction():
            db.session.execute(insert(UserSkill), lines)
    return list(db.session.scalars(select(User.id).order_by(User.id)).all())


def _name(chance: random.Random, sounds: int) -> str:
    """Hundreds of first names or a quarter of a million last names, nearly as uneven as real."""
    parts = chance.choices(SOUNDS, [1 / (n + 3) for n in range(len(SOUNDS))], k=sounds)
    return ("".join(parts) + chance.choice(ENDS)).capitalize()


def _person(number: int, now: datetime, chance: random.Random) -> dict[str, Any]:
    first, last = _name(chance, 2), _name(chance, 3)
    return {
        "username": f"p{number}",
        "email": f"p{number}@example.org",
        "password_hash": "x",
        "first_name": first,
        "last_name": last,
        "name_key": f"{first} {last}".casefold(),
        "headline": f"{first} teaches on quiet evenings",
        "bio": BIO,
        "bio_html": f"<p>{BIO}</p>",
        "education": [],
        "timezone": chance.choice(ZONES),
        "language_mask": 1 | 1 << chance.randint(1, 12),
        "birth_year": 1990,
        "email_confirmed_at": now,
        "created_at": now - timedelta(days=chance.randint(30, 900)),
        "last_seen_at": now - timedelta(minutes=chance.randint(0, 60 * 24 * 60)),
    }


def sign_in(user_id: int, now: datetime) -> str:
    """A live sign-in; returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    with transaction():
        db.session.add(
            SignIn(
                token_hash=token_hash(token),
                user_id=user_id,
                created_at=now,
                seen_at=now + timedelta(hours=1),  # so that no request stops to note the minute
                expires_at=now + timedelta(days=30),
            )
        )
    return token
