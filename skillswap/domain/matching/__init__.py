"""How well does a teacher fit a learner, and why? Pure: no database, and the same every time.

`scoring` weighs nine parts, `words` says each of them. The order of lists, the reasons on cards and
the page that explains them are made of the same parts.
"""

from skillswap.domain.matching.scoring import (
    WEIGHTS,
    Candidate,
    Learner,
    Line,
    Part,
    PartKind,
    Score,
    jitter,
    score,
    time_part,
)
from skillswap.domain.matching.words import (
    ICONS,
    Change,
    Reason,
    caution,
    changes,
    reasons,
    sentence,
)

__all__ = [
    "ICONS",
    "WEIGHTS",
    "Candidate",
    "Change",
    "Learner",
    "Line",
    "Part",
    "PartKind",
    "Reason",
    "Score",
    "caution",
    "changes",
    "jitter",
    "reasons",
    "score",
    "sentence",
    "time_part",
]
