"""How does a thing come before the staff? The reported never learn by whom."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain import cases, conversations, events, exchanges, safety
from skillswap.domain.reports import automatic
from skillswap.domain.reports.automatic import Judged
from skillswap.domain.reports.subjects import Evidence, Subject
from skillswap.errors import Refused, TooMany, WrongState
from skillswap.lib.text import Unprintable, clean_body
from skillswap.models import Case, CaseKind, Report, ReportCategory, ReportState, User

BODY_MOST = 2_000
PER_DAY, PER_DAY_WILD = 20, 3
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
    the two; one of three about somebody new limits them until staff look. Only staff hear who
    reported. Raises Refused without a category, TooMany after 20 in a day (3 for somebody whose
    reports hardly ever hold), and WrongState while an earlier report of the same thing by this
    person is open.
    """
    body = _checked(body)
    if category is None:
        raise Refused("category", "report_category")
    known = automatic.judged([reporter.id], now).get(reporter.id, Judged())
    _check_quota(reporter, PER_DAY_WILD if known.is_wild else PER_DAY, now)
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
    report.case_id = _put_before_staff(reporter, subject, report, known.doubt, now).id
    events.record("report.made", actor=reporter, subject=report, to=[], now=now)
    exchanges.lock_people(reporter.id, subject.person.id)
    automatic.limit_if_many(subject.person, now)
    if category is ReportCategory.SAFETY:
        conversations.freeze(reporter, subject.person, now)
    if also_block:
        safety.block(reporter, subject.person.username, now)
    return report


def _put_before_staff(
    reporter: User, subject: Subject, report: Report, doubt: int, now: datetime
) -> Case:
    """One case for all who report the same thing of the same person."""
    return cases.open_case(
        CaseKind.REPORT,
        subject.table,
        subject.row_id,
        person=subject.person,
        other=reporter,
        urgent=report.category is ReportCategory.SAFETY,
        doubt=doubt,
        now=now,
        category=report.category,
        about=subject.kind,
    )


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


def _check_quota(reporter: User, most: int, now: datetime) -> None:
    made, oldest = db.session.execute(
        select(func.count(), func.min(Report.created_at)).where(
            Report.reporter_id == reporter.id, Report.created_at > now - DAY
        )
    ).one()
    if made >= most:
        code = "too_many_reports" if most == PER_DAY else "too_many_reports_wild"
        wait = int((oldest + DAY - now).total_seconds()) + 1
        raise TooMany("body", code, wait, limit=most)


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
