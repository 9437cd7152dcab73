"""How are the skills of a person read out of the one text that a page of people brings?"""

from __future__ import annotations

from typing import NamedTuple


class CardLine(NamedTuple):
    """One of a person's skills, as a card needs it."""

    offered: bool
    mine: int  # the level of the reader's line on the other side, or 0
    level: int
    skill_id: int
    name: str


def read_lines(text: str) -> list[CardLine]:
    """The lines of `teachers.LINES`: what the viewer has to do with first."""
    lines = []
    for line in text.split("\n"):
        key, name = line.split("\t", 1)
        lines.append(CardLine(key[0] == "o", int(key[1]), int(key[2]), int(key[3:]), name))
    lines.sort(key=lambda line: (not line.mine, -line.level, line.name))
    return lines
