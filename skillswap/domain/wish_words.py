"""What does a notification about a wish or an offer say? A part of `wording.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from skillswap.lib.clock import local
from skillswap.lib.i18n import _

Facts = dict[str, Any]


def _made(facts: Facts, zone: str) -> str:
    said = _("offers to teach you {skill}")
    if facts.get("in_return"):
        said = _("offers to teach you {skill}, and would like {in_return} in return")
    until = local(datetime.fromisoformat(facts["respond_by"]), zone)
    return _("{said}. Answer by {day}").format(said=said.format(**facts), day=until.short_day)


# kind -> icon, and the words after the actor's name for a reader in that zone
WISH_WORDS: dict[str, tuple[str, Callable[[Facts, str], str]]] = {
    "wish.lapsed": (
        "clock",
        lambda facts, zone: _("Your wish for {skill} has lapsed. You can renew it").format(**facts),
    ),
    "offer.made": ("hand-heart", _made),
    "offer.accepted": (
        "check",
        lambda facts, zone: _(
            "accepted your offer to teach {skill}. Agree on a first time next"
        ).format(**facts),
    ),
    "offer.declined": (
        "x",
        lambda facts, zone: _("declined your offer to teach {skill}").format(**facts),
    ),
    "offer.withdrawn": (
        "undo-2",
        lambda facts, zone: _("no longer offers to teach you {skill}").format(**facts),
    ),
    "offer.lapsed": (
        "clock",
        lambda facts, zone: _("The offer to teach {skill} lapsed without an answer").format(
            **facts
        ),
    ),
    "offer.closed": (
        "archive",
        lambda facts, zone: _(
            "The offer to teach {skill} was closed. It counts against nobody"
        ).format(**facts),
    ),
}
