"""What does a member of staff see of a claim whose case they have taken?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from skillswap.db import db
from skillswap.domain import audit
from skillswap.domain.claims.reading import ClaimLine, lines_of
from skillswap.domain.claims.rules import TRIES_WITHIN
from skillswap.models import (
    AuditEntry,
    Case,
    CaseKind,
    Claim,
    LearningSession,
    Report,
    ReportState,
    SessionState,
    User,
)

STEPS_MOST = 50


@dataclass(frozen=True, slots=True)
class Step:
    """Something that staff did with a claim, in words."""

    words: str
    by: str
    at: datetime
    facts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Details:
    """What a member of staff sees who has taken the case of a claim."""

    claim: ClaimLine
    person: User
    username: str
    try_number: int  # of this person within 90 days
    kept_sessions: int
    upheld_reports: int
    before: Sequence[ClaimLine]  # their other claims, the latest first
    steps: Sequence[Step]  # what was done with this one, the first first


def details_of(case: Case, now: datetime) -> Details:
    """Everything about the claim of a case, in five statements, for who has taken it."""
    lines = lines_of(case.person_id, now)
    ids = select(Claim.public_id).where(Claim.id == case.subject_id).scalar_subquery()
    sent = select(Claim.created_at).where(Claim.id == case.subject_id).scalar_subquery()
    person, public_id, nth, kept, upheld = db.session.execute(
        select(
            User,
            ids,
            select(func.count())
            .select_from(Claim)
            .where(
                Claim.user_id == User.id,
                Claim.id <= case.subject_id,
                Claim.created_at > now - TRIES_WITHIN,
            )
            .correlate(User)
            .scalar_subquery(),
            _kept(case.person_id),
            _upheld(case.person_id),
        ).where(User.id == case.person_id, sent.is_not(None))
    ).one()
    claim = next(line for line in lines if line.public_id == public_id)
    return Details(
        claim=claim,
        person=person,
        username=person.username,
        try_number=nth,
        kept_sessions=kept,
        upheld_reports=upheld,
        before=[line for line in lines if line.public_id != public_id],
        steps=_steps(case),
    )


def _kept(person_id: int) -> Any:
    return (
        select(func.count())
        .select_from(LearningSession)
        .where(
            LearningSession.state == SessionState.COMPLETED,
            or_(LearningSession.teacher_id == person_id, LearningSession.learner_id == person_id),
        )
        .scalar_subquery()
    )


def _upheld(person_id: int) -> Any:
    return (
        select(func.count())
        .select_from(Report)
        .where(Report.person_id == person_id, Report.state == ReportState.UPHELD)
        .scalar_subquery()
    )


def _steps(case: Case) -> list[Step]:
    """The audit of the claim and of its cases."""
    own = select(Case.id).where(
        Case.kind == CaseKind.CLAIM,
        Case.subject_type == case.subject_type,
        Case.subject_id == case.subject_id,
    )
    rows = db.session.execute(
        select(AuditEntry, User)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(
            or_(
                (AuditEntry.subject_type == Claim.__tablename__)
                & (AuditEntry.subject_id == case.subject_id),
                (AuditEntry.subject_type == Case.__tablename__) & AuditEntry.subject_id.in_(own),
            )
        )
        .order_by(AuditEntry.id.desc())
        .limit(STEPS_MOST)
    ).all()
    return [
        Step(
            words=audit.ACTIONS[entry.action](),
            by=actor.name if actor else "",
            at=entry.happened_at,
            facts=[
                (audit.FACTS[key](), str(value))
                for key, value in entry.facts.items()
                if key in audit.FACTS and key != "kind"
            ],
        )
        for entry, actor in reversed(rows)
    ]
