"""How is the place doing? Numbers by day, summed up each night, read by week.

`counting` says what each number is; `keeping` writes those of the days that are over; `reading`
puts days together to the weeks and the funnel of the page.
"""

from skillswap.domain.statistics.counting import FOLLOWED_FOR, day_of, start_of
from skillswap.domain.statistics.keeping import (
    day_without,
    keep,
    last_kept,
    rebuild,
    roll_up_due,
)
from skillswap.domain.statistics.reading import WEEKS, Step, Summary, Week, percent, read

__all__ = [
    "FOLLOWED_FOR",
    "WEEKS",
    "Step",
    "Summary",
    "Week",
    "day_of",
    "day_without",
    "keep",
    "last_kept",
    "percent",
    "read",
    "rebuild",
    "roll_up_due",
    "start_of",
]
