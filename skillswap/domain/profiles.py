"""What does a person say about themselves, and what do others see of it?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    SQLColumnExpression,
    exists,
    false,
    func,
    null,
    select,
)
from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain import rating_totals, skills
from skillswap.domain.answering import Answers, answers_of
from skillswap.domain.limits import EDUCATION_LINE, EDUCATION_LINES
from skillswap.domain.places import places_query
from skillswap.domain.skills import SkillLine
from skillswap.domain.usernames import check_username, clean_name, name_key, reads_like_staff
from skillswap.domain.usual import UsualHours, usual_hours, week_query
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound, Refused
from skillswap.lib.clock import is_zone, zone
from skillswap.lib.languages import by_code, mask_of
from skillswap.lib.markdown import RULES_VERSION, render_markdown
from skillswap.lib.text import Unprintable, clean_body, clean_line
from skillswap.models import (
    LearningSession,
    Mute,
    RatedRole,
    SessionState,
    User,
    UserSkillKind,
)

HEADLINE_MOST, BIO_MOST = 120, 2_000
RATERS_TO_SHOW = rating_totals.SHOWN_FROM
THEMES = ("", "light", "dark")
SUGGESTED_TO = 99
USERNAME_MOST = 30


# -- verbs ----------------------------------------------------------------------------------------


def edit_profile(
    person: User,
    *,
    first_name: str,
    last_name: str,
    username: str,
    headline: str,
    bio: str,
    education: str,
    languages: Sequence[str],
    timezone: str,
    learning: bool,
    teaching: bool,
    theme: str,
) -> None:
    """Take over what a person says about themselves; nobody but they may.

    `education` holds one line for each school, `languages` codes of lib/languages. Raises Refused
    for the first rule that is broken; then nothing is changed.
    """
    first_name, last_name = _names(person, first_name, last_name)
    headline = _line("headline", headline, HEADLINE_MOST)
    bio = _body("bio", bio, BIO_MOST)
    lines = _education(education)
    _check_choices(languages, timezone, theme)
    if not (learning or teaching):
        raise Refused("roles", "needs_role")
    _rename(person, username)
    person.first_name, person.last_name = first_name, last_name
    person.name_key = name_key(first_name, last_name)
    person.headline, person.education, person.theme = headline, lines, theme
    if bio != person.bio:
        person.bio, person.bio_html = bio, render_markdown(bio)
        person.rules_version = RULES_VERSION
    person.language_mask, person.timezone = mask_of(list(languages)), timezone
    person.learning, person.teaching = learning, teaching
    db.session.flush()


def _names(person: User, first_name: str, last_name: str) -> tuple[str, str]:
    first_name = clean_name("first_name", first_name)
    last_name = clean_name("last_name", last_name)
    if not first_name:
        raise Refused("first_name", "required")
    if not person.is_staff and reads_like_staff(f"{first_name} {last_name}"):
        raise Refused("first_name", "name_reserved")
    return first_name, last_name


def _check_choices(languages: Sequence[str], timezone: str, theme: str) -> None:
    """What comes from a list must be on it."""
    if not set(languages) <= by_code().keys():
        raise Refused("languages", "unknown_language")
    if not is_zone(timezone):
        raise Refused("timezone", "unknown_zone")
    if theme not in THEMES:
        raise Refused("theme", "required")


def _line(where: str, typed: str, limit: int) -> str:
    try:
        line = clean_line(typed)
    except Unprintable:
        raise Refused(where, "control_characters") from None
    if len(line) > limit:
        raise Refused(where, "too_long", limit=limit)
    return line


def _body(where: str, typed: str, limit: int) -> str:
    try:
        body = clean_body(typed)
    except Unprintable:
        raise Refused(where, "control_characters") from None
    if len(body) > limit:
        raise Refused(where, "too_long", limit=limit)
    return body


def _education(typed: str) -> list[str]:
    """The lines that hold something."""
    lines = [_line("education", line, 10 * EDUCATION_LINE) for line in typed.splitlines()]
    lines = [line for line in lines if line]
    if len(lines) > EDUCATION_LINES:
        raise Refused("education", "too_many_lines", limit=EDUCATION_LINES)
    if any(len(line) > EDUCATION_LINE for line in lines):
        raise Refused("education", "line_too_long", limit=EDUCATION_LINE)
    return lines


def _rename(person: User, typed: str) -> None:
    """Another username, if it was changed. The unique index says whether it is free."""
    if typed.strip().lower() == person.username:
        return  # also one that would not be given out today
    username = check_username(typed)
    try:
        with db.session.begin_nested():
            person.username = username
    except IntegrityError:
        db.session.refresh(person)  # the savepoint emptied it; the page still prints it
        raise Refused("username", "username_taken", suggestion=_free_like(username)) from None


def _free_like(username: str) -> str:
    """The first free one with a number behind it."""
    base = username[: USERNAME_MOST - 3].rstrip("-")
    wanted = [f"{base}-{number}" for number in range(2, SUGGESTED_TO + 1)]
    taken = set(db.session.scalars(select(User.username).where(User.username.in_(wanted))))
    return next((name for name in wanted if name not in taken), wanted[-1])


# -- reads ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rating:
    """What others gave, once enough of them did."""

    mean: float
    people: int


@dataclass(frozen=True, slots=True)
class Profile:
    """A person as one reader sees them. Print nothing of `person` that is not for everybody."""

    person: User
    offered: list[SkillLine]
    wanted: list[SkillLine]
    sessions_taught: int
    places_free: int
    rating: Rating | None
    usual: UsualHours
    mine: bool
    muted: bool  # by the reader
    ahead: timedelta | None  # of the reader's clock; None for a visitor
    fits_me: frozenset[int]  # ids of skills they offer and I want
    fits_them: frozenset[int]  # ids of skills they want and I offer

    @property
    def answers(self) -> Answers | None:
        """How they answer pitches; None while there are too few, or they do not teach."""
        return answers_of(self.person) if self.person.teaching else None

    @property
    def teaches(self) -> bool:
        """Whether there is something to pitch for."""
        return self.person.teaching and bool(self.offered)


def profile_of(username: str, viewer: User | None, now: datetime) -> Profile:
    """A person's public page, in two statements. Raises NotFound for one who may not be seen."""
    row = db.session.execute(
        select(
            User,
            sessions_taught(User.id),
            places_query(User.id, now).scalar_subquery(),
            _muted_by(viewer),
            rating_totals.has_due(User.id, now),
            week_query(User.id),
            week_query(viewer.id) if viewer else null(),
        ).where(User.username == username.lower(), visible(to=viewer.id if viewer else None))
    ).first()
    if row is None:
        raise NotFound("person")
    person, taught, taken, muted, late, week, readers = row
    viewer_id = viewer.id if viewer else person.id
    theirs: dict[UserSkillKind, list[SkillLine]] = {kind: [] for kind in UserSkillKind}
    my_ids: dict[UserSkillKind, set[int]] = {kind: set() for kind in UserSkillKind}
    for line in skills.lines_of(person.id, viewer_id):
        if line.user_id == person.id:
            theirs[line.kind].append(line)
        elif viewer and (line.kind is UserSkillKind.WANTED or viewer.teaching):
            my_ids[line.kind].add(line.skill_id)
    offered = theirs[UserSkillKind.OFFERED]
    wanted = theirs[UserSkillKind.WANTED]
    return Profile(
        person=person,
        offered=offered,
        wanted=wanted,
        sessions_taught=taught,
        places_free=max(0, person.places - taken),
        rating=_rating(person, now if late else None),
        usual=usual_hours(person, week, viewer, readers, now),
        mine=viewer is not None and viewer.id == person.id,
        muted=bool(muted),
        ahead=clock_ahead(person.timezone, viewer.timezone, now) if viewer else None,
        fits_me=_both(offered, my_ids[UserSkillKind.WANTED]),
        fits_them=_both(wanted, my_ids[UserSkillKind.OFFERED]),
    )


