"""What does a notification about being named on a post say? A part of `wording.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from skillswap.lib.clock import local
from skillswap.lib.i18n import _

Facts = dict[str, Any]


def _day(facts: Facts, name: str, zone: str) -> str:
    return local(datetime.fromisoformat(facts[name]), zone).short_day


# kind -> icon, and the words after the actor's name for a reader in that zone
NAMING_WORDS: dict[str, tuple[str, Callable[[Facts, str], str]]] = {
    "post.partner_asked": (
        "award",
        lambda facts, zone: _(
            "wrote about your exchange and would like to name you. Answer by {day}"
        ).format(**facts, day=_day(facts, "partner_by", zone)),
    ),
    "post.partner_agreed": (
        "handshake",
        lambda facts, zone: _("agrees to be named on what you wrote: {title}").format(**facts),
    ),
    "post.partner_unnamed": (
        "award",
        lambda facts, zone: _("What you wrote stands without your partner’s name: {title}").format(
            **facts
        ),
    ),
}
