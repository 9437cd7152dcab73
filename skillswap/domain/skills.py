"""Which skills are there, and who offers or wants them?"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain import cases, completing, events
from skillswap.domain.catalogue import catalogue
from skillswap.domain.limits import PROPOSED_SKILLS, SKILLS_EACH_WAY
from skillswap.domain.touched import touch
from skillswap.errors import NotFound, Refused
from skillswap.lib.spelling import Speller
from skillswap.lib.text import Unprintable, clean_line, mixes_alphabets, search_key
from skillswap.models import (
    CaseKind,
    Level,
    Skill,
    SkillName,
    SkillState,
    User,
    UserSkill,
    UserSkillKind,
)

NAME_LEAST, NAME_MOST, KEY_MOST, SLUG_MOST = 2, 60, 60, 50
NOTE_MOST = 200
UNSORTED = "Other"  # the category of a proposed skill, until a moderator gives it one
SUGGESTIONS, NEAREST = 8, 3
TYPED_MOST = 100
NOT_PLAIN = re.compile(r"[^a-z0-9]+")


# -- verbs ----------------------------------------------------------------------------------------


def add_skill(
    person: User, kind: UserSkillKind, typed: str, *, level: int, note: str, now: datetime
) -> None:
    """Put a skill on the person's list; `typed` is its name, an alias or its slug.

    Raises Refused when nothing answers to it, it is on the list already, or the list is full.
    """
    skill = find_skill(person, typed)
    if skill is None:
        raise Refused("skill", "unknown_skill")
    _add_line(person, kind, skill, level, note, now)


def propose_skill(
    person: User, kind: UserSkillKind, name: str, *, level: int, note: str, now: datetime
) -> None:
    """Add a skill to the catalogue and to the person's list; a moderator looks at it later.

    Until then only those who typed it themselves find it. Where the word is known already, that
    skill is put on the list. Raises Refused as `add_skill` does, and for names that are none.
    """
    name = clean_skill_name(name)
    skill = find_skill(person, name) or _proposed_by_others(name)
    if skill is None:
        waiting = select(func.count()).where(
            Skill.proposed_by_id == person.id, Skill.state == SkillState.PROPOSED
        )
        if (db.session.scalar(waiting) or 0) >= PROPOSED_SKILLS:
            raise Refused("skill", "too_many_proposed", limit=PROPOSED_SKILLS)
        skill = _insert_proposed(person, name, now)
        events.record(
            "skill.proposed", actor=person, subject=skill, to=[], now=now, skill=skill.name
        )
        if skill.proposed_by_id == person.id:  # nobody was quicker
            about = "skills", skill.id
            cases.open_case(CaseKind.SKILL, *about, person=person, now=now, name=skill.name)
    _add_line(person, kind, skill, level, note, now)


def edit_skill(person: User, kind: UserSkillKind, slug: str, *, level: int, note: str) -> None:
    """Change level and note of a line. Raises NotFound when the skill is not on the list."""
    note = _clean_note(note)
    line = db.session.scalar(
        select(UserSkill)
        .join(UserSkill.skill)
        .where(UserSkill.user_id == person.id, UserSkill.kind == kind, Skill.slug == slug)
    )
    if line is None:
        raise NotFound("skill")
    line.level, line.note = Level(level), note
    db.session.flush()


def remove_skill(person: User, kind: UserSkillKind, slug: str) -> int:
    """Take a skill off the list; harmless where it is not on it. Returns the skill's id.

    Raises NotFound for no skill. What it means for open pitches: domain/teaching.py.
    """
    skill_id = db.session.scalar(select(Skill.id).where(Skill.slug == slug))
    if skill_id is None:
        raise NotFound("skill")
    touch(person.id)
    db.session.execute(
        delete(UserSkill).where(
            UserSkill.user_id == person.id,
            UserSkill.kind == kind,
            UserSkill.skill_id == skill_id,
        )
    )
    return skill_id


def _add_line(
    person: User, kind: UserSkillKind, skill: Skill, level: int, note: str, now: datetime
) -> None:
    note = _clean_note(note)
    # two tabs must not fill the last place twice
    db.session.execute(select(User.id).where(User.id == person.id).with_for_update(key_share=True))
    skill = _standing(skill.id)
    listed = set(
        db.session.scalars(
            select(UserSkill.skill_id).where(UserSkill.user_id == person.id, UserSkill.kind == kind)
        )
    )
    if skill.id in listed:
        raise Refused("skill", "skill_listed", skill=skill.name)
    if len(listed) >= SKILLS_EACH_WAY:
        raise Refused("skill", "skills_full", limit=SKILLS_EACH_WAY)
    line = UserSkill(
        user_id=person.id,
        skill_id=skill.id,
        kind=kind,
        level=Level(level),
        note=note,
        created_at=now,
    )
    db.session.add(line)
    completing.note(person, now)


def _standing(skill_id: int) -> Skill:
    """The skill, while staff merge it with none; the one that it was merged into meanwhile."""
    held = db.session.scalars(
        select(Skill)
        .where(Skill.id == skill_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one()
    if held.state is not SkillState.MERGED:
        return held
    if held.merged_into_id is None:
        raise Refused("skill", "unknown_skill")
    return db.session.get_one(Skill, held.merged_into_id)


def _clean_note(note: str) -> str:
    try:
        note = clean_line(note)
    except Unprintable:
        raise Refused("note", "control_characters") from None
    if len(note) > NOTE_MOST:
        raise Refused("note", "too_long", limit=NOTE_MOST)
    return note


def clean_skill_name(name: str) -> str:
    """A name that can be one: letters, of one alphabet a word, and short enough to be found.

    Raises Refused.
    """
    try:
        name = clean_line(name)
    except Unprintable:
        raise Refused("skill", "control_characters") from None
    key = search_key(name)
    short = len(name) < NAME_LEAST or not any(sign.isalnum() for sign in key)
    if short or len(name) > NAME_MOST or len(key) > KEY_MOST:
        raise Refused("skill", "skill_name_shape")
    if mixes_alphabets(name):
        raise Refused("skill", "two_alphabets")
    return name


def _insert_proposed(person: User, name: str, now: datetime) -> Skill:
    """The new entry and the word for it. The unique indexes decide who was first."""
    skill = Skill(
        slug=free_slug(name),
        name=name,
        category=UNSORTED,
        state=SkillState.PROPOSED,
        proposed_by_id=person.id,
        created_at=now,
    )
    try:
        with db.session.begin_nested():
            db.session.add(skill)
            db.session.flush()
            word = SkillName(key=search_key(name), skill_id=skill.id, is_alias=False)
            db.session.add(word)
    except IntegrityError:
        taken = _proposed_by_others(name)
        if taken is None:
            raise
        return taken
    return skill


def free_slug(name: str) -> str:
    """The name in plain letters, with some chance behind it where that is taken or empty."""
    slug = NOT_PLAIN.sub("-", search_key(name)).strip("-")[:SLUG_MOST].rstrip("-")
    if slug and db.session.scalar(select(Skill.id).where(Skill.slug == slug)) is None:
        return slug
    return f"{slug or 'skill'}-{secrets.token_hex(3)}"


# -- reads ----------------------------------------------------------------------------------------

Into = aliased(Skill)


def found_by(person: User) -> ColumnElement[bool]:
    """Condition: this person may find the skill: it is active, or their own proposal."""
    return or_(
        Skill.state == SkillState.ACTIVE,
        and_(Skill.state == SkillState.PROPOSED, Skill.proposed_by_id == person.id),
    )


def find_skill(person: User, typed: str) -> Skill | None:
    """The skill that answers to a name, an alias or a slug, in any case and with any accents.

    One that was merged leads to the skill it was merged into.
    """
    typed = typed.replace("\x00", " ").strip()[:TYPED_MOST]
    key = search_key(typed)
    if not key:
        return None
    rows = db.session.execute(
        select(Skill, Into)
        .join(SkillName, SkillName.skill_id == Skill.id, isouter=True)
        .join(Into, Into.id == Skill.merged_into_id, isouter=True)
        .where(
            or_(SkillName.key == key, Skill.slug == typed.lower()),
            or_(found_by(person), Into.state == SkillState.ACTIVE),
        )
        .order_by(case((SkillName.key == key, 0), else_=1))
        .limit(1)
    ).first()
    if rows is None:
        return None
    skill: Skill = rows[1] if rows[0].state is SkillState.MERGED else rows[0]
    return skill


def _proposed_by_others(name: str) -> Skill | None:
    """The same proposal by somebody else: both then wait for the same moderator."""
    return db.session.scalar(
        select(Skill)
        .join(SkillName, SkillName.skill_id == Skill.id)
        .where(SkillName.key == search_key(name), Skill.state == SkillState.PROPOSED)
    )


def suggest(person: User, typed: str) -> Sequence[str]:
    """Up to eight names of skills that have a word beginning with what was typed.

    One statement; those that begin with it come first.
    """
    key = search_key(typed.replace("\x00", " ")[:TYPED_MOST])
    if not key:
        return []
    begins = SkillName.key.startswith(key, autoescape=True)
    rank = func.min(case((begins, 0), else_=1))
    return db.session.scalars(
        select(Skill.name)
        .join(SkillName, SkillName.skill_id == Skill.id)
        .where(or_(begins, SkillName.key.contains(f" {key}", autoescape=True)), found_by(person))
        .group_by(Skill.id, Skill.name)
        .order_by(rank, func.length(Skill.name), Skill.name)
        .limit(SUGGESTIONS)
    ).all()


def nearest(typed: str) -> list[str]:
    """Up to three names of the shipped catalogue that are spelled much like it; asks nobody."""
    return _speller().nearest(search_key(typed[:NAME_MOST]), NEAREST)


@lru_cache(maxsize=1)
def _speller() -> Speller:
    return Speller({key: entry.name for entry in catalogue() for key in entry.keys})


@dataclass(frozen=True, slots=True)
class SkillLine:
    """A skill on somebody's list."""

    user_id: int
    kind: UserSkillKind
    skill_id: int
    slug: str
    name: str
    level: Level
    note: str
    proposed: bool


def lines_of(*user_ids: int) -> list[SkillLine]:
    """All lines of these people, by name. One statement."""
    rows = db.session.execute(
        select(
            UserSkill.user_id,
            UserSkill.kind,
            UserSkill.skill_id,
            Skill.slug,
            Skill.name,
            UserSkill.level,
            UserSkill.note,
            Skill.state,
        )
        .join(Skill, Skill.id == UserSkill.skill_id)
        .where(UserSkill.user_id.in_(user_ids))
        .order_by(func.lower(Skill.name), Skill.id)
    )
    return [
        SkillLine(
            row.user_id,
            row.kind,
            row.skill_id,
            row.slug,
            row.name,
            Level(row.level),
            row.note,
            row.state is SkillState.PROPOSED,
        )
        for row in rows
    ]
