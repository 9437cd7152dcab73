"""What follows from a report, is it right, and what was it?

`deciding` upholds and dismisses, `appealing` is the way back, `reading` shows a strike to its
person and to staff. `rules` are the rules of the house, `standings` and `hiding` what a strike
changes and how that is undone.
"""

from skillswap.domain.strikes.appealing import appeal, appeal_by_link, decide_appeal
from skillswap.domain.strikes.deciding import (
    DAYS,
    WORDS_MOST,
    Outcome,
    dismiss,
    options,
    uphold,
)
from skillswap.domain.strikes.hiding import can_hide, forget_pictures_due
from skillswap.domain.strikes.reading import (
    Appealed,
    StrikeView,
    appealed,
    strike_by_link,
    strike_of,
    strikes_about,
    strikes_of,
)
from skillswap.domain.strikes.rules import RULES, Rule, rule_of

__all__ = [
    "DAYS",
    "RULES",
    "WORDS_MOST",
    "Appealed",
    "Outcome",
    "Rule",
    "StrikeView",
    "appeal",
    "appeal_by_link",
    "appealed",
    "can_hide",
    "decide_appeal",
    "dismiss",
    "forget_pictures_due",
    "options",
    "rule_of",
    "strike_by_link",
    "strike_of",
    "strikes_about",
    "strikes_of",
    "uphold",
]
