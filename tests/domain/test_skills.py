"""What may be done with skills?"""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import skills
from skillswap.lib.text import search_key
from skillswap.models import Skill, SkillName, SkillState
from tests import people


def load(now) -> int:
    with transaction():
        return skills.load_catalogue(now)


def ids() -> dict[str, int]:
    return dict(db.session.execute(select(Skill.slug, Skill.id)).all())


def test_the_catalogue_holds_hundreds_of_skills_and_no_word_means_two(app):
    entries = skills.catalogue()
    assert len(entries) >= 300
    assert len({entry.slug for entry in entries}) == len(entries)
    keys = [key for entry in entries for key in entry.keys]
    assert len(set(keys)) == len(keys)
    assert all(len(key) <= 60 for key in keys)


def test_loading_twice_keeps_every_id(app, now):
    assert load(now) == len(skills.catalogue())
    first = ids()
    assert load(now) == 0
    assert ids() == first


def test_loading_takes_few_statements(app, now, queries):
    load(now)
    assert len(queries) <= 6
    queries.clear()
    load(now)
    assert len(queries) <= 4


def test_a_new_alias_and_a_new_name_arrive_on_the_next_run(app, now):
    load(now)
    before = ids()
    with transaction():
        db.session.delete(db.session.get(SkillName, search_key("castellano")))
        spanish = db.session.scalar(select(Skill).where(Skill.slug == "spanish"))
        spanish.name = "Spanisch"
    load(now)
    assert db.session.get(SkillName, search_key("castellano")).skill_id == before["spanish"]
    spanish = db.session.scalar(select(Skill).where(Skill.slug == "spanish"))
    assert (spanish.id, spanish.name) == (before["spanish"], "Spanish")


def test_a_proposed_skill_that_the_catalogue_now_has_becomes_its_own(app, now):
    with transaction():
        proposed = Skill(
            slug="spanish-2",
            name="spanish",
            category="Other",
            state=SkillState.PROPOSED,
            created_at=now,
        )
        db.session.add(proposed)
        db.session.flush()
        db.session.add(SkillName(key="spanish", skill_id=proposed.id, is_alias=False))
    load(now)
    spanish = db.session.scalar(select(Skill).where(Skill.slug == "spanish"))
    assert (spanish.id, spanish.state, spanish.name) == (proposed.id, SkillState.ACTIVE, "Spanish")
    assert db.session.scalar(select(func.count()).where(Skill.name == "Spanish")) == 1
