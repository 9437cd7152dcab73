"""Who is found, in which order, with which counts?"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import explore
from skillswap.domain.popular import taught_skills
from skillswap.domain.searching import Filters, Sort
from skillswap.domain.teachers import some_teachers
from skillswap.lib.languages import mask_of
from skillswap.models import Level, SkillName, User, UserSkill, UserSkillKind, UserState
from tests.crowd import make_crowd
from tests.people import make_person, make_skill

pytestmark = pytest.mark.usefixtures("app")


def names(viewer: User | None = None, **filters: object) -> list[str]:
    """The usernames on the first page."""
    found = explore.browse(viewer, Filters(**filters), None, datetime.now().astimezone())  # type: ignore[arg-type]
    return [card.username for card in found.teachers]


def set_level(person: User, skill: str, level: Level) -> None:
    """Teach that skill up to that level."""
    with transaction():
        line = db.session.get(UserSkill, (person.id, UserSkillKind.OFFERED, make_skill(skill).id))
        assert line is not None
        line.level = level


def add_alias(skill: str, alias: str) -> None:
    with transaction():
        db.session.add(SkillName(key=alias, skill_id=make_skill(skill).id))


# -- who is found ---------------------------------------------------------------------------------


def test_a_skill_is_found_by_the_beginning_of_any_word_of_its_name(ada, ben):
    make_person("dora", offers=("Botanical watercolour",))
    assert set(names(q="waterc")) == {"ada", "dora"}
    assert names(q="botan") == ["dora"]
    assert names(q="eloc") == []


@pytest.mark.parametrize("typed", ["watercolr", "WATRECOLOUR", "warercolour", "colour"])
def test_what_is_misspelt_stands_for_the_skill_most_like_it(ada, ben, queries, typed):
    queries.clear()
    found = explore.browse(None, Filters(q=typed), None, ada.created_at)
    assert (found.guessed, found.skill.name) == (True, "Watercolour")
    assert [card.username for card in found.teachers] == ["ada"]
    assert len(queries) <= 3


def test_a_name_is_not_taken_for_a_misspelt_skill(ada):
    make_person("pia", first_name="Pianka", offers=("Chess",))
    assert names(q="pianka") == ["pia"]
    assert names(q="pianoo") == ["ada"]


def test_case_and_accents_do_not_matter(ada):
    make_person("ines", offers=("Português",))
    add_alias("Português", "portugues")
    assert names(q="WaterColour") == ["ada"]
    assert names(q="portuguès") == ["ines"]


def test_a_skill_is_found_by_an_alias(ada):
    add_alias("Watercolour", "aquarelle")
    assert names(q="aquar") == ["ada"]


def test_the_exact_name_of_a_skill_means_that_skill_and_no_longer_word(ada):
    make_person("jan", offers=("Java",))
    make_person("jo", offers=("JavaScript",))
    make_person("jin", offers=("Java testing",))
    assert set(names(q="java")) == {"jan", "jin"}
    assert set(names(q="jav")) == {"jan", "jo", "jin"}


def test_what_is_only_also_called_so_stands_back_behind_the_name_itself(ada):
    make_person("gus", offers=("Gouache",))
    add_alias("Gouache", "opaque watercolour")
    assert names(q="watercolour") == ["ada"]
    assert names(q="opaque") == ["gus"]
    assert set(names(q="watercolou")) == {"ada", "gus"}


def test_a_person_is_found_by_any_of_their_names(ada, ben):
    assert names(q="ad") == ["ada"]
    assert set(names(q="examp")) == {"ada", "ben"}
    assert names(q="ada example") == ["ada"]
    assert names(q="example ad") == ["ada"]


@pytest.mark.parametrize("term", ["%", "_", "a%a", "/", "'", '"', "\\", "%%%%", "w%l"])
def test_signs_of_the_database_are_plain_signs(ada, term):
    assert names(q=term) == []


def test_the_slug_of_a_skill_finds_that_skill_alone(ada):
    make_person("dora", offers=("Watercolour pencils",))
    found = explore.browse(None, Filters(skill="watercolour"), None, ada.created_at)
    assert [card.username for card in found.teachers] == ["ada"]
    assert found.skill is not None
    assert found.skill.name == "Watercolour"
    assert not found.unknown_skill


def test_a_merged_skill_leads_to_the_one_that_took_it(ada):
    with transaction():
        old = make_skill("Aquarelle")
        old.state, old.merged_into_id = "merged", make_skill("Watercolour").id
        db.session.delete(db.session.get(SkillName, "aquarelle"))
    assert names(skill="aquarelle") == ["ada"]


def test_an_unknown_skill_is_left_out_and_said(ada):
    found = explore.browse(None, Filters(skill="no-such-thing"), None, ada.created_at)
    assert found.unknown_skill
    assert len(found.teachers) == 1


def test_words_and_a_skill_must_both_fit(ada):
    make_person("dora", offers=("Watercolour", "Ceramics"))
    assert names(skill="watercolour", q="dora") == ["dora"]
    assert names(skill="watercolour", q="ceram") == ["dora"]
    assert names(skill="piano", q="dora") == []


def test_a_level_asks_for_the_skill_that_is_looked_for(ada):
    set_level(ada, "Watercolour", Level.BEGINNER)
    set_level(ada, "Piano", Level.EXPERT)
    assert names(q="watercolour", level=Level.INTERMEDIATE) == []
    assert names(q="piano", level=Level.INTERMEDIATE) == ["ada"]
    assert names(skill="piano", level=Level.EXPERT) == ["ada"]
    assert names(level=Level.EXPERT) == ["ada"]


def test_of_two_who_teach_it_only_the_one_of_that_level_is_listed():
    make_person("low", offers=("Chess",))
    set_level(make_person("top", offers=("Chess",)), "Chess", Level.EXPERT)
    for asked in ({}, {"q": "chess"}, {"skill": "chess"}):
        assert names(level=Level.EXPERT, **asked) == ["top"]
        assert len(names(level=Level.BEGINNER, **asked)) == 2


def test_a_language_is_one_of_theirs():
    make_person("eva", offers=("Chess",), language_mask=mask_of(["en", "de"]))
    make_person("rui", offers=("Chess",), language_mask=mask_of(["pt"]))
    assert names(language="de") == ["eva"]
    assert set(names()) == {"eva", "rui"}


def test_only_people_who_teach_something_and_may_be_seen_are_found(ada, cy):
    make_person("kim")
    make_person("lou", offers=("Chess",), teaching=False)
    make_person("max", offers=("Chess",), state=UserState.SUSPENDED)
    make_person("nia", offers=("Chess",), state=UserState.DELETED)
    make_person("oli", wants=("Chess",))
    assert set(names()) == {"ada", "cy"}
    assert set(names(q="chess")) == set()
    assert names(cy) == ["ada"]


# -- in which order -------------------------------------------------------------------------------


def test_the_best_rated_come_first_then_who_came_last():
    make_person("best", offers=("Chess",), rating_rank=4_800)
    make_person("old", offers=("Chess",))
    make_person("new", offers=("Chess",))
    for asked in ({}, {"q": "chess"}, {"skill": "chess"}, {"q": "chess", "language": "en"}):
        assert names(**asked) == ["best", "new", "old"]


def test_the_newest_come_first_when_asked():
    make_person("old", offers=("Chess",), joined=timedelta(days=90), rating_rank=4_900)
    make_person("new", offers=("Chess",), joined=timedelta(days=1))
    assert names(sort=Sort.NEWEST) == ["new", "old"]


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("q", ["", "craft 1", "crowd"])
def test_going_on_shows_everybody_once(now, sort, q):
    make_crowd(90)
    filters, seen, cursor = Filters(q=q, sort=sort), [], None
    total = explore.browse(None, filters, None, now).counts.total
    for _page in range(10):
        page = explore.more_teachers(None, filters, cursor, now)
        seen += [card.username for card in page]
        cursor = page.after
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == total


def test_a_forged_cursor_starts_the_list_anew(ada, now):
    for cursor in ("x", "W10", "WyJhIiwiYiIsImMiXQ", "WzEsMiwzXQ", "a" * 500):
        page = explore.more_teachers(None, Filters(), cursor, now)
        assert [card.username for card in page] == ["ada"]


# -- the counts -----------------------------------------------------------------------------------


def test_each_choice_says_how_many_it_leaves(now):
    make_person("eva", offers=("Chess",), language_mask=mask_of(["en", "de"]))
    rui = make_person("rui", offers=("Chess",), language_mask=mask_of(["pt"]))
    set_level(rui, "Chess", Level.EXPERT)
    counts = explore.browse(None, Filters(q="chess"), None, now).counts
    assert (counts.total, counts.text) == (2, "2")
    assert counts.levels == {Level.BEGINNER: 2, Level.INTERMEDIATE: 2, Level.EXPERT: 1}
    assert counts.languages == {"en": 1, "de": 1, "pt": 1}


def test_a_choice_is_counted_with_the_other_choices_but_not_with_itself(now):
    make_person("eva", offers=("Chess",), language_mask=mask_of(["en", "de"]))
    rui = make_person("rui", offers=("Chess",), language_mask=mask_of(["pt"]))
    set_level(rui, "Chess", Level.EXPERT)
    counts = explore.browse(None, Filters(level=Level.EXPERT), None, now).counts
    assert (counts.total, counts.any_level, counts.any_language) == (1, 2, 1)
    assert counts.languages == {"pt": 1}
    counts = explore.browse(None, Filters(language="de"), None, now).counts
    assert counts.levels == {Level.BEGINNER: 1, Level.INTERMEDIATE: 1, Level.EXPERT: 0}
    assert (counts.any_language, counts.unfiltered) == (2, 2)


def test_counting_stops_at_a_thousand(now):
    make_crowd(1_001)
    counts = explore.browse(None, Filters(), None, now).counts
    assert (counts.text, counts.cut, counts.languages) == ("1,000+", True, {})
    few = explore.browse(None, Filters(q="craft 1"), None, now).counts
    assert not few.cut
    # beyond what is counted for the choices, the filters' own total stays right
    expected = [
        mask for mask in db.session.scalars(select(User.language_mask)) if mask & mask_of(["pt"])
    ]
    assert explore.browse(None, Filters(language="pt"), None, now).counts.total == len(expected)


def test_where_nobody_is_found_similar_skills_are_named(ada, now):
    make_skill("Gouache")
    found = explore.browse(None, Filters(q="gouache"), None, now)
    assert found.skill is not None
    assert found.skill.name == "Gouache"
    assert {skill.name for skill in found.similar} == {"Watercolour", "Piano"}


# -- the cards ------------------------------------------------------------------------------------


def card(viewer: User | None, **filters: object) -> explore.Found:
    """The first card of what is found."""
    found = explore.browse(viewer, Filters(**filters), None, datetime.now().astimezone())  # type: ignore[arg-type]
    return found.teachers.rows[0]


def said(viewer: User | None, **filters: object) -> list[str]:
    """The reasons on that card."""
    return [text for _icon, text in card(viewer, **filters).reasons]


def test_the_skill_that_is_looked_for_leads_on_the_card():
    make_person("zoe", offers=("Ada", "Basic", "Chess", "Drums", "Zither"), wants=("Go", "Rust"))
    assert card(None).offered == ("Ada", "Basic", "Chess", "Drums")
    assert card(None).more_offered == 1
    assert card(None, q="zither").offered == ("Zither", "Ada", "Basic", "Chess")
    assert card(None).wanted == ("Go", "Rust")


def test_a_card_says_why_somebody_fits(ada, ben):
    with transaction():
        db.session.add(
            UserSkill(
                user_id=ada.id,
                kind=UserSkillKind.WANTED,
                skill_id=make_skill("Spanish").id,
                level=1,
                created_at=ada.created_at,
            )
        )
    assert said(ben, q="ada")[0] == "A true swap: wants Spanish, which you teach"
    assert said(ada, q="ben")[0] == "A true swap: wants Watercolour, which you teach"
    assert said(None, q="ada") == []
    with transaction():
        ben.learning = False
    assert said(ben, q="ada")[0] == "Wants Spanish, which you teach"
    with transaction():
        ben.learning, ben.teaching = True, False
    assert said(ben, q="ada")[0] == "Teaches Watercolour up to your level"


def test_stars_show_from_three_people_on():
    make_person("few", offers=("Chess",), rating_sum=10, rating_count=2, rating_milli=5_000)
    assert card(None).rating is None
    many = {"rating_sum": 14, "rating_count": 3, "rating_milli": 4_667, "rating_rank": 4_500}
    make_person("many", offers=("Chess",), **many)
    rating = card(None).rating
    assert rating is not None
    assert (f"{rating.mean:.1f}", rating.people) == ("4.7", 3)


def test_the_clock_on_a_card_is_the_teachers():
    make_person("ji", offers=("Chess",), timezone="Asia/Seoul")
    at = datetime.fromisoformat("2026-03-26T18:20+00:00")
    found = explore.browse(None, Filters(), None, at).teachers.rows[0]
    assert (found.city, found.clock) == ("Seoul", "03:20")


# -- the shorter lists ----------------------------------------------------------------------------


def test_some_teachers_are_people_who_say_what_they_teach(now):
    make_person("mute", offers=("Chess",), headline="")
    for number in range(4):
        make_person(f"pat{number}", offers=("Chess",))
    assert len(some_teachers(3, now)) == 3
    assert "mute" not in {card.username for card in some_teachers(9, now)}


def test_the_skills_most_people_teach_lead():
    make_person("a1a", offers=("Chess", "Go"))
    make_person("b2b", offers=("Chess",))
    make_person("c3c", offers=("Rust", "Go", "Chess"), state=UserState.SUSPENDED)
    assert [skill.name for skill in taught_skills(9)] == ["Chess", "Go"]


# -- what it costs --------------------------------------------------------------------------------

ASKED = [
    {},
    {"q": "craft 1"},
    {"q": "crowd1"},
    {"skill": "craft-3", "level": Level.EXPERT},
    {"q": "cr", "skill": "craft-3", "language": "pt", "sort": Sort.NEWEST},
    {"q": "nobody at all"},
]


@pytest.mark.parametrize("count", [20, 600])
@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_browsing_takes_four_statements_whatever_there_is(queries, ada, now, asked, count):
    make_crowd(count, named=True)
    for viewer in (None, ada):
        queries.clear()
        found = explore.browse(viewer, Filters(**asked), None, now)
        assert len(queries) <= 3  # a fourth where some may stand behind those looked at
        queries.clear()
        explore.more_teachers(viewer, Filters(**asked), found.teachers.after, now)
        assert len(queries) <= 3
