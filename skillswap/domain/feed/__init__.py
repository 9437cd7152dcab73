"""What is there to read for this person? Two tabs, found by looking at the posts themselves.

`following` is strictly in the order of time, `for_you` says why each post is shown, `sources`
holds what their statements are made of, `tabs` chooses. `lists` holds the posts of one person
and about one skill, `suggesting` whom to follow and what to start with.
"""

from skillswap.domain.feed.following import following
from skillswap.domain.feed.for_you import for_you
from skillswap.domain.feed.lists import PostLine, latest_by, posts_about, posts_by
from skillswap.domain.feed.suggesting import (
    Suggested,
    Tutorial,
    people_to_follow,
    tutorials_to_start,
)
from skillswap.domain.feed.tabs import Reading, Tab, read

__all__ = [
    "PostLine",
    "Reading",
    "Suggested",
    "Tab",
    "Tutorial",
    "following",
    "for_you",
    "latest_by",
    "people_to_follow",
    "posts_about",
    "posts_by",
    "read",
    "tutorials_to_start",
]
