"""Who and what is found by the search box, and by whom?"""

from __future__ import annotations

import pytest

from skillswap.db import db, transaction
from skillswap.domain import safety, search
from skillswap.models import Skill, SkillState, User, UserState
from tests.crowd import make_crowd
from tests.people import make_person, make_skill

pytestmark = pytest.mark.usefixtures("app")


def people(typed: str, reader: User | None = None) -> list[str]:
    """The usernames that are found."""
    return [one.username for one in search.search(typed, reader).people]


def skills(typed: str, reader: User | None = None) -> list[str]:
    """The names of skills that are found."""
    return [one.name for one in search.search(typed, reader).skills]


def test_a_person_is_found_by_any_part_of_the_name_and_with_a_slip(ada, ben):
    make_person("amara", first_name="Amara", last_name="Okafor")
    for typed in ("amara", "oka", "Okafor Amara", "amraa", "okafro", "ÁMARA"):
        assert people(typed) == ["amara"]
    assert people("a") == []
    assert people("zzzz") == []


def test_who_teaches_nothing_is_found_as_well(ada):
    make_person("kim", first_name="Kimberley")
    assert people("kimberly") == ["kim"]


def test_a_skill_is_found_by_its_beginning_and_else_by_its_spelling(ada):
    make_skill("Watercolour pencils")
    assert skills("waterc") == ["Watercolour", "Watercolour pencils"]
    assert skills("pencils") == ["Watercolour pencils"]
    found = search.search("watercolr", None)
    assert (found.guessed, [one.name for one in found.skills]) == (True, ["Watercolour"])
    assert not search.search("water", None).guessed


def test_a_proposed_skill_is_found_by_who_proposed_it(ada, ben):
    with transaction():
        proposed = db.session.get_one(Skill, make_skill("Moss gardening").id)
        proposed.state, proposed.proposed_by_id = SkillState.PROPOSED, ada.id
    assert skills("moss", ada) == ["Moss gardening"]
    assert skills("moss", ben) == skills("moss") == []


@pytest.mark.parametrize("how", ["blocks", "blocked", "suspended", "deleted"])
def test_who_is_not_there_is_not_found(ada, ben, now, how):
    assert people("ben", ada) == ["ben"]
    with transaction():
        if how == "blocks":
            safety.block(db.session.merge(ada), "ben", now)
        elif how == "blocked":
            safety.block(db.session.merge(ben), "ada", now)
        else:
            db.session.merge(ben).state = UserState(how)
    assert people("ben", ada) == []
    assert [one.username for one in search.suggest("ben", ada).people] == []


@pytest.mark.parametrize(
    "typed", ["", " ", "%", "_", "\\", "'", "\x00", "a%a", "\U0001d573", "é" * 90]
)
def test_nothing_that_can_be_typed_breaks_it(ada, typed):
    search.search(typed, ada)
    search.suggest(typed, None)


@pytest.mark.parametrize("count", [2, 60])
@pytest.mark.parametrize("typed", ["crowd", "craft 1", "member crowd1", "crawd"])
def test_a_search_takes_four_statements_whatever_there_is(ada, queries, count, typed):
    make_crowd(count, named=True)
    ada.id  # noqa: B018 - read now what a commit let go of
    queries.clear()
    search.search(typed, ada)
    assert len(queries) <= 4
