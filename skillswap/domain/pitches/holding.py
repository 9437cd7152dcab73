"""Which pitches wait for a person before they are sent, and what becomes of them?

Whoever sends nearly the same words again is told so; at the fourth in a week they wait. Nothing is
hidden from their writer: the lists of what they sent say that it waits, and for what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from skillswap.db import db
from skillswap.domain import audit, cases, coach, events, exchanges, pitch_rules
from skillswap.domain.limits import RESPOND_DAYS_DEFAULT
from skillswap.domain.pitches.sending import make_way, send_pitch
from skillswap.domain.visibility import visible
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.models import Case, CaseKind, HeldPitch, HeldState, Pitch, PitchState, Skill, User
from skillswap.models.pitch import ANSWER_MOST

WITHIN = timedelta(days=7)
HELD_AT = 4  # so many pitches of nearly the same words, this one counted
COMPARED = 100  # more than anybody may send within that time
WAITING_MOST = 3  # held pitches of one person
SHOWN_FOR = timedelta(days=30)  # what became of one, in the list of what was sent
SHOWN_MOST = 10
WITH_ALL = (
    joinedload(HeldPitch.learner),
    joinedload(HeldPitch.teacher),
    joinedload(HeldPitch.skill),
    joinedload(HeldPitch.offered_skill),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a pitch: sent, or held; and how many of that week are nearly the same."""

    one: Pitch | HeldPitch
    alike: int

    @property
    def pitch(self) -> Pitch | None:
        """The pitch, if it was sent."""
        return self.one if isinstance(self.one, Pitch) else None

    @property
    def held(self) -> HeldPitch | None:
        """What is held, if it is."""
        return self.one if isinstance(self.one, HeldPitch) else None


# -- sending or holding ---------------------------------------------------------------------------


def send_or_hold(
    learner: User,
    teacher: User,
    *,
    skill: str,
    body: str,
    now: datetime,
    offered: str = "",
    days: int = RESPOND_DAYS_DEFAULT,
) -> Sent:
    """Send a pitch, or put it before staff when its words were sent three times in seven days.

    The rules are those of `send_pitch` either way, which raises; so does a fourth that waits.
    """
    exchanges.lock_people(learner.id, teacher.id)  # or two at once would both be the third
    alike = _alike(learner, body, now)
    if alike + 1 < HELD_AT:
        pitch = send_pitch(
            learner, teacher, skill=skill, body=body, offered=offered, days=days, now=now
        )
        return Sent(pitch, alike)
    wanted, returned = pitch_rules.choose(
        pitch_rules.between(learner, teacher), skill, offered, now
    )
    body = pitch_rules.checked_body(teacher, body)
    pitch_rules.check_days(days)
    make_way(learner, teacher, wanted, now)
    pitch_rules.check_quota_for_one_more(learner, teacher, body, now)
    held = HeldPitch(
        learner=learner,
        teacher=teacher,
        skill=wanted,
        offered_skill=returned,
        body=body,
        days=days,
        held_at=now,
    )
    _add(held, now)
    return Sent(held, alike)


def _alike(learner: User, body: str, now: datetime) -> int:
    """How many pitches of theirs within seven days hold nearly these words."""
    lately = (
        select(Pitch.body)
        .where(Pitch.learner_id == learner.id, Pitch.sent_at > now - WITHIN)
        .order_by(Pitch.id.desc())
        .limit(COMPARED)
    )
    return sum(coach.is_alike(body, other) for other in db.session.scalars(lately))


def _add(held: HeldPitch, now: datetime) -> None:
    """Keep it and open its case. Raises Refused while one is open, or enough of them wait."""
    waiting = select(func.count()).where(
        HeldPitch.learner_id == held.learner.id, HeldPitch.state == HeldState.HELD
    )
    if (db.session.scalar(waiting) or 0) >= WAITING_MOST:
        raise Refused("body", "too_many_held", limit=WAITING_MOST)
    names = {"teacher": held.teacher.first_name, "skill": held.skill.name}
    for pitch in pitch_rules.earlier(held.learner, held.teacher, now):
        if pitch.skill_id == held.skill.id and pitch.state is not PitchState.DECLINED:
            raise Refused("skill", "already_open", **names)
    try:
        with db.session.begin_nested():  # the unique index decides
            db.session.add(held)
    except IntegrityError:
        raise Refused("skill", "already_held", **names) from None
    cases.open_case(
        CaseKind.PITCH,
        HeldPitch.__tablename__,
        held.id,
        person=held.learner,
        other=held.teacher,  # who is asked does not decide it either
        now=now,
    )
    events.record("pitch.held", actor=held.learner, subject=held, to=[], now=now)


