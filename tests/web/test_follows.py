"""Following people from their pages."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import follows, safety
from skillswap.lib.clock import utcnow
from skillswap.models import Event, Follow, Notification
from tests import people
from tests.conftest import HTMX

BOTH = pytest.mark.parametrize(("headers", "status"), [({}, 303), (HTMX, 200)])


def count(table=Follow):
    return db.session.scalar(select(func.count()).select_from(table))


@BOTH
def test_following_is_told_once_and_can_be_ended(browser, ada, ben, headers, status):
    for _click in range(2):
        answer = browser(ben).post("/people/ada/follow", headers=headers)
        assert answer.status_code == status
    assert count() == 1
    assert count(Notification) == 1
    assert "follows you" in browser(ada).get("/notifications").text
    assert "1 follower<" in browser(ada).get("/people/ada").text
    page = browser(ben).get("/people/ada").text
    assert "press to end it" in page
    answer = browser(ben).post("/people/ada/unfollow", headers=headers)
    assert answer.status_code == status
    if headers:
        assert "press to end it" not in answer.text
    assert count() == 0


def test_nobody_follows_themselves_or_whom_they_cannot_see(browser, ada, ben):
    assert browser(ben).post("/people/ben/follow").status_code == 404
    assert browser(ben).post("/people/nobody/follow").status_code == 404
    with transaction():
        follows.follow(ben, "ada", utcnow())
        follows.follow(ada, "ben", utcnow())
    with transaction():
        safety.block(ada, "ben", utcnow())
    assert count() == 0
    assert browser(ben).post("/people/ada/follow").status_code == 404


def test_a_day_has_its_limit_and_says_so(browser, ben):
    for number in range(30):
        with transaction():
            follows.follow(ben, people.make_person(f"p{number}").username, utcnow())
    people.make_person("last")
    answer = browser(ben).post("/people/last/follow", headers=HTMX)
    assert "You have followed 30 people and skills in 24 hours" in answer.text
    assert count() == 30


def test_the_lists_cost_the_same_for_2_and_20(browser, queries, ada, ben):
    def cost(number):
        for each in range(number):
            with transaction():
                person = people.make_person(f"p{number}x{each}")
                follows.follow(person, "ada", utcnow())
        client = browser(ben)
        client.get("/")
        queries.clear()
        page = client.get("/people/ada/followers")
        assert page.status_code == 200
        return len(queries)

    assert cost(2) == cost(18) <= 3
    assert "P2x1" in browser(None).get("/people/ada/followers").text
    assert browser(ada).get("/people/ben/following").status_code == 200


def test_a_follow_tells_of_the_one_who_follows(browser, ada, ben):
    browser(ben).post("/people/ada/follow")
    event = db.session.scalars(select(Event).where(Event.kind == "follow.made")).one()
    assert event.actor_id == ben.id
    assert event.audience == [ada.id]
