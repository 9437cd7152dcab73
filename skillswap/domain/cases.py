"""What waits for staff, in which order, and who has taken it?

Everything that staff decide is a case: reports, claims, appeals, held pitches, proposed skills,
flags. What one is about is read only by whoever has taken it, and taking it is written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from skillswap.db import Instant, db
from skillswap.domain import audit
from skillswap.errors import NotFound, WrongState
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import Case, CaseKind, Exchange, Report, StaffRole, User

HELD_FOR = timedelta(hours=24)
COUNTED_TO = 100
RANK_SAFETY, RANK_REST = 0, 1
DOUBT_UNKNOWN = 50
About, Holder, Staff = aliased(User), aliased(User), aliased(User)
NEXT_FIRST = [
    Key(Case.rank, "rank", descending=False),  # type: ignore[arg-type]  # mapped columns are
    Key(Case.opened_on, "opened_on", descending=False),  # type: ignore[arg-type]
    Key(Case.doubt, "doubt", descending=False),  # type: ignore[arg-type]
    Key(Case.id, "id", descending=False),  # type: ignore[arg-type]
]
StaffId = int | SQLColumnExpression[int]


# -- opening and closing --------------------------------------------------------------------------


def open_case(
    kind: CaseKind,
    table: str,
    row_id: int,
    *,
    person: User,
    now: datetime,
    other: User | None = None,
    not_for: User | None = None,
    urgent: bool = False,
    doubt: int = DOUBT_UNKNOWN,
    **facts: Any,
) -> Case:
    """Put a row before the staff; where it waits already, the same case, more urgent maybe.

    `person` is whom it is about, `other` who asked; neither decides it, nor does `not_for`.
    `facts` (plain JSON) are what its line in the queue says.
    """
    made = Case(
        kind=kind,
        subject_type=table,
        subject_id=row_id,
        person_id=person.id,
        other_id=other.id if other else None,
        not_for_id=not_for.id if not_for else None,
        rank=RANK_SAFETY if urgent else RANK_REST,
        opened_on=now.toordinal(),
        doubt=doubt,
        facts=facts,
        opened_at=now,
    )
    try:
        with db.session.begin_nested():  # the unique index decides
            db.session.add(made)
    except IntegrityError:
        found = waiting_about(kind, table, row_id, person.id)
        if found is None:  # decided in this moment: once more, and it is a new one
            raise WrongState("case", "closed") from None
        found.rank, found.doubt = min(found.rank, made.rank), min(found.doubt, doubt)
        found.facts = found.facts | facts
        db.session.flush()
        return found
    return made


def waiting_about(kind: CaseKind, table: str, row_id: int, person_id: int) -> Case | None:
    """The case that waits about that row and person, held against changes; or None."""
    return db.session.scalar(
        select(Case)
        .where(
            Case.kind == kind,
            Case.subject_type == table,
            Case.subject_id == row_id,
            Case.person_id == person_id,
            Case.closed_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def close(case: Case, now: datetime, *, by: User | None = None) -> None:
    """It is decided, or with `by=None` there is nothing to decide any more."""
    if case.closed_at is not None:
        raise WrongState("case", "closed")
    case.closed_at, case.closed_by_id = now, by.id if by else None
    db.session.flush()


# -- taking ---------------------------------------------------------------------------------------


def may_decide(staff_id: StaffId) -> ColumnElement[bool]:
    """Condition on Case and About: this member of staff has nothing to do with it.

    Not theirs, not asked by them, not decided by them before, nobody's they have or had an
    exchange with, and none about an admin unless they are one.
    """
    two = (Case.person_id, Case.other_id)
    knows = exists().where(
        or_(
            and_(Exchange.teacher_id == staff_id, Exchange.learner_id.in_(two)),
            and_(Exchange.learner_id == staff_id, Exchange.teacher_id.in_(two)),
        )
    )
    asked = exists().where(Report.case_id == Case.id, Report.reporter_id == staff_id)
    admin = exists().where(Staff.id == staff_id, Staff.staff_role == StaffRole.ADMIN)
    return and_(
        Case.person_id != staff_id,
        func.coalesce(Case.other_id, 0) != staff_id,
        func.coalesce(Case.not_for_id, 0) != staff_id,
        or_(About.staff_role != StaffRole.ADMIN, admin),
        ~knows,
        ~asked,
    )


def open_count(staff_id: StaffId, now: Instant) -> AnySelect:
    """How many wait that this member of staff may decide and nobody else has, counted to 100."""
    free = or_(
        Case.claimed_until.is_(None), Case.claimed_until <= now, Case.claimed_by_id == staff_id
    )
    rows = (
        select(Case.id)
        .join(About, About.id == Case.person_id)
        .where(Case.closed_at.is_(None), free, may_decide(staff_id))
        .limit(COUNTED_TO)
    )
    return select(func.count()).select_from(rows.subquery())


def case_of(staff: User, public_id: str, *, locked: bool = False) -> Case:
    """One case. Raises NotFound when it is none of this member of staff's business."""
    query: Any = (
        select(Case)
        .join(About, About.id == Case.person_id)
        .where(Case.public_id == public_id, may_decide(staff.id))
    )
    if locked:
        query = query.with_for_update(of=Case).execution_options(populate_existing=True)
    found: Case | None = db.session.scalar(query) if staff.is_staff else None
    if found is None:
        raise NotFound("case")
    return found


