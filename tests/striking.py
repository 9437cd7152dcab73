"""Reports, strikes and appeals, each step by its own transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from skillswap.db import Model, db, transaction
from skillswap.domain import cases, reports, strikes
from skillswap.domain.reports import SubjectKind
from skillswap.domain.strikes import Outcome
from skillswap.lib.clock import utcnow
from skillswap.models import Case, CaseKind, Report, ReportCategory, Strike, User
from tests import casework

WORDS = "SkillSwap is free on both sides."


def reported(
    reporter: User,
    kind: str,
    key: str,
    *,
    category: ReportCategory = ReportCategory.SPAM,
    now: datetime | None = None,
) -> str:
    """The public id of the case it is in."""
    now = now or utcnow()
    with transaction():
        subject = reports.subject_of(reporter, SubjectKind(kind), key, now)
        report = reports.make_report(
            reporter, subject, category=category, body="", also_block=False, now=now
        )
    return casework.key_of(report.case_id)


def waiting(reporter: User, person: User, row: Model, now: datetime) -> str:
    """The same of somebody who cannot be seen any more: the report was made before."""
    with transaction():
        about = {"subject_type": row.__tablename__, "subject_id": row.id}
        made = Report(
            reporter_id=reporter.id,
            person_id=person.id,
            category=ReportCategory.SPAM,
            evidence={"facts": [], "texts": []},
            created_at=now,
            **about,
        )
        db.session.add(made)
        case = cases.open_case(
            CaseKind.REPORT, *about.values(), person=person, other=reporter, now=now
        )
        made.case_id = case.id
    return case.public_id


def upheld(
    staff: User,
    key: str,
    outcome: Outcome | None = Outcome.WARNING,
    *,
    words: str = WORDS,
    now: datetime | None = None,
    **how: Any,
) -> Strike:
    """A strike of that case, which the member of staff takes."""
    now = now or utcnow()
    with transaction():
        cases.claim(staff, key, now)
    with transaction():
        return strikes.uphold(staff, key, outcome=outcome, rule=4, words=words, now=now, **how)


def struck(
    staff: User, reporter: User, person: User, outcome: Outcome = Outcome.WARNING, **how: Any
) -> Strike:
    """A strike for somebody's profile."""
    return upheld(staff, reported(reporter, "person", person.username), outcome, **how)


def appealed(person: User, strike: Strike, now: datetime | None = None) -> str:
    """The public id of the case of its appeal."""
    with transaction():
        strikes.appeal(person, strike.public_id, body="It was a joke.", now=now or utcnow())
    return db.session.scalars(
        select(Case.public_id).where(
            Case.kind == CaseKind.APPEAL, Case.subject_id == strike.id, Case.closed_at.is_(None)
        )
    ).one()


def answered(
    staff: User, person: User, strike: Strike, *, overturned: bool, now: datetime | None = None
) -> Strike:
    """An appeal against it, answered."""
    now = now or utcnow()
    key = appealed(person, strike, now)
    with transaction():
        cases.claim(staff, key, now)
    with transaction():
        return strikes.decide_appeal(
            staff, key, overturned=overturned, words="We have read it again.", now=now
        )
