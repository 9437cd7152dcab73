"""What does anybody see of a person?"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from skillswap.db import transaction
from skillswap.domain import availability, profiles
from skillswap.lib.markdown import render_markdown
from skillswap.models import ExceptionKind, Level, UserSkill, UserSkillKind, UserState
from tests import people
from tests.conftest import HTMX


def text_of(answer) -> str:
    """What a person reads of a page."""
    main = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_anybody_may_see_a_person(browser, ada, ben):
    for reader in (None, ben):
        answer = browser(reader).get("/people/ada")
        page = text_of(answer)
        assert answer.status_code == 200
        for part in ("Ada Example", "Ada learns and teaches", "Watercolour", "Portuguese", "New"):
            assert part in page
        assert 'href="/people/ada/pitch"' in answer.text
        assert "Pitch Ada" in page


def test_a_reader_is_told_what_fits(browser, ada, ben):
    page = text_of(browser(ben).get("/people/ada"))
    assert "You want to learn this." in page
    assert "You two could swap" in page
    page = text_of(browser(ada).get("/people/ben"))
    assert "You teach this." in page
    assert "You teach this." not in text_of(browser().get("/people/ben"))


def test_both_clocks_are_told_apart(browser, ada, ben, cy):
    assert "ahead of you" in text_of(browser(ben).get("/people/ada"))
    assert "behind you" in text_of(browser(ada).get("/people/ben"))
    twin = people.make_person("twin", offers=("Latin",))
    assert "there now, same as you" in text_of(browser(twin).get("/people/ada"))
    assert "you" not in text_of(browser().get("/people/ada")).split("there now")[1][:20]


def test_ones_own_page_says_where_to_change_it(browser, ada):
    answer = browser(ada).get("/people/ada")
    assert 'href="/settings/profile"' in answer.text
    assert "Pitch Ada" not in answer.text


def test_who_teaches_nothing_cannot_be_pitched(browser, ada):
    silent = people.make_person("silent", wants=("Piano",))
    for reader in (None, ada):
        page = text_of(browser(reader).get("/people/silent"))
        assert "Silent is not teaching at the moment." in page
        assert "Pitch Silent" not in page
    with transaction():
        ada.teaching = False
    assert "Pitch Ada" not in browser(silent).get("/people/ada").text


@pytest.mark.parametrize("state", [UserState.SUSPENDED, UserState.DELETED])
def test_who_is_gone_and_who_never_was_answer_alike(browser, ada, ben, state):
    with transaction():
        ada.state = state
    for reader in (None, ben):
        for path in ("/people/ada", "/people/nobody-here", "/people/%00", "/people/" + "x" * 400):
            for headers in ({}, HTMX):
                assert browser(reader).get(path, headers=headers).status_code == 404


def test_address_and_year_of_birth_are_nobody_elses(browser, ada, ben, mo):
    with transaction():
        ada.birth_year = 1961
    for reader in (None, ben, mo):
        page = browser(reader).get("/people/ada").text
        assert "example.org" not in page.replace("ben@example.org", "")
        assert "ada@" not in page
        assert "1961" not in page


def test_a_bio_is_printed_dead_and_left_alone_by_htmx(browser, ada, ben):
    bio = "Hello **you** <script>alert(1)</script> <a hx-get='/x' href='javascript:1'>x</a>"
    with transaction():
        ada.bio, ada.bio_html = bio, render_markdown(bio)
        ada.headline = "<b>bold</b>"
    page = browser(ben).get("/people/ada").text
    assert re.search(r'<div class="prose" hx-ignore><p>Hello <strong>you</strong>', page)
    main = page[page.index("<main") : page.index("</main>")]
    assert "<script" not in main
    assert "<b>bold" not in main
    assert "<a hx-get" not in main


def test_a_mean_stands_there_from_three_people_on(browser, ada, ben):
    with transaction():
        ada.rating_count, ada.rating_sum, ada.rating_milli = 3, 14, 4_667
    page = text_of(browser(ben).get("/people/ada"))
    assert "4.7" in page
    assert "(3 people)" in page


def test_a_page_costs_the_same_whatever_it_shows(browser, queries, ada, ben):
    def cost(reader) -> int:
        client = browser(reader)
        client.get("/people/ada")
        queries.clear()
        assert client.get("/people/ada").status_code == 200
        return len(queries)

    small = cost(ben), cost(None)
    with transaction():
        for number in range(11):
            skill = people.make_skill(f"Skill {number}")
            for person in (ada, ben):
                for kind in UserSkillKind:
                    people.db.session.add(
                        UserSkill(
                            user_id=person.id,
                            skill_id=skill.id,
                            kind=kind,
                            level=Level.EXPERT,
                            note="Something to say",
                            created_at=person.created_at,
                        )
                    )
    for learner in ("cleo", "dan"):
        people.make_exchange(people.make_person(learner, offers=("Latin",)), ada)
    assert (cost(ben), cost(None)) == small
    assert small[0] <= 12
    assert small[1] <= 10


def test_places_are_shown(browser, ada, ben):
    people.make_exchange(ben, ada)
    assert "2 of 3 places free" in text_of(browser(ben).get("/people/ada"))


def test_names_are_found_in_any_case(browser, ada):
    assert browser().get("/people/ADA").status_code == 200
    assert profiles.USERNAME_MOST == 30


# -- when they are free ---------------------------------------------------------------------------


def test_whoever_is_signed_in_reads_hours_on_their_own_clock(browser, ada):
    people.make_hours(ada, "Mon 18-21:30")
    twin = people.make_person("twin", timezone=ada.timezone)
    page = browser(twin).get("/people/ada").text
    assert "18–<wbr>21:30" in page
    assert "Shown in London time" in page
    assert 'href="/settings/availability"' in page  # they have said nothing themselves


def test_a_visitor_reads_no_hours(browser, ada):
    people.make_hours(ada, "Mon 18-21:30")
    page = browser().get("/people/ada").text
    assert "Weekday evenings." in page
    assert "<wbr>" not in page
    assert 'class="week"' not in page


def test_who_has_not_said_when_is_worth_asking(browser, ada, ben):
    assert "Ada has not said when. Propose a time and see." in browser(ben).get("/people/ada").text
    assert "Say when you are free" in browser(ada).get("/people/ada").text


def test_days_unlike_the_week_are_nobodys_business(browser, ada, ben, now):
    people.make_hours(ada, "every day 0-24")
    before = browser(ben).get("/people/ada").text.count("<wbr>")
    with transaction():
        availability.add_exception(
            ada,
            kind=ExceptionKind.BUSY,
            first_on=now.date() + timedelta(days=2),
            body="Surgery",
            now=now,
        )
    page = browser(ben).get("/people/ada").text
    assert "Surgery" not in page
    assert page.count("<wbr>") == before
