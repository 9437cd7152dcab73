"""Which of all teachers fit best? Bounded: the first cut by rating and by swaps, then the score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ScalarSelect,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from skillswap.domain import impressions, narrowing, teachers
from skillswap.domain.hour_masks import common_hours
from skillswap.domain.matches import reading
from skillswap.domain.matching import Candidate, Learner, Line, score
from skillswap.domain.narrowing import Choices, conditions
from skillswap.domain.teachers import VIEWER, Mine, SkillRef, has_room, meets_mine, skill_of_mine
from skillswap.domain.visibility import visible
from skillswap.lib.keyset import PAGE_SIZE, AnySelect, Key, Page, decode, encode
from skillswap.models import HourMask, SwapEdge, TeacherListing, User, UserSkill, UserSkillKind
from skillswap.models.impression import ShownIn
from skillswap.models.listing import CHOSEN_BY

SCANNED, RANKED_MOST = 500, 100  # of a skill: so many are looked at, the first who could meet kept
BEST_MOST, SWAPS_MOST = 20, 150  # the best rated whatever they could; who would swap, looked at
WANTS_MOST, OFFERS_MOST = 6, 6  # of the learner's, for the first cut; they share what it may cost
SHARE = 3
WEEKS = 2
KEPT_FOR = timedelta(days=1)  # how long a list that was begun keeps its order
HOURS = (HourMask.hours_0, HourMask.hours_1, HourMask.hours_2)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the list is about, beside the learner's own wishes."""

    skill: SkillRef | None = None  # only this
    choices: Choices = field(default_factory=Choices)  # what must hold of them
    # whom else it may be about: ids of people, as a search by words finds them
    people: AnySelect | None = field(default=None, compare=False, hash=False)
    words: tuple[Any, ...] = ()  # what `people` was made of
    but: AnySelect | None = None  # whom it leaves out, of one that is put together once


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates, the best first: (score in millionths, id)."""

    order: Sequence[tuple[int, int]]
    at: datetime  # when the list was begun
    wants: bool  # whether the learner wants to learn anything

    @property
    def ids(self) -> list[int]:
        """Whose place it is."""
        return [user_id for _total, user_id in self.order]


# -- what is read of the candidates ---------------------------------------------------------------


def _met_lines() -> ScalarSelect[str]:
    """The lines of a candidate that meet one of the learner's, or are asked for, as one text:
    "o" or "w", the learner's level or 0, theirs, the skill's id.
    """
    line = (
        case((UserSkill.kind == UserSkillKind.OFFERED, literal("o")), else_="w")
        .concat(cast(Mine.level, String))
        .concat(cast(UserSkill.level, String))
        .concat(cast(UserSkill.skill_id, String))
    )
    return (
        select(func.aggregate_strings(line, ","))
        .select_from(UserSkill)
        .join(Mine, meets_mine())
        .where(UserSkill.user_id == User.id)
        .correlate(User)
        .scalar_subquery()
    )


def _mine(column: Any) -> ScalarSelect[Any]:
    return select(column).where(HourMask.user_id == VIEWER).correlate(None).scalar_subquery()


def _taught_level(skill_id: int) -> ScalarSelect[int]:
    return (
        select(TeacherListing.level)
        .where(TeacherListing.user_id == User.id, TeacherListing.skill_id == skill_id)
        .scalar_subquery()
    )


FEATURES: tuple[Any, ...] = (
    User.id,
    User.language_mask,
    User.rating_rank,
    User.rating_milli,
    User.rating_count,
    User.answered_count,
    User.unanswered_count,
    User.reply_minutes,
    User.last_seen_at,
    User.learning,
    impressions.shown_lately(User.id).label("shown"),
    _met_lines().label("met"),
    *HOURS,
    *(_mine(column).label(f"my_{number}") for number, column in enumerate(HOURS)),
)


def _takes_pitches() -> ColumnElement[bool]:
    """Condition: `teachers.here` of people who are named by their ids.

    Said so that no index of all teachers answers it: SQLite would rather walk through that one.
    """
    return and_(
        User.teaching.is_not(False),
        User.paused.is_(None),
        visible(to=VIEWER),
        User.id != VIEWER,
        has_room(),
    )


# -- the first cut --------------------------------------------------------------------------------


def _branches(asked: Asked) -> Iterator[AnySelect]:
    """Short reads of one index each: the best rated of a skill, and those who would swap."""
    one = asked.skill
    wants: list[Any] = (
        [one.id]
        if one
        else [skill_of_mine(UserSkillKind.WANTED, place) for place in range(WANTS_MOST)]
    )
    part, pairs = (1, 1) if one else (SHARE, 2 * SHARE)
    for skill_id in wants:
        yield _best_rated(skill_id, asked, BEST_MOST)
        yield _could_meet(skill_id, asked, SCANNED // part, RANKED_MOST // part)
    offers = [skill_of_mine(UserSkillKind.OFFERED, place) for place in range(OFFERS_MOST)]
    for skill_id in wants:
        for offer in offers:
            yield _swappers(skill_id, offer, asked, SWAPS_MOST // pairs)


def _best_rated(skill_id: Any, asked: Asked, limit: int) -> AnySelect:
    window = _window(skill_id, SCANNED if asked.choices.facets else limit)
    query = select(window.user_id).where(*conditions(window, asked.choices))
    return _cut(query.order_by(window.rank.desc(), window.user_id.desc()).limit(limit))


def _could_meet(skill_id: Any, asked: Asked, scanned: int, limit: int) -> AnySelect:
    """The first who share a language and an hour with the learner, or have not said."""
    window = _window(skill_id, scanned)
    query = select(window.user_id).where(*conditions(window, asked.choices), *_meeting(window))
    return _cut(query.order_by(window.rank.desc(), window.user_id.desc()).limit(limit))


def _window(skill_id: Any, scanned: int) -> Any:
    """The best rated of a skill, as far as they are looked at: the index alone answers."""
    row = TeacherListing
    columns = (getattr(row, name) for name in ("user_id", "rank", *CHOSEN_BY))
    best = select(*columns).where(row.skill_id == skill_id)
    return best.order_by(row.rank.desc(), row.user_id.desc()).limit(scanned).subquery().c


def _swappers(skill_id: Any, offer: Any, asked: Asked, limit: int) -> AnySelect:
    """Those of the best rated who want what the learner offers that could meet."""
    edge, row = SwapEdge, TeacherListing
    cut = (
        select(edge.user_id)
        .where(edge.offer_id == skill_id, edge.want_id == offer)
        .order_by(edge.rank.desc(), edge.user_id.desc())
        .limit(limit)
        .subquery()
    )
    return (
        select(cut.c.user_id)
        .join(row, and_(row.user_id == cut.c.user_id, row.skill_id == skill_id))
        .where(*conditions(row, asked.choices), *_meeting(row))
    )


def _cut(query: Any) -> AnySelect:
    found: AnySelect = select(query.subquery().c.user_id)
    return found


def _meeting(row: Any) -> Iterator[ColumnElement[bool]]:
    """A language and an hour of the week in common, as far as the two have said."""
    said = SPOKEN != 0
    yield or_(~said, row.language_mask == 0, row.language_mask.bitwise_and(SPOKEN) != 0)
    hours = [row.hours_0, row.hours_1, row.hours_2]
    mine = [func.coalesce(_mine(column), ALL_HOURS) for column in HOURS]
    common = [one.bitwise_and(my) != 0 for one, my in zip(hours, mine, strict=True)]
    yield or_(*common, and_(*(one == 0 for one in hours)))


SPOKEN = bindparam("spoken", type_=BigInteger())  # by the reader
ALL_HOURS = literal(2**56 - 1, BigInteger())


@lru_cache(maxsize=64)
def _candidates(asked: Asked) -> AnySelect:
    """Kept: putting such a statement together takes longer than running it."""
    if asked.people is not None:
        ids: AnySelect = asked.people
    else:
        ids = select(union_all(*_branches(asked)).subquery("cut").c.user_id)
    columns = FEATURES
    if asked.skill:
        columns = (*columns, _taught_level(asked.skill.id).label("taught"))
    query: Any = (
        select(*columns)
        .outerjoin(HourMask, HourMask.user_id == User.id)
        .where(User.id.in_(ids), _takes_pitches())
    )
    if asked.but is not None:
        query = query.where(User.id.not_in(asked.but))
    found: AnySelect = query
    return found


# -- the order ------------------------------------------------------------------------------------


def ranking_of(viewer: User, asked: Asked, cursor: str | None, now: datetime) -> Ranking:
    """The candidates in the order of their score, hours by masks. One statement.

    A list that was begun keeps the day it was begun on, so that its order holds over midnight.
    """
    begun = _begun(cursor, now)
    values = {"spoken": viewer.language_mask, "now": now, **impressions.lately(begun)}
    values |= narrowing.values(viewer, now)
    rows = teachers.run(_candidates(asked), viewer, **values).all()
    order = sorted((_total(row, viewer, asked, begun), row.id) for row in rows)
    wants = any(_wants(row) for row in rows) and viewer.learning
    return Ranking(order[::-1], begun, wants)


def _wants(row: Any) -> bool:
    return bool(row.met) and "o" in row.met


def _total(row: Any, viewer: User, asked: Asked, at: datetime) -> int:
    lines = _read_met(row.met)
    offers = {skill: Line("", level) for kind, _mine, level, skill in lines if kind == "o"}
    wants = {skill: Line("", level) for kind, _mine, level, skill in lines if kind == "w"}
    if asked.skill and row.taught:
        offers.setdefault(asked.skill.id, Line("", row.taught))
    hours = row.hours_0 is not None and row.my_0 is not None
    learner = Learner(
        user_id=viewer.id,
        wants={s: mine for kind, mine, _l, s in lines if kind == "o"} if viewer.learning else {},
        offers={s: mine for kind, mine, _l, s in lines if kind == "w"} if viewer.teaching else {},
        language_mask=viewer.language_mask,
        looking_for=asked.skill.id if asked.skill else None,
    )
    teacher = Candidate(
        user_id=row.id,
        offers=offers,
        wants=wants if row.learning else {},
        language_mask=row.language_mask,
        common_minutes=_hinted(row) if hours else None,
        rating_rank=row.rating_rank,
        rating_milli=row.rating_milli,
        rating_count=row.rating_count,
        answered=row.answered_count,
        unanswered=row.unanswered_count,
        reply_minutes=row.reply_minutes,
        last_seen_at=row.last_seen_at,
        shown=row.shown,
    )
    return round(score(learner, teacher, at).total * 1_000_000)


def _read_met(text: str | None) -> list[tuple[str, int, int, int]]:
    """(side, the learner's level, theirs, skill) of each line of `_met_lines`."""
    lines = text.split(",") if text else ()
    return [(one[0], int(one[1]), int(one[2]), int(one[3:])) for one in lines]


def _hinted(row: Any) -> int:
    theirs, mine = (row.hours_0, row.hours_1, row.hours_2), (row.my_0, row.my_1, row.my_2)
    return common_hours(theirs, mine) * 60 * WEEKS


# -- a page of it ---------------------------------------------------------------------------------


def _begun(cursor: str | None, now: datetime) -> datetime:
    values = decode(cursor, 3) if cursor else None
    if values and isinstance(values[0], datetime) and timedelta() <= now - values[0] < KEPT_FOR:
        return values[0]
    return now


def end_of(ranking: Ranking) -> str:
    """The cursor behind the last candidate, where all others begin."""
    return encode([ranking.at, 0, 0])


def is_ours(cursor: str | None) -> bool:
    """Whether a cursor stands among the candidates; the others are of the order by rating."""
    if not cursor:
        return True
    values = decode(cursor, 3)
    return values is not None and isinstance(values[0], datetime)


def _after(ranking: Ranking, cursor: str | None) -> list[tuple[int, int]]:
    """The candidates behind the cursor."""
    values = decode(cursor, 3) if cursor else None
    if not values or not all(isinstance(value, int) for value in values[1:]):
        return list(ranking.order)
    return [one for one in ranking.order if one < (values[1], values[2])]


def best_of(
    viewer: User,
    ranking: Ranking,
    cursor: str | None,
    now: datetime,
    *,
    skill: SkillRef | None = None,
    first: frozenset[int] = frozenset(),
    limit: int = PAGE_SIZE,
    shown_in: ShownIn = ShownIn.BROWSE,
) -> Page:
    """The cards of the next best, the best first; `after` is None behind the last. One statement.

    Somebody who stopped taking pitches this moment is left out. That they are shown is noted.
    """
    behind = _after(ranking, cursor)
    shown = behind[:limit]
    if not shown:
        return Page([], None)
    values = {**reading.values_at(now), "ids": [user_id for _total, user_id in shown]}
    rows = teachers.run(PAGE, viewer, **values).all()
    made = reading.scored(rows, viewer, skill, now)
    made.sort(key=lambda one: (-one[0].total, -one[1].id))
    impressions.note(viewer.id, shown_in, [one for one, _row in made], now)
    cards = [reading.card_of(one, row, viewer, skill, first, now) for one, row in made]
    return Page(cards, encode([ranking.at, *shown[-1]]) if len(behind) > limit else None)


PAGE = reading.page_query(
    select(*reading.COLUMNS).where(User.id.in_(reading.RANKED), _takes_pitches()),
    [Key(User.id, "id")],  # type: ignore[arg-type]  # sorted by the score afterwards
    limit=50,
)
