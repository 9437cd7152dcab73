"""What does a notification about a swap ring say? A part of `wording.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from skillswap.lib.clock import local
from skillswap.lib.i18n import _

Facts = dict[str, Any]


def _said(text: str, facts: Facts, zone: str) -> str:
    """With what its reader would teach and learn."""
    me = str(facts["me"])
    return text.format(
        teach=facts["teaches"][me],
        learn=facts["learns"][me],
        day=local(datetime.fromisoformat(facts["respond_by"]), zone).short_day,
    )


def _started(facts: Facts, zone: str) -> str:
    said = _("asks you into a swap ring: you teach {teach} and learn {learn}. Answer by {day}")
    return _said(said, facts, zone)


def _joined(facts: Facts, zone: str) -> str:
    return _said(_("said yes to the swap ring in which you learn {learn}"), facts, zone)


def _accepted(facts: Facts, zone: str) -> str:
    said = _("said yes, so your ring is closed: you learn {learn} and teach {teach}. Propose times")
    return _said(said, facts, zone)


def _declined(facts: Facts, zone: str) -> str:
    said = _("The swap ring with {learn} for you did not come together. Nobody is blamed")
    return _said(said, facts, zone)


def _withdrawn(facts: Facts, zone: str) -> str:
    return _said(_("The swap ring with {learn} for you was taken back"), facts, zone)


def _lapsed(facts: Facts, zone: str) -> str:
    said = _("The swap ring with {learn} for you lapsed on {day}. Nobody is blamed")
    return _said(said, facts, zone)


def _closed(facts: Facts, zone: str) -> str:
    said = _("The swap ring with {learn} for you was closed. It counts against nobody")
    return _said(said, facts, zone)


# kind -> icon, and the words after the actor's name for a reader in that zone
RING_WORDS: dict[str, tuple[str, Callable[[Facts, str], str]]] = {
    "ring.started": ("refresh-cw", _started),
    "ring.joined": ("check", _joined),
    "ring.accepted": ("handshake", _accepted),
    "ring.declined": ("x", _declined),
    "ring.withdrawn": ("undo-2", _withdrawn),
    "ring.lapsed": ("circle-dashed", _lapsed),
    "ring.closed": ("archive", _closed),
}
