"""How does a teacher stand in a list? The cards of browsing, of the front page and of Home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Result,
    ScalarSelect,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    literal_column,
    null,
    select,
)
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.answering import Answers, shown
from skillswap.domain.card_lines import CardLine, read_lines
from skillswap.domain.matching import Reason
from skillswap.domain.places import places_query
from skillswap.domain.profiles import RATERS_TO_SHOW, Rating
from skillswap.domain.visibility import visible
from skillswap.lib.clock import local, zone_city
from skillswap.lib.i18n import _
from skillswap.lib.keyset import PAGE_SIZE, AnySelect, Key, Page, page, paginate
from skillswap.models import (
    Level,
    Pitch,
    Skill,
    TeacherListing,
    User,
    UserSkill,
    UserSkillKind,
)
from skillswap.models.pitch import OPEN
from skillswap.models.user import HUES, initials

OFFERED_SHOWN, WANTED_SHOWN = 4, 3
ALTERNATIVES = 3

Mine = aliased(UserSkill)
# a parameter, so that statements are the same for everybody and can be kept
VIEWER = bindparam("viewer_id", type_=BigInteger())
NOBODY = 0

COLUMNS = (
    User.id,
    User.username,
    User.first_name,
    User.last_name,
    User.avatar,
    User.timezone,
    User.headline,
    User.rating_milli,
    User.rating_count,
    User.rating_rank,
    User.answered_count,
    User.unanswered_count,
    User.reply_minutes,
    User.last_seen_at,
    User.created_at,
    User.verified_until,
)
BY_RATING = [
    Key(User.rating_rank, "rating_rank"),  # type: ignore[arg-type]  # a mapped column is one
    Key(User.last_seen_at, "last_seen_at"),  # type: ignore[arg-type]
    Key(User.id, "id"),  # type: ignore[arg-type]
]
NEWEST = [
    Key(User.created_at, "created_at"),  # type: ignore[arg-type]
    Key(User.id, "id"),  # type: ignore[arg-type]
]


@dataclass(frozen=True, slots=True)
class SkillRef:
    """A skill as a link needs it."""

    id: int
    slug: str
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class Fit:
    """What a score says of a person to one reader, as a card prints it."""

    reasons: tuple[Reason, ...]
    caution: str
    asked: str = ""


@dataclass(frozen=True, slots=True)
class TeacherCard:
    """A teacher in a list, as one reader sees the card. Made whole, so that printing is cheap."""

    username: str
    name: str
    first_name: str
    initials: str
    hue: int
    avatar_url: str | None
    rating: Rating | None  # None while too few have rated: "New"
    city: str
    clock: str
    headline: str
    offered: tuple[str, ...]
    more_offered: int
    wanted: tuple[str, ...]
    reasons: tuple[Reason, ...]  # why this person fits the reader
    caution: str  # what the reader had better know, or ""
    why: bool  # whether there is a page that says all of it
    asked: str  # the slug of the skill that was looked for, or ""
    answers: Answers | None  # None while there are too few
    saved: bool | None  # by the reader; None: nobody asked
    verified: bool = False


# -- the skills of a person, as a column -----------------------------------------------------------


def skill_of_mine(kind: UserSkillKind, place: int) -> ScalarSelect[int]:
    """The reader's skill of that kind in that place, counted by its id."""
    return (
        select(Mine.skill_id)
        .where(Mine.user_id == VIEWER, Mine.kind == kind)
        .order_by(Mine.skill_id)
        .limit(1)
        .offset(place)
        .correlate(None)
        .scalar_subquery()
    )


def meets_mine() -> ColumnElement[bool]:
    """Condition: a line of the reader's is about the same skill, on the other side.

    The side is said as a value: then an index leads to the one line there can be.
    """
    offered, wanted = (
        literal(kind, UserSkill.kind.type) for kind in (UserSkillKind.OFFERED, UserSkillKind.WANTED)
    )
    other = case((UserSkill.kind == UserSkillKind.OFFERED, wanted), else_=offered)
    return and_(Mine.user_id == VIEWER, Mine.skill_id == UserSkill.skill_id, Mine.kind == other)


