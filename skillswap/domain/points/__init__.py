"""Points: a ledger that is only added to, and what it adds up to by week, month and in all."""

from skillswap.domain.points.counting import COUNTS, count, hold
from skillswap.domain.points.flags import lapse_due, off_boards, shares_of
from skillswap.domain.points.periods import bounds, number_of, week_of
from skillswap.domain.points.rebuilding import are_missing, drift, rebuild
from skillswap.domain.points.sessions import people_of_sessions
from skillswap.domain.points.writing import hold as hold_people

__all__ = [
    "COUNTS",
    "are_missing",
    "bounds",
    "count",
    "drift",
    "hold",
    "hold_people",
    "lapse_due",
    "number_of",
    "off_boards",
    "people_of_sessions",
    "rebuild",
    "shares_of",
    "week_of",
]
