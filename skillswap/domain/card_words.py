"""What is a card headed by in the thread of two? Words that fit both of them."""

from __future__ import annotations

from skillswap.lib.i18n import _

# kind of event -> icon, title
CARDS: dict[str, tuple[str, str]] = {
    "pitch.sent": ("inbox", _("Pitch")),
    "pitch.accepted": ("handshake", _("Pitch accepted")),
    "offer.accepted": ("handshake", _("Offer to teach accepted")),
    "ring.linked": ("repeat", _("Swap ring closed")),
    "session.proposed": ("calendar-plus", _("Times proposed")),
    "session.scheduled": ("calendar-check", _("Session scheduled")),
    "session.move_proposed": ("calendar-plus", _("Another time proposed")),
    "session.moved": ("calendar-check", _("Session moved")),
    "session.cancelled": ("x", _("Session cancelled")),
    "session.ended": ("list-checks", _("Did it happen?")),
    "session.completed": ("circle-check", _("Session completed")),
    "exchange.completion_proposed": ("handshake", _("Is the exchange complete?")),
    "exchange.completed": ("handshake", _("Exchange completed")),
    "exchange.cancelled": ("x", _("Exchange cancelled")),
}


def card_icon(kind: str) -> str:
    """The icon of a card."""
    return CARDS[kind][0]


def card_title(kind: str) -> str:
    """What a card is headed by."""
    return _(CARDS[kind][1])
