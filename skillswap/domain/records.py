"""What does somebody's own record hold: what they kept, every mark, what partners said of them?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain import answering, rating_totals, reliability
from skillswap.domain.answering import Answers
from skillswap.domain.contests import Mark
from skillswap.domain.notifications import Face
from skillswap.domain.rating_totals import PrivateAverages, Total
from skillswap.domain.reliability import WINDOW, MarkKind, Reliability
from skillswap.domain.visibility import visible
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import Contest, LearningSession, RatedRole, SessionState, Skill, User
from skillswap.models.user import HUES, initials

Partner = aliased(User)
LATEST = [Key(LearningSession.starts_at, "starts_at"), Key(LearningSession.id, "id")]  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class MarkLine:
    """A mark with the session it is for."""

    public_id: str
    skill: str
    starts_at: datetime
    mark: Mark
    partner: Face | None  # None while the partner is not there for this person

    @property
    def notice(self) -> timedelta:
        """How long before the start it was cancelled."""
        return self.starts_at - self.mark.since


@dataclass(frozen=True, slots=True)
class Record:
    """A person's own record."""

    reliability: Reliability
    answers: Answers | None
    barred_until: datetime | None
    stars: dict[RatedRole, Total]
    averages: PrivateAverages  # for this person alone
    marks: Page  # of MarkLine, the latest first


def record_of(person: User, cursor: str | None, now: datetime) -> Record:
    """Everything on the page, in five statements."""
    return Record(
        reliability=reliability.of([person.id], now)[person.id],
        answers=answering.answers_of(person),
        barred_until=reliability.barred_until(person.id, now),
        stars=rating_totals.of([person.id], now)[person.id],
        averages=rating_totals.private_averages(person, now),
        marks=marks_of(person, cursor, now),
    )


def marks_of(person: User, cursor: str | None, now: datetime) -> Page:
    """Every mark of the last 180 days, whether it counts or not, the latest session first."""
    query = _marks(person, now)
    found = page(db.session.execute(paginate(query, LATEST, cursor)).all(), LATEST)
    return Page([_line(row, person) for row in found.rows], found.after)


def _marks(person: User, now: datetime) -> AnySelect:
    mine = or_(LearningSession.teacher_id == person.id, LearningSession.learner_id == person.id)
    partner_id = case(
        (LearningSession.teacher_id == person.id, LearningSession.learner_id),
        else_=LearningSession.teacher_id,
    )
    contested = and_(
        Contest.learning_session_id == LearningSession.id, Contest.user_id == person.id
    )
    return (
        select(
            LearningSession.id,
            LearningSession.public_id,
            LearningSession.starts_at,
            LearningSession.state,
            LearningSession.absent_admitted,
            LearningSession.forgiven_at,
            func.coalesce(LearningSession.ended_at, LearningSession.confirm_by).label("since"),
            Skill.name.label("skill"),
            Contest,
            Partner.id.label("partner_id"),
            Partner.username,
            Partner.first_name,
            Partner.last_name,
            Partner.avatar,
            visible(Partner, to=person.id).label("is_here"),
        )
        .join(Skill, Skill.id == LearningSession.skill_id)
        .join(Partner, Partner.id == partner_id)
        .outerjoin(Contest, contested)
        .where(
            mine,
            LearningSession.starts_at > now - WINDOW,
            or_(reliability.is_missed_by(person.id, now), reliability.is_late_by(person.id)),
        )
    )


def _line(row: Any, person: User) -> MarkLine:
    kind = MarkKind.ADMITTED if row.absent_admitted else MarkKind.MISSED
    if row.state is SessionState.CANCELLED:
        kind = MarkKind.LATE
    partner = Face(
        row.username,
        f"{row.first_name} {row.last_name}".strip(),
        initials(row.first_name, row.last_name),
        row.partner_id % HUES + 1,
        f"/media/{row.avatar}" if row.avatar else None,
    )
    return MarkLine(
        public_id=row.public_id,
        skill=row.skill,
        starts_at=row.starts_at,
        mark=Mark(kind, person.id, row.since, row.starts_at, row.forgiven_at, row.Contest),
        partner=partner if row.is_here else None,
    )
