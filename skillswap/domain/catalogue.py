"""Which skills are shipped with the code, and how do they come into the tables?"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from skillswap.db import db
from skillswap.domain import cases
from skillswap.lib.text import search_key
from skillswap.models import CaseKind, Skill, SkillName, SkillState

TABLE = Path(__file__).resolve().parent.parent / "data" / "skills.csv"


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
    that another skill answers to already stays with that one, and what staff have decided about
    a skill (its name, its category, its words, what it was merged into) stays as they left it.
    """
    known = {skill.slug: skill for skill in db.session.scalars(select(Skill)).all()}
    taken = {row.key: row for row in db.session.execute(select(SkillName)).scalars()}
    by_id = {skill.id: skill for skill in known.values()}
    fresh: list[Entry] = []
    for entry in catalogue():
        skill = known.get(entry.slug)
        if skill is None and (word := taken.get(search_key(entry.name))) is not None:
            skill = by_id[word.skill_id]
            if word.is_alias:  # staff gave the word to another skill
                continue
        if skill is None:
            fresh.append(entry)
        elif skill.state is not SkillState.MERGED and skill.curated_at is None:
            _take_over(skill, entry, now)
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


def _take_over(skill: Skill, entry: Entry, now: datetime) -> None:
    """Let it be as the catalogue has it; who waited for staff to look at it waits no more."""
    if skill.state is SkillState.PROPOSED and skill.proposed_by_id is not None:
        waits = cases.waiting_about(CaseKind.SKILL, "skills", skill.id, skill.proposed_by_id)
        if waits is not None:
            cases.close(waits, now)
    skill.slug, skill.name, skill.category = entry.slug, entry.name, entry.category
    skill.state = SkillState.ACTIVE


def _load_names(taken: Mapping[str, Any]) -> None:
    """The words of the catalogue that no skill answers to yet, for those that staff left alone."""
    rows = db.session.execute(
        select(Skill.slug, Skill.id).where(
            Skill.curated_at.is_(None), Skill.state != SkillState.MERGED
        )
    ).all()
    ids: dict[str, int] = {row.slug: row.id for row in rows}
    names: dict[str, dict[str, object]] = {}
    for entry in catalogue():
        for key, is_alias in entry.keys.items():
            if key not in taken and entry.slug in ids:
                word = {"key": key, "skill_id": ids[entry.slug], "is_alias": is_alias}
                names.setdefault(key, word)
    if names:
        db.session.execute(insert(SkillName), list(names.values()))


def categories() -> list[str]:
    """Those that the skills of the tables have, by name. One statement."""
    query = select(Skill.category).where(Skill.state == SkillState.ACTIVE).distinct()
    return sorted(db.session.scalars(query), key=str.lower)
