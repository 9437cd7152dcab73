"""What does the place do about reports by itself, until staff look?

Three people who report an account of less than 30 days within a week limit it for 72 hours: it
begins nothing new, what is agreed goes on, nothing of it is hidden, and it is told so at once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from skillswap.db import db
from skillswap.domain import cases, events, safety
from skillswap.models import Case, CaseKind, Event, Report, ReportState, User, UserState

YOUNG = timedelta(days=30)
REPORTERS, WITHIN = 3, timedelta(days=7)
LIMITED_DAYS = 3
READ_MOST = 50
REASON = "Three people have reported this account within seven days."
LIMITED = "report.limited"

DECIDED_LEAST, UPHELD_PERCENT = 5, 20
LOOKED_BACK = timedelta(days=90)


# -- who is right how often -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """How many reports of somebody were decided and upheld: ever, and within 90 days."""

    decided: int = 0
    upheld: int = 0
    decided_lately: int = 0
    upheld_lately: int = 0

    @property
    def is_wild(self) -> bool:
        """Whether hardly any of their reports hold: five decided, less than a fifth upheld."""
        return (
            self.decided_lately >= DECIDED_LEAST
            and self.upheld_lately * 100 < self.decided_lately * UPHELD_PERCENT
        )

    @property
    def doubt(self) -> int:
        """100 less how many of a hundred were upheld, as if two more had been decided, one each
        way: 50 for somebody of whom nothing is known. 100 for the wild.
        """
        return 100 if self.is_wild else round(100 * (1 - (self.upheld + 1) / (self.decided + 2)))


def judged(reporter_ids: Collection[int], now: datetime) -> dict[int, Judged]:
    """How the reports of these people were decided. One statement."""
    upheld, lately = Report.state == ReportState.UPHELD, Report.decided_at > now - LOOKED_BACK
    rows = db.session.execute(
        select(
            Report.reporter_id,
            func.count(),
            func.count().filter(upheld),
            func.count().filter(lately),
            func.count().filter(upheld, lately),
        )
        .where(
            Report.reporter_id.in_(reporter_ids),
            Report.state.in_((ReportState.UPHELD, ReportState.DISMISSED)),
        )
        .group_by(Report.reporter_id)
    )
    return {reporter_id: Judged(*counts) for reporter_id, *counts in rows}


# -- limited until staff look ---------------------------------------------------------------------


def limit_if_many(person: User, now: datetime) -> bool:
    """Limit somebody new whom three have reported, and let their cases come first.

    Once in seven days; reports of the wild do not count. The caller holds the person. True if so.
    """
    if person.created_at + YOUNG <= now or person.state_at(now) is not UserState.ACTIVE:
        return False
    if _reporters(person, now) < REPORTERS or _limited_at(person, now - WITHIN) is not None:
        return False
    safety.limit(person, days=LIMITED_DAYS, reason=REASON, now=now)
    until = now + timedelta(days=LIMITED_DAYS)
    events.record(
        "report.limited", actor=None, subject=person, to=[person], now=now, until=until.isoformat()
    )
    for case in _waiting(person, skip_locked=True):  # somebody decides the others just now
        case.rank = cases.RANK_SAFETY
    db.session.flush()
    return True


def _reporters(person: User, now: datetime) -> int:
    ids = db.session.scalars(
        select(Report.reporter_id)
        .where(
            Report.person_id == person.id,
            Report.created_at > now - WITHIN,
            Report.state != ReportState.DISMISSED,
        )
        .distinct()
        .limit(READ_MOST)
    ).all()
    known = judged(ids, now) if len(ids) >= REPORTERS else {}
    return sum(not known.get(one, Judged()).is_wild for one in ids)


def end_limit(person: User, decided: Case, now: datetime) -> bool:
    """End such a limit once staff decide the last of the reports. True if it was so.

    For whoever decides, before what follows from the decision; they hold the case and the person.
    """
    if person.state_at(now) is not UserState.LIMITED:
        return False
    if person.state_until != _limited_at(person, now - timedelta(days=LIMITED_DAYS)):
        return False  # staff have limited them meanwhile
    if any(case.id != decided.id for case in _waiting(person)):
        return False
    safety.restore(person, now=now)
    events.record("report.freed", actor=None, subject=person, to=[person], now=now)
    return True


def _limited_at(person: User, since: datetime) -> datetime | None:
    """Until when the latest such limit holds that began since then."""
    until = db.session.scalar(
        select(Event.facts["until"].as_string())
        .where(
            Event.subject_type == User.__tablename__,
            Event.subject_id == person.id,
            Event.kind == LIMITED,
            Event.happened_at > since,
        )
        .order_by(Event.id.desc())
        .limit(1)
    )
    return datetime.fromisoformat(until) if until else None


def _waiting(person: User, *, skip_locked: bool = False) -> list[Case]:
    query = select(Case).where(
        Case.person_id == person.id, Case.kind == CaseKind.REPORT, Case.closed_at.is_(None)
    )
    if skip_locked:
        query = query.with_for_update(skip_locked=True)
    return list(db.session.scalars(query.order_by(Case.id).limit(READ_MOST)))
