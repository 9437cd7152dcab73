"""Who teaches what is asked for? Browsing teachers, and the counts beside every choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from skillswap.domain import matches, narrowing
from skillswap.domain.choice_counts import Counts, counts_of
from skillswap.domain.narrowing import Facet
from skillswap.domain.popular import taught_skills
from skillswap.domain.searching import (
    Filters,
    Listing,
    Meaning,
    Sort,
    meaning_of,
    people_of,
    sources,
)
from skillswap.domain.teachers import COLUMNS, SkillRef, cards, page_query, run
from skillswap.lib.keyset import AnySelect, Key, Page, encode
from skillswap.lib.languages import Language, languages
from skillswap.models import User

SIMILAR_SHOWN = 6
BY_RANK = [
    Key(User.rating_rank, "rating_rank"),  # type: ignore[arg-type]  # a mapped column is one
    Key(User.id, "id"),  # type: ignore[arg-type]
]
BY_NUMBER = BY_RANK[1:]
# behind those who fit best come all others by their rating
ORDERS = {Sort.FIT: BY_RANK, Sort.RATING: BY_RANK, Sort.NEWEST: BY_NUMBER}


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
    """The teachers whom the filters leave, with counts. Four statements at most, by fit five."""
    asking = _asking(viewer, filters, now)
    filters, meaning = asking.filters, asking.meaning
    counts = counts_of(viewer, filters, meaning, asking.values)
    page, similar, by_fit = Page([], None), list[SkillRef](), False
    if not counts.unfiltered:
        similar = taught_skills(SIMILAR_SHOWN, viewer=viewer, like=meaning.skill)
    elif viewer and filters.sort is Sort.FIT:
        page, by_fit = _best(asking, viewer, cursor, counts)
    elif counts.total or counts.cut:
        page = _listed(asking, cursor, whole=not counts.cut)
    unknown = bool(filters.skill) and not meaning.by_slug
    return Found(page, counts, meaning.skill, unknown, similar, by_fit, meaning.guessed)


def more_teachers(viewer: User | None, filters: Filters, cursor: str | None, now: datetime) -> Page:
    """The next teachers of the same list, without counts. Three statements at most, by fit four."""
    asking = _asking(viewer, filters, now)
    if viewer and filters.sort is Sort.FIT:
        ranking = matches.ranking_of(viewer, _asked(asking), cursor, now)
        return _by_fit(asking, viewer, ranking, cursor)
    return _listed(asking, cursor)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks for what, and when."""

    viewer: User | None
    filters: Filters
    meaning: Meaning
    now: datetime

    @property
    def values(self) -> dict[str, int]:
        """What statements with the filters are run with, beside the reader."""
        return narrowing.values(self.viewer, self.now)

    @property
    def first(self) -> frozenset[int]:
        """The skills that stand first on the cards."""
        skill = self.meaning.skill
        return self.meaning.ids | ({skill.id} if skill else set())


def _asking(viewer: User | None, filters: Filters, now: datetime) -> _Asking:
    if viewer is None:  # hours and swaps are about the reader
        filters = replace(filters, when=(), swap=False)
    return _Asking(viewer, filters, meaning_of(filters), now)


# -- by fit ---------------------------------------------------------------------------------------


def _best(asking: _Asking, viewer: User, cursor: str | None, counts: Counts) -> tuple[Page, bool]:
    """A page of the list by fit, and whether there is something to fit."""
    everybody = asking.meaning.everybody
    if not counts.total and not counts.cut:
        return Page([], None), not everybody
    ranking = matches.ranking_of(viewer, _asked(asking), cursor, asking.now)
    page = _by_fit(asking, viewer, ranking, cursor, whole=everybody)
    at_end = page.after == matches.end_of(ranking) and not counts.cut
    if at_end and counts.total <= len(ranking.order):
        page = replace(page, after=None)
    return page, ranking.wants or not everybody


def _by_fit(
    asking: _Asking,
    viewer: User,
    ranking: matches.Ranking,
    cursor: str | None,
    *,
    whole: bool = True,
) -> Page:
    """The next who fit best, and behind them all others by rating: on the same page if `whole`."""
    skill, found = asking.meaning.skill, Page([], None)
    if matches.is_ours(cursor):
        found = matches.best_of(
            viewer, ranking, cursor, asking.now, skill=skill, first=asking.first
        )
        cursor = None
    if found.after:
        return found
    if found.rows and not whole:
        return replace(found, after=matches.end_of(ranking))
    rest = _listed(asking, cursor, but=ranking.ids)
    return Page([*found.rows, *rest.rows], rest.after)


def _asked(asking: _Asking) -> matches.Asked:
    """What the candidates are to be looked for by."""
    filters, meaning = asking.filters, asking.meaning
    if not meaning.words:
        skill = meaning.skill if meaning.by_slug else None
        return matches.Asked(skill, filters.choices)
    by_rating = replace(filters, sort=Sort.RATING)
    people = people_of(Listing(by_rating, meaning), [User.id], matches.RANKED_MOST)
    return matches.Asked(meaning.skill, filters.choices, people, (by_rating, meaning))


# -- pages ----------------------------------------------------------------------------------------


def _listed(
    asking: _Asking, cursor: str | None, *, but: Sequence[int] | None = None, whole: bool = False
) -> Page:
    """The next of the list in its own order. One statement; one more where somebody has to be
    looked for behind the rows that were looked at. `whole`: there are none behind them. `but`:
    who has been shown.
    """
    listing = Listing(asking.filters, asking.meaning, cursor, others=but is not None)
    query = _page_query(listing, for_reader=asking.viewer is not None)
    keys, values = ORDERS[asking.filters.sort], {**asking.values, "ids": list(but or ())}
    if asking.viewer is None:
        page = cards(query, keys, viewer=None, now=asking.now, first=asking.first)
    else:
        page = matches.cards(
            query,
            keys,
            viewer=asking.viewer,
            skill=asking.meaning.skill,
            first=asking.first,
            now=asking.now,
            values=values,
        )
    picks = any(listing.picks(one) for one in sources(asking.meaning))
    if page.after or whole or not picks:
        return page
    end = run(listing.end(), asking.viewer, **values).first()
    return replace(
        page, after=encode([getattr(end, k.name) for k in listing.order]) if end else None
    )


@lru_cache(maxsize=64)
def _page_query(listing: Listing, *, for_reader: bool) -> AnySelect:
    """Kept: putting such a statement together takes longer than running it."""
    keys = ORDERS[listing.filters.sort]
    if for_reader:
        return matches.page_query(people_of(listing, matches.COLUMNS), keys)
    return page_query(people_of(listing, COLUMNS), keys, for_reader=False)


def wider_choices(filters: Filters, counts: Counts) -> list[tuple[str, int]]:
    """The filters without one of which there would be somebody, the tightest first, and how many;
    0 where nobody was counted.
    """
    on = [one for one in Facet if one & filters.choices.facets]
    found = [(str(one.name).lower(), counts.wider.get(one, 0)) for one in on]
    if counts.cut:
        return found
    return sorted((one for one in found if one[1]), key=lambda one: -one[1])


# -- choices --------------------------------------------------------------------------------------


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
