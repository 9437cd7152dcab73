"""Do the pages show what is said, what comes next, and no decline before its time?"""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest

from skillswap.db import db, transaction
from skillswap.domain import pitches
from skillswap.models import DeclineReason, Pitch, PitchState, User
from tests import people
from tests.conftest import HTMX

DAY = timedelta(days=1)


def url(pitch: Pitch, tail: str = "") -> str:
    return f"/pitches/{pitch.public_id}" + (f"/{tail}" if tail else "")


def text(answer) -> str:
    """What a person reads of the main part, in one line."""
    main = answer.text.partition("<main")[2].partition("</main>")[0] or answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def state_of(pitch: Pitch) -> PitchState:
    return db.session.get_one(Pitch, pitch.id, populate_existing=True).state


def decline(ada: User, pitch: Pitch, at) -> None:
    with transaction():
        pitches.decline_pitch(ada, pitch.public_id, reason=DeclineReason.NO_TIME, now=at)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_a_question_and_its_reply_stand_on_the_page_of_both(browser, ada, ben, headers):
    pitch = people.make_pitch(ben, ada)
    asked = browser(ada).post(url(pitch, "ask"), data={"body": "Which <one>?"}, headers=headers)
    assert asked.status_code == (200 if headers else 303)
    his = browser(ben).get(url(pitch))
    assert "Ada asked" in text(his)
    assert "Which &lt;one&gt;?" in his.text
    assert "Send reply" in his.text
    assert "Reply by" in text(browser(ben).get("/pitches"))
    replied = browser(ben).post(url(pitch, "reply"), data={"body": "The blue."}, headers=headers)
    assert replied.status_code == (200 if headers else 303)
    hers = text(browser(ada).get(url(pitch)))
    assert "Ben replied" in hers
    assert "The blue." in hers
    assert "Your answer" in hers


def test_the_learner_sees_a_pending_pitch_until_the_decline_is_told(browser, ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now - DAY)
    browser(ada).post(url(pitch, "decline"), data={"reason": "no_time"})
    assert "Undo" in text(browser(ada).get(url(pitch)))
    page = browser(ben).get(url(pitch))
    assert 'data-state="pending"' in page.text
    assert "declined" not in text(page).lower()
    assert "Undo" not in text(page)
    assert pitch.public_id in browser(ben).get("/pitches/sent").text
    assert pitch.public_id not in browser(ben).get("/pitches/closed").text
    assert "declined" not in text(browser(ben).get("/notifications"))
    compose = browser(ben).get("/people/ada/pitch").text
    assert "(asked already)" in compose
    assert "declined lately" not in compose
    withdrawn = browser(ben).post(url(pitch, "withdraw"))
    assert withdrawn.status_code == 409
    assert "being answered just now" in withdrawn.text


def test_undo_brings_the_answers_back(browser, ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now - DAY)
    browser(ada).post(url(pitch, "decline"), data={"reason": "no_time"})
    answer = browser(ada).post(url(pitch, "undo"), headers=HTMX)
    assert answer.status_code == 200
    assert "Accept pitch" in answer.text
    assert state_of(pitch) is PitchState.PENDING


def test_after_a_no_up_to_three_others_with_room_are_offered(browser, ada, ben, cy, now):
    for number in range(5):
        people.make_person(f"painter{number}", offers=("Watercolour",))
    full = people.make_person("full", offers=("Watercolour",), places=0, rating_rank=4_900)
    pitch = people.make_pitch(ben, ada, now=now - 2 * DAY)
    decline(ada, pitch, now - DAY)
    page = browser(ben).get(url(pitch))
    assert "They teach Watercolour too, and have room" in text(page)
    offered = set(re.findall(r'href="/people/([\w-]+)/pitch', page.text))
    assert len(offered) == 3
    assert full.username not in offered
    assert ada.username not in offered
    assert "have room" not in text(browser(ada).get(url(pitch)))


def test_a_last_word_is_offered_once(browser, ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now - 2 * DAY)
    decline(ada, pitch, now - DAY)
    assert "last word" in text(browser(ben).get(url(pitch)))
    browser(ben).post(url(pitch, "last-word"), data={"body": "Thank you all the same."})
    assert "Have a last word" not in text(browser(ben).get(url(pitch)))
    assert "Thank you all the same." in text(browser(ada).get(url(pitch)))


def test_a_yes_offers_to_withdraw_the_siblings(browser, ada, ben):
    dee = people.make_person("dee", offers=("Watercolour",))
    mine, other = people.make_pitch(ben, ada), people.make_pitch(ben, dee)
    browser(ada).post(url(mine, "accept"))
    assert "Withdraw this pitch too" in text(browser(ben).get(url(mine)))
    assert "Withdraw this pitch too" not in text(browser(ada).get(url(mine)))
    assert browser(ben).post(url(mine, "withdraw-siblings"), headers=HTMX).status_code == 200
    assert state_of(other) is PitchState.WITHDRAWN


def test_a_break_hides_a_teacher_and_one_click_returns(browser, ada, ben, now):
    day = (now + 9 * DAY).date()
    assert browser(ada).post("/settings/pause", data={"until": day}).status_code == 303
    assert "You take no new pitches until" in text(browser(ada).get("/pitches"))
    assert "/people/ada" not in browser(ben).get("/teachers").text
    profile = browser(ben).get("/people/ada")
    assert "takes no new pitches until" in text(profile)
    assert "/people/ada/pitch" not in profile.text
    assert "takes no new pitches until" in text(browser(ben).get("/people/ada/pitch"))
    browser(ada).post("/settings/resume")
    assert "/people/ada/pitch" in browser(ben).get("/people/ada").text


def test_switching_teaching_off_closes_the_pitches(browser, ada, ben):
    pitch = people.make_pitch(ben, ada)
    form = {"first_name": "Ada", "username": "ada", "roles": "learn", "bio": ada.bio}
    form |= {"timezone": ada.timezone, "languages": "en", "theme": ""}
    assert browser(ada).post("/settings/profile", data=form).status_code == 303
    assert state_of(pitch) is PitchState.CLOSED
    assert "not taught any more" in text(browser(ben).get(url(pitch)))


def test_answers_are_shown_on_card_and_profile_from_three_on(browser, ada, ben):
    for answered, shown in ((1, False), (2, True)):
        with transaction():
            teacher = db.session.get_one(User, ada.id)
            teacher.answered_count, teacher.unanswered_count = answered, 1
            teacher.reply_minutes = 2_000
        words = f"Answers {answered} of {answered + 1}, usually within 3 days"
        for page in ("/people/ada", "/teachers"):
            assert (words in text(browser(ben).get(page))) is shown


def test_a_pitch_with_everything_on_its_page_costs_the_same_few_statements(
    browser, queries, ada, ben, now
):
    for number in range(3):
        people.make_person(f"painter{number}", offers=("Watercolour",))
    pitch = people.make_pitch(ben, ada, now=now - 3 * DAY)
    with transaction():
        pitches.ask(ada, pitch.public_id, body="Which?", now=now - 3 * DAY)
    with transaction():
        pitches.reply(ben, pitch.public_id, body="This.", now=now - 2 * DAY)
    decline(ada, pitch, now - DAY)
    client = browser(ben)
    client.get(url(pitch))
    queries.clear()
    assert client.get(url(pitch)).status_code == 200
    assert len(queries) <= 6
