"""What is there to read for this person? Two tabs, found by looking at the posts themselves.

`following` is strictly in the order of time, `for_you` says why each post is shown; `sources`
holds what their statements are made of.
"""

from skillswap.domain.feed.following import following
from skillswap.domain.feed.for_you import Why, for_you

__all__ = ["Why", "following", "for_you"]
