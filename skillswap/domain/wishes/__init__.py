"""What would somebody love to learn, and who offers to teach it?

`making` and `offering` hold the verbs, `rules` what says no to them, `clock` and `ending` what
happens by itself, `reading` one wish or offer, `lists` many.
"""

from skillswap.domain.wishes.clock import lapse_offers_due, lapse_wishes_due
from skillswap.domain.wishes.ending import close_offers, learners_of
from skillswap.domain.wishes.lists import (
    OfferCard,
    Show,
    WishCard,
    card_of,
    offer_card,
    offers_between,
    offers_by,
    offers_to,
    others_wishes,
    wishes_of,
)
from skillswap.domain.wishes.making import close_wish, make_wish, renew_wish
from skillswap.domain.wishes.offering import (
    accept_offer,
    decline_offer,
    offer_to_teach,
    withdraw_offer,
)
from skillswap.domain.wishes.reading import exchange_of, offer_of, wish_of
from skillswap.domain.wishes.rules import Draft, against_wishing, draft

__all__ = [
    "Draft",
    "OfferCard",
    "Show",
    "WishCard",
    "accept_offer",
    "against_wishing",
    "card_of",
    "close_offers",
    "close_wish",
    "decline_offer",
    "draft",
    "exchange_of",
    "lapse_offers_due",
    "lapse_wishes_due",
    "learners_of",
    "make_wish",
    "offer_card",
    "offer_of",
    "offer_to_teach",
    "offers_between",
    "offers_by",
    "offers_to",
    "others_wishes",
    "renew_wish",
    "wish_of",
    "wishes_of",
    "withdraw_offer",
]
