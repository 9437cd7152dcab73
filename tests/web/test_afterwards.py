"""What do the pages about outcomes, marks, contests and records show and answer?"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import contests, deciding, learning_sessions, safety
from skillswap.models import Contest, LearningSession, OutcomeAnswer, Presence
from tests import people
from tests.conftest import HTMX

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HAPPENED, MISSED, COULD_NOT, AGREED = OutcomeAnswer
BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])


@pytest.fixture
def mo(app):
    return people.mo()


@pytest.fixture
def exchange(ada, ben, now):
    return people.make_exchange(ben, ada, now=now - 20 * DAY)


@pytest.fixture
def over(ada, exchange, now):
    return met(ada, exchange, now - DAY)


def met(person, exchange, at):
    """A session agreed three days before."""
    start = people.next_quarter(at)
    return people.make_session(person, exchange, start=start, now=at - 3 * DAY).public_id


def say(person, key, answer, at):
    with transaction():
        learning_sessions.give_outcome(person, key, answer=answer, now=at)


def missed(waits, exchange, at):
    """The other did not come, and stayed silent; settled long ago."""
    key = met(waits, exchange, at)
    say(waits, key, MISSED, at + 2 * HOUR)
    with transaction():
        learning_sessions.settle_due(at + 4 * DAY, 99)
    return key


def url(key, tail=""):
    return f"/sessions/{key}{tail}"


def row(key):
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(LearningSession).where(LearningSession.public_id == key))


def text_of(html):
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace(" ,", ",").replace(" .", ".")


# -- the question ---------------------------------------------------------------------------------


def test_the_question_offers_what_makes_sense_by_now(browser, ada, ben, exchange, over, now):
    for tail in ("", "/outcome"):
        page = browser(ben).get(url(over, tail)).text
        assert re.findall(r'name="answer" value="(\w+)"', page) == [
            "happened",
            "they_did_not_come",
            "i_could_not_come",
            "agreed_not_to",
        ]
    running = met(ada, exchange, now - timedelta(minutes=30))
    page = browser(ben).get(url(running)).text
    assert "Join the call" in page
    assert 'value="they_did_not_come"' in page
    assert 'value="happened"' not in page


@BOTH
@pytest.mark.parametrize(
    ("answer", "mine", "theirs"),
    [
        (HAPPENED, "You said it happened. Ada is asked too.", "Ben says it happened."),
        (MISSED, "You said that Ada did not come.", "Ben says you did not come."),
        (COULD_NOT, "You did not come to this session.", "Ben did not come to this session."),
        (AGREED, "You said you two agreed not to meet.", "Ben says you two agreed not to meet."),
    ],
    ids=["happened", "missed", "could not", "agreed"],
)
def test_each_answer_is_read_by_both(browser, ada, ben, over, headers, answer, mine, theirs):
    said = browser(ben).post(url(over, "/outcome"), data={"answer": answer}, headers=headers)
    assert said.status_code == (200 if headers else 303)
    for person, words in ((ben, mine), (ada, theirs)):
        for tail in ("", "/outcome"):
            if answer is COULD_NOT and tail:
                words = "There is nothing to answer any more."
            assert words in text_of(browser(person).get(url(over, tail)).text)
    again = browser(ben).post(url(over, "/outcome"), data={"answer": answer}, headers=headers)
    assert again.status_code == 409


@BOTH
@pytest.mark.parametrize("typed", ["", "perhaps"])
def test_no_answer_or_no_answer_of_ours_comes_back(browser, ben, over, headers, typed):
    answer = browser(ben).post(url(over, "/outcome"), data={"answer": typed}, headers=headers)
    assert answer.status_code == 422
    assert "Choose one of the answers." in answer.text


def test_an_answer_can_be_changed_on_the_page(browser, ada, ben, over):
    client = browser(ben)
    client.post(url(over, "/outcome"), data={"answer": "they_did_not_come"})
    page = client.get(url(over)).text
    assert "Change your answer" in page
    assert re.search(r'value="they_did_not_come" required checked', page)
    client.post(url(over, "/outcome"), data={"answer": "agreed_not_to"})
    assert "Ben says you two agreed not to meet." in text_of(browser(ada).get(url(over)).text)


def test_who_remember_it_differently_see_both_answers(browser, ada, ben, over, now):
    say(ada, over, HAPPENED, now)
    say(ben, over, MISSED, now)
    for tail in ("", "/outcome"):
        page = browser(ben).get(url(over, tail)).text
        read = text_of(page)
        assert "You two remember it differently" in read
        assert "You say They did not come Ada says It happened" in read
        assert f"/report?about=session&amp;key={over}" in page
    for path in ("/sessions/past", "/dashboard", "/exchanges"):
        assert url(over, "/outcome") in browser(ben).get(path).text, path
    report = browser(ben).get(f"/report?about=session&key={over}")
    assert report.status_code == 200
    done = browser(ben).post(url(over, "/outcome"), data={"answer": "happened"})
    assert done.status_code == 303
    assert "You both kept it" in browser(ada).get(url(over)).text


def test_the_page_says_who_opened_the_call(browser, ada, ben, over, now):
    session_id = row(over).id
    with transaction():
        db.session.add(
            Presence(learning_session_id=session_id, user_id=ben.id, joined_at=now - DAY)
        )
    assert re.search(
        r"You joined at \d\d:\d\d\. Ada did not\.",
        text_of(browser(ben).get(url(over)).text),
    )
    assert re.search(
        r"Ben joined at \d\d:\d\d\. You did not\.",
        text_of(browser(ada).get(url(over, "/outcome")).text),
    )


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ((AGREED, AGREED), "It did not take place, and nobody has a mark."),
        ((HAPPENED, MISSED), "You two remembered it differently for 7 days"),
    ],
    ids=["agreed", "disputed"],
)
def test_what_is_settled_says_how(browser, ada, ben, exchange, now, answers, words):
    key = met(ada, exchange, now - 9 * DAY)
    for person, answer in zip((ada, ben), answers, strict=True):
        say(person, key, answer, now - 8 * DAY)
    for person in (ada, ben):
        assert words in text_of(browser(person).get(url(key)).text)


def test_before_it_begins_there_is_nothing_to_say(browser, ada, exchange, now):
    key = met(ada, exchange, now + 2 * DAY)
    assert "It has not begun yet." in browser(ada).get(url(key, "/outcome")).text
    answer = browser(ada).post(url(key, "/outcome"), data={"answer": "i_could_not_come"})
    assert answer.status_code == 409


# -- marks ----------------------------------------------------------------------------------------


@BOTH
def test_a_mark_is_forgiven_by_the_partner(browser, ada, ben, exchange, now, headers):
    key = missed(ada, exchange, now - 5 * DAY)
    assert "Forgive it" in browser(ada).get(url(key)).text
    assert "Forgive it" not in browser(ben).get(url(key)).text
    answer = browser(ada).post(url(key, "/forgive"), headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert "Forgiven" in browser(ben).get(url(key)).text
    assert "Forgiven" in browser(ben).get("/record").text
    assert browser(ada).post(url(key, "/forgive"), headers=headers).status_code == 409
    assert browser(ben).post(url(key, "/forgive"), headers=headers).status_code == 404


@BOTH
def test_a_mark_is_contested_by_its_owner(browser, ada, ben, cy, exchange, now, headers):
    key = missed(ada, exchange, now - 5 * DAY)
    body = "The tram stood <b>still</b>."
    for person in (ada, cy):
        assert browser(person).get(url(key, "/contest")).status_code == 404
    empty = browser(ben).post(url(key, "/contest"), data={"body": " "}, headers=headers)
    assert (empty.status_code, "This is needed." in empty.text) == (422, True)
    long = browser(ben).post(url(key, "/contest"), data={"body": "x" * 1_001}, headers=headers)
    assert (long.status_code, "x" * 1_001 in long.text) == (422, True)
    answer = browser(ben).post(url(key, "/contest"), data={"body": body}, headers=headers)
    assert answer.headers.get("HX-Location" if headers else "Location") == "/record"
    assert browser(ben).post(url(key, "/contest"), data={"body": body}).status_code == 409
    assert "Contested, counts nothing" in browser(ben).get("/record").text
    page = browser(ada).get(url(key)).text
    assert "The tram stood &lt;b&gt;still&lt;/b&gt;." in page
    assert "It was a misunderstanding" in page
    browser(ada).post(url(key, "/forgive"))
    assert db.session.scalars(select(Contest.state)).one() == "agreed"


def test_no_mark_no_page_to_contest_it(browser, ben, over):
    assert browser(ben).get(url(over, "/contest")).status_code == 404
    assert browser(ben).post(url(over, "/forgive")).status_code == 404


# -- your record ----------------------------------------------------------------------------------


def test_a_record_without_marks_says_so(browser, ada):
    page = text_of(browser(ada).get("/record").text)
    assert "No marks" in page
    assert "0 of 0 kept" in page
    assert browser().get("/record").location.startswith("/login")


def test_a_record_lists_marks_with_what_they_count(browser, queries, ada, ben, exchange, now):
    missed(ada, exchange, now - 6 * DAY)
    say(ben, met(ada, exchange, now - DAY), COULD_NOT, now)
    late = people.make_session(
        ben, exchange, start=people.next_quarter(now + 5 * HOUR), now=now - DAY
    )
    with transaction():
        learning_sessions.cancel_session(ben, late.public_id, reason="A cold", now=now)
    client = browser(ben)
    queries.clear()
    page = text_of(client.get("/record").text)
    assert len(queries) <= 7
    order = ["Cancelled late, Watercolour", "Could not come, Watercolour", "Did not come, Water"]
    assert [page.index(words) for words in order] == sorted(page.index(words) for words in order)
    assert "What others see as “Kept 0 of 2”" in page
    assert (page.count("Counts ½"), page.count("Counts 1")) == (2, 1)
    assert "Ada said so, you were silent for 72 hours." in page
    assert "5 hours before." in page
    # the same fact, for everybody
    assert "Kept 0 of 2" in browser().get("/people/ben").text
    assert "Kept 0 of 2" in browser(ada).get("/people/ben").text


def test_a_long_record_goes_on_where_it_stopped(browser, ada, ben, exchange, now):
    with transaction():
        for person in (ada, ben):
            db.session.merge(person).daily_sessions = 99
    keys = [missed(ada, exchange, now - 18 * DAY + number * 3 * HOUR) for number in range(22)]
    client = browser(ben)
    first = client.get("/record").text
    more = re.search(r'hx-get="(/record[^"]+)"', first).group(1).replace("&amp;", "&")
    rest = client.get(more, headers=HTMX).text
    assert re.findall(r'id="mark-([^"]{12})"', first + rest) == keys[::-1]
    assert "<html" not in rest


def test_after_a_block_a_mark_can_still_be_contested(browser, ada, ben, exchange, now):
    key = missed(ada, exchange, now - 5 * DAY)
    with transaction():
        safety.block(ada, "ben", now)
    client = browser(ben)
    page = client.get("/record").text
    assert "Ada" not in page
    assert client.get(url(key)).status_code == 404
    assert "Ada" not in client.get(url(key, "/contest")).text
    assert client.post(url(key, "/contest"), data={"body": "I was there."}).status_code == 303


def test_three_missed_sessions_stand_before_the_form_of_a_pitch(browser, ada, ben, exchange, now):
    for days in (12, 9, 6):
        missed(ada, exchange, now - days * DAY)
    dee = people.make_person("dee", offers=("Origami",))
    page = browser(ben).get(f"/people/{dee.username}/pitch").text
    assert "Three sessions were missed in 180 days" in page
    form = {"skill": "origami", "body": people.BODY, "days": "14"}
    answer = browser(ben).post(f"/people/{dee.username}/pitch", data=form)
    assert answer.status_code == 422
    assert people.BODY in answer.text
    assert "new pitches rest until" in browser(ben).get("/record").text


def test_who_reads_a_pitch_reads_what_the_other_kept(browser, ada, ben, exchange, now):
    for days in (9, 7, 5):
        key = met(ada, exchange, now - days * DAY)
        for person in (ada, ben):
            say(person, key, HAPPENED, now - days * DAY + 2 * HOUR)
    pitch = people.make_pitch(ben, ada, "piano")
    for person in (ada, ben):
        assert "Kept 3 of 3" in browser(person).get(f"/pitches/{pitch.public_id}").text
    assert "Kept 3 of 3" in browser(ben).get("/people/ada/pitch").text


# -- staff ----------------------------------------------------------------------------------------


def contested(ada, ben, exchange, now, days=5):
    key = missed(ada, exchange, now - days * DAY)
    with transaction():
        return contests.contest(ben, key, body="I was there.", now=now).public_id


def test_contests_are_for_staff_alone(browser, ada, ben, mo, exchange, now):
    key = contested(ada, ben, exchange, now)
    for path in ("/moderation/contests", f"/moderation/contests/{key}"):
        for client in (browser(ben), browser()):
            assert client.get(path).status_code == 404
        assert browser(mo).get(path).status_code == 200
    assert browser(ben).post(f"/moderation/contests/{key}").status_code == 404


def test_the_queue_and_its_count_hold_the_same(browser, queries, ada, ben, mo, exchange, now):
    client = browser(mo)
    assert "Nothing waits" in client.get("/moderation/contests").text
    contested(ada, ben, exchange, now, 5)

    def cost():
        queries.clear()
        page = client.get("/moderation/contests").text
        return len(queries), page.count("Decide by")

    few = cost()
    contested(ada, ben, exchange, now, 8)
    more = cost()
    assert (few[0], few[1], more[1]) == (more[0], 1, 2)
    tabs = re.search(r'<nav class="tabs".*?</nav>', client.get("/moderation").text, re.DOTALL)
    assert "Contested marks 2" in text_of(tabs.group())


@BOTH
def test_a_moderator_decides_with_a_word(browser, ada, ben, mo, exchange, now, headers):
    key = contested(ada, ben, exchange, now)
    path = f"/moderation/contests/{key}"
    page = text_of(browser(mo).get(path).text)
    assert "Ben Example did not come" in page
    assert "I was there." in page
    assert "“They did not come”. Did not join." in page
    empty = browser(mo).post(path, data={"decision": "Typed with care"}, headers=headers)
    assert (empty.status_code, "Typed with care" in empty.text) == (422, True)
    form = {"verdict": "upheld", "decision": "You both opened the call."}
    done = browser(mo).post(path, data=form, headers=headers)
    assert done.headers.get("HX-Location" if headers else "Location") == "/moderation/contests"
    assert browser(mo).post(path, data=form, headers=headers).status_code == 409
    assert "Taken off by a moderator" in browser(ben).get("/record").text
    assert "Taken off by a moderator" in browser(mo).get(path).text
    case = deciding.case_of(mo, key, now)
    assert case.contest.decision == "You both opened the call."
