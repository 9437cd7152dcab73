"""What may its two people decide about a pitch?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from skillswap.domain import answering, events, exchanges, notifications, pitch_rules, reliability
from skillswap.domain.limits import check_free
from skillswap.domain.pitches.reading import one, received_pitch, sent_pitch, siblings
from skillswap.errors import Refused, WrongState
from skillswap.models import DeclineReason, Exchange, Pitch, PitchState, TurnKind, User
from skillswap.models.pitch import OPEN, UNDO_WITHIN


def held(teacher: User, public_id: str) -> Pitch:
    """The pitch as its teacher sees it, while nobody else decides about the two.

    Raises NotFound for anybody else.
    """
    return _alone_with(received_pitch(teacher, public_id))


def held_by_learner(learner: User, public_id: str) -> Pitch:
    """The same for its learner."""
    return _alone_with(sent_pitch(learner, public_id))


def _alone_with(pitch: Pitch) -> Pitch:
    """As it stands once nobody else may move it. People are held before pitches, everywhere."""
    exchanges.lock_people(pitch.teacher_id, pitch.learner_id)
    return one(Pitch.id == pitch.id)


def note_answer(pitch: Pitch, now: datetime) -> None:
    """The teacher has answered, whatever it was: it counts from the first time."""
    pitch.first_answered_at = pitch.first_answered_at or now
    answering.recount(pitch.teacher, now)


def accept_pitch(teacher: User, public_id: str, *, body: str = "", now: datetime) -> Exchange:
    """Say yes: the pitch is accepted and its exchange is open.

    Raises Refused when a teaching side has no free place, WrongState when somebody was quicker.
    """
    pitch = held(teacher, public_id)
    pitch.move_to(PitchState.ACCEPTED, now)
    check_free(teacher, now, "body")
    if barred := reliability.barred(teacher, now, "body"):
        raise barred
    pitch.answer_body = pitch_rules.checked_words(body)
    exchange = exchanges.open_exchange(pitch, now)
    note_answer(pitch, now)
    _tell("pitch.accepted", teacher, pitch, [pitch.learner], now, exchange=exchange.public_id)
    return exchange


def decline_pitch(
    teacher: User, public_id: str, *, reason: DeclineReason | None, body: str = "", now: datetime
) -> Pitch:
    """Say no, with the reason the learner reads once the ten minutes for an undo are over.

    Raises Refused without a reason, WrongState when somebody was quicker.
    """
    pitch = held(teacher, public_id)
    pitch.move_to(PitchState.DECLINED, now)
    if reason is None:
        raise Refused("reason", "decline_reason", learner=pitch.learner.first_name)
    pitch.decline_reason, pitch.answer_body = reason, pitch_rules.checked_words(body)
    note_answer(pitch, now)
    told_at = now + UNDO_WITHIN
    _tell("pitch.declined", teacher, pitch, [pitch.learner], now, due_at=told_at)
    return pitch


def undo_until(pitch: Pitch, reader: User, now: datetime) -> datetime | None:
    """Until when this reader may take the decline back; None when they may not."""
    if pitch.teacher_id != reader.id or pitch.respond_by <= now or not pitch.is_veiled(now):
        return None
    return pitch.answered_at + UNDO_WITHIN if pitch.answered_at else None


def undo_decline(teacher: User, public_id: str, *, now: datetime) -> Pitch:
    """Take a decline back within ten minutes: it waits again, until its old deadline.

    The learner never hears of it. Raises WrongState when it is too late, for either reason.
    """
    pitch = held(teacher, public_id)
    if pitch.state is not PitchState.DECLINED:
        raise WrongState("pitch", pitch.state_at(now))
    if not pitch.is_veiled(now):
        raise WrongState("pitch", "told")
    if pitch.respond_by <= now:
        raise WrongState("pitch", PitchState.EXPIRED)
    pitch.move_to(PitchState.PENDING, now)
    pitch.decline_reason, pitch.answer_body = None, ""
    asked = [turn.written_at for turn in pitch.turns if turn.kind is TurnKind.QUESTION]
    pitch.first_answered_at = asked[0] if asked else None
    answering.recount(pitch.teacher, now)
    notifications.take_back("pitch.declined", Pitch.__tablename__, pitch.id, now)
    _tell("pitch.undone", teacher, pitch, [], now)
    return pitch


def ignore_pitch(teacher: User, public_id: str, *, now: datetime) -> Pitch:
    """Hide an open pitch from the inbox. The learner is not told; the clock runs on."""
    pitch = received_pitch(teacher, public_id)
    if pitch.state_at(now) not in OPEN:
        raise WrongState("pitch", pitch.state_at(now))
    if pitch.ignored_at is None:
        pitch.ignored_at = now
        _tell("pitch.ignored", teacher, pitch, [], now)
    return pitch


def withdraw_pitch(learner: User, public_id: str, *, now: datetime) -> Pitch:
    """Take it back. Raises WrongState when it was answered meanwhile."""
    pitch = held_by_learner(learner, public_id)
    if pitch.is_veiled(now):
        raise WrongState("pitch", "answering")
    _withdraw(learner, pitch, now)
    return pitch


def withdraw_siblings(learner: User, public_id: str, *, now: datetime) -> Sequence[Pitch]:
    """Take back my other open pitches for the skill of one that was accepted.

    Harmless when there are none. Raises WrongState unless it was accepted.
    """
    pitch = sent_pitch(learner, public_id)
    if pitch.state is not PitchState.ACCEPTED:
        raise WrongState("pitch", pitch.state_for(learner.id, now))
    teachers = [other.teacher_id for other in siblings(learner, pitch, now)]
    exchanges.lock_people(learner.id, *teachers)
    found = siblings(learner, pitch, now)  # as they stand now
    for one_more in found:
        _withdraw(learner, one_more, now)
    return found


def _withdraw(learner: User, pitch: Pitch, now: datetime) -> None:
    pitch.move_to(PitchState.WITHDRAWN, now)
    _tell("pitch.withdrawn", learner, pitch, [pitch.teacher], now)


def _tell(
    kind: str,
    actor: User,
    pitch: Pitch,
    to: list[User],
    now: datetime,
    due_at: datetime | None = None,
    **facts: Any,
) -> None:
    facts["skill"] = pitch.skill.name
    events.record(kind, actor=actor, subject=pitch, to=to, now=now, due_at=due_at, **facts)
