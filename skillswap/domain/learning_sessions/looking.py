"""What would an offer look like in both clocks? Nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from skillswap.domain import exchanges, slots
from skillswap.domain.exchanges import LegLine
from skillswap.domain.free_time import Pair, pair_of
from skillswap.domain.learning_sessions.proposing import first_problem, held_problem, lapse_of
from skillswap.domain.learning_sessions.repeating import weekly
from skillswap.domain.limits import HORIZON
from skillswap.domain.scheduling import OffsetChange, Reading, offset_changes
from skillswap.errors import Refused
from skillswap.models import Exchange, LearningSession, User
from skillswap.models.learning_session import STARTS_MOST


@dataclass(frozen=True, slots=True)
class Desk:
    """What the page for proposing times shows beside its form."""

    exchange: Exchange
    is_open: bool  # whether times can be proposed in it
    partner: User
    legs: Sequence[LegLine]
    next_leg: LegLine  # whose turn it is, or what I learn
    changes: Sequence[OffsetChange]  # between our two clocks, within the weeks ahead
    pair: Pair  # our hours, and what is booked

    def teacher_of(self, leg_id: int, me: User) -> User:
        """Who would teach."""
        teaches = any(leg.id == leg_id and leg.i_teach for leg in self.legs)
        return me if teaches else self.partner


def desk_of(person: User, exchange_public_id: str, now: datetime) -> Desk:
    """All that is known before a time is typed."""
    exchange = exchanges.exchange_of(person, exchange_public_id)
    partner = exchange.partner_of(person)
    legs = exchanges.leg_lines([exchange.id], person, now)[exchange.id]
    return Desk(
        exchange,
        exchange.is_active_at(now),
        partner,
        legs,
        min(legs, key=lambda leg: leg.minutes),
        offset_changes(person.timezone, partner.timezone, now, now + HORIZON),
        pair_of(person, partner, now),
    )


def week_later(learning_session: LearningSession) -> datetime | None:
    """The same time a week later, on the teacher's wall; None for what never had a time."""
    if learning_session.starts_at is None:
        return None
    return weekly(learning_session.starts_at, 1, learning_session.teacher.timezone)[0]


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One start as both would read it, and what the rules have against it."""

    reading: Reading
    problem: Refused | None
    is_outside: bool  # of the hours of one of the two, as far as these are known


@dataclass(frozen=True, slots=True)
class Look:
    """An offer before it is made."""

    rows: Sequence[LookedAt]
    minutes: int
    lapse_at: datetime | None  # until when the partner could pick, when nothing is wrong


def look_at(
    person: User, desk: Desk, *, leg_id: int, readings: Sequence[Reading], minutes: int
) -> Look:
    """Starts on the clocks of both, each with the first thing wrong about it.

    At most one statement.
    """
    now, starts = desk.pair.now, [reading.at for reading in readings]
    teacher = desk.teacher_of(leg_id, person)
    people = (person.id, desk.partner.id)
    held = slots.held(people, starts, minutes) if starts else set()
    outside = desk.pair.outside(starts, minutes)
    rows = [
        LookedAt(
            reading,
            first_problem(starts, index, teacher, now)
            or held_problem(held, index, starts[index], person, desk.partner),
            reading.at in outside,
        )
        for index, reading in enumerate(readings)
    ]
    fine = 0 < len(rows) <= STARTS_MOST and not any(row.problem for row in rows)
    return Look(rows, minutes, lapse_of(starts, now) if fine else None)
