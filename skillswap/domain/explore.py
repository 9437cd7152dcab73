"""Who teaches what is asked for? Browsing teachers, and the counts beside every choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    SQLColumnExpression,
    and_,
    false,
    func,
    null,
    or_,
    select,
    union_all,
)

from skillswap.db import db
from skillswap.domain.teachers import (
    BY_RATING,
    COLUMNS,
    NEWEST,
    Mine,
    SkillRef,
    cards,
    here,
    offered_lines,
    offers,
    page_query,
    run,
    taught_skills,
)
from skillswap.lib.keyset import AnySelect, Page
from skillswap.lib.languages import Language, by_code, codes_of, languages
from skillswap.lib.text import search_key
from skillswap.models import Level, Skill, SkillName, SkillState, User, UserSkill, UserSkillKind

TERM_MOST = 100
WORDS_MOST = 6
MEANT_MOST = 400  # names of skills that one search may stand for
COUNTED_TO = 1_000
MANY_KEPT, MANY_KNOWN = timedelta(minutes=1), 1_000
SIMILAR_SHOWN = 6


class Sort(StrEnum):
    RATING, NEWEST = "rating", "newest"


ORDERS = {Sort.RATING: BY_RATING, Sort.NEWEST: NEWEST}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for. Values that nobody knows have been dropped before."""

    q: str = ""
    skill: str = ""  # a slug
    level: Level | None = None
    language: str = ""  # a code of data/languages.csv
    sort: Sort = Sort.RATING

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


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are, and how many each choice would leave."""

    total: int = 0
    cut: bool = False  # there are more than are counted: the choices then carry no numbers
    levels: dict[Level, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)  # by code
    any_level: int = 0
    any_language: int = 0
    unfiltered: int = 0  # with any level and any language

    @property
    def text(self) -> str:
        """`23`, or `1,000+` where counting stopped."""
        return f"{COUNTED_TO:,}+" if self.total > COUNTED_TO else f"{self.total:,}"


@dataclass(frozen=True, slots=True)
class Found:
    """An answer of browsing: the cards of one page, and what stands around them."""

    teachers: Page
    counts: Counts
    skill: SkillRef | None
    unknown_skill: bool  # the address named one that is not in the catalogue
    similar: Sequence[SkillRef]  # where nobody teaches it: skills that are taught


def browse(viewer: User | None, filters: Filters, cursor: str | None, now: datetime) -> Found:
    """The teachers whom the filters leave, with counts. Three statements at most."""
    meaning = _meaning(filters)
    found, similar = Page([], None), list[SkillRef]()
    counts = _known_many(filters, meaning, now)
    if counts:
        found = _teachers(viewer, filters, meaning, cursor, now)
    if counts is None or not found.after:  # or they have become few
        counts = _counts(viewer, filters, meaning)
        _remember_many(filters, meaning, counts, now)
    if counts.total and not found.rows:
        found = _teachers(viewer, filters, meaning, cursor, now)
    elif not counts.unfiltered:
        similar = taught_skills(SIMILAR_SHOWN, viewer=viewer, like=meaning.skill)
    unknown = bool(filters.skill) and not meaning.by_slug
    return Found(found, counts, meaning.skill, unknown, similar)


def more_teachers(viewer: User | None, filters: Filters, cursor: str | None, now: datetime) -> Page:
    """The next teachers of the same list, without counts. Two statements at most."""
    return _teachers(viewer, filters, _meaning(filters), cursor, now)


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


def _meaning(filters: Filters) -> Meaning:
    """One statement, or none when neither words nor a skill are asked for.

    Words that a skill is called by exactly stand for it, and for skills with these whole words
    in their names: "guitar" also means Classical guitar, while "java" is not JavaScript.
    """
    term = search_key(filters.q)
    words = tuple(term.split()[:WORDS_MOST])
    if not words and not filters.skill:
        return Meaning()
    hits, asked = _skills_named(words, filters.skill)
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


# -- who is meant ---------------------------------------------------------------------------------


def _taught(meaning: Meaning) -> AnySelect | None:
    """(user_id, best): who teaches what is asked for, up to which level. None: nothing is asked.

    Led by the lines of the skills, not by the people: the work follows the matches.
    """
    if not meaning.words and not meaning.by_slug:
        return None
    named = select(User.id).where(_starts_a_word(User.name_key, meaning.words))
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


def _people(filters: Filters, meaning: Meaning, columns: Sequence[Any]) -> AnySelect:
    """Those columns of everybody whom the filters leave."""
    query: Any = select(*columns).where(here())
    taught = _taught(meaning)
    if taught is None:
        query = query.where(offers(filters.level or Level.BEGINNER))
    else:
        lines = taught.subquery("taught")
        query = query.join(lines, lines.c.user_id == User.id)
        query = query.where(lines.c.best >= filters.level) if filters.level else query
    if filters.mask:
        query = query.where(User.language_mask.bitwise_and(filters.mask) != 0)
    people: AnySelect = query
    return people


@lru_cache(maxsize=64)
def _page_query(
    filters: Filters, meaning: Meaning, cursor: str | None, *, for_reader: bool
) -> AnySelect:
    """Kept: putting such a statement together takes longer than running it."""
    people = _people(filters, meaning, COLUMNS)
    return page_query(people, ORDERS[filters.sort], for_reader=for_reader, cursor=cursor)


def _teachers(
    viewer: User | None, filters: Filters, meaning: Meaning, cursor: str | None, now: datetime
) -> Page:
    query = _page_query(filters, meaning, cursor, for_reader=viewer is not None)
    first = meaning.ids | ({meaning.skill.id} if meaning.skill else set())
    return cards(query, ORDERS[filters.sort], viewer=viewer, now=now, first=first)


# -- counts ---------------------------------------------------------------------------------------


def _grouped(meaning: Meaning) -> AnySelect:
    """(languages, best level, people) of those the words mean, whatever the other filters."""
    taught = _taught(meaning)
    query: Any = select(User.language_mask.label("mask")).where(here())
    if taught is None:
        best = select(func.max(UserSkill.level)).where(
            UserSkill.user_id == User.id, UserSkill.kind == UserSkillKind.OFFERED
        )
        query = query.where(_teaching() <= COUNTED_TO)
        query = query.add_columns(best.scalar_subquery().label("best"))
    else:
        lines = taught.subquery("taught")
        query = query.add_columns(lines.c.best).join(lines, lines.c.user_id == User.id)
    people = query.limit(COUNTED_TO + 1).subquery("people")
    groups: AnySelect = select(people.c.mask, people.c.best, func.count()).group_by(
        people.c.mask, people.c.best
    )
    return groups


def _teaching() -> ColumnElement[int]:
    """How many teach, seen or not, counted just far enough: an index alone answers."""
    rows = select(User.teaching).where(User.teaching).limit(COUNTED_TO + 1).subquery("teaching")
    return select(func.count()).select_from(rows).scalar_subquery()


@lru_cache(maxsize=64)
def _counts_query(filters: Filters, meaning: Meaning) -> Any:
    """The groups; and for where the people are too many to group a row (NULL, how many there
    are if that is known, how many the filters leave).
    """
    groups = _grouped(meaning)
    everybody = not meaning.words and not meaning.by_slug
    if not filters.active and not everybody:
        return groups
    left = _people(filters, meaning, [User.id])
    left = left.where(_teaching() > COUNTED_TO) if everybody else left
    rows = left.limit(COUNTED_TO + 1).subquery("left_over")
    many = _teaching() if everybody else null()
    return union_all(groups, select(null(), many, func.count()).select_from(rows))


# which filters leave more people than are counted, and since when that is known
found_many: dict[tuple[Filters, Meaning], tuple[datetime, Counts]] = {}


def _known_many(filters: Filters, meaning: Meaning, now: datetime) -> Counts | None:
    """The counts of a search that leaves "1,000+", for a minute: to find that out takes longer
    than the page, and it is neither a number nor about the reader.
    """
    known, counts = found_many.get((filters, meaning), (None, None))
    return counts if known and timedelta() <= now - known < MANY_KEPT else None


def _remember_many(filters: Filters, meaning: Meaning, counts: Counts, now: datetime) -> None:
    if counts.total > COUNTED_TO:
        if len(found_many) >= MANY_KNOWN:
            found_many.clear()
        found_many[filters, meaning] = (now, counts)


def _counts(viewer: User | None, filters: Filters, meaning: Meaning) -> Counts:
    """One statement; what each choice would leave is added up here."""
    rows = [tuple(row) for row in run(_counts_query(filters, meaning), viewer)]
    groups = [row for row in rows if row[0] is not None]
    grouped = sum(row[2] for row in groups)
    _null, many, left = next((row for row in rows if row[0] is None), (None, None, grouped))
    if (many or grouped) > COUNTED_TO:
        return Counts(left, cut=True, unfiltered=COUNTED_TO + 1)
    taught = [row for row in groups if row[1] is not None]  # a few teach, but nothing yet
    return _add_up(taught, filters)


def _add_up(groups: Sequence[tuple[Any, ...]], filters: Filters) -> Counts:
    least = filters.level or Level.BEGINNER
    up_to = {int(level): 0 for level in Level}
    spoken: dict[str, int] = {}
    any_language = everyone = 0
    for mask, best, count in groups:
        everyone += count
        if not filters.mask or mask & filters.mask:
            up_to[best] += count
        if best >= least:
            any_language += count
            for code in codes_of(mask):
                spoken[code] = spoken.get(code, 0) + count
    levels = {level: sum(up_to[best] for best in up_to if best >= level) for level in Level}
    any_level = levels[Level.BEGINNER]
    return Counts(levels[least], False, levels, spoken, any_level, any_language, everyone)


def language_choices(found: Found, chosen: str) -> list[tuple[Language, int | None]]:
    """The languages to choose from, by name, with how many people each would leave.

    Those that somebody among the people speaks, and the chosen one; all, and no numbers,
    where counting stopped.
    """
    if found.counts.cut:
        return [(one, None) for one in languages()]
    spoken = found.counts.languages
    return [
        (one, spoken.get(one.code, 0))
        for one in languages()
        if one.code in spoken or one.code == chosen
    ]
