"""What does a notification about a rating say? A part of `wording.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from skillswap.lib.clock import local
from skillswap.lib.i18n import _

Facts = dict[str, Any]


def _when(facts: Facts, zone: str) -> str:
    return local(datetime.fromisoformat(facts["starts_at"]), zone).full


def _day(facts: Facts, name: str, zone: str) -> str:
    return local(datetime.fromisoformat(facts[name]), zone).short_day


def _rating_asked(facts: Facts, zone: str) -> str:
    said = _("How was {skill} on {when}? Rate it by {day}")
    if facts.get("again"):
        said = _("You can still rate {skill} on {when}, until {day}")
    return said.format(**facts, when=_when(facts, zone), day=_day(facts, "rate_by", zone))


def _rating_published(facts: Facts, zone: str) -> str:
    """By who rated second, or by the clock; then perhaps only one of the two has rated."""
    raters = facts.get("raters", ())
    if not facts.get("by_clock"):
        said = _("rated {skill} on {when} too. You can read it now")
    elif facts.get("me") in raters:
        said = _("Your rating of {skill} on {when} is published")
    else:
        said = _("You have a rating for {skill} on {when}")
    return said.format(**facts, when=_when(facts, zone))


# kind -> icon, and the words after the actor's name for a reader in that zone
RATING_WORDS: dict[str, tuple[str, Callable[[Facts, str], str]]] = {
    "rating.asked": ("star", _rating_asked),
    "rating.published": ("star", _rating_published),
    "rating.replied": (
        "message-circle",
        lambda facts, zone: _("replied to your rating of {skill} on {when}").format(
            **facts, when=_when(facts, zone)
        ),
    ),
    "rating.retracted": (
        "undo-2",
        lambda facts, zone: _("took back a rating of you, for {skill} on {when}").format(
            **facts, when=_when(facts, zone)
        ),
    ),
}
