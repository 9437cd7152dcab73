"""The people of the tests, and how they come to pitches, exchanges and sessions.

They are made by the verbs of the domain wherever one exists. Each function commits.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pyotp
from sqlalchemy import select, update

from skillswap.blueprints.accounts import sealer
from skillswap.db import db, transaction
from skillswap.domain import availability, exchanges, hours, learning_sessions, pitches
from skillswap.domain.frame import token_hash
from skillswap.lib.clock import utcnow
from skillswap.lib.markdown import RULES_VERSION, render_markdown
from skillswap.lib.passwords import hash_password
from skillswap.models import (
    Exchange,
    LearningSession,
    Level,
    Pitch,
    Post,
    PostKind,
    PostSkill,
    PostState,
    SecondStep,
    SignIn,
    Skill,
    SkillName,
    StaffRole,
    User,
    UserSkill,
    UserSkillKind,
)

PASSWORD = "teach-and-learn"
APP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # in the phone of everybody on the staff
_HASH = hash_password(PASSWORD)
LONG_AGO = timedelta(days=200)
BODY = "I would love to paint one small picture of the river for my mother by June."


def make_skill(name: str) -> Skill:
    """The catalogue entry of that name, made when it is not there yet."""
    with transaction():
        return _skills([name])[0]


def _skills(names: Sequence[str]) -> list[Skill]:
    """The entries of these names in this order: few statements, since every person has some."""
    slugs = [name.lower().replace(" ", "-") for name in names]
    found = db.session.scalars(select(Skill).where(Skill.slug.in_(slugs))) if slugs else ()
    there = {skill.slug: skill for skill in found}
    new = {slug: name for slug, name in zip(slugs, names, strict=True) if slug not in there}
    for slug, name in new.items():
        there[slug] = Skill(slug=slug, name=name, category="Test", created_at=utcnow())
        db.session.add(there[slug])
    db.session.flush()
    db.session.add_all(
        SkillName(key=name.casefold(), skill_id=there[slug].id, is_alias=False)
        for slug, name in new.items()
    )
    return [there[slug] for slug in slugs]


def make_person(
    username: str,
    *,
    offers: tuple[str, ...] = (),
    wants: tuple[str, ...] = (),
    timezone: str = "Europe/London",
    joined: timedelta = LONG_AGO,
    **columns: Any,
) -> User:
    """A person with a bio, who joined 200 days ago and speaks English; staff with a second step."""
    now = utcnow()
    kinds = [UserSkillKind.OFFERED] * len(offers) + [UserSkillKind.WANTED] * len(wants)
    first = columns.pop("first_name", username.capitalize())
    bio = columns.pop(
        "bio", f"I am {first}. I like to learn slowly, from one person at a time, by doing."
    )
    with transaction():
        skills = _skills([*offers, *wants])
        person = User(
            username=username,
            email=f"{username}@example.org",
            password_hash=_HASH,
            first_name=first,
            last_name=columns.pop("last_name", "Example"),
            name_key=f"{username} example",
            bio=bio,
            bio_html=render_markdown(bio),
            headline=columns.pop("headline", f"{first} learns and teaches"),
            timezone=timezone,
            language_mask=columns.pop("language_mask", 1),
            birth_year=1990,
            created_at=now - joined,
            last_seen_at=columns.pop("last_seen_at", now),
            email_confirmed_at=columns.pop("email_confirmed_at", now - joined),
            **columns,
        )
        db.session.add(person)
        db.session.flush()
        db.session.add_all(
            UserSkill(
                user_id=person.id,
                skill_id=skill.id,
                kind=kind,
                level=Level.INTERMEDIATE,
                created_at=now,
            )
            for skill, kind in zip(skills, kinds, strict=True)
        )
        if StaffRole(person.staff_role) is not StaffRole.NONE:
            give_second_step(person)
    return person


def give_second_step(person: User) -> None:
    """The app on their phone makes the codes of `code_of`; in the caller's transaction."""
    long_ago = utcnow() - LONG_AGO
    facts = {"sealed": sealer().seal(APP_SECRET), "created_at": long_ago, "confirmed_at": long_ago}
    db.session.add(SecondStep(user_id=person.id, **facts))


def make_staff(person: User, role: StaffRole = StaffRole.MODERATOR) -> None:
    """Somebody who is here already comes to the staff, with a second step."""
    with transaction():
        person.staff_role = role
        give_second_step(person)


def code_of(person: User) -> str:
    """What the app on a staff member's phone shows, once more after it was used."""
    with transaction():
        db.session.get_one(SecondStep, person.id).last_count = 0
    return pyotp.TOTP(APP_SECRET).now()


def ada() -> User:
    """Teaches."""
    return make_person("ada", offers=("Watercolour", "Piano"), wants=("Portuguese",))


