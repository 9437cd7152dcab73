"""Which teachers fit a learner best, and why? What `matching.score` needs, read in few statements.

`ranking` brings some hundred candidates out of the derived rows (`domain/listings.py`), who by
being there take pitches and have room, and compares hours by masks: enough to choose a page of
them. `reading` reads that page whole and scores it again with the hours that the two really have
in common: its order, its reasons and the page that explains them (`why`) come from that score.
"""

from skillswap.domain.matches.ranking import (
    BEST_MOST,
    RANKED_MOST,
    SCANNED,
    SWAPS_MOST,
    Asked,
    Ranking,
    best_of,
    end_of,
    is_ours,
    ranking_of,
)
from skillswap.domain.matches.reading import COLUMNS, RANKED, cards, page_query
from skillswap.domain.matches.why import Why, why_of
from skillswap.domain.teachers import has_room

__all__ = [
    "BEST_MOST",
    "COLUMNS",
    "RANKED",
    "RANKED_MOST",
    "SCANNED",
    "SWAPS_MOST",
    "Asked",
    "Ranking",
    "Why",
    "best_of",
    "cards",
    "end_of",
    "has_room",
    "is_ours",
    "page_query",
    "ranking_of",
    "why_of",
]
