"""Leaderboards: who earned how many points in a week or a month, among whom."""

from skillswap.domain.boards.admitting import admit, drift, show
from skillswap.domain.boards.freezing import freeze_due
from skillswap.domain.boards.periods import Period, at, keyed
from skillswap.domain.boards.reading import Mine, Past, Place, Standings, latest, standings
from skillswap.domain.boards.sources import MOST, Among

__all__ = [
    "MOST",
    "Among",
    "Mine",
    "Past",
    "Period",
    "Place",
    "Standings",
    "admit",
    "at",
    "drift",
    "freeze_due",
    "keyed",
    "latest",
    "show",
    "standings",
]
