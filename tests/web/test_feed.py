"""Home, the feed and its tabs, what one person has posted, with and without a script."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import follows, safety, skill_follows
from skillswap.lib.clock import utcnow
from skillswap.models import Follow, Post, PostKind, PostState
from tests import people
from tests.conftest import HTMX

MINUTE = timedelta(minutes=1)


def shown(page: str) -> list[str]:
    """The titles on a page, in their order."""
    return re.findall(r'<h2 id="title-[^"]*"><a [^>]*>([^<]*)</a>', page)


def more(page: str) -> str:
    """Where the link to more leads."""
    found = re.search(r'<article class="more[^>]*>\s*<a [^>]*href="([^"]*)"', page)
    return found[1].replace("&amp;", "&") if found else ""


def follow(person, other):
    with transaction():
        follows.follow(person, other.username, utcnow())


def post_some(author, count, **words):
    now = utcnow()
    for number in range(count):
        people.make_post(author, title=f"Post {number}", now=now - number * MINUTE, **words)


def test_who_follows_nobody_lands_on_for_you_with_reasons(browser, ada, ben):
    people.make_post(ada, title="Wet first", skills=("Watercolour",))
    for url in ("/", "/feed"):
        page = browser(ben).get(url).text
        assert shown(page) == ["Wet first"]
        assert "Here because you want to learn Watercolour" in page
        assert re.search(r'tab=for-you"[^>]*aria-current="page"', page)


def test_who_follows_somebody_lands_on_following(browser, ada, ben, cy):
    follow(ben, ada)
    people.make_post(ada, title="of Ada")
    people.make_post(cy, title="of Cy")
    page = browser(ben).get("/").text
    assert shown(page) == ["of Ada"]
    assert re.search(r'tab=following"[^>]*aria-current="page"', page)
    assert shown(browser(ben).get("/?tab=for-you").text) == ["of Cy", "of Ada"]


@pytest.mark.parametrize("url", ["/", "/feed"])
def test_a_tab_is_a_link_and_a_fragment(browser, ada, ben, url):
    follow(ben, ada)
    people.make_post(ada, title="Wet first")
    page = browser(ben).get(f"{url}?tab=for-you")
    assert page.text.count("<html") == 1
    part = browser(ben).get(f"{url}?tab=for-you", headers=HTMX)
    assert "<html" not in part.text
    assert 'id="feed-part"' in part.text
    assert shown(part.text) == shown(page.text) == ["Wet first"]
    assert f'href="{url}?tab=following"' in part.text


def test_all_posts_come_page_by_page_with_and_without_a_script(browser, ada, ben):
    follow(ben, ada)
    post_some(ada, 85)
    for headers in ({}, HTMX):
        client, url, seen, numbers = browser(ben), "/feed", [], []
        by_itself = []
        while url:
            page = client.get(url, headers=headers if seen else {}).text
            seen += shown(page)
            numbers += [int(one) for one in re.findall(r'aria-posinset="(\d+)"', page)]
            by_itself.append("click, revealed" in page)
            url = more(page)
        assert seen == [f"Post {number}" for number in range(85)]
        assert numbers == list(range(1, 86))
        assert by_itself == [True, True, True, False, False]


def test_an_empty_tab_helps_with_people_and_tutorials(browser, ada, ben, cy):
    people.make_post(ada, title="Ten minute sky", kind=PostKind.TUTORIAL, skills=("Watercolour",))
    page = browser(ben).get("/feed?tab=following").text
    assert "Nothing comes in yet" in page
    assert 'id="feed"' in page  # where the first post of one's own arrives
    assert "Teaches Watercolour" in page
    assert page.count('action="/people/ada/follow"') == 1
    assert "Ten minute sky" in page
    assert "Ada Example, about Watercolour" in page
    part = browser(ben).get("/feed?tab=following", headers=HTMX).text
    assert "Ten minute sky" in part


def test_somebody_is_followed_from_the_list_of_suggestions(browser, ada, ben):
    client = browser(ben)
    part = client.post("/people/ada/follow", data={"onward": "/"}, headers=HTMX)
    assert 'action="/people/ada/unfollow"' in part.text
    assert "Follow Ada Example no more" in part.text
    assert db.session.scalar(select(Follow.followee_id)) == ada.id
    assert client.post("/people/ada/unfollow", data={"onward": "/feed"}).location == "/feed"
    assert client.post("/people/ada/follow", data={"onward": "//evil"}).location == "/"


def test_suggested_are_people_who_teach_what_i_want_then_whom_my_people_follow(
    browser, ada, ben, cy
):
    dee = people.make_person("dee")
    follow(ben, cy)
    follow(cy, dee)
    page = browser(ben).get("/feed?tab=following").text
    names = re.findall(r'<a class="name" href="/people/(\w+)">', page)
    assert names[:2] == ["ada", "dee"]
    assert "Followed by Cy" in page
    with transaction():
        safety.mute(ben, "ada", utcnow())
        safety.block(dee, "ben", utcnow())
    page = browser(ben).get("/feed?tab=following").text
    assert "/people/ada" not in page
    assert "/people/dee" not in page


@pytest.mark.parametrize("tab", ["following", "for-you"])
def test_the_feed_costs_the_same_for_2_and_20(browser, queries, ada, ben, tab):
    follow(ben, ada)
    client, counted = browser(ben), set()
    client.get("/feed")
    for number in (2, 18):
        post_some(ada, number, skills=("Watercolour",))
        queries.clear()
        assert client.get(f"/feed?tab={tab}", headers=HTMX).status_code == 200
        counted.add(len(queries))
    assert len(counted) == 1
    assert counted.pop() <= 5  # one of the frame, four of the feed


def test_a_visitor_is_asked_to_log_in_for_the_feed(browser, app):
    assert browser().get("/feed").location == "/login?next=/feed"


def test_posts_of_a_person_are_for_everybody_and_hide_what_is_hidden(browser, ada, ben, now):
    people.make_post(ada, title="first", now=now - MINUTE)
    hidden = people.make_post(ada, title="hidden", now=now)
    with transaction():
        db.session.get_one(Post, hidden.id).state = PostState.HIDDEN
    for reader in (None, ben):
        assert shown(browser(reader).get("/people/ada/posts").text) == ["first"]
        profile = browser(reader).get("/people/ada").text
        assert "/people/ada/posts" in profile
        assert ">first</a>" in profile
        assert "hidden</a>" not in profile
    with transaction():
        safety.block(ada, "ben", now)
    assert browser(ben).get("/people/ada/posts").status_code == 404
    assert browser().get("/people/nobody/posts").status_code == 404
    assert "has not posted anything" in browser().get("/people/ben/posts").text


def test_the_skills_somebody_follows_stand_with_the_people(browser, ada, ben, now):
    with transaction():
        skill_follows.follow_skill(ben, "piano", now)
    page = browser(ada).get("/people/ben/following").text
    assert 'href="/explore/skills/piano"' in page
    assert "/explore/skills/" not in browser(ada).get("/people/ben/followers").text
