"""Week after week: what counts for a streak, how long it is, and a pause of it.

`counting` is pure, `keeping` writes marks as consequences of events, `reading` counts them.
"""

from skillswap.domain.streaks.counting import Streak, Week, WeekState, week_of
from skillswap.domain.streaks.keeping import (
    follow_tutorial,
    keep_pitches,
    keep_rating,
    keep_session,
    undo_pitches,
)
from skillswap.domain.streaks.pausing import PAUSES, pause_streak, paused_until, resume_streak
from skillswap.domain.streaks.reading import streak_of

__all__ = [
    "PAUSES",
    "Streak",
    "Week",
    "WeekState",
    "follow_tutorial",
    "keep_pitches",
    "keep_rating",
    "keep_session",
    "pause_streak",
    "paused_until",
    "resume_streak",
    "streak_of",
    "undo_pitches",
    "week_of",
]