def ben() -> User:
    """Learns."""
    return make_person(
        "ben",
        offers=("Spanish", "Sourdough"),
        wants=("Watercolour",),
        timezone="America/Mexico_City",
    )


def cy() -> User:
    """A stranger."""
    return make_person("cy", offers=("JavaScript",), timezone="Europe/Stockholm")


def mo() -> User:
    """Moderates."""
    return make_person("mo", timezone="Asia/Beirut", staff_role=StaffRole.MODERATOR)


def root() -> User:
    """Administers."""
    return make_person("root", staff_role=StaffRole.ADMIN)


def make_hours(person: User, *lines: str) -> None:
    """When a person could meet each week, on their wall clock: "Mon-Fri 18-21", "Sat 9:15-12",
    "every day 0-24". Replaces what they had said.
    """
    with transaction():
        availability.set_week(person, hours.read_week(*lines))


def sign_in(person: User) -> str:
    """A live sign-in of this person, just made; returns the cookie's token."""
    token, now = secrets.token_urlsafe(32), utcnow()
    with transaction():
        db.session.add(
            SignIn(
                token_hash=token_hash(token),
                user_id=person.id,
                created_at=now,
                seen_at=now,
                expires_at=now + timedelta(days=30),
                stepped_up_at=now,
            )
        )
    return token


def sit_for_long(person: User) -> None:
    """Eleven minutes go by since they last showed a password or a code, on any device."""
    with transaction():
        db.session.execute(
            update(SignIn)
            .where(SignIn.user_id == person.id)
            .values(stepped_up_at=utcnow() - timedelta(minutes=11))
        )


def make_pitch(
    learner: User,
    teacher: User,
    skill: str = "watercolour",
    *,
    offered: str = "",
    body: str = BODY,
    now: datetime | None = None,
) -> Pitch:
    """A pending pitch."""
    with transaction():
        return pitches.send_pitch(
            learner, teacher, skill=skill, offered=offered, body=body, now=now or utcnow()
        )


def make_exchange(
    learner: User,
    teacher: User,
    skill: str = "watercolour",
    *,
    offered: str = "",
    now: datetime | None = None,
) -> Exchange:
    """An active exchange from a pitch that was accepted."""
    pitch = make_pitch(learner, teacher, skill, offered=offered, now=now)
    with transaction():
        opened = pitches.accept_pitch(teacher, pitch.public_id, now=now or utcnow())
    return exchanges.exchange_of(teacher, opened.public_id)


def next_quarter(at: datetime) -> datetime:
    """The first quarter hour at or after an instant."""
    seconds = -at.timestamp() % 900
    return (at + timedelta(seconds=seconds)).replace(microsecond=0)


def make_proposal(
    proposer: User,
    exchange: Exchange,
    *,
    starts: list[datetime] | None = None,
    minutes: int = 60,
    now: datetime | None = None,
) -> LearningSession:
    """A session whose times are offered: by default two starts, in 2 and 3 days."""
    now = now or utcnow()
    first = next_quarter(now + timedelta(days=2))
    legs = exchanges.exchange_of(proposer, exchange.public_id).legs
    with transaction():
        return learning_sessions.propose_times(
            proposer,
            exchange.public_id,
            leg_id=legs[0].id,
            starts=starts or [first, first + timedelta(days=1)],
            minutes=minutes,
            now=now,
        )


def make_session(
    proposer: User,
    exchange: Exchange,
    *,
    start: datetime | None = None,
    now: datetime | None = None,
) -> LearningSession:
    """A scheduled session, by default in two days."""
    now = now or utcnow()
    start = start or next_quarter(now + timedelta(days=2))
    proposed = make_proposal(proposer, exchange, starts=[start], now=now)
    partner = exchange.partner_of(proposer)
    with transaction():
        return learning_sessions.accept_times(partner, proposed.public_id, start=start, now=now)


def make_post(
    author: User,
    *,
    body: str = "Wet the paper first, then wait until it no longer shines.",
    title: str = "",
    kind: PostKind = PostKind.GENERAL,
    skills: tuple[str, ...] = (),
    now: datetime | None = None,
) -> Post:
    """A published post, about skills of those names."""
    now, html = now or utcnow(), render_markdown(body)
    listed = [make_skill(name) for name in skills]
    with transaction():
        post = Post(
            author_id=author.id,
            kind=kind,
            state=PostState.PUBLISHED,
            title=title,
            body=body,
            body_html=html,
            lead_html=html,
            rules_version=RULES_VERSION,
            word_count=len(body.split()),
            created_at=now,
            published_at=now,
        )
        db.session.add(post)
        db.session.flush()
        db.session.add_all(
            PostSkill(post_id=post.id, skill_id=skill.id, place=place, published_at=now)
            for place, skill in enumerate(listed)
        )
    return post
