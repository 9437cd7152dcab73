"""What does a notification say of a streak? That part of `wording.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skillswap.lib.i18n import _

Facts = dict[str, Any]

# kind -> icon, and the words for a reader in that zone
STREAK_WORDS: dict[str, tuple[str, Callable[[Facts, str], str]]] = {
    "streak.reached": (
        "flame",
        lambda facts, zone: _("{weeks} weeks in a row, and 10 points for keeping at it").format(
            **facts
        ),
    ),
}
