"""What does a notification say of a report or a strike? That part of `wording.py`.

Whoever reported hears that it was looked at, and never what came of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from skillswap.lib.clock import local
from skillswap.lib.i18n import _

Facts = dict[str, Any]


def _looked_at(_facts: Facts, _zone: str) -> str:
    return _("Our staff have looked at what you reported. Thank you for telling us")


def _made(facts: Facts, zone: str) -> str:
    day = local(datetime.fromisoformat(facts["appeal_by"]), zone).short_day
    said = _("There is a strike on your account: {rule}. You can appeal until {day}")
    return said.format(rule=facts["rule"], day=day)


def _kept(facts: Facts, _zone: str) -> str:
    said = _("Somebody else on our staff has read your appeal. The strike stays: {rule}")
    return said.format(rule=facts["rule"])


def _overturned(facts: Facts, _zone: str) -> str:
    said = _("Your appeal was right: the strike is off, and everything is as before: {rule}")
    return said.format(rule=facts["rule"])


# kind -> icon, and the words for a reader in that zone
STRIKE_WORDS: dict[str, tuple[str, Callable[[Facts, str], str]]] = {
    "report.upheld": ("shield-check", _looked_at),
    "report.dismissed": ("shield-check", _looked_at),
    "strike.made": ("gavel", _made),
    "strike.kept": ("gavel", _kept),
    "strike.overturned": ("circle-check", _overturned),
}
