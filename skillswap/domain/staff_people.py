"""What may staff know of somebody, and whom may they do anything to?

A moderator finds members and other moderators, an admin everybody; nobody finds themselves. Who
reported whom stands nowhere here: only whoever has taken a case reads that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain import cases, name_words, second_steps, sign_ins
from skillswap.errors import NotFound
from skillswap.lib.keyset import Key, Page, page, paginate
from skillswap.lib.text import search_key
from skillswap.models import (
    Case,
    CaseKind,
    Exchange,
    LearningSession,
    Report,
    ReportCategory,
    ReportState,
    SessionState,
    SignIn,
    StaffNote,
    StaffRole,
    Strike,
    StrikeOutcome,
    StrikeState,
    User,
    UserState,
)
from skillswap.models.user import HUES, initials

LISTED = 10  # of each kind of history
NEWEST = [Key(User.id, "id")]  # type: ignore[arg-type]  # mapped columns are
NOTES_NEWEST = [Key(StaffNote.id, "id")]  # type: ignore[arg-type]
Author = aliased(User)


class Which(StrEnum):
    """Whom a list is about."""

    ALL, KEPT_OUT, STAFF = "all", "kept_out", "staff"


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody in the list of staff, whatever state they are in."""

    id: int
    username: str
    name: str
    email: str
    initials: str
    hue: int
    avatar_url: str | None
    state: UserState
    role: StaffRole
    created_at: datetime


def found_by(staff: User) -> ColumnElement[bool]:
    """Condition: this person is one that this member of staff may look at."""
    fit = true() if staff.is_admin else User.staff_role != StaffRole.ADMIN
    return and_(User.id != staff.id, fit)


def search(staff: User, typed: str, which: Which, cursor: str | None, now: datetime) -> Page:
    """People by name, username or address, the newest first, as Knowns. One statement.

    Each word begins one of the name or the username; with an @ it is what the address begins with.
    """
    query: Any = select(User).where(found_by(staff))
    typed = typed.replace("\x00", " ").strip()
    if "@" in typed:
        query = query.where(User.email.startswith(typed.lower(), autoescape=True))
    elif typed:
        ids = name_words.ids_of(search_key(typed).split()[: name_words.WORDS_MOST])
        query = query.where(or_(User.id.in_(ids), User.username == typed.lower()))
    if which is Which.KEPT_OUT:
        query = query.where(User.state != UserState.ACTIVE)
    elif which is Which.STAFF:
        query = query.where(User.staff_role != StaffRole.NONE)
    found = page(db.session.scalars(paginate(query, NEWEST, cursor)).all(), NEWEST)
    return Page([_known(person, now) for person in found.rows], found.after)


def _known(person: User, now: datetime) -> Known:
    return Known(
        id=person.id,
        username=person.username,
        name=person.name,
        email=person.email,
        initials=initials(person.first_name, person.last_name),
        hue=person.id % HUES + 1,
        avatar_url=person.avatar_url,
        state=person.state_at(now),
        role=person.staff_role,
        created_at=person.created_at,
    )


# -- one of them ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """How somebody stands, with what it was counted from."""

    person: User
    state: UserState
    kept: int  # sessions that happened
    devices: int  # where they are signed in
    has_second_step: bool
    reports_about: int
    upheld_about: int
    reports_made: int
    upheld_made: int
    knows_reader: bool  # an exchange with who reads this: then a colleague acts

    @property
    def until(self) -> datetime | None:
        """When limited or suspended ends by itself."""
        return self.person.state_until if self.state is not UserState.ACTIVE else None


