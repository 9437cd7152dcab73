"""How does an account stand, and how would it without one of its strikes? No rows are read here.

Each strike keeps how the account stood before and after it. Without one of them the others are
worked through anew: what it had changed falls away, what came after it stays. Where the account
did not stand as the strike before had left it, something else had moved it (a member of staff by
hand, a rule by itself), and that holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from skillswap.domain.safety import STATE_BODY_MOST
from skillswap.models import StrikeOutcome, UserState

O = StrikeOutcome  # noqa: E741 - short beside its members
SEVERITY = {UserState.ACTIVE: 0, UserState.LIMITED: 1, UserState.SUSPENDED: 2, UserState.DELETED: 3}
BRINGS = {
    O.LIMITED: UserState.LIMITED,
    O.SUSPENDED: UserState.SUSPENDED,
    O.BANNED: UserState.SUSPENDED,  # without an end
}


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of an account, until when (None: no end), and why in staff's words."""

    state: UserState = UserState.ACTIVE
    until: datetime | None = None
    body: str = ""

    def at(self, now: datetime) -> Standing:
        """With its end taken into account."""
        return FREE if self.until is not None and self.until <= now else self

    def dump(self) -> dict[str, Any]:
        """As plain JSON."""
        until = self.until.isoformat() if self.until else None
        return {"state": self.state.value, "until": until, "body": self.body}


FREE = Standing()


def loaded(dumped: dict[str, Any]) -> Standing:
    """What `dump` made."""
    until = datetime.fromisoformat(dumped["until"]) if dumped["until"] else None
    return Standing(UserState(dumped["state"]), until, dumped["body"])


class Struck(Protocol):
    """What of a strike is needed here."""

    outcome: StrikeOutcome
    days: int | None
    body: str
    decided_at: datetime
    before: dict[str, Any]
    after: dict[str, Any]

    @property
    def stands(self) -> bool:
        """Whether it has not been overturned."""


def struck(before: Standing, strike: Struck) -> Standing:
    """How an account stands after a strike: harder or longer, never milder than before."""
    state = BRINGS.get(strike.outcome)
    if state is None or not strike.stands:
        return before
    until = strike.decided_at + timedelta(days=strike.days) if strike.days else None
    made = Standing(state, until, strike.body[:STATE_BODY_MOST])
    return made if _harder(made, before) else before


def _harder(made: Standing, before: Standing) -> bool:
    if SEVERITY[made.state] != SEVERITY[before.state]:
        return SEVERITY[made.state] > SEVERITY[before.state]
    if before.until is None:
        return False
    return made.until is None or made.until > before.until


def worked_anew(strikes: Iterable[Struck], present: Standing, now: datetime) -> Standing:
    """How the account stands now with the strikes that stand, the first first; what each keeps
    of itself is put right. `present` is how it stands in fact."""
    left: Standing | None = None  # by the strike before, as it was kept
    right = FREE  # as it is with those that stand
    for strike in strikes:
        kept_before, kept_after = loaded(strike.before), loaded(strike.after)
        if left is None or left.at(strike.decided_at) != kept_before:
            right = kept_before
        right = right.at(strike.decided_at)
        strike.before = right.dump()
        right = struck(right, strike)
        strike.after = right.dump()
        left = kept_after
    if left is None or left.at(now) != present.at(now):
        return present
    return right.at(now)
