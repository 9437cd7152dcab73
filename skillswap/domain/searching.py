"""What does a search for teachers mean, and whom? The filters, the words, the people.

People are found by their rows in `teacher_listings`, read in the order of an index: who stands
there takes pitches and has room. Where filters are on, some thousand rows at most are looked at
for a page, and the next page goes on behind the last that was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    SQLColumnExpression,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain import name_words, skills
from skillswap.domain.answering import Pace
from skillswap.domain.narrowing import Choices, When, conditions
from skillswap.domain.teachers import VIEWER, SkillRef, still_here
from skillswap.domain.visibility import apart
from skillswap.lib.keyset import PAGE_SIZE, AnySelect, Key, behind
from skillswap.lib.text import search_key
from skillswap.models import (
    Level,
    PersonWord,
    Skill,
    SkillName,
    SkillState,
    TeacherListing,
    User,
)
from skillswap.models.listing import CHOSEN_BY

TERM_MOST = 100
WORDS_MOST = 6
MEANT_MOST = 400  # names of skills that one search may stand for
LOOKED_AT = 1_000  # rows of one page, where filters are on
SKILLS_MOST = 40  # that are read one by one; for more all teachers are looked through
NAMED_MOST = 2_000  # words of people that a search may stand for


class Sort(StrEnum):
    FIT, RATING, NEWEST = "fit", "rating", "newest"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for. Values that nobody knows have been dropped before."""

    q: str = ""
    skill: str = ""  # a slug
    level: Level | None = None
    language: str = ""  # a code of data/languages.csv
    when: tuple[When, ...] = ()
    rating: int = 0  # thousandths, at least
    answers: Pace | None = None  # within
    swap: bool = False
    verified: bool = False
    sort: Sort = Sort.RATING
    usual: Sort = Sort.RATING  # the order for whoever asks for none

    @property
    def choices(self) -> Choices:
        """The folded filters."""
        return Choices(
            self.level,
            self.language,
            self.when,
            self.rating,
            self.answers,
            self.swap,
            self.verified,
        )

    @property
    def active(self) -> int:
        """How many of the folded filters are on."""
        return self.choices.facets.bit_count()


@dataclass(frozen=True, slots=True)
class Meaning:
    """Which skills the words and the slug of a search stand for."""

    skill: SkillRef | None = None  # the slug's; or the only one that the words name exactly
    by_slug: bool = False
    words: tuple[str, ...] = ()
    ids: frozenset[int] = frozenset()  # of all skills that the words match
    guessed: bool = False  # nothing and nobody is called so: the skill is spelled much like it

    @property
    def everybody(self) -> bool:
        """Nothing is asked."""
        return not self.words and not self.by_slug


# -- what the words mean --------------------------------------------------------------------------


def starts_a_word(column: SQLColumnExpression[str], words: Sequence[str]) -> ColumnElement[bool]:
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
    """One statement, or none when neither words nor a skill are asked for.

    Words that a skill is called by exactly stand for it, and for skills with these whole words
    in their names: "guitar" also means Classical guitar, while "java" is not JavaScript. Words
    that no skill and nobody has stand for the skill that is spelled most like them.
    """
    term = search_key(filters.q)
    words = tuple(term.split()[:WORDS_MOST])
    if not words and not filters.skill:
        return Meaning()
    alike = skills.nearest(filters.q) if words and not filters.skill else []
    rows = _skills_named(words, filters.skill, alike)
    hits = [row for row in rows if row.matched]
    asked = next((row for row in rows if row.asked), None)
    if not hits and alike and (guess := _guess(rows, alike)):
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


