"""How does what a card is about stand now, and what can its reader do about it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select

from skillswap.db import db
from skillswap.domain.conversations.reading import MessageLine
from skillswap.models import (
    Exchange,
    LearningSession,
    Outcome,
    Pitch,
    Proposal,
    ProposalState,
    SessionState,
    User,
)
from skillswap.models.exchange import ENDED
from skillswap.models.learning_session import state_at as session_state_at
from skillswap.models.pitch import OPEN, state_for


@dataclass(frozen=True, slots=True)
class CardState:
    """What stands on a card below its title: how the thing is, and what its reader may press.

    Only the last card about a thing holds buttons, so that nothing is offered twice.
    """

    state: str
    to_answer: bool = False  # a pitch that waits for me, an end that asks for my yes
    starts: tuple[datetime, ...] = ()  # offered to me
    to_confirm: bool = False  # did it happen?
    over: bool = False


def card_states(lines: Sequence[MessageLine], reader: User, now: datetime) -> dict[int, CardState]:
    """For the last card about each thing, by its place. At most three statements."""
    last: dict[tuple[str, int], int] = {}
    for line in lines:
        if line.subject_type is not None and line.subject_id is not None:
            last[line.subject_type, line.subject_id] = line.seq
    states: dict[int, CardState] = {}
    for table, read in READS.items():
        ids = {subject_id: seq for (kind, subject_id), seq in last.items() if kind == table}
        if ids:
            found = read(list(ids), reader, now)
            states |= {ids[subject_id]: state for subject_id, state in found.items()}
    return states


def _pitches(ids: Sequence[int], reader: User, now: datetime) -> dict[int, CardState]:
    rows = db.session.execute(
        select(
            Pitch.id,
            Pitch.state,
            Pitch.teacher_id,
            Pitch.learner_id,
            Pitch.respond_by,
            Pitch.answered_at,
        ).where(Pitch.id.in_(ids))
    )
    found = {}
    for row in rows:
        state = state_for(row, reader.id, now)
        mine = row.teacher_id == reader.id
        found[row.id] = CardState(state, to_answer=mine and state in OPEN)
    return found


def _sessions(ids: Sequence[int], reader: User, now: datetime) -> dict[int, CardState]:
    one = LearningSession
    rows = db.session.execute(
        select(
            one.id,
            one.state,
            one.starts_at,
            one.ends_at,
            one.confirm_by,
            Proposal.start_1,
            Proposal.start_2,
            Proposal.start_3,
            Proposal.proposer_id,
            Outcome.answer,
        )
        .outerjoin(
            Proposal,
            and_(
                Proposal.learning_session_id == one.id,
                Proposal.state == ProposalState.OPEN,
                Proposal.lapse_at > now,
            ),
        )
        .outerjoin(
            Outcome, and_(Outcome.learning_session_id == one.id, Outcome.user_id == reader.id)
        )
        .where(one.id.in_(ids))
    )
    return {row.id: _session(row, reader, now) for row in rows}


def _session(row: Any, reader: User, now: datetime) -> CardState:
    state = session_state_at(row, now)
    offered = row.start_1 is not None and row.proposer_id != reader.id
    starts = (row.start_1, row.start_2, row.start_3) if offered else ()
    over = row.ends_at is not None and row.ends_at <= now
    asks = state in (SessionState.SCHEDULED, SessionState.DISPUTED) and over
    return CardState(
        state,
        starts=tuple(start for start in starts if start and start > now),
        to_confirm=asks and row.answer is None,
        over=over,
    )


def _exchanges(ids: Sequence[int], reader: User, now: datetime) -> dict[int, CardState]:
    rows = db.session.execute(
        select(Exchange.id, Exchange.state, Exchange.completion_by_id, Exchange.complete_by).where(
            Exchange.id.in_(ids)
        )
    )
    found = {}
    for row in rows:
        asks = row.complete_by is not None and row.complete_by > now and row.state not in ENDED
        mine = row.completion_by_id == reader.id
        found[row.id] = CardState(row.state, to_answer=asks and not mine)
    return found


READS = {"pitches": _pitches, "learning_sessions": _sessions, "exchanges": _exchanges}
