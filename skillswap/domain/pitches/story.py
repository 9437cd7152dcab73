"""What has happened to a pitch, what happens next, and when?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from skillswap.domain.limits import COOL_DOWN
from skillswap.models import Pitch, PitchState, TurnKind, User
from skillswap.models.pitch import OPEN, UNDO_WITHIN


class Step(StrEnum):
    SENT, ASKED, REPLIED = "sent", "asked", "replied"
    ACCEPTED, DECLINED, WITHDRAWN = "accepted", "declined", "withdrawn"
    EXPIRED, CLOSED, LAST_WORD = "expired", "closed", "last_word"
    # what is still to come
    ANSWER_DUE, REPLY_DUE = "answer_due", "reply_due"
    TOLD, TIMES, AGAIN = "told", "times", "again"


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a pitch, as its reader knows it. `at` is None where there is no day."""

    step: Step
    at: datetime | None
    mine: bool = False  # the reader did it, or is to do it
    ahead: bool = False


TURNS = {
    TurnKind.QUESTION: Step.ASKED,
    TurnKind.REPLY: Step.REPLIED,
    TurnKind.CLOSING: Step.LAST_WORD,
}


def story_of(pitch: Pitch, reader: User, now: datetime) -> list[Moment]:
    """All of it in its order, what comes next last. Its turns must have been read."""
    said = [
        Moment(TURNS[turn.kind], turn.written_at, turn.author_id == reader.id)
        for turn in pitch.turns
    ]
    first = [moment for moment in said if moment.step is not Step.LAST_WORD]
    last = [moment for moment in said if moment.step is Step.LAST_WORD]
    story = [Moment(Step.SENT, pitch.sent_at, pitch.learner_id == reader.id), *first]
    state = pitch.state_for(reader.id, now)
    if state not in OPEN:
        story.append(_end(pitch, state, reader))
    return [*story, *last, *_next(pitch, state, reader, now)]


def _end(pitch: Pitch, state: PitchState, reader: User) -> Moment:
    at = pitch.respond_by if state is PitchState.EXPIRED else pitch.answered_at
    by_learner = state is PitchState.WITHDRAWN
    by_one = state not in (PitchState.EXPIRED, PitchState.CLOSED)
    mine = by_one and by_learner is (pitch.learner_id == reader.id)
    return Moment(Step(state.value), at, mine)


def _next(pitch: Pitch, state: PitchState, reader: User, now: datetime) -> list[Moment]:
    learner = pitch.learner_id == reader.id
    ended = pitch.answered_at
    match state:
        case PitchState.PENDING:
            return [Moment(Step.ANSWER_DUE, pitch.respond_by, not learner, ahead=True)]
        case PitchState.CLARIFYING:
            return [Moment(Step.REPLY_DUE, pitch.respond_by, learner, ahead=True)]
        case PitchState.ACCEPTED:
            return [Moment(Step.TIMES, None, mine=True, ahead=True)]
        case PitchState.DECLINED if ended and pitch.is_veiled(now):
            return [Moment(Step.TOLD, ended + UNDO_WITHIN, ahead=True)]
        case PitchState.DECLINED if ended and learner and ended + COOL_DOWN > now:
            return [Moment(Step.AGAIN, ended + COOL_DOWN, mine=True, ahead=True)]
    return []
