"""What needs a person, and what waits for somebody else? Short lists, each with its longer page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from skillswap.domain import achievements, exchanges, learning_sessions, pitches, ratings
from skillswap.domain.achievements import Naming
from skillswap.domain.exchanges import Completion
from skillswap.domain.learning_sessions import SessionCard
from skillswap.domain.pitches import PitchCard
from skillswap.domain.ratings import ToRate
from skillswap.models import PitchState, User

SHOWN = 5  # of each list
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Short(Generic[Row]):
    """The first few of a list, and whether its page holds more."""

    rows: Sequence[Row]
    more: bool

    def __bool__(self) -> bool:
        return bool(self.rows)


def short(rows: Sequence[Row], more: object = None) -> Short[Row]:
    """The first five of what was read."""
    return Short(rows[:SHOWN], len(rows) > SHOWN or bool(more))


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The lists: to answer, to confirm, to rate, upcoming, waiting for others."""

    next_session: SessionCard | None
    pitches: Short[PitchCard]  # to answer, and questions to reply to
    offered: Short[SessionCard]  # times to pick from
    ended: Short[SessionCard]  # did it happen?
    completions: Sequence[Completion]  # do I agree that it is complete?
    to_rate: Short[ToRate]  # how was it?
    namings: Short[Naming]  # may I be named there?
    upcoming: Short[SessionCard]
    sent: Short[PitchCard]  # mine, with their teachers
    asked: Sequence[PitchCard]  # my questions, with their learners
    offers: Short[SessionCard]  # times I have offered
    proposed: Sequence[Completion]  # exchanges I have proposed to complete

    @property
    def waits(self) -> bool:
        """Whether anything waits for somebody else."""
        return bool(self.sent or self.asked or self.offers or self.proposed)


def dashboard_of(person: User, now: datetime) -> Dashboard:
    """Everything on it. Nine statements, however much there is."""
    ahead = learning_sessions.upcoming(person, None, now)
    inbox = pitches.inbox(person, None, now)
    sent = pitches.sent(person, None, now)
    asked = [card for card in inbox.rows if _is_asked(card)]
    completions = exchanges.completions_of(person, now, 2 * SHOWN)
    limit = SHOWN + 1
    return Dashboard(
        next_session=ahead.rows[0] if ahead.rows else None,
        pitches=short([card for card in inbox.rows if not _is_asked(card)], inbox.after),
        offered=short(learning_sessions.offered_to(person, now, limit)),
        ended=short(learning_sessions.unconfirmed_of(person, now, limit)),
        completions=[one for one in completions if not one.mine][:SHOWN],
        to_rate=short(ratings.to_rate(person, now, limit)),
        namings=short(achievements.namings_of(person, now, limit)),
        upcoming=short(ahead.rows[1:], ahead.after),
        sent=short(sent.rows, sent.after),
        asked=asked[:SHOWN],
        offers=short(learning_sessions.offers_of(person, now, limit)),
        proposed=[one for one in completions if one.mine][:SHOWN],
    )


def _is_asked(card: PitchCard) -> bool:
    """A pitch to me whose learner has a question of mine to answer first."""
    return card.incoming and card.state is PitchState.CLARIFYING