def _lines(*, for_reader: bool) -> ColumnElement[str]:
    """All lines of `person.id` as one text, so that a page of people is a page of rows.

    Each is "o" or "w" for its side, the level of the reader's line that meets it on the other
    side or 0, the level, the skill's id, a tab and the skill's name, which holds no tab.
    """
    mine: Any = null()
    source: Any = UserSkill.__table__.join(Skill.__table__, Skill.id == UserSkill.skill_id)
    if for_reader:
        source, mine = source.outerjoin(Mine, meets_mine()), Mine.level
    line = (
        case((UserSkill.kind == UserSkillKind.OFFERED, literal("o")), else_="w")
        .concat(func.coalesce(cast(mine, String), "0"))
        .concat(cast(UserSkill.level, String))
        .concat(cast(UserSkill.skill_id, String))
        .concat("\t")
        .concat(Skill.name)
    )
    text = select(func.aggregate_strings(line, "\n")).select_from(source)
    return (
        text.where(UserSkill.user_id == literal_column("person.id"))
        .scalar_subquery()
        .label("lines")
    )


# made once: building them takes as long as running them
LINES, LINES_FOR_READER = _lines(for_reader=False), _lines(for_reader=True)


# -- conditions -----------------------------------------------------------------------------------


def here() -> ColumnElement[bool]:
    """Condition: teaches, takes pitches, may be seen, and is somebody else than the viewer.

    Run it by `run`. A pause that is over ends with the next sweep.
    """
    return and_(User.teaching, User.paused.is_(None), visible(to=VIEWER), User.id != VIEWER)


def still_here() -> ColumnElement[bool]:
    """Condition: `here`, of people who are named by their ids.

    Said so that no index of all teachers answers it: SQLite would rather walk through that one.
    """
    teaches = and_(User.teaching.is_not(False), User.paused.is_(None))
    return and_(teaches, visible(to=VIEWER), User.id != VIEWER)


def offered_lines(*which: ColumnElement[bool]) -> AnySelect:
    """(user_id, level) of the offers for which the conditions hold."""
    return select(UserSkill.user_id, UserSkill.level).where(
        UserSkill.kind == UserSkillKind.OFFERED, *which
    )


def offers(level: Level = Level.BEGINNER) -> ColumnElement[bool]:
    """Condition: this person offers something, up to that level at least."""
    line = and_(UserSkill.user_id == User.id, UserSkill.kind == UserSkillKind.OFFERED)
    if level is not Level.BEGINNER:  # every line reaches the first: an index alone answers
        line = and_(line, UserSkill.level >= level)
    return exists().where(line)


def has_room() -> ColumnElement[bool]:
    """Condition: takes pitches and has room, as the derived rows know."""
    return exists().where(TeacherListing.user_id == User.id)


# -- reads: their statements are kept, since building one takes longer than running it -----------


def run(query: Executable, viewer: User | None, **values: Any) -> Result[*tuple[Any, ...]]:
    """The rows of a statement that holds `here`, for this viewer."""
    return db.session.execute(query, {"viewer_id": viewer.id if viewer else NOBODY, **values})


def page_query(
    people: AnySelect,
    keys: Sequence[Key],
    *,
    for_reader: bool,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
    more: Sequence[ColumnElement[Any]] = (),
) -> AnySelect:
    """One page of `people` (a select of COLUMNS) with their lines, in the order of the keys.

    `more` are columns about `person.id`, read for that page alone.
    """
    # the page is cut first: the lines of those beyond it are not read
    person = paginate(people, keys, cursor, limit).subquery("person")
    order = (person.c[key.name].desc() if key.descending else person.c[key.name] for key in keys)
    return select(person, LINES_FOR_READER if for_reader else LINES, *more).order_by(*order)


def cards(
    query: AnySelect,
    keys: Sequence[Key],
    *,
    viewer: User | None,
    now: datetime,
    first: frozenset[int] = frozenset(),
    limit: int = PAGE_SIZE,
) -> Page:
    """The cards of a `page_query`. One statement. The skills of `first` lead on each card."""
    found = page(run(query, viewer).all(), keys, limit)
    return Page([card_of(row, viewer, now, first) for row in found.rows], found.after)