def facts_of(staff: User, username: str, now: datetime) -> Facts:
    """Somebody, with the counts. Raises NotFound for whom this member of staff does not look at.

    One statement. A report that staff are themselves part of is not counted for them.
    """
    mine = (Report.person_id != staff.id, Report.reporter_id != staff.id)
    about = (Report.person_id == User.id, *mine)
    made = (Report.reporter_id == User.id, *mine)
    upheld = Report.state == ReportState.UPHELD
    awake = or_(User.staff_role == StaffRole.NONE, SignIn.seen_at > now - sign_ins.STAFF_IDLE)
    sessions = or_(LearningSession.teacher_id == User.id, LearningSession.learner_id == User.id)
    row = db.session.execute(
        select(
            User,
            _count(LearningSession.id, sessions, LearningSession.state == SessionState.COMPLETED),
            _count(SignIn.id, SignIn.user_id == User.id, sign_ins.is_live(now), awake),
            second_steps.is_asked_of(User.id),
            _count(Report.id, *about),
            _count(Report.id, *about, upheld),
            _count(Report.id, *made),
            _count(Report.id, *made, upheld),
            knows(staff.id),
        ).where(User.username == username.lower(), found_by(staff))
    ).first()
    if row is None or not staff.is_staff:
        raise NotFound("person")
    return Facts(row[0], row[0].state_at(now), *row[1:])


def _count(column: Any, *which: ColumnElement[bool]) -> Any:
    return select(func.count(column)).where(*which).correlate(User).scalar_subquery()


def knows(staff_id: int) -> ColumnElement[bool]:
    """Condition: this person has or had an exchange with that member of staff."""
    return exists().where(
        or_(
            and_(Exchange.teacher_id == staff_id, Exchange.learner_id == User.id),
            and_(Exchange.learner_id == staff_id, Exchange.teacher_id == User.id),
        )
    )


def may_act(staff: User, facts: Facts) -> bool:
    """Whether this member of staff may change how that person stands: colleagues are for admins,
    and who knows them is for a colleague."""
    ours = staff.is_admin or not facts.person.is_staff
    return ours and not facts.knows_reader and facts.state is not UserState.DELETED


@dataclass(frozen=True, slots=True)
class PastReport:
    """A report by or about somebody, without its words and its other person."""

    about_them: bool
    category: ReportCategory
    state: ReportState
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PastStrike:
    """A strike of somebody."""

    outcome: StrikeOutcome
    days: int | None
    state: StrikeState
    body: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class PastCase:
    """A case about somebody that this member of staff may look at."""

    public_id: str
    kind: CaseKind
    opened_at: datetime
    closed: bool


@dataclass(frozen=True, slots=True)
class History:
    """What there was, the latest ten of each."""

    reports: Sequence[PastReport]
    strikes: Sequence[PastStrike]
    cases: Sequence[PastCase]


def history_of(staff: User, person: User) -> History:
    """What there was with somebody. Three statements."""
    reports = db.session.scalars(
        select(Report)
        .where(
            or_(Report.person_id == person.id, Report.reporter_id == person.id),
            Report.person_id != staff.id,
            Report.reporter_id != staff.id,
        )
        .order_by(Report.id.desc())
        .limit(LISTED)
    )
    strikes = db.session.scalars(
        select(Strike).where(Strike.person_id == person.id).order_by(Strike.id.desc()).limit(LISTED)
    )
    about = db.session.scalars(
        select(Case)
        .join(cases.About, cases.About.id == Case.person_id)
        .where(Case.person_id == person.id, cases.may_decide(staff.id))
        .order_by(Case.id.desc())
        .limit(LISTED)
    )
    return History(
        [
            PastReport(one.person_id == person.id, one.category, one.state, one.created_at)
            for one in reports
        ],
        [PastStrike(one.outcome, one.days, one.state, one.body, one.decided_at) for one in strikes],
        [
            PastCase(one.public_id, one.kind, one.opened_at, one.closed_at is not None)
            for one in about
        ],
    )


@dataclass(frozen=True, slots=True)
class Note:
    """What a colleague wanted to be remembered."""

    id: int
    body: str
    author: str
    created_at: datetime


def notes_of(person: User, cursor: str | None) -> Page:
    """The notes about somebody, the latest first. One statement. Ask `facts_of` before."""
    query: Any = (
        select(
            StaffNote.id,
            StaffNote.body,
            StaffNote.created_at,
            Author.first_name,
            Author.last_name,
        )
        .join(Author, Author.id == StaffNote.author_id)
        .where(StaffNote.person_id == person.id)
    )
    found = page(db.session.execute(paginate(query, NOTES_NEWEST, cursor)).all(), NOTES_NEWEST)
    return Page(
        [
            Note(row.id, row.body, f"{row.first_name} {row.last_name}".strip(), row.created_at)
            for row in found.rows
        ],
        found.after,
    )
