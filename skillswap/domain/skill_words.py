"""What does a notification about a proposed skill say? A part of `wording.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skillswap.lib.i18n import _

Facts = dict[str, Any]


def _accepted(facts: Facts, _zone: str) -> str:
    said = _("{skill} is in the catalogue now: everybody can find it")
    if facts.get("typed") and facts["typed"] != facts["skill"]:
        said = _("{typed} is in the catalogue now, under the name {skill}")
    return said.format(**facts)


# kind -> icon, and the words for a reader in that zone
SKILL_WORDS: dict[str, tuple[str, Callable[[Facts, str], str]]] = {
    "skill.accepted": ("check", _accepted),
    "skill.merged": (
        "check",
        lambda facts, zone: _("{typed} is known here as {skill}: that is on your list now").format(
            **facts
        ),
    ),
    "skill.refused": (
        "x",
        lambda facts, zone: _(
            "{skill} was not taken into the catalogue and is off your list. {words}"
        ).format(**facts),
    ),
}
