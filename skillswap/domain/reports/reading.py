"""What was said about the subject of a case, and what did it look like then?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain.reports.subjects import Evidence, SubjectKind
from skillswap.errors import NotFound
from skillswap.models import (
    Case,
    Comment,
    Conversation,
    Exchange,
    LearningSession,
    Pitch,
    Post,
    Rating,
    Report,
    ReportCategory,
    ReportState,
    User,
    Wish,
    WishOffer,
)

READ_MOST = 50
OTHERS_MOST = 10
KINDS = {
    User.__tablename__: SubjectKind.PERSON,
    Pitch.__tablename__: SubjectKind.PITCH,
    LearningSession.__tablename__: SubjectKind.SESSION,
    Exchange.__tablename__: SubjectKind.EXCHANGE,
    Conversation.__tablename__: SubjectKind.CONVERSATION,
    Rating.__tablename__: SubjectKind.RATING,
    Post.__tablename__: SubjectKind.POST,
    Comment.__tablename__: SubjectKind.COMMENT,
    Wish.__tablename__: SubjectKind.WISH,
    WishOffer.__tablename__: SubjectKind.OFFER,
}


@dataclass(frozen=True, slots=True)
class ReportCard:
    """A report as the member of staff who has taken its case reads it."""

    public_id: str
    kind: SubjectKind
    category: ReportCategory
    body: str
    created_at: datetime
    reporter: str
    reporter_username: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class OwnReport:
    """A report as its reporter finds it again: that it is read, and not what came of it."""

    kind: SubjectKind
    category: ReportCategory
    body: str
    public_id: str
    created_at: datetime
    decided_at: datetime | None


def own_report(reporter: User, public_id: str) -> OwnReport:
    """One that this person made. Raises NotFound for others'. One statement."""
    found = db.session.scalar(
        select(Report).where(Report.public_id == public_id, Report.reporter_id == reporter.id)
    )
    if found is None:
        raise NotFound("report")
    return OwnReport(
        kind=KINDS[found.subject_type],
        category=found.category,
        body=found.body,
        public_id=found.public_id,
        created_at=found.created_at,
        decided_at=found.decided_at,
    )


@dataclass(frozen=True, slots=True)
class OtherReport:
    """Another report about the same person, without its words, and what came of it."""

    category: ReportCategory
    state: ReportState
    created_at: datetime


def others_about(case: Case) -> Sequence[OtherReport]:
    """The reports about the person of a case that are none of it, the latest first, at most ten."""
    rows = db.session.execute(
        select(Report.category, Report.state, Report.created_at)
        .where(Report.person_id == case.person_id, Report.case_id.is_distinct_from(case.id))
        .order_by(Report.id.desc())
        .limit(OTHERS_MOST)
    )
    return [OtherReport(row.category, row.state, row.created_at) for row in rows]


def reports_of(case: Case) -> Sequence[ReportCard]:
    """The reports a case is made of, the first first, at most fifty. One statement.

    For whoever has taken the case: ask `cases.held` before.
    """
    rows = db.session.execute(
        select(Report, User)
        .join(User, User.id == Report.reporter_id)
        .where(Report.case_id == case.id)
        .order_by(Report.id)
        .limit(READ_MOST)
    )
    return [
        ReportCard(
            public_id=report.public_id,
            kind=KINDS[report.subject_type],
            category=report.category,
            body=report.body,
            created_at=report.created_at,
            reporter=reporter.name,
            reporter_username=reporter.username,
            evidence=report.evidence,
        )
        for report, reporter in rows
    ]
