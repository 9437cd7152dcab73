"""Which skills rise? What people do about skills is noted with what they do, and summed up.

`hours` keeps a row for each person, hour and skill, made anew before a transaction is kept that
changes what it is made of. `rising` sums them up every ten minutes: how many teach and want each
skill, how many people were about it on a day, and which have more than usual. `reading` draws.
"""

from skillswap.domain.trends.hours import are_missing, drift, keep, keep_touched, reindex
from skillswap.domain.trends.reading import CHART_DAYS, Chart, charts_of
from skillswap.domain.trends.rising import (
    LEAST_PEOPLE,
    REFRESHED_EVERY,
    refresh,
    refresh_due,
    remember,
)

__all__ = [
    "CHART_DAYS",
    "LEAST_PEOPLE",
    "REFRESHED_EVERY",
    "Chart",
    "are_missing",
    "charts_of",
    "drift",
    "keep",
    "keep_touched",
    "refresh",
    "refresh_due",
    "reindex",
    "remember",
]