def _skills_named(words: Sequence[str], slug: str, alike: Sequence[str]) -> Sequence[Any]:
    """The names that the words match, shortest first, before them those of the skill of that slug,
    and behind them those of the skills `alike`.
    """
    slug_is = select(func.coalesce(Skill.merged_into_id, Skill.id)).where(Skill.slug == slug)
    asked = (Skill.id.in_(slug_is) if slug else false()).label("asked")
    matched = starts_a_word(SkillName.key, words).label("matched")
    close = Skill.name.in_(alike) if alike else false()
    somebody = name_words.ids_of(words).exists().label("somebody")
    columns = (Skill.id, Skill.slug, Skill.name, Skill.category, Skill.state)
    return db.session.execute(
        select(*columns, SkillName.key, SkillName.is_alias, asked, matched, somebody)
        .join(SkillName, SkillName.skill_id == Skill.id)
        .where(or_(asked.element, matched.element, close), Skill.state != SkillState.MERGED)
        .order_by(asked.desc(), matched.desc(), func.length(SkillName.key), SkillName.key)
        .limit(MEANT_MOST)
    ).all()


def _guess(rows: Sequence[Any], alike: Sequence[str]) -> SkillRef | None:
    """The skill that somebody who typed this may have meant, unless people are called so."""
    found = {
        row.name: SkillRef(row.id, row.slug, row.name, row.category)
        for row in rows
        if row.state is SkillState.ACTIVE and not row.somebody
    }
    return next((found[name] for name in alike if name in found), None)


# -- who is meant ---------------------------------------------------------------------------------

Row = TeacherListing
Other = aliased(TeacherListing)
EXCEPT = bindparam("ids", type_=BigInteger(), expanding=True)  # whom another list has shown
RANK, USER = Key(Row.rank, "rank"), Key(Row.user_id, "user_id")  # type: ignore[arg-type]
ORDERS = {Sort.FIT: [RANK, USER], Sort.RATING: [RANK, USER], Sort.NEWEST: [USER]}
COLUMNS = [getattr(Row, name) for name in ("rank", "user_id", "skill_id", *CHOSEN_BY)]
A_RANK = 2**32  # more than there are people: rank and person as one number

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Source:
    """Some rows of `teacher_listings` among which those who are meant stand."""

    rows: Any  # a condition: an index leads to them, in the order of the list
    also: Callable[[Any], Condition] | None = None  # of the rows that were looked at
    few: bool = False  # so few that all of them are looked at


def sources(meaning: Meaning) -> list[Source]:
    """Where those whom a search means are to be found."""
    if meaning.everybody:
        return [Source(Row.leads)]
    named = Row.user_id.in_(_named(meaning.words))

    def teaches(row: Any) -> Condition:
        return exists().where(Other.user_id == row.user_id, Other.skill_id.in_(sorted(meaning.ids)))

    if meaning.by_slug and meaning.skill:
        one = Row.skill_id == meaning.skill.id
        if not meaning.words:
            return [Source(one)]
        return [Source(one, teaches), Source(and_(one, named), few=True)]
    found = [Source(Row.skill_id == skill_id) for skill_id in sorted(meaning.ids)]
    if len(found) > SKILLS_MOST:
        found = [Source(Row.leads, teaches)]
    # not `leads` alone: an index of all teachers would be walked through for these few
    few = Source(and_(Row.leads.is_not(False), named), few=True)
    return found if meaning.guessed else [*found, few]


def _named(words: Sequence[str]) -> AnySelect:
    """The ids of people who are called so, as far as they are looked at."""
    some = name_words.ids_of(words).order_by(PersonWord.word, PersonWord.user_id)
    rows: AnySelect = select(some.limit(NAMED_MOST).subquery().c.user_id)
    return rows


