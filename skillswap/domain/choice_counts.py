"""How many teachers does a search leave, and how many would each choice? One statement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    union_all,
)

from skillswap.domain import narrowing
from skillswap.domain.answering import Pace
from skillswap.domain.narrowing import MINUTES, RATINGS, Facet, When
from skillswap.domain.searching import Filters, Listing, Meaning, sources
from skillswap.domain.teachers import VIEWER, run
from skillswap.lib.keyset import AnySelect
from skillswap.lib.languages import codes_of
from skillswap.models import HourMask, Level, TeacherListing, User
from skillswap.models.listing import CHOSEN_BY

COUNTED_TO = 1_000
ROWS_MOST = 3_000  # of all skills that the words mean
PACES = (Pace.DAY, Pace.THREE_DAYS, Pace.WEEK)  # that may be asked for, the fastest first
# a row's values as one number: the level, then what it reaches of each scale, then a bit each
RATING_AT, PACE_AT, VERIFIED_AT, SWAP_AT, WHEN_AT = 2, 4, 6, 7, 8


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are, and how many each choice would leave with the other filters as they are.

    For where counting stopped: `cut`, and no choice has a number.
    """

    total: int = 0
    more: bool = False  # there are more than `total`
    cut: bool = False
    unfiltered: int = 0  # without any filter, counted to 1,001
    wider: Mapping[Facet, int] = field(default_factory=dict)  # without this one
    levels: Mapping[Level, int] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)  # by code
    whens: Mapping[When, int] = field(default_factory=dict)
    ratings: Mapping[int, int] = field(default_factory=dict)
    paces: Mapping[Pace, int] = field(default_factory=dict)
    swaps: int = 0
    verified: int = 0
    my_hours: bool = False  # whether the reader has said when they could meet
    any_verified: bool = False  # whether there is anybody who is

    @property
    def text(self) -> str:
        """`23`, or `1,000+` where counting stopped."""
        return f"{min(self.total, COUNTED_TO):,}{'+' if self.more else ''}"

    @property
    def any_level(self) -> int:
        """With any level."""
        return self.wider.get(Facet.LEVEL, 0)

    @property
    def any_language(self) -> int:
        """With any language."""
        return self.wider.get(Facet.LANGUAGE, 0)

    @property
    def any_rating(self) -> int:
        """With any rating."""
        return self.wider.get(Facet.RATING, 0)

    @property
    def any_answers(self) -> int:
        """However long an answer takes."""
        return self.wider.get(Facet.ANSWERS, 0)


def counts_of(
    viewer: User | None, filters: Filters, meaning: Meaning, values: Mapping[str, int]
) -> Counts:
    """One statement; what each choice would leave is added up here."""
    query = _query(filters, meaning, signed_in=viewer is not None)
    *groups, last = run(query, viewer, **values).all()
    _null, known, there, left, more = last
    if there > COUNTED_TO:
        total = there if left is None else min(left, COUNTED_TO + 1)
        more = bool(more) or total > COUNTED_TO
        counts = Counts(total, more, cut=True, unfiltered=there)
    else:
        counts = _add_up(groups, filters)
    return replace(counts, my_hours=bool(known & 1), any_verified=bool(known & 2))


# -- adding up ------------------------------------------------------------------------------------

