"""What does an accepted pitch open, how does it stand, and how does it end?

`opening`, `ending` and `resting` hold the verbs and what the clock does, `reading` one exchange,
`lists` all of somebody's.
"""

from skillswap.domain.exchanges.ending import (
    call_off,
    cancel_exchange,
    checked_reason,
    complete_exchange,
    let_go,
    settle_due,
)
from skillswap.domain.exchanges.lists import (
    Completion,
    ExchangeCard,
    NextSession,
    completions_of,
    exchanges_of,
    next_sessions,
)
from skillswap.domain.exchanges.noting import Notes, notes_of, write_notes
from skillswap.domain.exchanges.opening import (
    lock_people,
    open_exchange,
    places_taken,
)
from skillswap.domain.exchanges.reading import (
    LegLine,
    Turn,
    active_exchange_of,
    check_active,
    exchange_of,
    leg_lines,
    stands,
    turn_of,
)
from skillswap.domain.exchanges.resting import (
    nudge_due,
    rest_due,
    session_called_off,
    session_kept,
    session_moved,
    session_scheduled,
    times_offered,
    wake_exchange,
)
from skillswap.domain.reliability import is_kept

__all__ = [
    "Completion",
    "ExchangeCard",
    "LegLine",
    "NextSession",
    "Notes",
    "Turn",
    "active_exchange_of",
    "call_off",
    "cancel_exchange",
    "check_active",
    "checked_reason",
    "complete_exchange",
    "completions_of",
    "exchange_of",
    "exchanges_of",
    "is_kept",
    "leg_lines",
    "let_go",
    "lock_people",
    "next_sessions",
    "notes_of",
    "nudge_due",
    "open_exchange",
    "places_taken",
    "rest_due",
    "session_called_off",
    "session_kept",
    "session_moved",
    "session_scheduled",
    "settle_due",
    "stands",
    "times_offered",
    "turn_of",
    "wake_exchange",
    "write_notes",
]
