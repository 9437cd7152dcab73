"""What do the pages show of writing about an exchange, and of being asked for one's name?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db
from skillswap.models import PartnerConsent, Post
from tests import written
from tests.conftest import HTMX

DAY = timedelta(days=1)
BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])


@pytest.fixture
def exchange(ada, ben, now):
    """Completed yesterday."""
    return written.completed(ada, ben, now)


def consent(post):
    return db.session.scalar(select(Post.partner_consent).where(Post.id == post.id))


def test_a_completed_exchange_offers_to_write_and_the_draft_stands_in_the_form(
    browser, ada, exchange
):
    one = browser(ada)
    page = one.get(f"/exchanges/{exchange.public_id}").text
    assert "Write about it" in page
    answer = one.post(f"/exchanges/{exchange.public_id}/write")
    assert answer.status_code == 303
    form = one.get(answer.location).text
    assert "1 session of **Watercolour** (1 hour)" in form
    assert "Name Ben Example when they agree" in form
    assert "Go on writing" in one.get(f"/exchanges/{exchange.public_id}").text


def test_a_running_exchange_offers_nothing(browser, ada, ben, now):
    running = written.people.make_exchange(ben, ada, now=now - DAY)
    one = browser(ada)
    assert "Write about it" not in one.get(f"/exchanges/{running.public_id}").text
    assert one.post(f"/exchanges/{running.public_id}/write").status_code == 409


def test_the_tick_in_the_form_asks_the_partner_who_answers_from_the_dashboard(
    browser, ada, ben, exchange
):
    author, partner = browser(ada), browser(ben)
    author.post(f"/exchanges/{exchange.public_id}/write")
    draft = db.session.scalars(select(Post)).one()
    form = {
        "kind": "achievement",
        "title": draft.title,
        "body": "We did it, slowly.",
        "client_key": draft.client_key,
        "may_name": "1",
        "named": "y",
    }
    assert author.post("/posts/new", data=form).status_code == 303
    asked = f"/posts/{draft.public_id}/naming"
    assert asked in partner.get("/dashboard").text
    assert asked in partner.get("/notifications").text
    page = partner.get(asked).text
    assert "May your name stand there?" in page
    assert "We did it, slowly." in page
    post = f"/posts/{draft.public_id}"
    assert "Ben Example" not in browser().get(post).text
    assert "is asked until" in author.get(f"/exchanges/{exchange.public_id}").text
    seen = db.session.scalars(select(Post.published_at)).one().isoformat()
    assert partner.post(f"{asked}/agree", data={"seen": seen}).status_code == 303
    assert "Ben Example" in browser().get(post).text
    assert "agreed to be named" in author.get(f"/exchanges/{exchange.public_id}").text
    assert asked not in partner.get("/dashboard").text


@BOTH
def test_who_has_read_other_words_is_shown_those_of_now(browser, ada, ben, now, headers):
    post = written.asked(ada, ben, now)
    url = f"/posts/{post.public_id}/naming/agree"
    answer = browser(ben).post(url, data={"seen": "before"}, headers=headers)
    assert answer.status_code == 409
    assert "Ada has changed the words meanwhile" in answer.text
    assert "May your name stand there?" in answer.text
    assert consent(post) is PartnerConsent.ASKED


def test_an_edit_without_the_tick_takes_the_name_off(browser, ada, ben, now):
    post = written.asked(ada, ben, now)
    written.agree(ben, post, now)
    author = browser(ada)
    page = author.get(f"/posts/{post.public_id}/edit").text
    assert "agreed to the words as they are" in page
    form = {
        "kind": "achievement",
        "title": post.title,
        "body": post.body,
        "skills": "watercolour",
        "version": str(db.session.get_one(Post, post.id).version),
        "may_name": "1",
    }
    assert author.post(f"/posts/{post.public_id}/edit", data=form).status_code == 303
    assert consent(post) is None


def test_after_a_no_the_form_has_no_tick(browser, ada, ben, now):
    post = written.asked(ada, ben, now)
    partner = browser(ben)
    partner.post(f"/posts/{post.public_id}/naming/refuse")
    page = partner.get(f"/posts/{post.public_id}/naming").text
    assert "Your name does not stand there" in page
    assert "when they agree" not in browser(ada).get(f"/posts/{post.public_id}/edit").text


@pytest.mark.parametrize("who", ["ada", "cy"])
def test_the_question_is_there_for_the_partner_alone(browser, ada, ben, cy, now, who):
    post = written.asked(ada, ben, now)
    reader = {"ada": ada, "cy": cy}[who]
    assert browser(reader).get(f"/posts/{post.public_id}/naming").status_code == 404


def test_the_page_of_the_question_costs_the_same_whatever_was_written(
    browser, ada, ben, now, queries
):
    post = written.asked(ada, ben, now)
    one = browser(ben)
    one.get(f"/posts/{post.public_id}/naming")
    queries.clear()
    one.get(f"/posts/{post.public_id}/naming")
    assert len(queries) <= 5
