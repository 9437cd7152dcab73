"""When staff merge skills in the same instant, or somebody lists one, is there one answer?"""

from __future__ import annotations

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import listings, skills, taxonomy
from skillswap.lib.clock import utcnow
from skillswap.models import Skill, SkillState, UserSkill, UserSkillKind
from tests import people
from tests.race.racing import again, races, winners


def test_one_of_many_merges_of_the_same_skill_wins_and_none_goes_round(app, now):
    mo, _ada = people.mo(), people.ada()
    people.make_skill("Aquarelle")
    for answers in races(
        app,
        [
            lambda: taxonomy.merge(again(mo), "aquarelle", "watercolour", now),
            lambda: taxonomy.merge(again(mo), "aquarelle", "watercolour", now),
            lambda: taxonomy.merge(again(mo), "watercolour", "aquarelle", now),
            lambda: taxonomy.merge(again(mo), "watercolour", "aquarelle", now),
        ],
    ):
        db.session.rollback()
        assert len(winners(answers)) == 1
        states = db.session.scalars(select(Skill.state).where(Skill.name.in_(NAMES))).all()
        assert sorted(states) == [SkillState.ACTIVE, SkillState.MERGED]
        stays = db.session.scalar(select(Skill.id).where(Skill.state == SkillState.ACTIVE, FOUND))
        lines = select(UserSkill.skill_id).join(Skill, Skill.id == UserSkill.skill_id).where(FOUND)
        assert set(db.session.scalars(lines)) == {stays}


def test_who_lists_a_skill_while_it_is_merged_has_the_one_that_stays(app, now):
    mo, cy = people.mo(), people.cy()
    people.make_skill("Aquarelle")
    into = people.make_skill("Watercolour").id
    line = {"level": 2, "note": "", "now": now}
    for answers in races(
        app,
        [
            lambda: taxonomy.merge(again(mo), "aquarelle", "watercolour", now),
            lambda: skills.add_skill(again(cy), UserSkillKind.OFFERED, "aquarelle", **line),
        ],
    ):
        db.session.rollback()
        assert len(winners(answers)) == 2
        lines = select(UserSkill.skill_id).where(UserSkill.user_id == cy.id)
        assert into in db.session.scalars(lines).all()
        assert list(listings.drift(utcnow())) == []


NAMES = ("Aquarelle", "Watercolour")
FOUND = Skill.name.in_(NAMES)
