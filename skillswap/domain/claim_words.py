"""What does a notification about a claim say? A part of `wording.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from skillswap.lib.clock import local
from skillswap.lib.i18n import _

Facts = dict[str, Any]


def _thing(facts: Facts) -> str:
    if facts["what"] == "identity":
        return _("Your identity")
    return _("Your credential for {skill}").format(**facts)


def _approved(facts: Facts, zone: str) -> str:
    said = _(
        "{thing} is checked. The badge stands on your profile for 24 months, your files go now"
    )
    return said.format(thing=_thing(facts))


def _more_needed(facts: Facts, zone: str) -> str:
    day = local(datetime.fromisoformat(facts["answer_by"]), zone).short_day
    said = _("{thing}: more is needed before we can say yes. Send it by {day}")
    return said.format(thing=_thing(facts), day=day)


def _refused(facts: Facts, zone: str) -> str:
    said = _("{thing} could not be confirmed. Read why, and when your files go")
    return said.format(thing=_thing(facts))


def _revoked(facts: Facts, zone: str) -> str:
    return _("{thing} no longer counts as checked. Read why").format(thing=_thing(facts))


def _expired(facts: Facts, zone: str) -> str:
    said = {
        "approved": _("{thing} was checked 24 months ago, so the badge is gone. Ask again"),
        "more_needed": _("{thing}: nothing more came in 14 days, so it ended. Your files go now"),
    }.get(
        facts["was"],
        _(
            "{thing}: nobody could look at it in 30 days, and we are sorry. Your files go now. "
            "It does not count as a try"
        ),
    )
    return said.format(thing=_thing(facts))


# kind -> icon, and the words for a reader in that zone
CLAIM_WORDS: dict[str, tuple[str, Callable[[Facts, str], str]]] = {
    "claim.approved": ("badge-check", _approved),
    "claim.more_needed": ("circle-question-mark", _more_needed),
    "claim.refused": ("x", _refused),
    "claim.revoked": ("undo-2", _revoked),
    "claim.expired": ("clock", _expired),
}
