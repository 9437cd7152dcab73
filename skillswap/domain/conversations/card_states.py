"""How does what a card is about stand now, and what can its reader do about it?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, tuple_

from skillswap.db import db
from skillswap.domain.conversations.lines import MessageLine
from skillswap.domain.conversations.reading import Thread
from skillswap.models import (
    Event,
    Exchange,
    LearningSession,
    Message,
    Outcome,
    Pitch,
    Proposal,
    ProposalState,
    SessionState,
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


def card_states(
    thread: Thread, lines: Sequence[MessageLine], now: datetime
) -> dict[int, CardState]:
    """For the last card about each thing, by its place, as far as it is among the lines. At most
    four statements."""
    shown = {line.seq for line in lines}
    last = {about: seq for about, seq in _last_about(thread, lines).items() if seq in shown}
    states: dict[int, CardState] = {}
    for table, read in READS.items():
        ids = {subject_id: seq for (kind, subject_id), seq in last.items() if kind == table}
        if ids:
            found = read(list(ids), thread.reader_id, now)
            states |= {ids[subject_id]: state for subject_id, state in found.items()}
    return states


def _last_about(thread: Thread, lines: Sequence[MessageLine]) -> dict[tuple[str, int], int]:
    """The place of the last card about each thing that the lines name, wherever it stands."""
    named = {(line.subject_type, line.subject_id) for line in lines if line.subject_type}
    if not named:
        return {}
    about = (Event.subject_type, Event.subject_id)
    rows = db.session.execute(
        select(*about, func.max(Message.seq))
        .join(Message, Message.event_id == Event.id)
        .where(Message.conversation_id == thread.id, tuple_(*about).in_(sorted(named)))
        .group_by(*about)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _pitches(ids: Sequence[int], reader_id: int, now: datetime) -> dict[int, CardState]:
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
        state = state_for(row, reader_id, now)
        mine = row.teacher_id == reader_id
        found[row.id] = CardState(state, to_answer=mine and state in OPEN)
    return found


def _sessions(ids: Sequence[int], reader_id: int, now: datetime) -> dict[int, CardState]:
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
            Outcome, and_(Outcome.learning_session_id == one.id, Outcome.user_id == reader_id)
        )
        .where(one.id.in_(ids))
    )
    return {row.id: _session(row, now, reader_id) for row in rows}


def _session(row: Any, now: datetime, reader_id: int) -> CardState:
    state = session_state_at(row, now)
    offered = row.start_1 is not None and row.proposer_id != reader_id
    starts = (row.start_1, row.start_2, row.start_3) if offered else ()
    over = row.ends_at is not None and row.ends_at <= now
    asks = state in (SessionState.SCHEDULED, SessionState.DISPUTED) and over
    return CardState(
        state,
        starts=tuple(start for start in starts if start and start > now),
        to_confirm=asks and row.answer is None,
        over=over,
    )


def _exchanges(ids: Sequence[int], reader_id: int, now: datetime) -> dict[int, CardState]:
    rows = db.session.execute(
        select(Exchange.id, Exchange.state, Exchange.completion_by_id, Exchange.complete_by).where(
            Exchange.id.in_(ids)
        )
    )
    found = {}
    for row in rows:
        asks = row.complete_by is not None and row.complete_by > now and row.state not in ENDED
        mine = row.completion_by_id == reader_id
        found[row.id] = CardState(row.state, to_answer=asks and not mine)
    return found


READS = {"pitches": _pitches, "learning_sessions": _sessions, "exchanges": _exchanges}
