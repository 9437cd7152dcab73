"""The page of a skill: for everybody, and to follow."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import safety, trends
from skillswap.lib.clock import utcnow
from skillswap.models import PostKind, Skill, SkillFollow, SkillState
from tests import people
from tests.conftest import HTMX
from tests.web.test_feed import more, shown

MINUTE = timedelta(minutes=1)
URL = "/explore/skills/watercolour"
BOTH = pytest.mark.parametrize(("headers", "status"), [({}, 303), (HTMX, 200)])


def count():
    return db.session.scalar(select(func.count()).select_from(SkillFollow))


def test_it_says_who_teaches_it_who_wants_it_and_what_is_written(browser, ada, ben, now):
    for number in range(5):
        people.make_post(
            ada,
            title=f"Tutorial {number}",
            kind=PostKind.TUTORIAL,
            skills=("Watercolour",),
            now=now - number * MINUTE,
        )
    people.make_post(ada, title="Other", skills=("Watercolour",), now=now + MINUTE)
    people.make_post(ada, title="Elsewhere", skills=("Piano",), now=now)
    page = browser().get(URL).text
    assert "One person teaches it" in page
    assert 'href="/teachers?skill=watercolour"' in page
    assert "One person wants to learn it" in page
    assert shown(page) == ["Tutorial 0", "Tutorial 1", "Tutorial 2", "Other"]
    assert 'href="/explore/skills/piano"' in page  # near it
    assert 'href="/login?next=/explore/skills/watercolour"' in page
    tutorials = browser().get(f"{URL}?kind=tutorial").text
    assert shown(tutorials) == [f"Tutorial {number}" for number in range(5)]


def test_its_posts_come_page_by_page(browser, ada, now):
    for number in range(45):
        title = f"Post {number}"
        people.make_post(ada, title=title, skills=("Watercolour",), now=now - number * MINUTE)
    for headers in ({}, HTMX):
        url, seen = URL, []
        while url:
            page = browser().get(url, headers=headers if seen else {}).text
            seen += shown(page)
            url = more(page)
        assert seen == [f"Post {number}" for number in range(45)]


@BOTH
def test_a_skill_is_followed_once_and_no_more(browser, ada, ben, headers, status):
    client = browser(ben)
    for _click in range(2):
        assert client.post(f"{URL}/follow", headers=headers).status_code == status
    assert count() == 1
    assert f'action="{URL}/unfollow"' in client.get(URL).text
    answer = client.post(f"{URL}/unfollow", headers=headers)
    assert answer.status_code == status
    if headers:
        assert f'action="{URL}/follow"' in answer.text
    assert count() == 0


def test_people_and_skills_share_the_number_of_a_day(browser, ben):
    now = utcnow()
    with transaction():
        db.session.add_all(
            SkillFollow(user_id=ben.id, skill_id=people.make_skill(f"S {n}").id, created_at=now)
            for n in range(30)
        )
    people.make_person("last")
    people.make_skill("Watercolour")
    for url in ("/people/last/follow", f"{URL}/follow"):
        answer = browser(ben).post(url, headers=HTMX)
        assert "You have followed 30 people and skills in 24 hours" in answer.text
    assert count() == 30


def test_what_is_not_in_the_catalogue_is_not_there_and_merged_ones_lead_on(browser, ada, ben):
    other = people.make_skill("Aquarelle")
    proposed = people.make_skill("Knots")
    with transaction():
        into = db.session.scalar(select(Skill).where(Skill.slug == "watercolour"))
        row = db.session.get_one(Skill, other.id)
        row.state, row.merged_into_id = SkillState.MERGED, into.id
        db.session.get_one(Skill, proposed.id).state = SkillState.PROPOSED
    answer = browser().get("/explore/skills/aquarelle")
    assert (answer.status_code, answer.location) == (301, URL)
    for slug in ("knots", "nothing-such"):
        assert browser(ben).get(f"/explore/skills/{slug}").status_code == 404
        assert browser(ben).post(f"/explore/skills/{slug}/follow").status_code == 404


def test_people_one_does_not_see_are_not_counted_there(browser, ada, ben):
    people.make_post(ada, title="of Ada", skills=("Watercolour",))
    with transaction():
        safety.block(ada, "ben", utcnow())
    page = browser(ben).get(URL).text
    assert shown(page) == []
    assert "Nobody teaches it yet" in page


def test_it_shows_who_has_room_who_waits_and_how_it_went(browser, ada, ben):
    for number in range(5):
        people.make_person(f"wanting{number}", wants=("Watercolour",), headline=f"No. {number}")
    with transaction():
        trends.refresh_due(utcnow(), 100)
    page = browser(ben).get(URL).text
    assert 'id="teacher-ada"' in page
    assert 'href="/people/ada/why?skill=watercolour"' in page
    assert 'href="/people/wanting0"' in page
    assert 'href="/people/ben"' not in page.partition('id="waiting"')[2].partition("</section>")[0]
    assert "more people than usual this week" in page
    assert re.search(r'aria-label="People who did something about it, day by day: [0-9, ]+"', page)
    assert "<td" in page
    assert "Teach it" in page
    assert "Teach it" not in browser(ada).get(URL).text
    visitor = browser().get(URL).text
    assert 'id="teacher-ada"' in visitor
    assert 'id="waiting"' not in visitor
    with transaction():
        safety.block(ada, "ben", utcnow())
        safety.block(ben, "wanting0", utcnow())
    page = browser(ben).get(URL).text
    assert 'id="teacher-ada"' not in page
    assert 'href="/people/wanting0"' not in page


def test_it_costs_the_same_for_2_and_20(browser, queries, ada, ben):
    client, counted = browser(ben), set()
    client.get(URL)
    for number in (2, 18):
        for n in range(number):
            kind = PostKind.TUTORIAL if n % 2 else PostKind.GENERAL
            people.make_post(ada, title=str(n), kind=kind, skills=("Watercolour",))
        queries.clear()
        assert client.get(URL).status_code == 200
        counted.add(len(queries))
    assert len(counted) == 1
    assert counted.pop() <= 13


def test_chips_of_posts_and_lines_of_profiles_lead_to_it(browser, ada, ben):
    people.make_post(ben, skills=("Watercolour",))
    assert re.search(rf'<a class="chip[^>]*href="{URL}"', browser(ada).get("/").text)
    assert f'href="{URL}"' in browser().get("/people/ada").text
