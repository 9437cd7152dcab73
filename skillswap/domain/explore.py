"""Who teaches what is asked for? Browsing teachers, and the counts beside every choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    func,
    null,
    select,
    union_all,
)

from skillswap.domain import matches
from skillswap.domain.searching import Filters, Meaning, Sort, meaning_of, people_of, taught
from skillswap.domain.teachers import (
    BY_RATING,
    COLUMNS,
    NEWEST,
    SkillRef,
    cards,
    here,
    page_query,
    run,
    taught_skills,
)
from skillswap.lib.keyset import AnySelect, Page
from skillswap.lib.languages import Language, codes_of, languages
from skillswap.models import Level, User, UserSkill, UserSkillKind

COUNTED_TO = 1_000
MANY_KEPT, MANY_KNOWN = timedelta(minutes=1), 1_000
SIMILAR_SHOWN = 6


# behind those who fit best come all others by their rating
ORDERS = {Sort.FIT: BY_RATING, Sort.RATING: BY_RATING, Sort.NEWEST: NEWEST}


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
    by_fit: bool = False  # whether it is ordered by what the reader wants
    guessed: bool = False  # the skill is one that is spelled much like what was typed


def browse(viewer: User | None, filters: Filters, cursor: str | None, now: datetime) -> Found:
    """The teachers whom the filters leave, with counts. Three statements at most, by fit four."""
    meaning = meaning_of(filters)
    if viewer and filters.sort is Sort.FIT:
        return _browse_by_fit(viewer, filters, meaning, cursor, now)
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
    return Found(found, counts, meaning.skill, unknown, similar, guessed=meaning.guessed)


def more_teachers(viewer: User | None, filters: Filters, cursor: str | None, now: datetime) -> Page:
    """The next teachers of the same list, without counts. Two statements at most, by fit three."""
    meaning = meaning_of(filters)
    if viewer and filters.sort is Sort.FIT:
        ranking = matches.ranking_of(viewer, _asked(filters, meaning), cursor, now)
        return _by_fit(viewer, ranking, filters, meaning, cursor, now)
    return _teachers(viewer, filters, meaning, cursor, now)


# -- by fit ---------------------------------------------------------------------------------------


def _browse_by_fit(
    viewer: User, filters: Filters, meaning: Meaning, cursor: str | None, now: datetime
) -> Found:
    everybody = not meaning.words and not meaning.by_slug
    found, similar, by_fit = Page([], None), list[SkillRef](), not everybody
    known = _known_many(filters, meaning, now)
    counts = known or _counts(viewer, filters, meaning)
    if counts.total:
        ranking = matches.ranking_of(viewer, _asked(filters, meaning), cursor, now)
        found = _by_fit(viewer, ranking, filters, meaning, cursor, now, whole=everybody)
        by_fit = ranking.wants or not everybody  # there is something to fit
        if found.after == matches.end_of(ranking) and counts.total <= len(ranking.order):
            found = replace(found, after=None)
        if known and not found.after:  # they have become few
            counts = _counts(viewer, filters, meaning)
    elif not counts.unfiltered:
        similar = taught_skills(SIMILAR_SHOWN, viewer=viewer, like=meaning.skill)
    if known is None:
        _remember_many(filters, meaning, counts, now)
    if not found.rows and not cursor:
        counts = replace(counts, total=0)  # who teaches it has no room
    unknown = bool(filters.skill) and not meaning.by_slug
    return Found(found, counts, meaning.skill, unknown, similar, by_fit, meaning.guessed)


def _by_fit(
    viewer: User,
    ranking: matches.Ranking,
    filters: Filters,
    meaning: Meaning,
    cursor: str | None,
    now: datetime,
    *,
    whole: bool = True,
) -> Page:
    """The next who fit best, and behind them all others by rating: on the same page if `whole`."""
    skill, first = meaning.skill, _leading(meaning)
    found = Page([], None)
    if matches.is_ours(cursor):
        found = matches.best_of(viewer, ranking, cursor, now, skill=skill, first=first)
        cursor = None
    if found.after:
        return found
    if found.rows and not whole:
        return replace(found, after=matches.end_of(ranking))
    query, but = _rest_query(filters, meaning, cursor), ranking.ids
    rest = matches.cards(
        query, BY_RATING, viewer=viewer, skill=skill, first=first, now=now, but=but
    )
    return Page([*found.rows, *rest.rows], rest.after)


@lru_cache(maxsize=64)
def _rest_query(filters: Filters, meaning: Meaning, cursor: str | None) -> AnySelect:
    people = people_of(filters, meaning, matches.COLUMNS)
    people = people.where(matches.has_room(), User.id.not_in(matches.RANKED))
    return matches.page_query(people, BY_RATING, cursor)


def _asked(filters: Filters, meaning: Meaning) -> matches.Asked:
    """What the candidates are to be looked for by."""
    level = int(filters.level or 0)
    if not meaning.words:
        return matches.Asked(meaning.skill if meaning.by_slug else None, level, filters.mask)
    found = people_of(filters, meaning, [User.id]).order_by(User.rating_rank.desc())
    people: AnySelect = found.limit(matches.RANKED_MOST)
    return matches.Asked(meaning.skill, level, filters.mask, people, (filters, meaning))


def _leading(meaning: Meaning) -> frozenset[int]:
    """The skills that stand first on the cards."""
    return meaning.ids | ({meaning.skill.id} if meaning.skill else set())


# -- pages ----------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _page_query(
    filters: Filters, meaning: Meaning, cursor: str | None, *, for_reader: bool
) -> AnySelect:
    """Kept: putting such a statement together takes longer than running it."""
    if for_reader:
        people = people_of(filters, meaning, matches.COLUMNS)
        return matches.page_query(people, ORDERS[filters.sort], cursor)
    people = people_of(filters, meaning, COLUMNS)
    return page_query(people, ORDERS[filters.sort], for_reader=False, cursor=cursor)


def _teachers(
    viewer: User | None, filters: Filters, meaning: Meaning, cursor: str | None, now: datetime
) -> Page:
    query = _page_query(filters, meaning, cursor, for_reader=viewer is not None)
    keys, first = ORDERS[filters.sort], _leading(meaning)
    if viewer is None:
        return cards(query, keys, viewer=None, now=now, first=first)
    return matches.cards(query, keys, viewer=viewer, skill=meaning.skill, first=first, now=now)


# -- counts ---------------------------------------------------------------------------------------


def _grouped(meaning: Meaning) -> AnySelect:
    """(languages, best level, people) of those the words mean, whatever the other filters."""
    lines_of = taught(meaning)
    query: Any = select(User.language_mask.label("mask")).where(here())
    if lines_of is None:
        best = select(func.max(UserSkill.level)).where(
            UserSkill.user_id == User.id, UserSkill.kind == UserSkillKind.OFFERED
        )
        query = query.where(_teaching() <= COUNTED_TO)
        query = query.add_columns(best.scalar_subquery().label("best"))
    else:
        lines = lines_of.subquery("taught")
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
    left = people_of(filters, meaning, [User.id])
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
