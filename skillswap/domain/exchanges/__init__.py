"""What does an accepted pitch open, how does it stand, and how does it end?

`opening` and `ending` hold the verbs, `reading` one exchange, `lists` all of somebody's.
"""

from skillswap.domain.exchanges.ending import (
    call_off,
    cancel_exchange,
    checked_reason,
    complete_exchange,
)
from skillswap.domain.exchanges.lists import (
    ExchangeCard,
    NextSession,
    exchanges_of,
    next_sessions,
)
from skillswap.domain.exchanges.opening import (
    lock_people,
    open_exchange,
    places_query,
    places_taken,
)
from skillswap.domain.exchanges.reading import (
    LegLine,
    Turn,
    active_exchange_of,
    exchange_of,
    is_kept,
    leg_lines,
    turn_of,
)

__all__ = [
    "ExchangeCard",
    "LegLine",
    "NextSession",
    "Turn",
    "active_exchange_of",
    "call_off",
    "cancel_exchange",
    "checked_reason",
    "complete_exchange",
    "exchange_of",
    "exchanges_of",
    "is_kept",
    "leg_lines",
    "lock_people",
    "next_sessions",
    "open_exchange",
    "places_query",
    "places_taken",
    "turn_of",
]
