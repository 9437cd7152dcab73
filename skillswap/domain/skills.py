"""Which skills are there, and who offers or wants them?"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import insert, select

from skillswap.db import db
from skillswap.lib.text import search_key
from skillswap.models import Skill, SkillName, SkillState

TABLE = Path(__file__).resolve().parent.parent / "data" / "skills.csv"


# -- the catalogue --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of data/skills.csv. `names`: its name, then the aliases."""

    slug: str
    name: str
    category: str
    names: tuple[str, ...]

    @property
    def keys(self) -> dict[str, bool]:
        """Search key -> whether it is an alias; the name wins where both give the same key."""
        keys = {search_key(name): True for name in self.names}
        return keys | {search_key(self.name): False}


@lru_cache(maxsize=1)
def catalogue() -> tuple[Entry, ...]:
    """The catalogue that is shipped with the code."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Entry(
                row["slug"],
                row["name"],
                row["category"],
                (row["name"], *filter(None, row["aliases"].split("|"))),
            )
            for row in csv.DictReader(file)
        )


def load_catalogue(now: datetime) -> int:
    """Write the shipped catalogue into the tables; returns how many skills are new.

    Run again it adds what has come since and keeps every id. A skill that somebody proposed
    meanwhile under the same name becomes the catalogue's own, with all who listed it. A word
    that another skill answers to already stays with that one.
    """
    known = {skill.slug: skill for skill in db.session.scalars(select(Skill)).all()}
    taken = {row.key: row.skill_id for row in db.session.execute(select(SkillName)).scalars()}
    by_id = {skill.id: skill for skill in known.values()}
    fresh: list[Entry] = []
    for entry in catalogue():
        skill = known.get(entry.slug) or by_id.get(taken.get(search_key(entry.name), 0))
        if skill is None:
            fresh.append(entry)
        elif skill.state is not SkillState.MERGED:
            skill.slug, skill.name, skill.category = entry.slug, entry.name, entry.category
            skill.state = SkillState.ACTIVE
    db.session.flush()
    if fresh:
        db.session.execute(
            insert(Skill),
            [
                {"slug": e.slug, "name": e.name, "category": e.category, "created_at": now}
                for e in fresh
            ],
        )
    _load_names(taken)
    return len(fresh)


def _load_names(taken: Mapping[str, int]) -> None:
    """The words of the catalogue that no skill answers to yet."""
    rows = db.session.execute(select(Skill.slug, Skill.id)).all()
    ids: dict[str, int] = {row.slug: row.id for row in rows}
    names: dict[str, dict[str, object]] = {}
    for entry in catalogue():
        for key, is_alias in entry.keys.items():
            if key not in taken:
                word = {"key": key, "skill_id": ids[entry.slug], "is_alias": is_alias}
                names.setdefault(key, word)
    if names:
        db.session.execute(insert(SkillName), list(names.values()))
