"""What do the pages about ratings show and answer, to whom, and when?"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text

from skillswap.db import db, transaction
from skillswap.domain import learning_sessions, live, ratings, safety
from skillswap.domain.ratings.reading import Filters, page_query
from skillswap.models import LearningSession, OutcomeAnswer, RatedRole, Rating, RatingState
from tests import casework, people
from tests.conftest import HTMX

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
WORDS = "Patient, and <b>very</b> funny."
FORM = {"stars": "4", "tags": ["fun", "on_time"], "body": WORDS, "meet_again": "yes"}


@pytest.fixture
def exchange(ada, ben, now):
    return people.make_exchange(ben, ada, offered="spanish", now=now - 29 * DAY)


@pytest.fixture
def kept(ada, exchange, now):
    return met(ada, exchange, now - DAY)


def met(person, exchange, at, *, kept=True):
    """A session that both say happened, an hour after it ended."""
    start = people.next_quarter(at)
    key = people.make_session(person, exchange, start=start, now=at - 3 * DAY).public_id
    for who in (person, exchange.partner_of(person)) if kept else ():
        with transaction():
            learning_sessions.give_outcome(
                who, key, answer=OutcomeAnswer.HAPPENED, now=start + 2 * HOUR
            )
    return key


def rate(person, key, now, stars=5, **words):
    with transaction():
        return ratings.rate_session(person, key, stars=stars, now=now, **words).public_id


def url(key, tail="/rate"):
    return f"/sessions/{key}{tail}"


def rows():
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Rating).order_by(Rating.id)).all()


def text_of(html):
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace(" ,", ",").replace(" .", ".")


# -- giving one -----------------------------------------------------------------------------------


def test_no_star_is_chosen_beforehand(browser, ben, kept):
    page = browser(ben).get(url(kept)).text
    stars = re.findall(r'<input type="radio" id="stars-(\d)"[^>]*>', page)
    assert stars == ["5", "4", "3", "2", "1"]
    assert not re.search(r'id="stars-\d"[^>]*checked', page)
    assert re.findall(r'class="sr">(\d stars?)<', page)[0] == "5 stars"


@BOTH
def test_a_rating_is_sealed_and_only_its_author_reads_it(browser, ada, ben, kept, headers):
    answer = browser(ben).post(url(kept), data=FORM, headers=headers)
    assert answer.status_code == (200 if headers else 303)
    mine = browser(ben).get(url(kept)).text
    assert "Patient, and &lt;b&gt;very&lt;/b&gt; funny." in mine
    assert "Your rating of Ada" in text_of(mine)
    assert re.search(r"Ada has until \w+ \d+ \w+", text_of(mine))
    before = browser(ada).get(url(kept)).text
    assert "funny" not in before
    assert "How was it with Ben?" in before


def test_the_partner_s_pages_are_the_same_before_and_after_it(browser, ada, ben, kept, now):
    paths = (url(kept), url(kept, ""), "/dashboard", "/", "/people/ada/ratings", "/people/ada")
    client = browser(ada)

    def read():
        return [
            re.sub(r"\d+ minutes? ago|\d\d:\d\d", "", text_of(client.get(p).text)) for p in paths
        ]

    client.get("/")  # where the badge of that session is said, once
    before = read()
    rate(ben, kept, now, body=WORDS)
    assert read() == before


@BOTH
def test_what_is_sealed_can_be_changed(browser, ben, kept, headers):
    client = browser(ben)
    client.post(url(kept), data=FORM)
    page = client.get(url(kept)).text
    assert re.search(r'id="stars-4"[^>]*checked', page)
    assert re.search(r'value="fun"[^>]*checked', page)
    assert re.search(r'name="meet_again" value="yes"[^>]*checked', page)
    client.post(
        url(kept), data=FORM | {"stars": "2", "body": "On second thought."}, headers=headers
    )
    (row,) = rows()
    assert (row.stars, row.body, row.state) == (2, "On second thought.", RatingState.SEALED)


@BOTH
def test_both_appear_in_the_same_moment(browser, ada, ben, kept, now, headers):
    rate(ada, kept, now, stars=3, body="Keen and late.")
    answer = browser(ben).post(url(kept), data=FORM, headers=headers)
    assert answer.status_code == (200 if headers else 303)
    for person, heads in (
        (ada, ("Ben about you", "You about Ben")),
        (ben, ("Ada about you", "You about Ada")),
    ):
        page = text_of(browser(person).get(url(kept)).text)
        for words in (*heads, "Keen and late.", "Patient, and"):
            assert words in page
        assert "Seal rating" not in page
    assert {row.published_at for row in rows()} != {None}
    assert len({row.published_at for row in rows()}) == 1


@BOTH
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"stars": ""}, "stars"),
        ({"stars": "0"}, "stars"),
        ({"stars": "6"}, "stars"),
        ({"stars": "good"}, "stars"),
        ({"tags": ["fun", "on_time", "clear", "patient"]}, "tags"),
        ({"tags": ["handsome"]}, "tags"),
        ({"body": WORDS + "x" * 1_001}, "body"),
        ({"private_body": "x" * 1_001}, "private_body"),
    ],
    ids=["none", "0", "6", "a word", "4 tags", "no tag", "long", "long private word"],
)
def test_what_is_refused_comes_back_whole(browser, ben, kept, headers, typed, sentence):
    form = FORM | {"private_body": "Between us."} | typed
    answer = browser(ben).post(url(kept), data=form, headers=headers)
    assert answer.status_code == 422
    assert f'id="{sentence}-error"' in answer.text
    assert "Patient, and &lt;b&gt;very&lt;/b&gt; funny." in answer.text
    assert form["private_body"] in answer.text
    assert re.search(r'name="meet_again" value="yes"[^>]*checked', answer.text)
    assert rows() == []


@pytest.mark.parametrize("days", [15, 20])
def test_after_14_days_it_is_too_late_and_no_text_is_lost(browser, ada, ben, exchange, now, days):
    key = met(ada, exchange, now - days * DAY)
    assert "It could be rated until" in browser(ben).get(url(key)).text
    answer = browser(ben).post(url(key), data=FORM)
    assert answer.status_code == 422
    assert "very&lt;/b&gt; funny." in answer.text


def test_what_did_not_take_place_is_not_rated(browser, ada, ben, exchange, now):
    ahead = met(ada, exchange, now + 3 * DAY, kept=False)
    assert "It is not over yet." in browser(ben).get(url(ahead)).text
    answer = browser(ben).post(url(ahead), data=FORM)
    assert (answer.status_code, WORDS[:8] in answer.text) == (422, True)
    with transaction():
        learning_sessions.cancel_session(ada, ahead, reason="A cold", now=now)
    assert browser(ben).post(url(ahead), data=FORM).status_code == 422
    assert rows() == []


def test_a_session_nobody_has_confirmed_is_completed_by_a_rating(browser, ada, ben, exchange, now):
    key = met(ada, exchange, now - 9 * DAY, kept=False)
    page = browser(ben).get(url(key)).text
    assert "A rating also says that the session happened." in page
    assert browser(ben).post(url(key), data=FORM).status_code == 303
    assert "You both kept it" in browser(ada).get(url(key, "")).text


@BOTH
def test_for_strangers_there_is_nothing(browser, cy, kept, headers):
    for tail in ("/rate", "/skip-rating"):
        answer = browser(cy).post(url(kept, tail), data=FORM, headers=headers)
        assert answer.status_code == 404
    assert browser(cy).get(url(kept)).status_code == 404


def test_only_the_one_who_was_pitched_to_is_asked_about_the_pitch(browser, ada, ben, kept):
    assert "How clear was Ben’s pitch?" in browser(ada).get(url(kept)).text
    assert "pitch?" not in browser(ben).get(url(kept)).text


@BOTH
def test_skipping_asks_no_more_and_closes_nothing(browser, ben, kept, headers):
    client = browser(ben)
    answer = client.post(url(kept, "/skip-rating"), headers=headers)
    assert answer.status_code == (200 if headers else 303)
    page = client.get(url(kept)).text
    assert "You have skipped this one" in page
    assert client.post(url(kept, "/skip-rating")).status_code == 303
    assert client.post(url(kept), data=FORM).status_code == 303
    assert client.post(url(kept, "/skip-rating")).status_code == 409


def test_no_socket_of_the_partner_hears_of_it_nor_that_it_is_missing(ada, ben, exchange, now):
    key, heard = met(ada, exchange, now - 2 * DAY), []
    live.connect(lambda channel, event: heard.append((channel, event.get("subject"))))
    try:
        rate(ben, key, now)
        rate(ben, key, now, stars=2)
        assert [channel for channel, _subject in heard if channel == f"user:{ada.id}"] == []
        with transaction():
            assert ratings.prompt_due(now, 9) == 1  # ada's; ben's went with the rating
        assert {channel for channel, _subject in heard} == {f"user:{ada.id}"}
        heard.clear()
        rate(ada, key, now)
        whole = {(f"user:{one.id}", f"learning_sessions/{key}") for one in (ada, ben)}
        assert whole <= set(heard)
    finally:
        live.connect(None)


# -- afterwards -----------------------------------------------------------------------------------


@pytest.fixture
def published(ada, ben, kept, now):
    """What ben said of ada; both have rated."""
    rate(ada, kept, now, stars=3, body="Keen and late.")
    return rate(ben, kept, now, body=WORDS, tags=["fun"])


@BOTH
def test_a_rating_is_answered_once_by_whom_it_is_about(browser, ada, ben, cy, published, headers):
    path = f"/ratings/{published}/reply"
    body = "Thank you, <i>come again</i>."
    for person in (ben, cy):
        assert browser(person).get(path).status_code == 404
        assert browser(person).post(path, data={"body": body}, headers=headers).status_code == 404
    client = browser(ada)
    assert "Everybody who reads the rating" in client.get(path).text
    for typed, words in (("  ", "This is needed."), ("x" * 501, "x" * 501)):
        answer = client.post(path, data={"body": typed}, headers=headers)
        assert (answer.status_code, words in answer.text) == (422, True)
    answer = client.post(path, data={"body": body}, headers=headers)
    assert answer.status_code == (204 if headers else 303)
    again = client.post(path, data={"body": "One more thing."}, headers=headers)
    assert (again.status_code, "One more thing." in again.text) == (409, True)
    page = browser().get("/people/ada/ratings").text
    assert "Ada replied" in page
    assert "Thank you, &lt;i&gt;come again&lt;/i&gt;." in page


def test_after_30_days_no_reply_is_offered_and_no_text_is_lost(browser, ada, published, now):
    with transaction():
        for row in rows():
            row.published_at = now - 31 * DAY
    client = browser(ada)
    assert f"/ratings/{published}/reply" not in client.get("/people/ada/ratings").text
    assert "within 30 days" in client.get(f"/ratings/{published}/reply").text
    answer = client.post(f"/ratings/{published}/reply", data={"body": "Thank you."})
    assert (answer.status_code, "Thank you." in answer.text) == (422, True)


@BOTH
def test_a_rating_is_taken_back_by_its_author_alone(
    browser, ada, ben, cy, kept, published, headers
):
    path = f"/ratings/{published}/retract"
    for person in (ada, cy):
        assert browser(person).post(path, headers=headers).status_code == 404
    client = browser(ben)
    assert "Take rating back" in client.get(url(kept)).text
    answer = client.post(path, headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert client.post(path, headers=headers).status_code == 409
    assert "You took your rating back." in client.get(url(kept)).text
    assert "funny" not in browser().get("/people/ada/ratings").text
    assert "funny" not in browser(ada).get(url(kept)).text
    assert client.post(url(kept), data=FORM).status_code == 409


def test_the_address_of_a_rating_leads_to_where_it_stands(browser, ada, ben, cy, kept, published):
    for person in (ada, ben):
        assert browser(person).get(f"/ratings/{published}").location == url(kept)
    assert browser(cy).get(f"/ratings/{published}").location.startswith("/people/ada/ratings")


def test_what_is_sealed_has_no_address_of_its_own(browser, ada, ben, kept, now):
    key = rate(ben, kept, now)
    for person in (ada, ben):
        for path in (f"/ratings/{key}", f"/ratings/{key}/reply", f"/report?about=rating&key={key}"):
            assert browser(person).get(path).status_code == 404, path
    assert browser(ada).post(f"/ratings/{key}/reply", data={"body": "Hm"}).status_code == 404
    assert browser(ben).post(f"/ratings/{key}/retract").status_code == 409


def test_a_rating_is_reported_with_a_copy_of_it(browser, ada, ben, mo, published):
    path = f"/report?about=rating&key={published}"
    assert "Report a rating by Ben Example" in text_of(browser(ada).get(path).text)
    assert browser(ben).get(path).status_code == 404  # one's own
    form = {"about": "rating", "key": published, "category": "harassment"}
    assert browser(ada).post("/report", data=form).location == f"/ratings/{published}"
    queue = browser(mo).get("/moderation").text
    assert "Rating by Ben Example" in text_of(queue)
    evidence = casework.take(browser(mo), casework.keys(browser(mo))[0])
    assert "very&lt;/b&gt; funny." in evidence
    assert "Stars" in evidence


@pytest.mark.parametrize("kind", ["rating.asked", "rating.published"])
def test_a_line_in_the_bell_leads_to_the_ratings_of_the_session(
    browser, ada, kept, published, kind
):
    page = browser(ada).get("/notifications").text
    words = {"rating.asked": "Rate it by", "rating.published": "You can read it now"}[kind]
    line = next(one for one in page.split("<li>") if words in one)
    assert f'href="{url(kept)}"' in line


# -- what was said of somebody --------------------------------------------------------------------


def test_nobody_has_said_anything_yet(browser, ada, ben):
    page = text_of(browser(ben).get("/people/ada/ratings").text)
    assert "Be the first to learn from Ada." in page
    assert "As teacher New" in page
    assert "They come after a session" in browser(ada).get("/people/ada/ratings").text
    assert (
        "Nobody has rated Ada as a learner."
        in browser().get("/people/ada/ratings?role=learner").text
    )
    assert "New here. Be the first to learn from Ada." in text_of(
        browser(ben).get("/people/ada").text
    )


def test_the_list_says_who_what_and_when_and_lets_strangers_read(browser, ada, ben, published, now):
    page = browser().get("/people/ada/ratings").text
    read = text_of(page)
    for words in ("Ben Example", "5 of 5 stars", "Fun", f"{now:%B %Y}, Watercolour"):
        assert words in read
    assert "/report?" not in page
    assert "Keen and late." not in read
    other = text_of(browser().get("/people/ben/ratings?role=learner").text)
    assert "Keen and late." in other
    profile = text_of(browser().get("/people/ada").text)
    assert "1 rating" in profile
    assert "Patient, and" in profile


def test_of_two_who_are_apart_neither_reads_the_other(browser, ada, ben, cy, published, now):
    with transaction():
        safety.block(cy, "ben", now)
    assert "funny" in browser().get("/people/ada/ratings").text
    assert "Ben" not in browser(cy).get("/people/ada/ratings").text
    assert "Ben" not in browser(cy).get("/people/ada").text
    assert browser(cy).get("/people/ben/ratings").status_code == 404


def many(rated, rater, exchange, number, now):
    """So many published ratings at once, put there without the verbs."""
    leg = (
        db.session.execute(
            select(LearningSession).where(LearningSession.exchange_id == exchange.id)
        )
        .scalars()
        .first()
    )
    plain = {
        "exchange_id": exchange.id,
        "leg_id": leg.leg_id,
        "teacher_id": rated.id,
        "learner_id": rater.id,
        "state": "completed",
        "minutes": 30,
        "created_at": now,
        "version": 1,
    }
    other = people.make_skill("Piano").id
    with transaction():
        for start in range(0, number, 1_000):
            span = range(start, min(number, start + 1_000))
            made = db.session.execute(
                insert(LearningSession).returning(LearningSession.id),
                [
                    plain
                    | {
                        "public_id": f"s{i:011}",
                        "skill_id": leg.skill_id if i % 10 else other,
                        "starts_at": now - timedelta(minutes=i + 60),
                        "ends_at": now - timedelta(minutes=i + 30),
                        "ended_at": now - timedelta(minutes=i + 30),
                    }
                    for i in span
                ],
            )
            db.session.execute(
                insert(Rating),
                [
                    {
                        "public_id": f"r{i:011}",
                        "learning_session_id": key,
                        "rater_id": rater.id,
                        "rated_id": rated.id,
                        "rated_role": RatedRole.TEACHER,
                        "stars": 1 + i % 5,
                        "tags": ["fun"],
                        "body": f"Number {i}.",
                        "private_body": "",
                        "reply_body": "",
                        "state": RatingState.PUBLISHED,
                        "created_at": now,
                        "publish_by": now,
                        "published_at": now - timedelta(minutes=i),
                        "version": 1,
                    }
                    for i, key in zip(span, sorted(made.scalars()), strict=True)
                ],
            )


def test_ten_thousand_ratings_cost_what_three_do(browser, queries, ada, ben, exchange, kept, now):
    client = browser(ben)

    def cost(path):
        queries.clear()
        answer = client.get(path)
        assert answer.status_code == 200
        return len(queries), answer.text

    rate(ben, kept, now)
    rate(ada, kept, now)
    few = cost("/people/ada/ratings")[0]
    profile = cost("/people/ada")[0]
    many(ada, ben, exchange, 10_000, now - HOUR)
    some, page = cost("/people/ada/ratings")
    assert some == few <= 6
    assert "2,000" in page or "2000" in page
    assert cost("/people/ada")[0] == profile
    assert cost("/people/ada/ratings?stars=4&skill=piano")[0] == some
    assert cost("/people/ada/ratings?stars=5&skill=watercolour")[0] == some
    plan = plan_of(ada, None, Filters(), now)
    assert "ix_ratings_rated" in plan
    assert "SCAN ratings" not in plan
    assert "Seq Scan on ratings" not in plan


def plan_of(rated, viewer, filters, now):
    """How the database reads one page of many."""
    query = page_query(rated, viewer, filters, None, now, 20)
    is_sqlite = db.engine.dialect.name == "sqlite"
    if not is_sqlite:
        db.session.execute(text("ANALYZE ratings"))
    said = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
    return "\n".join(str(row[-1]) for row in db.session.execute(text(explain + said)))


def test_the_list_goes_on_where_it_stopped_with_its_filters(browser, ada, ben, exchange, kept, now):
    many(ada, ben, exchange, 300, now - HOUR)
    client, found, path = browser(), [], "/people/ada/ratings?stars=3"
    while path:
        page = client.get(path, headers=HTMX).text
        found += re.findall(r"Number (\d+)\.", page)
        more = re.search(r'hx-get="([^"]+)"', page)
        path = more.group(1).replace("&amp;", "&") if more else ""
    assert found == [str(i) for i in range(2, 300, 5)]
    none = client.get("/people/ada/ratings?stars=3&skill=piano").text
    assert "No rating fits both filters." in none
    strange = client.get("/people/ada/ratings?stars=9&skill=nothing&role=king").text
    assert "No rating fits both filters." in strange


# -- what is for the owner alone ------------------------------------------------------------------


def test_would_meet_again_is_told_from_five_people_on_to_its_owner_alone(browser, ada, ben, now):
    def add(number):
        learner = people.make_person(f"learner{number}", wants=("Piano",))
        exchange = people.make_exchange(learner, ada, "piano", now=now - 9 * DAY)
        key = met(ada, exchange, now - 5 * DAY + number * 3 * HOUR)
        rate(learner, key, now, meet_again=number != 0)
        rate(ada, key, now)

    with transaction():
        ada.places = ada.daily_sessions = 99
    for number in range(4):
        add(number)
    client = browser(ada)
    page = text_of(client.get("/record").text)
    assert "5.0 (4 people) stars as a teacher" in page
    assert "Once 5 people have answered" in page
    assert "would meet you again (" not in page
    add(4)
    assert "80 % would meet you again (5 people)" in text_of(client.get("/record").text)
    for person in (ben, None):
        for path in ("/people/ada", "/people/ada/ratings"):
            assert "meet you again" not in browser(person).get(path).text
