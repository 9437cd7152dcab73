"""Points: a ledger that is only added to, and what it adds up to by week, month and in all."""

from skillswap.domain.points.counting import count
from skillswap.domain.points.flags import off_boards
from skillswap.domain.points.periods import bounds, number_of, week_of

__all__ = ["bounds", "count", "number_of", "off_boards", "week_of"]
