"""Where does the private word of a rating go? Before the staff, like a report, and nowhere else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import cases, events
from skillswap.models import (
    CaseKind,
    LearningSession,
    Rating,
    Report,
    ReportCategory,
    ReportState,
    User,
)

UNDECIDED = (ReportState.OPEN, ReportState.CLAIMED)


def confide(person: User, rating: Rating, one: LearningSession, now: datetime) -> None:
    """Put the private word into the queue of the staff, as it stands now; an empty one is taken
    out again while nobody has decided. Nothing of the rating itself goes along."""
    report = db.session.scalar(
        select(Report).where(
            Report.reporter_id == person.id,
            Report.subject_type == Rating.__tablename__,
            Report.subject_id == rating.id,
            Report.state.in_(UNDECIDED),
        )
    )
    if not rating.private_body:
        if report is not None:
            _take_back(rating, report, now)
        return
    if report is not None:
        report.body = rating.private_body
        return
    report = Report(
        reporter_id=person.id,
        person_id=rating.rated_id,
        subject_type=Rating.__tablename__,
        subject_id=rating.id,
        category=ReportCategory.OTHER,
        body=rating.private_body,
        evidence={"facts": [["Private word after a session about", one.skill.name]], "texts": []},
        created_at=now,
    )
    db.session.add(report)
    report.case_id = cases.open_case(
        CaseKind.REPORT,
        Rating.__tablename__,
        rating.id,
        person=db.session.get_one(User, rating.rated_id),
        other=person,
        now=now,
        category=report.category,
        about="rating",
    ).id
    db.session.flush()
    events.record("report.made", actor=person, subject=report, to=[], now=now)


def _take_back(rating: Rating, report: Report, now: datetime) -> None:
    """Its case goes too, unless others have reported the same."""
    db.session.delete(report)
    db.session.flush()
    case = cases.waiting_about(CaseKind.REPORT, Rating.__tablename__, rating.id, rating.rated_id)
    others = select(Report.id).where(Report.case_id == case.id) if case is not None else None
    if case is not None and others is not None and db.session.scalar(others.limit(1)) is None:
        cases.close(case, now)
