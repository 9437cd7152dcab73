"""What is what worth? The table of DOMAIN.md §8, as numbers; no rows are read here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from skillswap.domain.points.periods import Span, day_of, week_of, year_of
from skillswap.models import PointsKind, PointsReason

K, R = PointsKind, PointsReason

DAY_MOST = 120
LEAST_MINUTES = 25
ARRANGED_BEFORE = timedelta(hours=1)
PAIR_WINDOW = timedelta(days=30)
WHOLE_TO, HALF_TO = 4, 8  # sessions of one pair within that time
LEAST_SESSIONS = 2  # of an exchange
ANSWER_WITHIN = timedelta(hours=72)
STANDS_FOR = timedelta(hours=24)  # a tutorial, before it counts
LEAST_WORDS = 300
STANDING_AFTER = timedelta(days=7)  # of membership, and a session: then one's likes count
FLAT = {  # the session's own depends on its length
    K.LEARNED: 10,
    K.PARTNER: 15,
    K.EXCHANGE: 20,
    K.RATING: 3,
    K.ANSWER: 2,
    K.TUTORIAL: 5,
    K.LIKE: 1,
    K.REPORT: 5,
    K.PROFILE: 10,
    K.CLAIM: 20,
    K.STREAK: 10,
}


@dataclass(frozen=True, slots=True)
class Cap:
    """How often one kind counts: within a span of time, or without one for one subject."""

    most: int
    span: Callable[[datetime], Span] | None = None
    each_partner: bool = False
    each_subject: bool = False


CAPS = {
    K.LEARNED: Cap(4, week_of),
    K.PARTNER: Cap(3, week_of),
    K.EXCHANGE: Cap(2, year_of, each_partner=True),
    K.RATING: Cap(2, day_of),
    K.ANSWER: Cap(3, day_of),
    K.TUTORIAL: Cap(2, week_of),
    K.LIKE: Cap(10, each_subject=True),
    K.REPORT: Cap(2, week_of),
}


def taught_points(minutes: int) -> int:
    """20 for the first half hour, 10 for each further whole one, 50 at most."""
    return min(50, 20 + 10 * max(0, (minutes - 30) // 30))


def session_points(
    whole: int, *, minutes: int, ahead: timedelta, nth: int
) -> tuple[int, PointsReason]:
    """What a completed session gives of `whole`, and why: `nth` is its place among those of the
    pair within 30 days, `ahead` how long before its start it was arranged."""
    if minutes < LEAST_MINUTES:
        return 0, R.SHORT
    if ahead < ARRANGED_BEFORE:
        return 0, R.ARRANGED_LATE
    if nth <= WHOLE_TO:
        return whole, R.WHOLE
    return (whole // 2, R.HALF) if nth <= HALF_TO else (0, R.REPEATED)


def within_day(points: int, reason: PointsReason, used: int) -> tuple[int, PointsReason]:
    """What of that is left under the cap of the day, of which so much is used."""
    left = max(0, DAY_MOST - used)
    if points <= left:
        return points, reason
    return left, R.DAY_CUT if left else R.DAY_FULL
