"""What is told of what the place does by itself until staff look? A part of `wording.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from skillswap.lib.clock import local
from skillswap.lib.i18n import _

Facts = dict[str, Any]


def _limited(facts: Facts, zone: str) -> str:
    said = _(
        "Several people have sent reports about you, so you begin nothing new until {day}, or "
        "until staff have looked. What is agreed goes on"
    )
    return said.format(day=local(datetime.fromisoformat(facts["until"]), zone).full)


HELD_WORDS: dict[str, tuple[str, Callable[[Facts, str], str]]] = {
    "pitch.released": (
        "send",
        lambda facts, zone: _("Your pitch to {teacher} for {skill} was looked at and sent").format(
            **facts
        ),
    ),
    "pitch.kept_back": (
        "x",
        lambda facts, zone: _("Your pitch to {teacher} for {skill} is not sent. Read why").format(
            **facts
        ),
    ),
    "pitch.lapsed": (
        "x",
        lambda facts, zone: _(
            "Your pitch to {teacher} for {skill} was looked at, but cannot be sent any more"
        ).format(**facts),
    ),
    "report.limited": ("flag", _limited),
    "report.freed": (
        "check",
        lambda facts, zone: _(
            "Staff have looked at the reports about you. You can begin new things again"
        ),
    ),
}
