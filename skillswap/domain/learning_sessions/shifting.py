"""What would a move look like in both clocks, before it is asked for? Nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from skillswap.domain import slots
from skillswap.domain.free_time import Pair, pair_of
from skillswap.domain.learning_sessions.looking import Look, LookedAt
from skillswap.domain.learning_sessions.moving import lapse_of_move, may_move
from skillswap.domain.learning_sessions.proposing import first_problem, held_problem
from skillswap.domain.learning_sessions.reading import session_of
from skillswap.domain.limits import HORIZON
from skillswap.domain.scheduling import OffsetChange, Reading, offset_changes
from skillswap.errors import Refused
from skillswap.models import LearningSession, ProposalKind, ProposalState, User
from skillswap.models.learning_session import STARTS_MOST


@dataclass(frozen=True, slots=True)
class MoveDesk:
    """What the page for moving a session shows beside its form."""

    learning_session: LearningSession
    is_open: bool  # whether a move can be asked for
    partner: User
    changes: Sequence[OffsetChange]  # between our two clocks, within the weeks ahead
    pair: Pair  # our hours, and what is booked but for this session

    @property
    def teacher(self) -> User:
        """Whose notice counts."""
        return self.learning_session.teacher


def move_desk_of(person: User, public_id: str, now: datetime) -> MoveDesk:
    """All that is known before another time is chosen."""
    learning_session = session_of(person, public_id)
    partner = learning_session.partner_of(person)
    return MoveDesk(
        learning_session,
        may_move(learning_session, now) and not asked_to_move(learning_session, now),
        partner,
        offset_changes(person.timezone, partner.timezone, now, now + HORIZON),
        replace(
            pair_of(person, partner, now, but=learning_session.id), agreed=_agreed(learning_session)
        ),
    )


def _agreed(learning_session: LearningSession) -> tuple[datetime, int] | None:
    starts_at = learning_session.starts_at
    return (starts_at, learning_session.minutes) if starts_at else None


def asked_to_move(learning_session: LearningSession, now: datetime) -> bool:
    """Whether a move of it waits for an answer."""
    last = learning_session.proposals[-1]
    return last.kind is ProposalKind.MOVE and last.state_at(now) is ProposalState.OPEN


def look_at_move(
    person: User, desk: MoveDesk, *, readings: Sequence[Reading], minutes: int
) -> Look:
    """Other starts on the clocks of both, each with the first thing wrong about it.

    At most one statement.
    """
    now, starts = desk.pair.now, [reading.at for reading in readings]
    one, people = desk.learning_session, (person.id, desk.partner.id)
    held = slots.held(people, starts, minutes, one.id) if starts else set()
    outside = desk.pair.outside(starts, minutes)
    rows = [
        LookedAt(
            reading,
            first_problem(starts, index, desk.teacher, now)
            or _same(one, reading.at, minutes, index)
            or held_problem(held, index, reading.at, person, desk.partner),
            reading.at in outside,
        )
        for index, reading in enumerate(readings)
    ]
    fine = 0 < len(rows) <= STARTS_MOST and not any(row.problem for row in rows)
    lapse_at = lapse_of_move(starts, one.starts_at, now) if fine and one.starts_at else None
    return Look(rows, minutes, lapse_at)


def _same(one: LearningSession, start: datetime, minutes: int, index: int) -> Refused | None:
    if (start, minutes) == (one.starts_at, one.minutes):
        return Refused("starts", "same_as_agreed", index=index)
    return None
