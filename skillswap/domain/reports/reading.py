"""What was said about the subject of a case, and what did it look like then?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain.reports.subjects import Evidence, SubjectKind
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
    User,
    Wish,
    WishOffer,
)

READ_MOST = 50
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
