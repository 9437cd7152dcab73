"""Who has earned which badge, and how far is the way?

`rules` says what each asks for, of `Facts` and nothing else; `facts` reads those; `granting` is
what follows from an event; `reading` is for pages. The weekly look is `domain/badge_checks.py`.
"""

from skillswap.domain.badges.granting import (
    check,
    drift,
    grant,
    held_by,
    next_monday,
    watch,
)
from skillswap.domain.badges.reading import (
    BadgePage,
    Held,
    Holder,
    ShelfCard,
    badge_page,
    badges_of,
    code_of,
    holders_of,
    news,
    shelf_of,
)
from skillswap.domain.badges.rules import Facts, Part, PartKind, is_earned, parts_of

__all__ = [
    "BadgePage",
    "Facts",
    "Held",
    "Holder",
    "Part",
    "PartKind",
    "ShelfCard",
    "badge_page",
    "badges_of",
    "check",
    "code_of",
    "drift",
    "grant",
    "held_by",
    "holders_of",
    "is_earned",
    "news",
    "next_monday",
    "parts_of",
    "shelf_of",
    "watch",
]
