"""How does a thing come before the staff? The reported never learn by whom."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, case, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain import conversations, events, safety
from skillswap.domain.reports.subjects import Evidence, Subject, SubjectKind
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound, Refused, TooMany, WrongState
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.lib.text import Unprintable, clean_body
from skillswap.models import (
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

BODY_MOST = 2_000
PER_DAY = 20
DAY = timedelta(days=1)
OPEN = (ReportState.OPEN, ReportState.CLAIMED)


# -- reporting ------------------------------------------------------------------------------------


def make_report(
    reporter: User,
    subject: Subject,
    *,
    category: ReportCategory | None,
    body: str,
    also_block: bool,
    now: datetime,
    ticked: Collection[int] = (),
) -> Report:
    """Put a thing before the staff, with a copy of it as it is; `also_block` the person as well.

    Of a conversation only the `ticked` lines are copied. One about safety freezes the thread of
    the two. Only staff hear of it. Raises Refused without a category, TooMany after 20 in a day,
    and WrongState while an earlier report of the same thing by this person is open.
    """
    body = _checked(body)
    if category is None:
        raise Refused("category", "report_category")
    _check_quota(reporter, now)
    report = Report(
        reporter_id=reporter.id,
        person_id=subject.person.id,
        subject_type=subject.table,
        subject_id=subject.row_id,
        category=category,
        body=body,
        evidence=_with_ticked(subject, ticked),
        created_at=now,
    )
    try:
        with db.session.begin_nested():  # the unique index decides
            db.session.add(report)
    except IntegrityError:
        raise WrongState("report", ReportState.OPEN) from None
    events.record("report.made", actor=reporter, subject=report, to=[], now=now)
    if category is ReportCategory.SAFETY:
        conversations.freeze(reporter, subject.person, now)
    if also_block:
        safety.block(reporter, subject.person.username, now)
    return report


def _with_ticked(subject: Subject, ticked: Collection[int]) -> Evidence:
    said = [[line.label, line.body] for line in subject.lines if line.seq in ticked]
    return subject.evidence | {"texts": [*subject.evidence["texts"], *said]}


def _checked(typed: str) -> str:
    try:
        body = clean_body(typed)
    except Unprintable:
        raise Refused("body", "control_characters") from None
    if len(body) > BODY_MOST:
        raise Refused("body", "too_long", limit=BODY_MOST)
    return body


def _check_quota(reporter: User, now: datetime) -> None:
    made, oldest = db.session.execute(
        select(func.count(), func.min(Report.created_at)).where(
            Report.reporter_id == reporter.id, Report.created_at > now - DAY
        )
    ).one()
    if made >= PER_DAY:
        wait = int((oldest + DAY - now).total_seconds()) + 1
        raise TooMany("body", "too_many_reports", wait, limit=PER_DAY)


def is_reported(reporter: User, subject: Subject) -> bool:
    """Whether this person has reported it already, and nobody has decided yet."""
    return bool(
        db.session.scalar(
            select(Report.id).where(
                Report.reporter_id == reporter.id,
                Report.subject_type == subject.table,
                Report.subject_id == subject.row_id,
                Report.state.in_(OPEN),
            )
        )
    )


# -- what staff read ------------------------------------------------------------------------------

About, By = aliased(User), aliased(User)
_rank = case((Report.category == ReportCategory.SAFETY, 0), else_=1)
SAFETY_FIRST = [
    Key(_rank, "rank", descending=False),
    Key(Report.id, "id", descending=False),  # type: ignore[arg-type]  # a mapped column is one
]
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


def waiting_for(staff_id: int | SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Condition: it is open, and not about this member of staff nor by them."""
    return (
        Report.state.in_(OPEN) & (Report.person_id != staff_id) & (Report.reporter_id != staff_id)
    )


def open_count(staff_id: int | SQLColumnExpression[int]) -> AnySelect:
    """How many wait, counted to 100."""
    rows = select(Report.id).where(waiting_for(staff_id)).limit(100)
    return select(func.count()).select_from(rows.subquery())


@dataclass(frozen=True, slots=True)
class ReportCard:
    """A report as staff read it."""

    public_id: str
    kind: SubjectKind
    category: ReportCategory
    body: str
    created_at: datetime
    about: str
    about_username: str
    about_is_here: bool  # for this member of staff
    reporter: str
    reporter_username: str
    evidence: Evidence


def queue(staff: User, cursor: str | None) -> Page:
    """Open reports: those about safety first, then the oldest. One statement."""
    query = _cards(staff).where(waiting_for(staff.id))
    found = page(db.session.execute(paginate(query, SAFETY_FIRST, cursor)).all(), SAFETY_FIRST)
    return Page([_card(row) for row in found.rows], found.after)


def report_of(staff: User, public_id: str) -> ReportCard:
    """One report. Raises NotFound when it is none of this member of staff's business."""
    query = _cards(staff).where(waiting_for(staff.id), Report.public_id == public_id)
    row = db.session.execute(query).first()
    if row is None:
        raise NotFound("report")
    return _card(row)


def _cards(staff: User) -> Any:
    return (
        select(
            Report,
            Report.id,
            _rank.label("rank"),
            About.first_name.label("about_first"),
            About.last_name.label("about_last"),
            About.username.label("about_username"),
            visible(About, to=staff.id).label("about_is_here"),
            By.first_name.label("by_first"),
            By.last_name.label("by_last"),
            By.username.label("by_username"),
        )
        .join(About, About.id == Report.person_id)
        .join(By, By.id == Report.reporter_id)
    )


def _card(row: Any) -> ReportCard:
    report: Report = row.Report
    return ReportCard(
        public_id=report.public_id,
        kind=KINDS[report.subject_type],
        category=report.category,
        body=report.body,
        created_at=report.created_at,
        about=f"{row.about_first} {row.about_last}".strip(),
        about_username=row.about_username,
        about_is_here=bool(row.about_is_here),
        reporter=f"{row.by_first} {row.by_last}".strip(),
        reporter_username=row.by_username,
        evidence=report.evidence,
    )
