"""What may be done with skills?"""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import skills
from skillswap.domain.catalogue import catalogue, load_catalogue
from skillswap.errors import NotFound, Refused
from skillswap.lib.clock import utcnow
from skillswap.lib.text import search_key
from skillswap.models import Event, Skill, SkillName, SkillState, UserSkillKind
from tests import people


def load(now) -> int:
    with transaction():
        return load_catalogue(now)


def ids() -> dict[str, int]:
    return dict(db.session.execute(select(Skill.slug, Skill.id)).all())


def test_the_catalogue_holds_hundreds_of_skills_and_no_word_means_two(app):
    entries = catalogue()
    assert len(entries) >= 300
    assert len({entry.slug for entry in entries}) == len(entries)
    keys = [key for entry in entries for key in entry.keys]
    assert len(set(keys)) == len(keys)
    assert all(len(key) <= 60 for key in keys)


def test_loading_twice_keeps_every_id(app, now):
    assert load(now) == len(catalogue())
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


# -- a person's lists -----------------------------------------------------------------------------


def add(person, typed, kind=UserSkillKind.OFFERED, level=2, note="", now=None):
    with transaction():
        skills.add_skill(person, kind, typed, level=level, note=note, now=now or utcnow())


def propose(person, name, kind=UserSkillKind.OFFERED, now=None):
    with transaction():
        skills.propose_skill(person, kind, name, level=1, note="", now=now or utcnow())


def listed(person, kind=UserSkillKind.OFFERED) -> list[str]:
    return [line.name for line in skills.lines_of(person.id) if line.kind is kind]


@pytest.mark.parametrize("typed", ["Spanish", "  sPANISH ", "castellano", "Español", "spanish"])
def test_a_skill_answers_to_its_name_its_aliases_and_its_slug(cy, now, typed):
    load(now)
    add(cy, typed)
    assert "Spanish" in listed(cy)


def test_a_line_keeps_level_and_note(cy, now):
    load(now)
    add(cy, "French", UserSkillKind.WANTED, level=1, note="  For \n a journey ")
    line = next(line for line in skills.lines_of(cy.id) if line.name == "French")
    assert (line.kind, line.level, line.note) == (UserSkillKind.WANTED, 1, "For a journey")


def test_what_nobody_knows_or_is_listed_already_is_refused(ada, now):
    with pytest.raises(Refused, match="unknown_skill"):
        add(ada, "Yodelling under water")
    with pytest.raises(Refused, match="unknown_skill"):
        add(ada, "   ")
    with pytest.raises(Refused, match="skill_listed"):
        add(ada, "piano")
    add(ada, "piano", UserSkillKind.WANTED)  # teaching beginners, wanting to go on


def test_a_list_holds_twelve_skills_each_way(cy, now):
    load(now)
    names = [entry.name for entry in catalogue() if entry.name != "JavaScript"]
    for name in names[:11]:
        add(cy, name)
    with pytest.raises(Refused, match="skills_full"):
        add(cy, names[11])
    add(cy, names[11], UserSkillKind.WANTED)


@pytest.mark.parametrize("note", ["x" * 201, "a\u202eb", "a\x00b"])
def test_a_note_is_short_and_can_be_shown(cy, now, note):
    with pytest.raises(Refused, match="note"):
        add(cy, "javascript", UserSkillKind.WANTED, note=note)
    assert listed(cy, UserSkillKind.WANTED) == []


def test_a_line_is_changed_and_removed(ada):
    with transaction():
        skills.edit_skill(ada, UserSkillKind.OFFERED, "piano", level=3, note="Jazz")
    line = next(line for line in skills.lines_of(ada.id) if line.slug == "piano")
    assert (line.level, line.note) == (3, "Jazz")
    for _ in range(2):
        with transaction():
            skills.remove_skill(ada, UserSkillKind.OFFERED, "piano")
    assert listed(ada) == ["Watercolour"]
    assert listed(ada, UserSkillKind.WANTED) == ["Portuguese"]


def test_a_line_that_is_not_there_cannot_be_changed(ada, ben):
    with pytest.raises(NotFound), transaction():
        skills.edit_skill(ada, UserSkillKind.OFFERED, "spanish", level=1, note="")
    with pytest.raises(NotFound), transaction():
        skills.edit_skill(ada, UserSkillKind.WANTED, "piano", level=1, note="")
    with pytest.raises(NotFound), transaction():
        skills.remove_skill(ada, UserSkillKind.OFFERED, "no-such-skill")
    assert listed(ben) == ["Sourdough", "Spanish"]


