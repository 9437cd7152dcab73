"""What does the session's page say is to be prepared, and what does the form answer?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from skillswap.db import transaction
from skillswap.domain import learning_sessions
from tests import people
from tests.conftest import HTMX

DAY = timedelta(days=1)
BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])


@pytest.fixture
def key(ada, ben, now):
    """Ada teaches ben, the day after tomorrow."""
    exchange = people.make_exchange(ben, ada, now=now - 20 * DAY)
    return people.make_session(ada, exchange, now=now).public_id


@BOTH
def test_what_the_teacher_writes_is_asked_of_the_learner(browser, ada, ben, key, headers):
    form = {"body": "A <b>round</b> brush\n\nPaper", "version": "0"}
    answer = browser(ada).post(f"/sessions/{key}/prepare", data=form, headers=headers)
    if headers:
        assert (answer.status_code, "<html" in answer.text) == (200, False)
        assert f'id="prepare-{key}"' in answer.text
    else:
        assert (answer.status_code, answer.location) == (303, f"/sessions/{key}")
    assert "You ask Ben to bring" in browser(ada).get(f"/sessions/{key}").text
    page = browser(ben).get(f"/sessions/{key}").text
    assert "Ada asks you to bring" in page
    assert "<p>A &lt;b&gt;round&lt;/b&gt; brush</p><p>Paper</p>" in page


def test_what_the_learner_writes_names_nobody_in_its_title(browser, ada, ben, key):
    browser(ben).post(f"/sessions/{key}/prepare", data={"body": "My sketches", "version": "0"})
    page = browser(ada).get(f"/sessions/{key}").text
    assert "To prepare" in page
    assert "Ben wrote last" in page
    assert "asks you to bring" not in page


@BOTH
def test_when_the_other_was_quicker_both_texts_stand_there(browser, ada, ben, key, now, headers):
    with transaction():
        learning_sessions.prepare_session(ada, key, body="A brush", version=0, now=now)
    form = {"body": "Paper & ink", "version": "0"}
    answer = browser(ben).post(f"/sessions/{key}/prepare", data=form, headers=headers)
    assert answer.status_code == 409
    assert "Ada has changed this while you wrote." in answer.text
    assert "A brush" in answer.text
    assert "Paper &amp; ink" in answer.text
    one = learning_sessions.session_of(ben, key)
    version = learning_sessions.preparation_of(one).version
    assert f'name="version" value="{version}"' in answer.text
    form["version"] = str(version)
    assert browser(ben).post(f"/sessions/{key}/prepare", data=form).status_code == 303


@BOTH
def test_the_form_opens_with_what_stands_there(browser, ada, ben, key, now, headers):
    with transaction():
        learning_sessions.prepare_session(ada, key, body="A brush", version=0, now=now)
    answer = browser(ben).get(f"/sessions/{key}/prepare", headers=headers)
    assert answer.status_code == 200
    assert "A brush</textarea>" in answer.text
    assert ("<html" in answer.text) is not bool(headers)


def test_once_it_is_off_the_form_is_gone_and_an_old_one_is_answered_409(browser, ada, key, now):
    with transaction():
        learning_sessions.cancel_session(ada, key, reason="A cold", now=now)
    client = browser(ada)
    assert f"/sessions/{key}/prepare" not in client.get(f"/sessions/{key}").text
    assert client.get(f"/sessions/{key}/prepare").location == f"/sessions/{key}"
    form = {"body": "A brush", "version": "0"}
    assert client.post(f"/sessions/{key}/prepare", data=form).status_code == 409


def test_strangers_and_visitors_find_no_form(browser, cy, key):
    assert browser(cy).get(f"/sessions/{key}/prepare").status_code == 404
    assert browser().get(f"/sessions/{key}/prepare").location.startswith("/login")
