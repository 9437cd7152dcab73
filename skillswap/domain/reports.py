"""What is reported, and what did it look like then? The reported never learn by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, case, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain import events, exchanges, learning_sessions, pitches, safety, skills
from skillswap.domain.visibility import person_named, visible
from skillswap.errors import NotFound, Refused, TooMany, WrongState
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.lib.text import Unprintable, clean_body
from skillswap.models import (
    Exchange,
    ExchangeNote,
    LearningSession,
    Pitch,
    PitchTurn,
    Report,
    ReportCategory,
    ReportState,
    User,
    UserSkillKind,
)

BODY_MOST = 2_000
PER_DAY = 20
DAY = timedelta(days=1)
OPEN = (ReportState.OPEN, ReportState.CLAIMED)
Evidence = dict[str, list[list[str]]]


class SubjectKind(StrEnum):
    """What can be reported."""

    PERSON, PITCH, SESSION, EXCHANGE = "person", "pitch", "session", "exchange"


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing as its reporter sees it."""

    kind: SubjectKind
    key: str  # a username, or a public id
    table: str
    row_id: int
    person: User  # whom it is about
    evidence: Evidence  # a copy of what the reporter can read


# -- what there is to see -------------------------------------------------------------------------


def subject_of(reader: User, kind: SubjectKind, key: str) -> Subject:
    """The thing of that key with a copy of it.

    Raises NotFound for what the reader may not see, and for what is about nobody else.
    """
    match kind:
        case SubjectKind.PERSON:
            return _a_person(reader, key)
        case SubjectKind.PITCH:
            return _a_pitch(reader, key)
        case SubjectKind.SESSION:
            return _a_session(reader, key)
        case SubjectKind.EXCHANGE:
            return _an_exchange(reader, key)


def _evidence(facts: Mapping[str, object], texts: Sequence[tuple[str, str | None]]) -> Evidence:
    """Plain words only, so that it can be read however the tables change."""
    return {
        "facts": [[label, str(value)] for label, value in facts.items() if value],
        "texts": [[label, body] for label, body in texts if body],
    }


def _at(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def _a_person(reader: User, username: str) -> Subject:
    person = person_named(username.lower(), to=reader.id)
    if person.id == reader.id:
        raise NotFound("person")
    lines = skills.lines_of(person.id)
    listed = {
        label: ", ".join(line.name for line in lines if line.kind is kind)
        for label, kind in (("Teaches", UserSkillKind.OFFERED), ("Wants", UserSkillKind.WANTED))
    }
    facts = {"Name": person.name, "Username": person.username, "Picture": person.avatar or ""}
    notes = [(f"Note on {line.name}", line.note) for line in lines]
    texts = [("Headline", person.headline), ("About", person.bio), *notes]
    texts += [("Education", line) for line in person.education]
    evidence = _evidence(facts | listed, texts)
    return Subject(
        SubjectKind.PERSON, person.username, User.__tablename__, person.id, person, evidence
    )


def _a_pitch(reader: User, public_id: str) -> Subject:
    pitch = pitches.pitch_of(reader, public_id)
    names = {pitch.learner_id: pitch.learner.name, pitch.teacher_id: pitch.teacher.name}
    facts = {
        "From": pitch.learner.name,
        "To": pitch.teacher.name,
        "Skill": pitch.skill.name,
        "In return": pitch.offered_skill.name if pitch.offered_skill else "",
        "State": pitch.state,
        "Sent": _at(pitch.sent_at),
    }
    turns = db.session.scalars(
        select(PitchTurn).where(PitchTurn.pitch_id == pitch.id).order_by(PitchTurn.id)
    )
    said = [(f"{names[turn.author_id]}, {turn.kind}", turn.body) for turn in turns]
    texts = [(f"{pitch.learner.name}, pitch", pitch.body), *said]
    texts.append((f"{pitch.teacher.name}, answer", pitch.answer_body))
    other = pitches.other_of(pitch, reader)
    evidence = _evidence(facts, texts)
    return Subject(SubjectKind.PITCH, public_id, Pitch.__tablename__, pitch.id, other, evidence)


def _a_session(reader: User, public_id: str) -> Subject:
    one = learning_sessions.session_of(reader, public_id)
    names = {one.learner_id: one.learner.name, one.teacher_id: one.teacher.name}
    facts = {
        "Teacher": one.teacher.name,
        "Learner": one.learner.name,
        "Skill": one.skill.name,
        "State": one.state,
        "Starts": _at(one.starts_at),
        "Cancelled by": names.get(one.cancelled_by_id or 0, ""),
    }
    facts |= {f"Answer of {names[said.user_id]}": said.answer for said in one.outcomes}
    texts: list[tuple[str, str | None]] = [
        (f"{names[proposal.proposer_id]}, with the times", proposal.body)
        for proposal in one.proposals
    ]
    texts += [
        ("Place", one.place_body),
        ("Preparation", one.preparation),
        ("Reason", one.cancel_reason),
    ]
    return Subject(
        SubjectKind.SESSION,
        public_id,
        LearningSession.__tablename__,
        one.id,
        one.partner_of(reader),
        _evidence(facts, texts),
    )


def _an_exchange(reader: User, public_id: str) -> Subject:
    exchange = exchanges.exchange_of(reader, public_id)
    facts = {
        "Between": f"{exchange.learner.name} and {exchange.teacher.name}",
        "Skills": ", ".join(leg.skill.name for leg in exchange.legs),
        "State": exchange.state,
        "Since": _at(exchange.opened_at),
    }
    notes = db.session.scalar(
        select(ExchangeNote.body).where(ExchangeNote.exchange_id == exchange.id)
    )
    evidence = _evidence(facts, [("Shared notes", notes), ("Reason", exchange.end_reason)])
    other = exchange.partner_of(reader)
    return Subject(
        SubjectKind.EXCHANGE, public_id, Exchange.__tablename__, exchange.id, other, evidence
    )


# -- reporting ------------------------------------------------------------------------------------


def make_report(
    reporter: User,
    subject: Subject,
    *,
    category: ReportCategory | None,
    body: str,
    also_block: bool,
    now: datetime,
) -> Report:
    """Put a thing before the staff, with a copy of it as it is; `also_block` the person as well.

    Only staff hear of it. Raises Refused without a category, TooMany after 20 in a day, and
    WrongState while an earlier report of the same thing by this person is open.
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
        evidence=subject.evidence,
        created_at=now,
    )
    try:
        with db.session.begin_nested():  # the unique index decides
            db.session.add(report)
    except IntegrityError:
        raise WrongState("report", ReportState.OPEN) from None
    events.record("report.made", actor=reporter, subject=report, to=[], now=now)
    if also_block:
        safety.block(reporter, subject.person.username, now)
    return report


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