def claim(staff: User, public_id: str, now: datetime) -> Case:
    """Take a case: for 24 hours it is theirs alone to read and decide. Harmless when repeated.

    Raises NotFound for one they have to do with, WrongState when it is decided or taken.
    """
    found = case_of(staff, public_id, locked=True)
    if found.closed_at is not None:
        raise WrongState("case", "closed")
    if (holder := found.holder_at(now)) == staff.id:
        return found
    if holder is not None:
        raise WrongState("case", "claimed")
    found.claimed_by_id, found.claimed_until = staff.id, now + HELD_FOR
    db.session.flush()
    _note("case.claimed", found, staff, now)
    return found


def hand_back(staff: User, public_id: str, now: datetime) -> Case:
    """Let somebody else decide it. Raises as `held` does."""
    found = held(staff, public_id, now)
    found.claimed_by_id, found.claimed_until = None, None
    db.session.flush()
    _note("case.handed_back", found, staff, now)
    return found


def held(staff: User, public_id: str, now: datetime, kind: CaseKind | None = None) -> Case:
    """The case that this member of staff has taken, held against changes; every decision asks it.

    Raises NotFound for one they have to do with or of another kind, WrongState when it is decided,
    taken by somebody else, or not taken.
    """
    found = case_of(staff, public_id, locked=True)
    if kind is not None and found.kind is not kind:
        raise NotFound("case")
    if found.closed_at is not None:
        raise WrongState("case", "closed")
    if (holder := found.holder_at(now)) != staff.id:
        raise WrongState("case", "claimed" if holder else "open")
    return found


def _note(action: str, found: Case, staff: User, now: datetime) -> None:
    person = db.session.get_one(User, found.person_id)
    audit.record(action, by=staff, subject=found, person=person, now=now, kind=found.kind)


# -- the queue ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One case in the queue: what is known before it is taken."""

    public_id: str
    kind: CaseKind
    about: str  # a name
    urgent: bool
    facts: Mapping[str, Any]
    opened_at: datetime
    holder: str  # who has taken it: a name, or ""
    is_mine: bool
    closed: bool
    held_until: datetime | None


def queue(staff: User, kind: CaseKind | None, cursor: str | None, now: datetime) -> Page:
    """What waits, of one kind or of all, as CaseLines: safety, the oldest day, the least doubt.

    What others have taken is there with their name. One statement.
    """
    query = _lines(staff).where(Case.closed_at.is_(None))
    if kind is not None:
        query = query.where(Case.kind == kind)
    found = page(db.session.execute(paginate(query, NEXT_FIRST, cursor)).all(), NEXT_FIRST)
    return Page([_line(row, staff, now) for row in found.rows], found.after)


def line_of(staff: User, public_id: str, now: datetime) -> CaseLine:
    """One of them, decided or not. Raises NotFound as `case_of` does. One statement."""
    row = db.session.execute(_lines(staff).where(Case.public_id == public_id)).first()
    if row is None or not staff.is_staff:
        raise NotFound("case")
    return _line(row, staff, now)


def next_for(staff: User, now: datetime) -> str | None:
    """What to decide next: the first that this member of staff has taken, else the first free.

    Two questions: as one the whole queue would be put in order. At most two statements.
    """
    mine = and_(Case.claimed_by_id == staff.id, Case.claimed_until > now)
    free = or_(Case.claimed_until.is_(None), Case.claimed_until <= now)
    for which in (mine, free):
        query = (
            select(Case.public_id)
            .join(About, About.id == Case.person_id)
            .where(Case.closed_at.is_(None), which, may_decide(staff.id))
            .order_by(*(key.column for key in NEXT_FIRST))
            .limit(1)
        )
        if found := db.session.scalar(query):
            return found
    return None


def _lines(staff: User) -> Any:
    return (
        select(
            Case,
            Case.id,
            Case.rank,
            Case.opened_on,
            Case.doubt,
            About.first_name.label("about_first"),
            About.last_name.label("about_last"),
            Holder.first_name.label("holder_first"),
            Holder.last_name.label("holder_last"),
        )
        .join(About, About.id == Case.person_id)
        .outerjoin(Holder, Holder.id == Case.claimed_by_id)
        .where(may_decide(staff.id))
    )


def _line(row: Any, staff: User, now: datetime) -> CaseLine:
    found: Case = row.Case
    closed = found.closed_at is not None
    holder = None if closed else found.holder_at(now)
    return CaseLine(
        public_id=found.public_id,
        kind=found.kind,
        about=f"{row.about_first} {row.about_last}".strip(),
        urgent=found.rank == RANK_SAFETY,
        facts=found.facts,
        opened_at=found.opened_at,
        holder=f"{row.holder_first} {row.holder_last}".strip() if holder else "",
        is_mine=holder == staff.id,
        closed=closed,
        held_until=found.claimed_until if holder else None,
    )
