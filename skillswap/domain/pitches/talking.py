"""What may be said about a pitch after it was sent: a question, a reply, a last word?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain import events, pitch_rules
from skillswap.domain.limits import check_free
from skillswap.domain.pitches.answers import held, held_by_learner, note_answer
from skillswap.domain.pitches.reading import other_of, pitch_of
from skillswap.errors import WrongState
from skillswap.models import Pitch, PitchState, PitchTurn, TurnKind, User

TURN_TIME = timedelta(days=7)  # to reply, and to answer the reply
LAST_WORD_WITHIN = timedelta(days=7)


def ask(teacher: User, public_id: str, *, body: str, now: datetime) -> Pitch:
    """Ask the learner something; that is an answer. They have seven days to reply.

    Raises Refused without a question, WrongState unless it was the teacher's turn.
    """
    pitch = held(teacher, public_id)
    pitch.move_to(PitchState.CLARIFYING, now)
    check_free(teacher, now, "body")
    pitch.respond_by = now + TURN_TIME
    _say(pitch, teacher, TurnKind.QUESTION, body, now)
    note_answer(pitch, now)
    until = pitch.respond_by.isoformat()
    _tell("pitch.asked", teacher, pitch, pitch.learner, now, respond_by=until)
    return pitch


def reply(learner: User, public_id: str, *, body: str, now: datetime) -> Pitch:
    """Answer the teacher's question; they have seven days again.

    Raises Refused without words, WrongState unless a question is open.
    """
    pitch = held_by_learner(learner, public_id)
    if pitch.state_for(learner.id, now) is not PitchState.CLARIFYING:
        raise WrongState("pitch", pitch.state_for(learner.id, now))
    pitch.move_to(PitchState.PENDING, now)
    pitch.respond_by, pitch.ignored_at = now + TURN_TIME, None
    _say(pitch, learner, TurnKind.REPLY, body, now)
    until = pitch.respond_by.isoformat()
    _tell("pitch.replied", learner, pitch, pitch.teacher, now, respond_by=until)
    return pitch


def ended_at(pitch: Pitch, reader: User, now: datetime) -> datetime | None:
    """When it was declined or expired, as this reader knows; None when it was neither."""
    state = pitch.state_for(reader.id, now)
    if state is PitchState.DECLINED:
        return pitch.answered_at
    return pitch.respond_by if state is PitchState.EXPIRED else None


def has_last_word(pitch: Pitch, reader: User, now: datetime) -> bool:
    """Whether this person may still write one: within seven days of a no or a silence, once.

    Not while a no may be undone: the learner would hear of it through its last word.
    """
    if pitch.is_veiled(now):
        return False
    ended = ended_at(pitch, reader, now)
    said = any(
        turn.kind is TurnKind.CLOSING and turn.author_id == reader.id for turn in pitch.turns
    )
    return ended is not None and now < ended + LAST_WORD_WITHIN and not said


def last_word(person: User, public_id: str, *, body: str, now: datetime) -> Pitch:
    """Write the one closing message of a side. Raises Refused without words, WrongState when
    there is nothing to close, it is too late, or it was written.
    """
    pitch = pitch_of(person, public_id)
    if pitch.is_veiled(now):
        raise WrongState("pitch", "answering")
    if not has_last_word(pitch, person, now):
        over = ended_at(pitch, person, now) is not None
        raise WrongState("pitch", "silent" if over else pitch.state_for(person.id, now))
    try:
        with db.session.begin_nested():  # the unique index decides between two tabs
            _say(pitch, person, TurnKind.CLOSING, body, now)
    except IntegrityError:
        raise WrongState("pitch", "said") from None
    _tell("pitch.last_word", person, pitch, other_of(pitch, person), now)
    return pitch


def _say(pitch: Pitch, author: User, kind: TurnKind, body: str, now: datetime) -> None:
    words = pitch_rules.checked_turn(body)
    turn = PitchTurn(pitch_id=pitch.id, author_id=author.id, kind=kind, body=words, written_at=now)
    db.session.add(turn)
    db.session.flush()


def _tell(kind: str, actor: User, pitch: Pitch, to: User, now: datetime, **facts: Any) -> None:
    facts["skill"] = pitch.skill.name
    events.record(kind, actor=actor, subject=pitch, to=[to], now=now, **facts)