def among(source: Source, columns: Sequence[Any]) -> AnySelect:
    """Those columns of its rows, but for the reader's own and those whom a block keeps away."""
    others = (Row.user_id != VIEWER, apart(Row.user_id, VIEWER))
    return select(*columns).where(source.rows, *others)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of teachers in its order, from a cursor on: statements about it."""

    filters: Filters
    meaning: Meaning
    cursor: str | None = None
    others: bool = False  # without those of EXCEPT

    @property
    def order(self) -> list[Key]:
        """By what it is sorted, in columns of the rows."""
        return ORDERS[self.filters.sort]

    @property
    def looked_at(self) -> int:
        """How many rows of a source are looked at, where not every row of it is meant."""
        count = sum(not one.few for one in sources(self.meaning))
        return LOOKED_AT // max(1, count)

    def picks(self, source: Source) -> bool:
        """Whether not every row of it is meant."""
        return bool(self.filters.active) or source.also is not None

    def cut(self, limit: int) -> AnySelect:
        """(rank, user_id) of the first who are meant. At most so many, and nobody twice."""
        found = sources(self.meaning)
        if len(found) == 1:
            return self._first(found[0], limit)
        rows = union_all(*(self._first(one, limit) for one in found)).subquery()
        order = [getattr(rows.c, key.name).desc() for key in self.order]
        query: Any = select(rows.c.rank, rows.c.user_id).distinct()
        if any(self.picks(one) for one in found):
            # behind the last row of a source that was looked at others of it may follow
            last = select(func.max(self._ends(found).subquery().c.place)).scalar_subquery()
            query = query.where(self._place(rows.c) >= func.coalesce(last, 0))
        first: AnySelect = query.order_by(*order).limit(limit)
        return first

    def end(self) -> AnySelect:
        """(rank, user_id) of the last row that was looked at, if there may be more behind it."""
        ends = self._ends(sources(self.meaning)).subquery()
        query: AnySelect = select(ends.c.rank, ends.c.user_id)
        return query.order_by(ends.c.place.desc()).limit(1)

    def looked(self, source: Source, columns: Sequence[Any], most: int = 0) -> Any:
        """The rows of a source that are looked at for a page, or so many, as a table."""
        query = among(source, columns)
        if self.others:
            query = query.where(Row.user_id.not_in(EXCEPT))
        rows = behind(query, self.order, self.cursor)
        if source.few:
            return rows.subquery().c
        ordered = rows.order_by(*(key.column.desc() for key in self.order))
        return ordered.limit(most or self.looked_at).subquery().c

    def meant(self, source: Source, row: Any) -> list[Condition]:
        """What must hold of such a row."""
        also = [source.also(row)] if source.also else []
        return [*conditions(row, self.filters.choices), *also]

    def _first(self, source: Source, limit: int) -> AnySelect:
        row = self.looked(source, COLUMNS if self.picks(source) else COLUMNS[:2])
        query: Any = select(row.rank, row.user_id).where(*self.meant(source, row))
        if source.few:
            query = query.order_by(*(getattr(row, key.name).desc() for key in self.order))
        # otherwise the rows come in the order in which they were looked at
        cut = query.limit(limit).subquery()
        first: AnySelect = select(cut.c.rank, cut.c.user_id)
        return first

    def _place(self, row: Any) -> ColumnElement[int]:
        """Where a row stands, as one number: the higher, the earlier."""
        if len(self.order) == 1:
            return row.user_id  # type: ignore[no-any-return]
        return row.rank * literal(A_RANK, BigInteger()) + row.user_id  # type: ignore[no-any-return]

    def _ends(self, found: Sequence[Source]) -> Any:
        """The last rows that are looked at of those sources that have so many."""
        ends = []
        for source in found:
            if source.few or not self.picks(source):
                continue
            rows = self.looked(source, COLUMNS[:2])
            places = select(rows.rank, rows.user_id, self._place(rows).label("place"))
            last = places.limit(1).offset(self.looked_at - 1).subquery()
            ends.append(select(last.c.rank, last.c.user_id, last.c.place))
        nothing = select(Row.rank, Row.user_id, Row.user_id.label("place")).where(false())
        return union_all(*ends) if ends else nothing


def people_of(listing: Listing, columns: Sequence[Any], limit: int = PAGE_SIZE + 1) -> AnySelect:
    """Those columns of the first whom the list holds."""
    cut = listing.cut(limit).subquery("cut")
    people: AnySelect = select(*columns).join(cut, cut.c.user_id == User.id).where(still_here())
    return people
