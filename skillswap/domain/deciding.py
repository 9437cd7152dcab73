"""Which contested marks wait for staff, what did both say, and what is decided?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from skillswap.db import Instant, db
from skillswap.domain import audit, exchanges
from skillswap.domain.contests import Mark, checked_words, mark_of, tell_decided
from skillswap.domain.learning_sessions import presences_of
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.keyset import AnySelect, Key, Page, page, paginate
from skillswap.models import Contest, ContestState, Exchange, LearningSession, Skill, User

WORD_MOST = 500
COUNTED_TO = 100
Owner, Partner = aliased(User), aliased(User)
FIRST_DUE = [
    Key(Contest.decide_by, "decide_by", descending=False),  # type: ignore[arg-type]
    Key(Contest.id, "id", descending=False),  # type: ignore[arg-type]  # a mapped column is one
]


StaffId = int | SQLColumnExpression[int]


def is_impartial(staff_id: StaffId) -> ColumnElement[bool]:
    """Condition on the session: this member of staff is neither one of the two nor has, or had,
    an exchange with one of them."""
    two = (LearningSession.teacher_id, LearningSession.learner_id)
    knows = exists().where(
        or_(
            and_(Exchange.teacher_id == staff_id, Exchange.learner_id.in_(two)),
            and_(Exchange.learner_id == staff_id, Exchange.teacher_id.in_(two)),
        )
    )
    return and_(*(column != staff_id for column in two), ~knows)


def waiting_for(staff_id: StaffId, now: Instant) -> ColumnElement[bool]:
    """Condition on a contest and its session: it is open, and this member of staff may decide."""
    return and_(Contest.state == ContestState.OPEN, Contest.decide_by > now, is_impartial(staff_id))


def open_count(staff_id: StaffId, now: Instant) -> AnySelect:
    """How many wait, counted to 100."""
    rows = (
        select(Contest.id)
        .join(LearningSession, LearningSession.id == Contest.learning_session_id)
        .where(waiting_for(staff_id, now))
        .limit(COUNTED_TO)
    )
    return select(func.count()).select_from(rows.subquery())


@dataclass(frozen=True, slots=True)
class ContestLine:
    """A contested mark in the queue."""

    public_id: str
    owner: str
    partner: str
    skill: str
    starts_at: datetime
    body: str
    decide_by: datetime


def queue(staff: User, cursor: str | None, now: datetime) -> Page:
    """Open contests, the first due first. One statement."""
    whose = Partner.id.in_((LearningSession.teacher_id, LearningSession.learner_id))
    query = (
        select(
            Contest.id,
            Contest.public_id,
            Contest.body,
            Contest.decide_by,
            LearningSession.starts_at,
            Skill.name.label("skill"),
            Owner.first_name.label("owner_first"),
            Owner.last_name.label("owner_last"),
            Partner.first_name.label("partner_first"),
            Partner.last_name.label("partner_last"),
        )
        .join(LearningSession, LearningSession.id == Contest.learning_session_id)
        .join(Skill, Skill.id == LearningSession.skill_id)
        .join(Owner, Owner.id == Contest.user_id)
        .join(Partner, and_(whose, Partner.id != Contest.user_id))
        .where(waiting_for(staff.id, now))
    )
    found = page(db.session.execute(paginate(query, FIRST_DUE, cursor)).all(), FIRST_DUE)
    return Page([_line(row) for row in found.rows], found.after)


def _line(row: Any) -> ContestLine:
    return ContestLine(
        public_id=row.public_id,
        owner=f"{row.owner_first} {row.owner_last}".strip(),
        partner=f"{row.partner_first} {row.partner_last}".strip(),
        skill=row.skill,
        starts_at=row.starts_at,
        body=row.body,
        decide_by=row.decide_by,
    )


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, with what they say and did."""

    person: User
    is_owner: bool
    answer: str | None  # how it went, in their answer
    joined_at: datetime | None  # when they opened the call


@dataclass(frozen=True, slots=True)
class Case:
    """All there is to look at."""

    contest: Contest
    learning_session: LearningSession
    mark: Mark
    sides: Sequence[Side]


def case_of(staff: User, public_id: str, now: datetime) -> Case:
    """One contest, decided or not. NotFound when this member of staff may not decide it."""
    found = _fetch(staff, public_id)
    one = found.learning_session
    mark = mark_of(one, now)
    if mark is None:
        raise NotFound("contest")
    joined = presences_of(one)
    sides = [
        Side(person, person.id == found.user_id, one.answer_of(person), joined.get(person.id))
        for person in (one.teacher, one.learner)
    ]
    return Case(found, one, mark, sorted(sides, key=lambda side: not side.is_owner))


def _fetch(staff: User, public_id: str) -> Contest:
    one = joinedload(Contest.learning_session)
    found = db.session.scalar(
        select(Contest)
        .join(LearningSession, LearningSession.id == Contest.learning_session_id)
        .where(Contest.public_id == public_id, is_impartial(staff.id))
        .options(
            one.joinedload(LearningSession.teacher),
            one.joinedload(LearningSession.learner),
            one.joinedload(LearningSession.skill),
            one.selectinload(LearningSession.outcomes),
        )
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("contest")
    return found


def decide(
    staff: User, public_id: str, *, upheld: bool | None, decision: str, now: datetime
) -> Contest:
    """Take a contested mark off (`upheld`), or let it count, with a word that both read.

    Raises NotFound for a case this member of staff has nothing to do with, Refused without a
    choice or a word, WrongState when it is decided.
    """
    found = _fetch(staff, public_id)
    exchanges.lock_people(found.learning_session.teacher_id, found.learning_session.learner_id)
    found = _fetch(staff, public_id)
    if (state := found.state_at(now)) is not ContestState.OPEN:
        raise WrongState("contest", state)
    if upheld is None:
        raise Refused("verdict", "required")
    found.decision = checked_words(decision, "decision", WORD_MOST)
    found.move_to(ContestState.UPHELD if upheld else ContestState.DISMISSED, now)
    found.decided_by_id = staff.id
    one = found.learning_session
    tell_decided(one, found, None, [one.learner, one.teacher], now)
    owner = one.teacher if found.user_id == one.teacher_id else one.learner
    verdict = "contest.upheld" if upheld else "contest.dismissed"
    words = {"decision": found.decision}
    audit.record(verdict, by=staff, subject=found, person=owner, now=now, **words)
    return found
