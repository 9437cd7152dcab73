"""What does a search for teachers mean, and whom? The filters, the words, the people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    false,
    func,
    or_,
    select,
    union_all,
)

from skillswap.db import db
from skillswap.domain import name_words, skills
from skillswap.domain.teachers import (
    Mine,
    SkillRef,
    here,
    offered_lines,
    offers,
)
from skillswap.lib.keyset import AnySelect
from skillswap.lib.languages import by_code
from skillswap.lib.text import search_key
from skillswap.models import Level, Skill, SkillName, SkillState, User, UserSkill, UserSkillKind

TERM_MOST = 100
WORDS_MOST = 6
MEANT_MOST = 400  # names of skills that one search may stand for


class Sort(StrEnum):
    FIT, RATING, NEWEST = "fit", "rating", "newest"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for. Values that nobody knows have been dropped before."""

    q: str = ""
    skill: str = ""  # a slug
    level: Level | None = None
    language: str = ""  # a code of data/languages.csv
    sort: Sort = Sort.RATING
    usual: Sort = Sort.RATING  # the order for whoever asks for none

    @property
    def active(self) -> int:
        """How many of the folded filters are on."""
        return (self.level is not None) + bool(self.language)

    @property
    def mask(self) -> int:
        """The bit of the language asked for; 0 for any."""
        return by_code()[self.language].mask if self.language else 0


@dataclass(frozen=True, slots=True)
class Meaning:
    """Which skills the words and the slug of a search stand for."""

    skill: SkillRef | None = None  # the slug's; or the only one that the words name exactly
    by_slug: bool = False
    words: tuple[str, ...] = ()
    ids: frozenset[int] = frozenset()  # of all skills that the words match
    guessed: bool = False  # nothing and nobody is called so: the skill is spelled much like it


# -- what the words mean --------------------------------------------------------------------------


def _starts_a_word(column: SQLColumnExpression[str], words: Sequence[str]) -> ColumnElement[bool]:
    """Condition: each of the words begins a word of the column. False without words."""
    if not words:
        return false()
    return and_(
        *(
            or_(
                column.startswith(word, autoescape=True),
                column.contains(f" {word}", autoescape=True),
            )
            for word in words
        )
    )


def meaning_of(filters: Filters) -> Meaning:
    """One statement, or none when neither words nor a skill are asked for; two for words that
    no skill has.

    Words that a skill is called by exactly stand for it, and for skills with these whole words
    in their names: "guitar" also means Classical guitar, while "java" is not JavaScript.
    """
    term = search_key(filters.q)
    words = tuple(term.split()[:WORDS_MOST])
    if not words and not filters.skill:
        return Meaning()
    hits, asked = _skills_named(words, filters.skill)
    if not hits and not filters.skill and (guess := _guess(words, filters.q)):
        return Meaning(guess, words=words, ids=frozenset({guess.id}), guessed=True)
    exact = next((row for row in hits if row.key == term), None)
    if exact:
        hits = [row for row in hits if row is exact or _says(row, words)]
    ids = frozenset(row.id for row in hits)
    row = asked or (exact if len(ids) == 1 else None)
    skill = SkillRef(row.id, row.slug, row.name, row.category) if row else None
    return Meaning(skill, asked is not None, words, ids)


def _says(row: Any, words: Sequence[str]) -> bool:
    """Whether it is a skill's own name and holds all the words whole."""
    return not row.is_alias and set(words) <= set(row.key.split())


def _skills_named(words: Sequence[str], slug: str) -> tuple[list[Any], Any]:
    """The names that the words match, shortest first, and a row of the skill of that slug."""
    slug_is = select(func.coalesce(Skill.merged_into_id, Skill.id)).where(Skill.slug == slug)
    asked = (Skill.id.in_(slug_is) if slug else false()).label("asked")
    matched = _starts_a_word(SkillName.key, words).label("matched")
    columns = (Skill.id, Skill.slug, Skill.name, Skill.category)
    rows = db.session.execute(
        select(*columns, SkillName.key, SkillName.is_alias, asked, matched)
        .join(SkillName, SkillName.skill_id == Skill.id)
        .where(or_(asked.element, matched.element), Skill.state != SkillState.MERGED)
        .order_by(asked.desc(), func.length(SkillName.key), SkillName.key)
        .limit(MEANT_MOST)
    ).all()
    return [row for row in rows if row.matched], next((row for row in rows if row.asked), None)


def _guess(words: Sequence[str], typed: str) -> SkillRef | None:
    """The skill that somebody who typed this may have meant, unless people are called so."""
    names = skills.nearest(typed)
    if not names:
        return None
    rows = db.session.execute(
        select(Skill.id, Skill.slug, Skill.name, Skill.category).where(
            Skill.name.in_(names),
            Skill.state == SkillState.ACTIVE,
            ~name_words.ids_of(words).exists(),
        )
    )
    found = {row.name: SkillRef(*row) for row in rows}
    return next((found[name] for name in names if name in found), None)


# -- who is meant ---------------------------------------------------------------------------------


def taught(meaning: Meaning) -> AnySelect | None:
    """(user_id, best): who teaches what is asked for, up to which level. None: nothing is asked.

    Led by the lines of the skills, not by the people: the work follows the matches.
    """
    if not meaning.words and not meaning.by_slug:
        return None
    named = name_words.ids_of(meaning.words)
    lines: Any
    if not meaning.by_slug or meaning.skill is None:
        lines = union_all(
            offered_lines(UserSkill.skill_id.in_(meaning.ids)),
            offered_lines(UserSkill.user_id.in_(named)),
        )
    else:
        lines = offered_lines(UserSkill.skill_id == meaning.skill.id)
        if meaning.words:
            also = select(Mine.user_id).where(
                Mine.kind == UserSkillKind.OFFERED, Mine.skill_id.in_(meaning.ids)
            )
            lines = lines.where(or_(UserSkill.user_id.in_(also), UserSkill.user_id.in_(named)))
    rows = lines.subquery("lines")
    return select(rows.c.user_id, func.max(rows.c.level).label("best")).group_by(rows.c.user_id)


def people_of(filters: Filters, meaning: Meaning, columns: Sequence[Any]) -> AnySelect:
    """Those columns of everybody whom the filters leave."""
    query: Any = select(*columns).where(here())
    lines_of = taught(meaning)
    if lines_of is None:
        query = query.where(offers(filters.level or Level.BEGINNER))
    else:
        lines = lines_of.subquery("taught")
        query = query.join(lines, lines.c.user_id == User.id)
        query = query.where(lines.c.best >= filters.level) if filters.level else query
    if filters.mask:
        query = query.where(User.language_mask.bitwise_and(filters.mask) != 0)
    people: AnySelect = query
    return people
