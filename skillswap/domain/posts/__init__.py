"""What do people write for everybody, and who reads it?

`reading` says who may read a post, `cards` how it stands in a list.
"""

from skillswap.domain.posts.cards import PostCard, PostPicture, card, cards_of
from skillswap.domain.posts.reading import readable, readable_post

__all__ = ["PostCard", "PostPicture", "card", "cards_of", "readable", "readable_post"]
