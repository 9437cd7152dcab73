"""What does somebody's own page of points show? Lines by month, what they come to, and what waits.

Months and weeks are those of UTC, as everywhere where points are added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain.notifications import Face
from skillswap.domain.points.periods import bounds, number_of
from skillswap.domain.visibility import visible
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import (
    LearningSession,
    PeriodKind,
    PointsEntry,
    PointsKind,
    PointsPeriod,
    PointsReason,
    SessionState,
    Skill,
    User,
)
from skillswap.models.user import HUES, initials

FIRST = datetime(2020, 1, 1, tzinfo=UTC)  # there are no points from before
WEEKS_SHOWN = 12
WAITING_SHOWN = 5
Partner = aliased(User)
NEWEST = [Key(PointsEntry.created_at, "created_at"), Key(PointsEntry.id, "id")]  # type: ignore[arg-type]
LINKED = ("learning_sessions", "exchanges", "pitches")  # pages between two


@dataclass(frozen=True, slots=True)
class Line:
    """One line, with whom it was, while they are there for its owner."""

    kind: PointsKind
    reason: PointsReason
    points: int
    facts: dict[str, Any]
    at: datetime
    partner: Face | None
    linked: str  # the table of the page it leads to, or nothing


@dataclass(frozen=True, slots=True)
class Month:
    """Some lines of one month, the newest first, and which month before it has any."""

    number: int
    begins: date
    lines: Page
    earlier: int | None
    earlier_begins: date | None


@dataclass(frozen=True, slots=True)
class WeekSum:
    """What one week came to."""

    begins: date
    points: int
    sessions: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Now and lately."""

    week: int
    month: int
    total: int
    weeks: Sequence[WeekSum]  # the last twelve, the oldest first

    @property
    def most(self) -> int:
        """The best of these weeks: how high the chart is."""
        return max(week.points for week in self.weeks)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A session that is over and gives nothing yet."""

    public_id: str
    skill: str
    taught: bool
    is_disputed: bool
    ends_at: datetime
    partner: str


def month_of(typed: str, now: datetime) -> int:
    """The month somebody asks for ("2026-11"); the present one when there can be none of it."""
    try:
        begins = datetime.strptime(typed, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        begins = now
    return number_of(PeriodKind.MONTH, begins if FIRST <= begins <= now else now)


def lines_of(person: User, month: int, cursor: str | None) -> Month:
    """A month's lines. Two statements."""
    begins, ends = bounds(PeriodKind.MONTH, month)
    mine = PointsEntry.user_id == person.id
    within = and_(mine, PointsEntry.created_at >= begins, PointsEntry.created_at < ends)
    query = _with_partners(person).where(within)
    found = page(db.session.execute(paginate(query, NEWEST, cursor)).all(), NEWEST)
    before = None
    if found.after is None:
        last = select(func.max(PointsEntry.created_at)).where(mine, PointsEntry.created_at < begins)
        before = db.session.scalar(last)
    earlier = number_of(PeriodKind.MONTH, before) if before else None
    return Month(
        number=month,
        begins=begins.date(),
        lines=Page([_line(row) for row in found.rows], found.after),
        earlier=earlier,
        earlier_begins=bounds(PeriodKind.MONTH, earlier)[0].date() if earlier else None,
    )


def _with_partners(person: User) -> AnySelect:
    return select(
        PointsEntry.id,
        PointsEntry.kind,
        PointsEntry.reason,
        PointsEntry.points,
        PointsEntry.facts,
        PointsEntry.created_at,
        PointsEntry.subject_type,
        Partner.id.label("partner_id"),
        Partner.username,
        Partner.first_name,
        Partner.last_name,
        Partner.avatar,
        visible(Partner, to=person.id).label("is_here"),
    ).outerjoin(Partner, Partner.id == PointsEntry.partner_id)


def _line(row: Any) -> Line:
    partner = None
    if row.partner_id is not None and row.is_here:
        partner = Face(
            row.username,
            f"{row.first_name} {row.last_name}".strip(),
            initials(row.first_name, row.last_name),
            row.partner_id % HUES + 1,
            f"/media/{row.avatar}" if row.avatar else None,
        )
    leads = partner is not None and row.subject_type in LINKED and row.facts.get("public_id")
    linked = row.subject_type if leads else ""
    return Line(row.kind, row.reason, row.points, row.facts, row.created_at, partner, linked)


def sums_of(person: User, now: datetime) -> Sums:
    """This week, this month, in all, and the last weeks. One statement."""
    this_week, _end = bounds(PeriodKind.WEEK, number_of(PeriodKind.WEEK, now))
    begins = [this_week - timedelta(weeks=back) for back in reversed(range(WEEKS_SHOWN))]
    first, month = number_of(PeriodKind.WEEK, begins[0]), number_of(PeriodKind.MONTH, now)
    kind, number = PointsPeriod.kind, PointsPeriod.number
    wanted = or_(
        and_(kind == PeriodKind.WEEK, number >= first),
        and_(kind == PeriodKind.MONTH, number == month),
        kind == PeriodKind.ALL,
    )
    rows = db.session.execute(
        select(kind, number, PointsPeriod.points, PointsPeriod.sessions).where(
            PointsPeriod.user_id == person.id, wanted
        )
    )
    found = {(row.kind, row.number): (row.points, row.sessions) for row in rows}
    nothing = (0, 0)
    weeks = [
        WeekSum(at.date(), *found.get((PeriodKind.WEEK, number_of(PeriodKind.WEEK, at)), nothing))
        for at in begins
    ]
    return Sums(
        week=weeks[-1].points,
        month=found.get((PeriodKind.MONTH, month), nothing)[0],
        total=found.get((PeriodKind.ALL, 0), nothing)[0],
        weeks=weeks,
    )


def waiting_of(person: User, now: datetime) -> Sequence[Waiting]:
    """Sessions of mine that are over and not settled, the newest few. One statement."""
    one = LearningSession
    partner_id = case((one.teacher_id == person.id, one.learner_id), else_=one.teacher_id)
    rows = db.session.execute(
        select(
            one.public_id,
            one.teacher_id,
            one.state,
            one.ends_at,
            Skill.name.label("skill"),
            Partner.first_name,
        )
        .join(Skill, Skill.id == one.skill_id)
        .join(Partner, Partner.id == partner_id)
        .where(
            or_(one.teacher_id == person.id, one.learner_id == person.id),
            one.state.in_((SessionState.SCHEDULED, SessionState.DISPUTED)),
            one.ends_at <= now,
            visible(Partner, to=person.id),
        )
        .order_by(one.ends_at.desc(), one.id.desc())
        .limit(WAITING_SHOWN)
    )
    return [
        Waiting(
            public_id=row.public_id,
            skill=row.skill,
            taught=row.teacher_id == person.id,
            is_disputed=row.state is SessionState.DISPUTED,
            ends_at=row.ends_at,
            partner=row.first_name,
        )
        for row in rows
    ]