def test_a_merged_skill_leads_to_the_one_it_was_merged_into(ada, now):
    old, into = people.make_skill("Aquarelle"), people.make_skill("Watercolour")
    with transaction():
        old.state, old.merged_into_id = SkillState.MERGED, into.id
    assert skills.find_skill(ada, "aquarelle").slug == "watercolour"


# -- proposals ------------------------------------------------------------------------------------


def test_a_proposed_skill_is_on_the_list_at_once_and_told_to_the_log(ada, ben):
    propose(ada, " Yodelling  under water ")
    assert "Yodelling under water" in listed(ada)
    skill = skills.find_skill(ada, "YODELLING under water")
    assert (skill.slug, skill.state) == ("yodelling-under-water", SkillState.PROPOSED)
    assert skill.proposed_by_id == ada.id
    assert db.session.scalar(select(Event.kind)) == "skill.proposed"
    assert skills.find_skill(ben, "Yodelling under water") is None
    assert skills.suggest(ada, "yod") == ["Yodelling under water"]
    assert skills.suggest(ben, "yod") == []


def test_two_who_propose_the_same_share_the_entry(ada, ben):
    propose(ada, "Yodelling")
    propose(ben, "yodelling")
    assert db.session.scalar(select(func.count()).where(Skill.slug == "yodelling")) == 1
    assert "Yodelling" in listed(ben)


def test_proposing_what_is_known_puts_that_on_the_list(cy, ada):
    propose(cy, "PIANO")
    assert "Piano" in listed(cy)
    assert "skill.proposed" not in db.session.scalars(select(Event.kind)).all()


@pytest.mark.parametrize("name", ["", "x", "!!!", "x" * 61, "a\u202eb", "\ufdfa" * 20])
def test_a_proposed_name_must_be_a_name(cy, name):
    with pytest.raises(Refused, match="skill"):
        propose(cy, name)
    assert listed(cy) == ["JavaScript"]


def test_a_name_without_plain_letters_gets_an_address_all_the_same(cy):
    propose(cy, "日本語")
    propose(cy, "C//")
    propose(cy, "C??", UserSkillKind.WANTED)
    slugs = [line.slug for line in skills.lines_of(cy.id)]
    assert len(set(slugs)) == 4
    assert all(slug.isascii() and slug for slug in slugs)


def test_nobody_floods_the_catalogue(cy):
    for number in range(10):
        propose(cy, f"Odd thing {number}")
        with transaction():
            skills.remove_skill(cy, UserSkillKind.OFFERED, f"odd-thing-{number}")
    with pytest.raises(Refused, match="too_many_proposed"):
        propose(cy, "Odd thing 10")


# -- suggestions ----------------------------------------------------------------------------------


def test_suggestions_begin_with_what_is_typed_or_hold_a_word_that_does(cy, now, queries):
    load(now)
    queries.clear()
    found = skills.suggest(cy, "  Port")
    assert found[0] == "Portuguese"
    assert len(queries) == 1
    assert "Spanish" in skills.suggest(cy, "castell")
    assert len(skills.suggest(cy, "a")) == 8
    assert skills.suggest(cy, "") == skills.suggest(cy, "%") == skills.suggest(cy, "_") == []
    assert skills.suggest(cy, "x" * 10_000) == []


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("gitar", "Guitar"),
        ("javascrpt", "JavaScript"),
        ("portugese", "Portuguese"),
        ("Callygraphy", "Calligraphy"),
        ("public speeking", "Public speaking"),
    ],
)
def test_a_misspelt_skill_is_among_the_nearest(typed, name):
    assert skills.nearest(typed)[0] == name


def test_one_slip_leaves_nearly_every_skill_the_nearest():
    """Two letters swapped in the middle of each name of the catalogue."""
    missed = []
    for entry in catalogue():
        middle = len(entry.name) // 2
        typed = entry.name[: middle - 1] + entry.name[middle - 1 : middle + 1][::-1]
        typed += entry.name[middle + 1 :]
        if len(entry.name) >= 4 and entry.name not in skills.nearest(typed)[:1]:
            missed.append(typed)
    assert len(missed) < 6, missed


@pytest.mark.parametrize("typed", ["", " ", "\x00", "zzzzzz", "x" * 5_000])
def test_what_is_like_nothing_has_no_nearest(typed):
    assert skills.nearest(typed) == []