def card_of(
    row: Any,
    viewer: User | None,
    now: datetime,
    first: frozenset[int] = frozenset(),
    fit: Fit | None = None,
) -> TeacherCard:
    """The card of a row of `page_query`; with what a score says of them, if there is one."""
    ways = (viewer.learning, viewer.teaching) if viewer else (False, False)
    verified = row.verified_until is not None and row.verified_until > now
    return _card(row, ways, first, local(now, row.timezone).clock, fit, verified=verified)


def some_teachers(limit: int, now: datetime) -> Page:
    """A few people who have room and say what they teach, the best rated. One statement."""
    return cards(_some_query(limit), BY_RATING, viewer=None, now=now, limit=limit)


@lru_cache(maxsize=8)
def _some_query(limit: int) -> AnySelect:
    people = select(*COLUMNS).where(here(), User.headline != "", has_room())
    return page_query(people, BY_RATING, for_reader=False, limit=limit)


def alternatives(learner: User, pitch: Pitch, now: datetime) -> Sequence[TeacherCard]:
    """Who else teaches the skill of this pitch and has room, the best rated first. One statement.

    Not those whom the learner has asked for it already.
    """
    lines = offered_lines(UserSkill.skill_id == pitch.skill_id).subquery()
    asked = select(Pitch.teacher_id).where(
        Pitch.learner_id == learner.id, Pitch.skill_id == pitch.skill_id
    )
    waiting = (
        select(func.count())
        .where(Pitch.teacher_id == User.id, Pitch.state.in_(OPEN), Pitch.respond_by > now)
        .scalar_subquery()
    )
    people = select(*COLUMNS).where(
        here(),
        User.id.in_(select(lines.c.user_id)),
        User.id.not_in(asked),
        User.places > places_query(User.id, now).scalar_subquery(),
        User.pitch_cap > waiting,
    )
    query = page_query(people, BY_RATING, for_reader=False, limit=ALTERNATIVES)
    return cards(query, BY_RATING, viewer=learner, now=now, limit=ALTERNATIVES).rows


# -- from rows to cards ---------------------------------------------------------------------------


@lru_cache(maxsize=1_000)
def _card(
    row: Any,
    ways: tuple[bool, bool],
    first: frozenset[int],
    clock: str,
    fit: Fit | None,
    *,
    verified: bool,
) -> TeacherCard:
    """The card of a row, kept for equal rows. `ways`: whether the reader learns, teaches."""
    lines = read_lines(row.lines)
    offered = [line for line in lines if line.offered]
    if first:
        offered.sort(key=lambda line: line.skill_id not in first)
    wanted = [line for line in lines if not line.offered]
    rated = row.rating_count >= RATERS_TO_SHOW
    return TeacherCard(
        username=row.username,
        name=f"{row.first_name} {row.last_name}".strip(),
        first_name=row.first_name,
        initials=initials(row.first_name, row.last_name),
        hue=row.id % HUES + 1,
        avatar_url=f"/media/{row.avatar}" if row.avatar else None,
        rating=Rating(row.rating_milli / 1_000, row.rating_count) if rated else None,
        city=zone_city(row.timezone),
        clock=clock,
        headline=row.headline,
        offered=tuple(line.name for line in offered[:OFFERED_SHOWN]),
        more_offered=max(0, len(offered) - OFFERED_SHOWN),
        wanted=tuple(line.name for line in wanted[:WANTED_SHOWN]),
        reasons=fit.reasons if fit else _reason(offered, wanted, *ways),
        caution=fit.caution if fit else "",
        why=fit is not None,
        asked=fit.asked if fit else "",
        answers=shown(row.answered_count, row.unanswered_count, row.reply_minutes),
        saved=bool(row.saved) if fit else None,
        verified=verified,
    )


def _reason(
    offered: Sequence[CardLine], wanted: Sequence[CardLine], learning: bool, teaching: bool
) -> tuple[Reason, ...]:
    """What goes one way and what goes the other, where nothing else is known of the two."""
    wants = next((line.name for line in wanted if line.mine), "") if teaching else ""
    teaches = next((line.name for line in offered if line.mine), "") if learning else ""
    if wants and teaches:
        sentence = _("A true swap: wants {wants}, which you teach")
    elif wants:
        sentence = _("Wants {wants}, which you teach")
    elif teaches:
        sentence = _("Teaches {teaches}, which you want to learn")
    else:
        return ()
    return (Reason("arrow-left-right", sentence.format(wants=wants, teaches=teaches)),)
