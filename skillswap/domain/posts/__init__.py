"""What do people write for everybody, and who reads it?

`checking` holds the rules, `drafting` how a post begins, `publishing` how it reaches others and
goes, `hiding` what staff do, `keeping` the rows. `reading` says who may read a post, `cards` how
it stands in a list.
"""

from skillswap.domain.posts.cards import PostCard, PostPicture, card, cards_of
from skillswap.domain.posts.checking import chosen, known, look
from skillswap.domain.posts.drafting import Draft, drafts_of, new_key, save_draft, start
from skillswap.domain.posts.hiding import hide, release
from skillswap.domain.posts.keeping import find_mine, partner_to_name, pictures_of, skills_of
from skillswap.domain.posts.publishing import delete, edit, publish
from skillswap.domain.posts.reading import readable, readable_post

__all__ = [
    "Draft",
    "PostCard",
    "PostPicture",
    "card",
    "cards_of",
    "chosen",
    "delete",
    "drafts_of",
    "edit",
    "find_mine",
    "hide",
    "known",
    "look",
    "new_key",
    "partner_to_name",
    "pictures_of",
    "publish",
    "readable",
    "readable_post",
    "release",
    "save_draft",
    "skills_of",
    "start",
]
