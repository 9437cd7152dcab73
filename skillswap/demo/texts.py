"""Which texts does the demo bring? Those of data/demo_posts.txt; everybody in it is invented."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from skillswap.demo.plan import DAY, HOUR
from skillswap.models import PostKind

TABLE = Path(__file__).resolve().parent.parent / "data" / "demo_posts.txt"
HEAD = re.compile(r"^=== ", re.MULTILINE)
SAID = re.compile(r"^--- ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Said:
    """A comment, or an answer to the comment before."""

    who: str
    after: timedelta
    body: str
    answers: bool


@dataclass(frozen=True, slots=True)
class Text:
    """A post as it stands in the file."""

    who: str
    kind: PostKind
    age: timedelta
    skills: Sequence[str]
    picture: str
    alt: str
    title: str
    body: str
    said: Sequence[Said]


@lru_cache(maxsize=1)
def texts() -> list[Text]:
    """All of them, in the order of the file."""
    _about, *parts = HEAD.split(TABLE.read_text(encoding="utf-8"))
    return [_text(part) for part in parts[1:]]  # the first shows how one is written


def _text(part: str) -> Text:
    post, *said = SAID.split(part)
    head, _line, body = post.partition("\n")
    who, kind, days, skills, picture = (word.strip() for word in head.split("|"))
    title, body = _titled(body.strip())
    name, _colon, alt = picture.partition(": ")
    return Text(
        who=who,
        kind=PostKind(kind),
        age=float(days) * DAY,
        skills=[slug.strip() for slug in skills.split(",")],
        picture=name,
        alt=alt,
        title=title,
        body=body,
        said=[_said(one) for one in said],
    )


def _titled(body: str) -> tuple[str, str]:
    if not body.startswith("# "):
        return "", body
    title, _line, rest = body[2:].partition("\n")
    return title, rest.strip()


def _said(part: str) -> Said:
    head, _line, body = part.partition("\n")
    who, hours = head.removeprefix("> ").split(" | ")
    return Said(who.strip(), float(hours) * HOUR, body.strip(), head.startswith("> "))
