"""What and whom does somebody mean who types into the search box? Skills and people, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import and_, false, func, or_, select

from skillswap.db import db
from skillswap.domain import name_words, skills
from skillswap.domain.searching import WORDS_MOST, starts_a_word
from skillswap.domain.teachers import SkillRef
from skillswap.lib.text import search_key
from skillswap.models import Skill, SkillName, SkillState, User

SUGGESTED = 5  # of each kind, while somebody types
SKILLS_SHOWN, PEOPLE_SHOWN = 12, 20
LEAST = 2  # letters by which people are looked for
NAMES_MOST = 60


@dataclass(frozen=True, slots=True)
class Results:
    """What was found; the closest first."""

    skills: Sequence[SkillRef] = ()
    people: Sequence[name_words.Found] = ()
    guessed: bool = False  # no skill is called so: these are spelled much like it

    def __len__(self) -> int:
        return len(self.skills) + len(self.people)


def suggest(typed: str, reader: User | None) -> Results:
    """The closest few, while somebody types; no guess at a skill where people are called so. Four
    statements at most.
    """
    found = _find(typed, reader, SUGGESTED, SUGGESTED)
    return replace(found, skills=()) if found.guessed and found.people else found


def search(typed: str, reader: User | None) -> Results:
    """The skills and the people who are called so. Four statements at most."""
    return _find(typed, reader, SKILLS_SHOWN, PEOPLE_SHOWN)


def _find(typed: str, reader: User | None, skills_most: int, people_most: int) -> Results:
    typed = typed.replace("\x00", " ")  # which no database of PostgreSQL holds
    key = search_key(typed)
    if not key:
        return Results()
    found, guessed = _skills_called(key, typed, reader, skills_most)
    people = name_words.search_people(typed, reader, people_most) if len(key) >= LEAST else []
    return Results(found, people, guessed)


def _skills_called(
    key: str, typed: str, reader: User | None, most: int
) -> tuple[list[SkillRef], bool]:
    """The skills of which each of the words begins one, those that begin with it first; else the
    ones spelled much like it. One statement.
    """
    alike = skills.nearest(typed)
    matched = starts_a_word(SkillName.key, key.split()[:WORDS_MOST]).label("matched")
    theirs = (
        and_(Skill.state == SkillState.PROPOSED, Skill.proposed_by_id == reader.id)
        if reader
        else false()
    )
    rows = db.session.execute(
        select(Skill.id, Skill.slug, Skill.name, Skill.category, SkillName.key, matched)
        .join(SkillName, SkillName.skill_id == Skill.id)
        .where(
            or_(matched.element, Skill.name.in_(alike)),
            or_(Skill.state == SkillState.ACTIVE, theirs),
        )
        .order_by(matched.desc(), func.length(SkillName.key), SkillName.key)
        .limit(NAMES_MOST)
    ).all()
    hits = [row for row in rows if row.matched]
    hits.sort(key=lambda row: not row.key.startswith(key))  # stable: the shortest first
    close = sorted(rows, key=lambda row: alike.index(row.name)) if not hits else []
    found = {row.id: SkillRef(row.id, row.slug, row.name, row.category) for row in hits or close}
    return list(found.values())[:most], bool(close)