# -- what its learner sees and does ---------------------------------------------------------------


def held_of(learner: User, now: datetime) -> Sequence[HeldPitch]:
    """What waits, and for 30 days what became of it unless it was sent; newest first.

    One statement, at most ten.
    """
    shown = or_(
        HeldPitch.state == HeldState.HELD,
        HeldPitch.state.in_((HeldState.REFUSED, HeldState.LAPSED))
        & (HeldPitch.decided_at > now - SHOWN_FOR),
    )
    return _held(HeldPitch.learner_id == learner.id, shown, visible_to=learner, most=SHOWN_MOST)


def held_pitch(learner: User, public_id: str) -> HeldPitch:
    """One of this learner's, however it stands. Raises NotFound."""
    mine = (HeldPitch.learner_id == learner.id, HeldPitch.public_id == public_id)
    found = _held(*mine, visible_to=learner, most=1)
    if not found:
        raise NotFound("pitch")
    return found[0]


def _held(*which: ColumnElement[bool], visible_to: User, most: int) -> Sequence[HeldPitch]:
    return db.session.scalars(
        select(HeldPitch)
        .join(User, User.id == HeldPitch.teacher_id)
        .where(*which, visible(User, to=visible_to.id))
        .options(*WITH_ALL)
        .order_by(HeldPitch.id.desc())
        .limit(most)
    ).all()


def withdraw_held(learner: User, public_id: str, *, now: datetime) -> HeldPitch:
    """Take it back before anybody decides. Raises NotFound, WrongState when somebody has."""
    held = held_pitch(learner, public_id)
    exchanges.lock_people(held.learner_id, held.teacher_id)
    _settle(held, HeldState.WITHDRAWN, now)
    events.record("pitch.unheld", actor=learner, subject=held, to=[], now=now)
    return held


def close_held(*which: ColumnElement[bool], now: datetime, by: User | None) -> None:
    """End those for which that holds without a decision; their learners read that it was closed.

    The caller holds the people.
    """
    query = select(HeldPitch).where(HeldPitch.state == HeldState.HELD, *which)
    for held in db.session.scalars(query.options(*WITH_ALL).order_by(HeldPitch.id)).all():
        _settle(held, HeldState.CLOSED, now)
        to = [] if by is not None and by.id == held.learner_id else [held.learner]
        skill = held.skill.name
        events.record(
            "pitch.closed", actor=None, subject=held, to=to, now=now, gone=True, skill=skill
        )


def _settle(
    held: HeldPitch, state: HeldState, now: datetime, *, case: Case | None = None, **columns: Any
) -> None:
    """Write its end and that of its case, both as they stand now. Raises WrongState."""
    table = HeldPitch.__tablename__
    waiting = case or cases.waiting_about(CaseKind.PITCH, table, held.id, held.learner_id)
    db.session.refresh(held, ["state"], with_for_update=True)
    if held.state is not HeldState.HELD:
        raise WrongState("held pitch", held.state)
    held.state, held.decided_at = state, now
    for name, value in columns.items():
        setattr(held, name, value)
    db.session.flush()
    if case is None and waiting is not None:
        cases.close(waiting, now)


# -- what staff decide ----------------------------------------------------------------------------


def held_in(case: Case) -> HeldPitch:
    """What such a case is about. One statement. For whoever has taken the case."""
    query = select(HeldPitch).where(HeldPitch.id == case.subject_id)
    return db.session.scalars(query.options(*WITH_ALL)).one()


@dataclass(frozen=True, slots=True)
class Alike:
    """One of the pitches that were sent with nearly the same words."""

    teacher: str
    skill: str
    body: str
    sent_at: datetime


