"""What do two people say about each other after a session, and who reads it when?

`rating` holds the verbs, `publishing` the instant everybody reads it, `prompting` who is asked,
`reading` what pages print, `tags` the words that can be ticked. What ratings come to stands in
`rating_totals.py`.
"""

from skillswap.domain.ratings.prompting import (
    ToRate,
    asked_of,
    prompt_due,
    skip_rating,
    to_rate,
    to_rate_count,
)
from skillswap.domain.ratings.publishing import publish_due
from skillswap.domain.ratings.rating import (
    asks_about_pitch,
    hide_rating,
    hold_rating,
    rate_by,
    rate_session,
    release_rating,
    reply_to_rating,
    retract_rating,
    why_not,
)
from skillswap.domain.ratings.reading import (
    Desk,
    Filters,
    RatingCard,
    Spread,
    desk_of,
    given_by,
    rating_of,
    ratings_of,
    spread_of,
)
from skillswap.domain.ratings.tags import TAGS

__all__ = [
    "TAGS",
    "Desk",
    "Filters",
    "RatingCard",
    "Spread",
    "ToRate",
    "asked_of",
    "asks_about_pitch",
    "desk_of",
    "given_by",
    "hide_rating",
    "hold_rating",
    "prompt_due",
    "publish_due",
    "rate_by",
    "rate_session",
    "rating_of",
    "ratings_of",
    "release_rating",
    "reply_to_rating",
    "retract_rating",
    "skip_rating",
    "spread_of",
    "to_rate",
    "to_rate_count",
    "why_not",
]