def _muted_by(viewer: User | None) -> ColumnElement[bool]:
    """Whether the viewer hears nothing from the person of the row."""
    if viewer is None:
        return false()
    return exists().where(Mute.muter_id == viewer.id, Mute.muted_id == User.id)


def _both(lines: Iterable[SkillLine], ids: set[int]) -> frozenset[int]:
    return frozenset(line.skill_id for line in lines) & ids


def _rating(person: User, late: datetime | None) -> Rating | None:
    """What their ratings as a teacher come to; of some that are due by then, no sweep knows."""
    raters, milli = person.rating_count, person.rating_milli
    if late is not None:
        total = rating_totals.of([person.id], late)[person.id][RatedRole.TEACHER]
        raters, milli = total.raters, total.mean_milli
    return Rating(milli / 1_000, raters) if raters >= RATERS_TO_SHOW else None


def clock_ahead(theirs: str, mine: str, now: datetime) -> timedelta:
    """How far their wall clock is ahead of mine at that instant; negative when it is behind."""
    there, here = now.astimezone(zone(theirs)), now.astimezone(zone(mine))
    return there.replace(tzinfo=None) - here.replace(tzinfo=None)


def sessions_taught(user_id: SQLColumnExpression[int]) -> ScalarSelect[int]:
    """How many sessions this person has taught that were kept."""
    return (
        select(func.count(LearningSession.id))
        .where(
            LearningSession.teacher_id == user_id,
            LearningSession.state == SessionState.COMPLETED,
        )
        .scalar_subquery()
    )
