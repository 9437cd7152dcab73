"""What is each badge called, what does it ask for, and what does a notification say of it?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from skillswap.lib.i18n import _
from skillswap.models import BadgeCode

Facts = dict[str, Any]
B = BadgeCode


class Words(NamedTuple):
    """A badge in words: its name, a line for lists, the whole rule."""

    name: str
    line: str
    rule: str


ICONS = {
    B.FIRST_LESSON: "sprout",
    B.FIRST_CLASS: "graduation-cap",
    B.FAIR_SWAP: "handshake",
    B.CLEAR_PITCH: "send",
    B.GOOD_NEIGHBOUR: "hand-heart",
    B.RING_MAKER: "repeat",
    B.POLYMATH: "lightbulb",
    B.LONG_HAUL: "calendar-check",
    B.MENTOR_10: "users",
    B.STEADY_12: "flame",
    B.AUTHOR: "notebook-pen",
    B.FAST_RESPONDER: "zap",
    B.RELIABLE: "check-check",
    B.TOP_MENTOR: "star",
}
# asked for when read, so that they can be in the reader's language
_WORDS: dict[BadgeCode, Callable[[], Words]] = {
    B.FIRST_LESSON: lambda: Words(
        _("First lesson"),
        _("Learned in a kept session"),
        _("For the first session in which you learn and which both of you kept."),
    ),
    B.FIRST_CLASS: lambda: Words(
        _("First class"),
        _("Taught a kept session"),
        _("For the first session in which you teach and which both of you kept."),
    ),
    B.FAIR_SWAP: lambda: Words(
        _("Fair swap"),
        _("Both sides of an exchange taught"),
        _("For an exchange in which each of the two has taught the other in a kept session."),
    ),
    B.CLEAR_PITCH: lambda: Words(
        _("Clear pitch"),
        _("3 pitches accepted"),
        _("For people who say what they would like to learn so that teachers say yes, 3 times."),
    ),
    B.GOOD_NEIGHBOUR: lambda: Words(
        _("Good neighbour"),
        _("Rated 10 people"),
        _(
            "For people who say how it was: ratings of 10 different people, whatever the stars. "
            "A rating counts once it is published."
        ),
    ),
    B.RING_MAKER: lambda: Words(
        _("Ring maker"),
        _("Closed a ring of three"),
        _("For the three who close a swap ring together, in which each teaches the next."),
    ),
    B.POLYMATH: lambda: Words(
        _("Polymath"),
        _("Taught 3 skills and learned 3"),
        _("For people who teach 3 different skills and learn 3, each in a kept session."),
    ),
    B.LONG_HAUL: lambda: Words(
        _("Long haul"),
        _("8 sessions over 8 weeks"),
        _(
            "For two who stay with it: 8 kept sessions in one exchange, the last of them in the "
            "eighth week or later."
        ),
    ),
    B.MENTOR_10: lambda: Words(
        _("Mentor 10"),
        _("Taught 10 people"),
        _("For people who have taught 10 different learners, each in a kept session."),
    ),
    B.STEADY_12: lambda: Words(
        _("Steady 12"),
        _("12 weeks in a row"),
        _("For a streak of 12 weeks. A banked rest week keeps it going."),
    ),
    B.AUTHOR: lambda: Words(
        _("Author"),
        _("5 tutorials people like"),
        _("For 5 tutorials that at least 5 people each have liked."),
    ),
    B.FAST_RESPONDER: lambda: Words(
        _("Fast responder"),
        _("9 of 10 pitches answered, half within 24 h"),
        _(
            "For teachers who do not let people wait: of 10 pitches or more, 9 in 10 answered, "
            "and half of the answers within 24 hours. A no is an answer too."
        ),
    ),
    B.RELIABLE: lambda: Words(
        _("Reliable"),
        _("10 sessions, 95 of 100 kept"),
        _("For people one can count on: 10 sessions or more, and 95 % of them kept."),
    ),
    B.TOP_MENTOR: lambda: Words(
        _("Top mentor"),
        _("10 taught, 4.6 or better, reliable"),
        _(
            "For people who teach often, well and reliably: 10 sessions with 5 learners or more, "
            "4.6 stars or better from at least 5 of them, 95 % kept, and no upheld report."
        ),
    ),
}


def words_of(code: BadgeCode) -> Words:
    """That badge in words."""
    return _WORDS[code]()


def _earned(facts: Facts, zone: str) -> str:
    name = words_of(BadgeCode(facts["badge"])).name
    return _("You earned a badge: {badge}").format(badge=name)


def _lost(facts: Facts, zone: str) -> str:
    name = words_of(BadgeCode(facts["badge"])).name
    return _(
        "Your badge {badge} rests, since it looks at the last 180 days. "
        "It comes back as soon as they add up again"
    ).format(badge=name)


# kind -> icon, and the words for a reader in that zone; a part of `wording.py`
BADGE_WORDS: dict[str, tuple[str, Callable[[Facts, str], str]]] = {
    "badge.earned": ("award", _earned),
    "badge.lost": ("moon", _lost),
}
