"""What does an open offer look like to the one who is to pick, and what came of its weeks?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import free_time
from skillswap.domain.free_time import Start
from skillswap.domain.learning_sessions.clashing import Clash, clashes
from skillswap.domain.learning_sessions.repeating import weekly
from skillswap.models import Event, LearningSession, ProposalState, User


@dataclass(frozen=True, slots=True)
class Week:
    """The same time in one of the weeks after, and what is in its way."""

    at: datetime
    clash: Clash | None


@dataclass(frozen=True, slots=True)
class OfferedStart:
    """One of the offered starts, and whether something has come in its way since."""

    at: datetime
    clash: Clash | None
    is_usual: bool  # within the hours of both, as far as they have said
    weeks: Sequence[Week]  # those offered along

    @property
    def is_free(self) -> bool:
        """Whether it can be picked as things stand."""
        return self.clash is None


def offered_starts(
    person: User, learning_session: LearningSession, now: datetime
) -> Sequence[OfferedStart]:
    """The starts of the open offer, each with what is in its way. Five statements, or none."""
    proposal = learning_session.proposals[-1]
    if proposal.state_at(now) is not ProposalState.OPEN:
        return []
    zone_name = learning_session.teacher.timezone
    weeks = {start: weekly(start, proposal.weeks, zone_name) for start in proposal.starts}
    every = [*proposal.starts, *(at for after in weeks.values() for at in after)]
    partner = learning_session.partner_of(person)
    # a session without a time holds nothing; one that is to be moved is not in its own way
    but, minutes = learning_session.id, proposal.minutes
    taken = clashes((person, partner), every, minutes, but)
    odd = free_time.pair_of(person, partner, now, but).outside(proposal.starts, minutes)
    return [
        OfferedStart(
            start,
            taken.get(start),
            start not in odd,
            [Week(at, taken.get(at)) for at in weeks[start]],
        )
        for start in proposal.starts
    ]


def free_instead(person: User, learning_session: LearningSession, now: datetime) -> Sequence[Start]:
    """The next few starts that both have free, for whoever was the slower. Three statements."""
    return free_time.next_starts(
        person,
        learning_session.partner_of(person),
        teacher=learning_session.teacher,
        minutes=learning_session.proposals[-1].minutes,
        now=now,
        but=learning_session.id,
    )


@dataclass(frozen=True, slots=True)
class Weeks:
    """Which of the weeks offered along were agreed with a session, and which were left out."""

    made: Sequence[datetime]
    left_out: Sequence[datetime]


def weeks_of(learning_session: LearningSession) -> Weeks:
    """What came of the weeks offered along. One statement, or none."""
    if not learning_session.proposals[0].weeks:
        return Weeks([], [])
    facts = db.session.scalar(
        select(Event.facts)
        .where(
            Event.subject_type == LearningSession.__tablename__,
            Event.subject_id == learning_session.id,
            Event.kind == "session.scheduled",
        )
        .order_by(Event.id.desc())
        .limit(1)
    )
    made, left_out = (
        [datetime.fromisoformat(at) for at in (facts or {}).get(name, ())]
        for name in ("weeks_made", "weeks_left_out")
    )
    return Weeks(made, left_out)
