"""Explore: what rises, where teachers are missing, tutorials, and who is here."""

from __future__ import annotations

import re
from datetime import timedelta

from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import exploring, newcomers, pitches, safety, trends
from skillswap.lib.clock import utcnow
from skillswap.models import Bookmark, PostKind, Skill, TrendSpan, User
from tests import people
from tests.conftest import HTMX

DAY, WEEK = timedelta(days=1), timedelta(days=7)


def crowd(size: int, skill: str = "Guitar", name: str = "wanting") -> list[User]:
    """So many people who have just said that they want to learn it."""
    return [people.make_person(f"{name}{number}", wants=(skill,)) for number in range(size)]


def refresh(now=None) -> None:
    with transaction():
        trends.refresh_due(now or utcnow(), 1_000)


def put_in_area(area: str, *slugs: str) -> None:
    with transaction():
        for skill in db.session.scalars(select(Skill).where(Skill.slug.in_(slugs))):
            skill.category = area


def section(page: str, heading: str) -> str:
    """What stands in the section that is labelled by that id, as text."""
    found = re.search(rf'<section[^>]*labelledby="{heading}".*?</section>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def cards(page: str) -> list[str]:
    return re.findall(r'<article class="card mate" id="teacher-([\w-]+)"', page)


# -- skills ---------------------------------------------------------------------------------------


def test_what_rises_says_who_wants_and_teaches_it_and_how_much_more(browser, ada):
    crowd(6)
    people.make_person("tutor", offers=("Guitar",))
    refresh()
    page = browser().get("/explore").text
    assert "Guitar 6 want it, 1 teaches it 3 times the usual number" in section(page, "rising")
    assert 'href="/explore/skills/guitar"' in page
    assert re.search(r"The last 14 days, with \d people on the busiest", page)
    assert "Guitar" in section(browser().get("/explore?span=day").text, "rising")


def test_a_quiet_week_shows_the_one_before_and_says_so(browser, ada):
    crowd(6)
    refresh(utcnow() + WEEK + timedelta(hours=2))
    page = browser().get("/explore").text
    assert "A quiet week so far" in section(page, "rising")
    assert "Guitar" in section(page, "rising")
    assert "Nothing rises just now" in section(browser().get("/explore?span=day").text, "rising")


def test_a_new_place_has_nothing_to_show_and_says_what_would_be_there(browser, ben):
    for client in (browser(), browser(ben)):
        page = client.get("/explore")
        assert page.status_code == 200
        assert "Nothing rises just now" in section(page.text, "rising")
        assert "Nobody waits in vain" in section(page.text, "needed")


def test_where_teachers_are_missing_what_one_teaches_oneself_comes_first(browser, ada):
    crowd(4, "Chess", "c"), crowd(3, "Piano", "p")
    refresh()
    page = browser().get("/explore").text
    assert "Chess 4 people wait, nobody yet" in section(page, "needed")
    assert "Piano 3 people wait, 1 teacher" in section(page, "needed")
    mine = section(browser(ada).get("/explore").text, "needed")
    assert mine.index("Piano 3 people wait, you teach this Yours") < mine.index("Chess")


def test_whom_one_does_not_see_and_oneself_are_not_counted(browser, ada):
    me, other, *_rest = crowd(7)
    tutor = people.make_person("tutor", offers=("Guitar",))
    refresh()
    with transaction():
        safety.block(other, me.username, utcnow())
        safety.block(me, tutor.username, utcnow())
    assert "5 want it, nobody teaches it yet" in section(browser(me).get("/explore").text, "rising")
    assert "7 want it, 1 teaches it" in section(browser(ada).get("/explore").text, "rising")


def test_an_area_leaves_only_its_own(browser, ada):
    crowd(5), crowd(5, "Chess", "c")
    put_in_area("Music and sound", "guitar")
    refresh()
    page = browser(ada).get("/explore?area=music-and-sound").text
    assert "Explore Music and sound" in page
    for part in ("rising", "needed"):
        assert "Guitar" in section(page, part)
        assert "Chess" not in section(page, part)
    assert 'href="/explore?area=test"' in page
    unknown = browser(ada).get("/explore?area=nothing-such")
    assert "There is no such area" in unknown.text
    assert "Chess" in section(unknown.text, "rising")


def test_tutorials_that_three_people_keep_are_shown(browser, ada, ben, now):
    savers = crowd(3)
    kept = people.make_post(ada, title="Skies", kind=PostKind.TUTORIAL, skills=("Watercolour",))
    few = people.make_post(ada, title="Trees", kind=PostKind.TUTORIAL)
    general = people.make_post(ada, title="Hello")
    with transaction():
        rows = [(kept, savers), (few, savers[:2]), (general, savers)]
        for post, who in rows:
            for person in who:
                db.session.add(Bookmark(post_id=post.id, user_id=person.id, created_at=now))
    shown = section(browser(ben).get("/explore").text, "saved")
    assert "Skies" in shown
    assert "Trees" not in shown
    assert "Hello" not in shown
    assert "Skies" in section(browser().get("/explore?area=test").text, "saved")
    put_in_area("Music", "piano")
    assert section(browser().get("/explore?area=music").text, "saved") == ""
    with transaction():
        safety.block(ada, "ben", utcnow())
    assert section(browser(ben).get("/explore").text, "saved") == ""


def test_people_who_fit_stand_there_with_their_reasons(browser, ada, ben):
    page = browser(ben).get("/explore").text
    assert cards(page) == ["ada"]
    assert 'href="/people/ada/why' in page
    assert sorted(cards(browser().get("/explore").text)) == ["ada", "ben"]


def test_it_costs_the_same_for_2_and_20(browser, queries, ada, ben):
    client, counted = browser(ben), set()
    for batch, size in (("a", 2), ("b", 18)):
        for number in range(size):
            crowd(5, f"Skill {batch}{number}", f"{batch}{number}x")
        refresh(utcnow() + 11 * timedelta(minutes=len(counted) + 1))
        client.get("/explore")
        queries.clear()
        assert client.get("/explore").status_code == 200
        counted.add(len(queries))
    assert len(counted) == 1
    assert counted.pop() <= 10


# -- people ---------------------------------------------------------------------------------------


def test_people_stand_under_what_they_teach(browser, ada, ben, cy):
    put_in_area("Painting", "watercolour")
    page = browser(cy).get("/explore/people").text
    assert sorted(cards(page)) == ["ada", "ben"]
    page = browser(cy).get("/explore/people?area=painting").text
    assert cards(page) == ["ada"]
    assert "Who teaches in Painting" in page
    assert cards(browser().get("/explore/people?area=painting").text) == ["ada"]
    with transaction():
        pitches.pause(ada, until=None, now=utcnow())
    page = browser(cy).get("/explore/people?area=painting").text
    assert cards(page) == []
    assert "Nobody has room here just now" in page


def test_they_come_page_by_page(browser, ada):
    for number in range(45):
        people.make_person(f"tutor{number:02}", offers=("Guitar",))
    put_in_area("Music", "guitar")
    for headers in ({}, HTMX):
        client, url, seen = browser(ada), "/explore/people?area=music", []
        while url:
            page = client.get(url, headers=headers if seen else {}).text
            seen += cards(page)
            found = re.search(r'href="(/explore/people\?[^"]*after=[^"]*)"', page)
            url = found[1].replace("&amp;", "&") if found else None
        assert len(seen) == len(set(seen)) == 45


def newcomer(username: str, joined: timedelta = 5 * DAY, **columns: int) -> User:
    return people.make_person(username, offers=("Guitar",), joined=joined, **columns)


def test_newcomers_are_those_of_whom_one_hears_well(app, ada, now):
    newcomer("answers", answered_count=2)
    newcomer("leaves", answered_count=9, unanswered_count=1)
    newcomer("quiet")
    newcomer("old", 61 * DAY, answered_count=9)
    newcomer("rated", rating_count=3, rating_sum=15, rating_milli=5_000)
    newcomer("few", rating_count=2, rating_sum=10, rating_milli=5_000)
    newcomer("worse", rating_count=3, rating_sum=13, rating_milli=4_333)
    for reader in (None, ada):
        shown = newcomers.newcomers(reader, utcnow())
        assert {card.username for card in shown} == {"answers", "rated"}
    with transaction():
        safety.block(ada, "rated", now)
    assert [card.username for card in newcomers.newcomers(ada, utcnow())] == ["answers"]


def test_everybody_has_a_turn_among_the_newcomers(app, now):
    names = {newcomer(f"n{number}", answered_count=3).username for number in range(6)}
    days = [newcomers.newcomers(None, now + number * DAY) for number in range(40)]
    assert {card.username for day in days for card in day} == names
    assert all(len(day) == newcomers.SHOWN for day in days)


def test_the_people_page_costs_the_same_for_2_and_20(browser, queries, ben):
    client, counted = browser(ben), set()
    for batch, size in (("a", 2), ("b", 18)):
        for number in range(size):
            newcomer(f"{batch}{number}", answered_count=2)
        client.get("/explore/people")
        queries.clear()
        assert client.get("/explore/people").status_code == 200
        counted.add(len(queries))
    assert len(counted) == 1
    assert counted.pop() <= 7


def test_a_skill_of_which_nothing_is_counted_yet_is_no_trouble(ada):
    found = exploring.explored(ada, "", TrendSpan.WEEK, utcnow())
    assert (found.rising, found.needed) == ([], [])
    assert [area.slug for area in found.areas] == ["test"]