def alike_of(held: HeldPitch) -> Sequence[Alike]:
    """Why it is held: what this learner sent in the seven days before, nearly the same.

    One statement.
    """
    rows = db.session.execute(
        select(Pitch.body, Pitch.sent_at, User.first_name, Skill.name)
        .join(User, User.id == Pitch.teacher_id)
        .join(Skill, Skill.id == Pitch.skill_id)
        .where(
            Pitch.learner_id == held.learner_id,
            Pitch.sent_at > held.held_at - WITHIN,
            Pitch.sent_at <= held.held_at,
        )
        .order_by(Pitch.id.desc())
        .limit(COMPARED)
    )
    return [
        Alike(row.first_name, row.name, row.body, row.sent_at)
        for row in rows
        if coach.is_alike(held.body, row.body)
    ]


def release(staff: User, case_public_id: str, *, now: datetime) -> HeldPitch:
    """Send it as its learner would now, by every rule there is; where one says no, it lapses.

    Either way its learner is told. Raises as `cases.held` does.
    """
    held, case = _to_decide(staff, case_public_id, now)
    pitch, refused = _sent(held, now)
    if pitch is None:
        code, facts = (refused.code, _plain(refused.params)) if refused else ("", {})
        _settle(held, HeldState.LAPSED, now, case=case, refusal=code, refusal_facts=facts)
        _tell("pitch.lapsed", held, held, now)
    else:
        _settle(held, HeldState.RELEASED, now, case=case, pitch_id=pitch.id)
        _tell("pitch.released", held, pitch, now)
    _note("pitch.released", held, case, staff, now)
    return held


def keep_back(staff: User, case_public_id: str, *, words: str, now: datetime) -> HeldPitch:
    """Do not send it, and tell its learner why. Raises Refused without words, and as
    `cases.held` does.
    """
    held, case = _to_decide(staff, case_public_id, now)
    words = pitch_rules.checked_words(words)
    if not words:
        raise Refused("body", "required", limit=ANSWER_MOST)
    _settle(held, HeldState.REFUSED, now, case=case, decision_body=words)
    _tell("pitch.kept_back", held, held, now)
    _note("pitch.kept_back", held, case, staff, now, reason=words)
    return held


def _to_decide(staff: User, case_public_id: str, now: datetime) -> tuple[HeldPitch, Case]:
    """The two people are held first, as by everybody who closes or withdraws it."""
    found = cases.case_of(staff, case_public_id)
    if found.kind is not CaseKind.PITCH:
        raise NotFound("case")
    held = held_in(found)
    exchanges.lock_people(held.learner_id, held.teacher_id)
    return held, cases.held(staff, case_public_id, now, CaseKind.PITCH)


def _sent(held: HeldPitch, now: datetime) -> tuple[Pitch | None, Refused | None]:
    """The pitch, or why it may not be sent any more, and then nothing of it is written."""
    try:
        with db.session.begin_nested():
            return send_pitch(
                held.learner,
                held.teacher,
                skill=_slug_now(held.skill),
                offered=_slug_now(held.offered_skill) if held.offered_skill else "",
                body=held.body,
                days=held.days,
                now=now,
            ), None
    except Refused as refusal:
        return None, refusal
    except NotFound:
        return None, None


def _slug_now(skill: Skill) -> str:
    """Of the skill it has been merged into meanwhile, if it has."""
    into = db.session.get(Skill, skill.merged_into_id) if skill.merged_into_id else None
    return (into or skill).slug


def _plain(params: dict[str, object]) -> dict[str, Any]:
    return {name: value if isinstance(value, int) else str(value) for name, value in params.items()}


def _tell(kind: str, held: HeldPitch, subject: HeldPitch | Pitch, now: datetime) -> None:
    events.record(
        kind,
        actor=None,
        subject=subject,
        to=[held.learner],
        now=now,
        teacher=held.teacher.first_name,
        skill=held.skill.name,
    )


def _note(
    action: str, held: HeldPitch, case: Case, staff: User, now: datetime, **facts: str
) -> None:
    cases.close(case, now, by=staff)
    audit.record(action, by=staff, subject=held, person=held.learner, now=now, **facts)