PARTS = tuple(narrowing.PARTS)  # bits of a row's hours in this order, and MINE behind them
MINE = 1 << len(PARTS)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The filters as plain numbers: there may be a thousand rows to compare with them."""

    level: int
    mask: int
    parts: int
    mine: int
    rating: int
    pace: int
    swap: bool
    verified: bool

    def lacking(self, packed: int, mask: int) -> int:
        """What a row lacks of them, a bit for each Facet."""
        hours = packed >> WHEN_AT
        late = (self.parts and not hours & self.parts) or (self.mine and not hours & self.mine)
        return (
            (packed & 3 < self.level)
            | (self.mask and not mask & self.mask) << 1
            | bool(late) << 2
            | (packed >> RATING_AT & 3 < self.rating) << 3
            | (packed >> PACE_AT & 3 < self.pace) << 4
            | (self.swap and not packed >> SWAP_AT & 1) << 5
            | (self.verified and not packed >> VERIFIED_AT & 1) << 6
        )


def _asked(filters: Filters) -> _Asked:
    return _Asked(
        level=int(filters.level or 0),
        mask=filters.choices.mask,
        parts=sum(1 << place for place, one in enumerate(PARTS) if one in filters.when),
        mine=MINE if When.MINE in filters.when else 0,
        rating=RATINGS.index(filters.rating) + 1 if filters.rating else 0,
        pace=len(PACES) - PACES.index(filters.answers) if filters.answers else 0,
        swap=filters.swap,
        verified=filters.verified,
    )


def _add_up(groups: Iterable[Any], filters: Filters) -> Counts:
    """Whoever lacks nothing counts for every choice, whoever lacks one thing for those of it."""
    asked, total, everyone = _asked(filters), 0, 0
    wider = [0] * len(Facet)
    levels, ratings, paces = [0] * 4, [0] * 4, [0] * 4
    spoken, hours = Counter[int](), Counter[int]()
    swaps = verified = 0
    for packed, mask, count, *_rest in groups:
        everyone += count
        lacks = asked.lacking(packed, mask)
        if lacks & (lacks - 1):
            continue
        total += 0 if lacks else count
        for place in range(len(wider)) if not lacks else (lacks.bit_length() - 1,):
            wider[place] += count
        if not lacks & ~Facet.LEVEL.value:
            levels[packed & 3] += count
        if not lacks & ~Facet.LANGUAGE.value:
            spoken[mask] += count
        if not lacks & ~Facet.WHEN.value:
            hours[packed >> WHEN_AT] += count
        if not lacks & ~Facet.RATING.value:
            ratings[packed >> RATING_AT & 3] += count
        if not lacks & ~Facet.ANSWERS.value:
            paces[packed >> PACE_AT & 3] += count
        if not lacks & ~Facet.SWAP.value:
            swaps += count * (packed >> SWAP_AT & 1)
        if not lacks & ~Facet.VERIFIED.value:
            verified += count * (packed >> VERIFIED_AT & 1)
    return Counts(
        total=total,
        unfiltered=everyone,
        wider=dict(zip(Facet, wider, strict=True)),
        levels={level: sum(levels[level:]) for level in Level},
        languages=_by_language(spoken),
        whens=_by_hours(hours, asked),
        ratings={one: sum(ratings[at:]) for at, one in enumerate(RATINGS, 1)},
        paces={one: sum(paces[len(PACES) - at :]) for at, one in enumerate(PACES)},
        swaps=swaps,
        verified=verified,
    )


def _by_language(spoken: Mapping[int, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for mask, count in spoken.items():
        for code in codes_of(mask):
            found[code] = found.get(code, 0) + count
    return found


def _by_hours(hours: Mapping[int, int], asked: _Asked) -> dict[When, int]:
    """A part of the day is counted with my own hours where these are asked for, and the other
    way round.
    """
    found = {}
    for place, when in enumerate((*PARTS, When.MINE)):
        also = asked.parts if when is When.MINE else asked.mine
        found[when] = sum(
            count
            for bits, count in hours.items()
            if bits >> place & 1 and (not also or bits & also)
        )
    return found


# -- the statement --------------------------------------------------------------------------------

LISTED = [getattr(TeacherListing, name) for name in ("user_id", *CHOSEN_BY)]
NONE = cast(null(), BigInteger)


@lru_cache(maxsize=64)
def _query(filters: Filters, meaning: Meaning, *, signed_in: bool) -> Any:
    """The groups of equal rows, unless there are too many; then a row (NULL, 1 if the reader has
    said their hours and 2 if anybody is verified, how many there are, how many of those looked at
    the filters leave, whether there are more).
    """
    counted = _there(meaning).cte("counted")
    few = select(case((counted.c.people <= COUNTED_TO, ROWS_MOST), else_=0)).scalar_subquery()
    people = _people(meaning, few).subquery("people")
    packed = _packed(people.c, signed_in=signed_in).label("packed")
    columns = (packed, people.c.language_mask, func.count(), NONE, NONE)
    groups = select(*columns).group_by(packed, people.c.language_mask)
    hours = exists().where(HourMask.user_id == VIEWER)
    anybody = exists().where(User.verified_until.is_not(None))
    left, more = _left(Listing(filters, meaning)) if filters.active else (NONE, NONE)
    last = select(
        NONE,
        case((hours, 1), else_=0) + case((anybody, 2), else_=0),
        counted.c.people,
        case((counted.c.people <= COUNTED_TO, NONE), else_=left),
        case((counted.c.people <= COUNTED_TO, NONE), else_=more),
    )
    return union_all(groups, last)


def _all_rows(meaning: Meaning, columns: Sequence[Any], most: Any) -> Any:
    """The rows of all sources, so many as it takes to know whether there are too many; somebody may
    stand in several.
    """
    listing, found = Listing(Filters(), meaning), []
    for source in sources(meaning):
        row = listing.looked(source, columns, COUNTED_TO + 1)
        also = [source.also(row)] if source.also else []
        found.append(select(*row).where(*also))
    rows = union_all(*found) if len(found) > 1 else found[0]
    return rows.limit(most).subquery()


def _there(meaning: Meaning) -> AnySelect:
    """How many people there are, counted just far enough."""
    rows = _all_rows(meaning, LISTED[:1], ROWS_MOST)
    people = func.count(func.distinct(rows.c.user_id)) if _many(meaning) else func.count()
    return select(people.label("people")).select_from(rows)


def _many(meaning: Meaning) -> bool:
    return len(sources(meaning)) > 1


def _people(meaning: Meaning, most: Any) -> AnySelect:
    """A row for each person, with the best of their levels."""
    rows = _all_rows(meaning, LISTED, most)
    if not _many(meaning):
        return select(*rows.c)
    same = [column for column in rows.c if column.name != "level"]
    return select(*same, func.max(rows.c.level).label("level")).group_by(*same)


def _left(listing: Listing) -> tuple[Any, Any]:
    """How many of the rows that are looked at the filters leave, and whether there are more."""
    found = []
    for source in sources(listing.meaning):
        row = listing.looked(source, LISTED)
        found.append(select(row.user_id).where(*listing.meant(source, row)))
    rows = (union_all(*found) if len(found) > 1 else found[0]).subquery()
    left = select(func.count(func.distinct(rows.c.user_id))).scalar_subquery()
    return left, case((exists(listing.end().subquery().select()), 1), else_=0)


def _packed(row: Any, *, signed_in: bool) -> ColumnElement[int]:
    """What a row reaches of every choice, as one number."""
    rating: Any = case(
        *((row.rating_milli >= one, literal(at)) for at, one in reversed([*enumerate(RATINGS, 1)])),
        else_=literal(0),
    )
    pace = case(
        *(
            (row.reply_minutes <= MINUTES[one], literal(len(PACES) - at))
            for at, one in enumerate(PACES)
        ),
        else_=literal(0),
    )
    parts = [
        row.level,
        rating * (1 << RATING_AT),
        pace * (1 << PACE_AT),
        _bit(row.is_verified.is_(True), VERIFIED_AT),
    ]
    if signed_in:
        parts.append(_bit(narrowing.swaps(row), SWAP_AT))
        for place, when in enumerate((*PARTS, When.MINE)):
            parts.append(_bit(narrowing.free(row, when), WHEN_AT + place))
    total: Any = parts[0]
    for part in parts[1:]:
        total = total + part
    return cast(total, Integer)


def _bit(condition: ColumnElement[bool], at: int) -> Any:
    return case((condition, literal(1 << at)), else_=literal(0))
