"""What would an offer look like in both clocks? Nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from skillswap.domain import exchanges, slots
from skillswap.domain.exchanges import LegLine
from skillswap.domain.learning_sessions.proposing import first_problem, held_problem, lapse_of
from skillswap.domain.limits import HORIZON
from skillswap.domain.scheduling import OffsetChange, Reading, offset_changes, read_wall
from skillswap.errors import Refused
from skillswap.models import Exchange, User


@dataclass(frozen=True, slots=True)
class Desk:
    """What the page for proposing times shows beside its form."""

    exchange: Exchange
    is_open: bool  # whether times can be proposed in it
    partner: User
    legs: Sequence[LegLine]
    next_leg: LegLine  # whose turn it is, or what I learn
    changes: Sequence[OffsetChange]  # between our two clocks, within the weeks ahead

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
    )


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One wall time as both would read it, and what the rules have against it."""

    reading: Reading
    problem: Refused | None


@dataclass(frozen=True, slots=True)
class Look:
    """An offer before it is made."""

    rows: Sequence[LookedAt]
    minutes: int
    lapse_at: datetime | None  # until when the partner could pick, when nothing is wrong


def look_at(
    person: User, desk: Desk, *, leg_id: int, walls: Sequence[datetime], minutes: int, now: datetime
) -> Look:
    """Read wall times of my zone as instants, each with the first thing wrong about it.

    At most one statement. Times that do not exist are moved to the first real minute.
    """
    readings = [read_wall(wall, person.timezone) for wall in walls]
    starts = [reading.at for reading in readings]
    teacher = desk.teacher_of(leg_id, person)
    people = (person.id, desk.partner.id)
    held = slots.held(people, starts, minutes) if starts else set()
    rows = [
        LookedAt(
            reading,
            first_problem(starts, index, teacher, now)
            or held_problem(held, index, starts[index], person, desk.partner),
        )
        for index, reading in enumerate(readings)
    ]
    fine = bool(rows) and not any(row.problem for row in rows)
    return Look(rows, minutes, lapse_of(starts, now) if fine else None)
