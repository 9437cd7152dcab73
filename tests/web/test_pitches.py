"""Does a pitch travel from the learner's form to the teacher's answer, in every kind of browser?"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from skillswap.db import db, transaction
from skillswap.domain import pitches
from skillswap.lib.clock import local
from skillswap.models import (
    DeclineReason,
    Event,
    Exchange,
    Notification,
    Pitch,
    PitchState,
    User,
    UserSkill,
    UserState,
)
from skillswap.models.pitch import UNDO_WITHIN
from tests import people
from tests.conftest import HTMX, Browser

TYPED = "I would love to paint the <river> for my mother by June, slowly."
SHOWN = TYPED.replace("<", "&lt;").replace(">", "&gt;")
PITCH = {"skill": "watercolour", "offered": "spanish", "body": TYPED, "days": "7"}
ANSWERS = {
    "accept": PitchState.ACCEPTED,
    "decline": PitchState.DECLINED,
    "ignore": PitchState.PENDING,
    "withdraw": PitchState.WITHDRAWN,
}
REASON = {"reason": "no_time"}


def url(pitch: Pitch, verb: str = "") -> str:
    """The address of a pitch, or of something to be done with it."""
    return f"/pitches/{pitch.public_id}" + (f"/{verb}" if verb else "")


def state_of(pitch: Pitch) -> PitchState:
    return db.session.scalars(select(Pitch.state).where(Pitch.id == pitch.id)).one()


def count(table: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def change(table: Any, row: Any, **columns: Any) -> None:
    with transaction():
        db.session.execute(update(table).where(table.id == row.id).values(columns))


def main(page: Any) -> str:
    """What stands between the frame's parts, with single spaces."""
    return " ".join(page.text.split("<main", 1)[-1].split("</main>", 1)[0].split())


# -- the form -------------------------------------------------------------------------------------


def test_the_form_offers_what_the_two_list_and_preselects_the_skill_asked_for(browser, ada, ben):
    page = main(browser(ben).get("/people/ada/pitch?skill=watercolour"))
    assert '<option selected value="watercolour">Watercolour</option>' in page
    assert '<option value="piano">' in page
    assert '<option value="spanish">Spanish</option>' in page
    assert "Nothing this time" in page
    assert "Ada has 3 of 3 places free." in page
    assert "You have 3 of 3 open pitches left, and 3 today." in page
    assert "data-count" in page


def test_the_form_says_until_when_on_the_learner_s_clock(browser, ada, ben, now):
    page = main(browser(ben).get("/people/ada/pitch"))
    for days in (3, 7, 14):
        day = local(now + timedelta(days=days), ben.timezone).short_day
        assert f"{days} days, by {day}" in page


def test_what_the_teacher_wants_is_named_beside_the_return(browser, ada, ben, now):
    with transaction():
        wants = {"user_id": ada.id, "skill_id": people.make_skill("Spanish").id}
        db.session.add(UserSkill(**wants, kind="wanted", level=1, created_at=now))
    assert "Optional. Ada wants Spanish." in main(browser(ben).get("/people/ada/pitch"))


def test_the_token_of_the_page_sends_the_pitch(app, browser, ada, ben):
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        visitor = browser(ben)
        page = visitor.get("/people/ada/pitch").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.split("<main")[1])[1]
        assert visitor.post("/people/ada/pitch", data=PITCH).status_code == 400
        sent = visitor.post("/people/ada/pitch", data=PITCH | {"csrf_token": token})
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert sent.status_code == 303


def test_a_pitch_sent_leads_to_its_page_with_a_notice(browser, ada, ben):
    visitor = browser(ben)
    answer = visitor.post("/people/ada/pitch", data=PITCH)
    pitch = db.session.scalars(select(Pitch)).one()
    assert (answer.status_code, answer.location) == (303, url(pitch))
    page = visitor.get(answer.location).text
    assert "Your pitch is with Ada." in page
    assert SHOWN in page
    assert "Ben Example" in browser(ada).get("/pitches").text


def test_htmx_is_sent_to_the_page_of_the_pitch(browser, ada, ben):
    answer = browser(ben).post("/people/ada/pitch", data=PITCH, headers=HTMX)
    pitch = db.session.scalars(select(Pitch)).one()
    assert (answer.status_code, answer.headers["HX-Location"]) == (204, url(pitch))


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"body": "Hi <Ada>"}, "Tell Ada a little more: at least 20 characters."),
        ({"body": f"{TYPED} \x07"}, "This holds characters that cannot be shown."),
        ({"skill": "juggling"}, "Ada does not teach juggling. Choose one of the skills listed."),
        ({"offered": "fencing"}, "You can only offer a skill that is on your own list."),
        ({"days": "30"}, "Choose between 3 and 14 days."),
        ({"days": "soon"}, "Choose between 3 and 14 days."),
        ({"body": f"{TYPED} https://a.example"}, "The first pitches of new members hold no links."),
    ],
)
def test_what_was_typed_stays_and_the_sentence_stands_beside_it(
    browser, ada, ben, headers, typed, sentence
):
    answer = browser(ben).post("/people/ada/pitch", data=PITCH | typed, headers=headers)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'aria-invalid="true"' in answer.text
    kept = (PITCH | typed)["body"].replace("<", "&lt;").replace(">", "&gt;")
    assert kept in answer.text
    assert '<option selected value="spanish">' in answer.text or "offered" in typed
    assert ("<html" in answer.text) is not bool(headers)
    assert count(Pitch) == 0


def test_a_form_without_any_field_is_refused_not_broken(browser, ada, ben):
    assert browser(ben).post("/people/ada/pitch", data={}).status_code == 422


def test_sending_twice_leaves_one_pitch_and_says_so(browser, ada, ben):
    visitor = browser(ben)
    visitor.post("/people/ada/pitch", data=PITCH)
    answer = visitor.post("/people/ada/pitch", data=PITCH)
    assert answer.status_code == 422
    assert "Ada has an open pitch for Watercolour from you already." in answer.text
    assert "Watercolour (asked already)" in answer.text
    assert (count(Pitch), count(Notification)) == (1, 1)


@pytest.mark.parametrize("state", [UserState.SUSPENDED, UserState.DELETED])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_pitches_who_is_not_there(browser, ada, ben, method, state):
    change(User, ada, state=state)
    for address in ("/people/ada/pitch", "/people/nobody/pitch"):
        assert getattr(browser(ben), method)(address, data=PITCH).status_code == 404


def test_a_visitor_is_asked_to_log_in_first(browser, ada):
    answer = browser().get("/people/ada/pitch")
    assert (answer.status_code, answer.location) == (303, "/login?next=/people/ada/pitch")


@pytest.mark.parametrize(
    ("columns", "sentence", "way"),
    [
        ({"bio": "Short."}, "Tell people who you are first: 60 characters", "/settings/profile"),
        ({"learning": False}, "You have switched learning off.", "/settings/profile"),
    ],
)
def test_the_page_says_what_to_do_first_and_a_post_keeps_the_text(
    browser, ada, ben, columns, sentence, way
):
    change(User, ben, **columns)
    page = main(browser(ben).get("/people/ada/pitch"))
    assert sentence in page
    assert f'href="{way}"' in page
    assert "<textarea" not in page
    answer = browser(ben).post("/people/ada/pitch", data=PITCH)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert SHOWN in answer.text


def test_without_a_skill_of_my_own_the_page_leads_to_my_skills(browser, ada, mo):
    page = main(browser(mo).get("/people/ada/pitch"))
    assert "List at least one skill first, so that Ada knows who is asking." in page
    assert 'href="/settings/skills"' in page


def test_nobody_pitches_themselves(browser, ada):
    assert "This is you." in main(browser(ada).get("/people/ada/pitch"))
    assert browser(ada).post("/people/ada/pitch", data=PITCH).status_code == 422


def test_a_used_up_quota_answers_429_with_the_text(browser, ada, ben):
    for number in range(3):
        teacher = people.make_person(f"t{number}", offers=("Chess",))
        people.make_pitch(ben, teacher, "chess")
    page = main(browser(ben).get("/people/ada/pitch"))
    assert "You have 3 open pitches, which is the most for now." in page
    answer = browser(ben).post("/people/ada/pitch", data=PITCH)
    assert answer.status_code == 429
    assert SHOWN in answer.text


# -- lists ----------------------------------------------------------------------------------------


def test_the_empty_lists_show_a_way_forward(browser, ada, mo):
    assert 'href="/settings/skills"' in main(browser(ada).get("/pitches"))
    assert 'href="/teachers"' in main(browser(ada).get("/pitches/sent"))
    assert "Nothing here yet" in browser(ada).get("/pitches/closed").text
    change(User, mo, teaching=False)
    assert "You are not teaching at the moment" in browser(mo).get("/pitches").text


def test_a_row_says_who_what_and_until_when(browser, ada, ben):
    pitch = people.make_pitch(ben, ada, offered="spanish")
    row = main(browser(ada).get("/pitches"))
    assert "<b>Ben Example</b>" in row
    assert "offers Spanish" in row
    assert f'Answer by <time datetime="{local(pitch.respond_by, "UTC").iso}">' in row
    assert '<span class="sr">New</span>' in row
    assert "you offer Spanish" in main(browser(ben).get("/pitches/sent"))


def test_an_ignored_pitch_is_under_closed_with_its_clock(browser, ada, ben):
    pitch = people.make_pitch(ben, ada)
    browser(ada).post(url(pitch, "ignore"))
    assert "Ben Example" not in main(browser(ada).get("/pitches"))
    day = local(pitch.respond_by, ada.timezone).short_day
    assert f"Ignored, ends {day}" in main(browser(ada).get("/pitches/closed"))


def fill_inbox(teacher: User, how_many: int) -> None:
    change(User, teacher, pitch_cap=99)
    db.session.refresh(teacher)
    for number in range(how_many):
        learner = people.make_person(f"learner{count(User)}-{number}", offers=("Chess",))
        people.make_pitch(learner, teacher)


def test_the_inbox_costs_the_same_for_2_and_50_pitches(browser, queries, ada):
    visitor = browser(ada)

    def cost(more: int) -> int:
        fill_inbox(ada, more)
        queries.clear()
        assert visitor.get("/pitches").status_code == 200
        return len(queries)

    assert cost(2) == cost(48) <= 4


def test_an_open_pitch_costs_the_same_beside_2_and_30(browser, queries, ada, ben):
    pitch = people.make_pitch(ben, ada)
    visitor = browser(ada)

    def cost(more: int) -> int:
        fill_inbox(ada, more)
        queries.clear()
        assert visitor.get(url(pitch)).status_code == 200
        return len(queries)

    assert cost(2) == cost(28) <= 5


def test_show_more_brings_the_next_rows_and_no_row_twice(browser, ada):
    fill_inbox(ada, 23)
    first = browser(ada).get("/pitches").text
    more = re.search(r'hx-get="(/pitches\?after=[^"]+)"', first)[1]
    rest = browser(ada).get(more, headers=HTMX).text
    seen = re.findall(r'id="row-([^"]+)"', first) + re.findall(r'id="row-([^"]+)"', rest)
    assert (len(seen), len(set(seen))) == (23, 23)
    assert "<html" not in rest
    assert "<html" in browser(ada).get(more).text


@pytest.mark.parametrize("after", ["nonsense", "WyJ4Il0", "\x00"])
def test_a_forged_cursor_starts_the_list_anew(browser, ada, ben, after):
    people.make_pitch(ben, ada)
    answer = browser(ada).get("/pitches", query_string={"after": after})
    assert "Ben Example" in answer.text


# -- one in full ----------------------------------------------------------------------------------


def test_the_card_shows_each_side_its_own_swap(browser, ada, ben):
    pitch = people.make_pitch(ben, ada, offered="spanish", body=TYPED)
    hers, his = main(browser(ada).get(url(pitch))), main(browser(ben).get(url(pitch)))
    assert re.search(r"You learn<b>Spanish</b>.*You teach<b>Watercolour</b>", hers)
    assert re.search(r"You learn<b>Watercolour</b>.*You teach<b>Spanish</b>", his)
    for page in (hers, his):
        assert SHOWN in page
    assert "Accept pitch" in hers
    assert "Withdraw pitch" in his
    assert "Accept pitch" not in his


def test_the_deadline_of_the_last_day_names_the_hour(browser, ada, ben, now):
    pitch = people.make_pitch(ben, ada)
    change(Pitch, pitch, respond_by=now + timedelta(hours=5))
    until = local(now + timedelta(hours=5), ada.timezone)
    assert f">{until.full}</time>" in main(browser(ada).get(url(pitch)))


def test_the_learner_never_reads_whether_it_was_seen_or_ignored(browser, ada, ben):
    pitch = people.make_pitch(ben, ada)
    visitor = browser(ben)
    visitor.get(url(pitch))

    def pages() -> list[str]:
        found = [main(visitor.get(path)) for path in (url(pitch), "/pitches/sent", "/pitches")]
        return [re.sub(r'value="[^"]{40,}"', "", page) for page in found]  # the token differs

    before = pages()
    browser(ada).get(url(pitch))
    seen = {"subject_type": "pitches", "public_id": pitch.public_id}
    browser(ada).post("/notifications/read", data=seen)
    browser(ada).post(url(pitch, "ignore"))
    assert pages() == before


@pytest.mark.parametrize("who", ["cy", "mo"])
def test_a_stranger_finds_nothing(browser, ada, ben, cy, mo, who):
    pitch = people.make_pitch(ben, ada)
    visitor = browser({"cy": cy, "mo": mo}[who])
    for headers in ({}, HTMX):
        assert visitor.get(url(pitch), headers=headers).status_code == 404
        for verb in ANSWERS:
            answer = visitor.post(url(pitch, verb), data=REASON, headers=headers)
            assert answer.status_code == 404
    assert state_of(pitch) is PitchState.PENDING


@pytest.mark.parametrize("verb", ANSWERS)
def test_an_answer_needs_a_person_and_a_post(browser, ada, ben, verb):
    pitch = people.make_pitch(ben, ada)
    assert browser().post(url(pitch, verb)).location.startswith("/login")
    assert browser(ada).get(url(pitch, verb)).status_code == 405
    assert state_of(pitch) is PitchState.PENDING


# -- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("verb", "state"), ANSWERS.items())
def test_each_answer_works_as_a_plain_form(browser, ada, ben, verb, state):
    pitch = people.make_pitch(ben, ada)
    visitor = browser(ben if verb == "withdraw" else ada)
    answer = visitor.post(url(pitch, verb), data=REASON)
    assert (answer.status_code, answer.location) == (303, url(pitch))
    assert visitor.get(answer.location).status_code == 200
    assert state_of(pitch) is state


@pytest.mark.parametrize(("verb", "state"), ANSWERS.items())
def test_each_answer_gives_htmx_the_card_and_what_moved_beside_it(browser, ada, ben, verb, state):
    pitch = people.make_pitch(ben, ada)
    answer = browser(ben if verb == "withdraw" else ada).post(
        url(pitch, verb), data=REASON, headers=HTMX
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert f'id="pitch-detail" data-state="{state}"' in answer.text
    assert f'hx-target="#row-{pitch.public_id}"' in answer.text
    assert ('hx-target="#nav"' in answer.text) is (verb != "withdraw")  # one waits less for ada
    here = "/pitches/sent" if verb == "withdraw" else "/pitches"
    assert f'<a href="{here}" aria-current="page">' in answer.text  # the list stays


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("verb", ["accept", "decline", "withdraw"])
def test_the_second_answer_comes_too_late(browser, ada, ben, verb, headers):
    pitch = people.make_pitch(ben, ada)
    visitor = browser(ben if verb == "withdraw" else ada)
    visitor.post(url(pitch, verb), data=REASON)
    told = count(Notification)
    answer = visitor.post(url(pitch, verb), data=REASON, headers=headers)
    assert answer.status_code == 409
    assert f"This pitch has been {ANSWERS[verb]}." in answer.text
    assert (answer.headers.get("HX-Retarget") == "#toasts") is bool(headers)
    assert (url(pitch) in answer.text) is not bool(headers)
    assert count(Notification) == told


def test_ignoring_twice_is_harmless(browser, ada, ben):
    pitch = people.make_pitch(ben, ada)
    for headers in ({}, HTMX):
        answer = browser(ada).post(url(pitch, "ignore"), headers=headers)
        assert answer.status_code in (303, 200)
    assert "You ignore this pitch" in main(browser(ada).get(url(pitch)))


def test_who_accepts_may_propose_times_at_once(browser, ada, ben):
    pitch = people.make_pitch(ben, ada)
    words = {"body": "See you <soon>.\r\nBring a brush."}
    card = browser(ada).post(url(pitch, "accept"), data=words, headers=HTMX).text
    exchange = db.session.scalars(select(Exchange)).one()
    for page in (card, browser(ben).get(url(pitch)).text):
        assert f'href="/exchanges/{exchange.public_id}/propose"' in page
        assert f'href="/exchanges/{exchange.public_id}"' in page
        assert "See you &lt;soon&gt;.<br>Bring a brush." in page


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_without_a_free_place_the_words_stay_in_the_form(browser, ada, ben, cy, headers):
    people.make_exchange(cy, ada)
    change(User, ada, places=1)
    pitch = people.make_pitch(ben, ada)
    answer = browser(ada).post(url(pitch, "accept"), data={"body": "Come <in>"}, headers=headers)
    assert answer.status_code == 422
    assert "Every place you teach in is taken (1)." in answer.text
    assert "Come &lt;in&gt;" in answer.text
    assert state_of(pitch) is PitchState.PENDING
    assert count(Exchange) == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("reason", [{}, {"reason": ""}, {"reason": "because"}])
def test_a_decline_asks_for_its_reason_and_keeps_the_words(browser, ada, ben, headers, reason):
    pitch = people.make_pitch(ben, ada)
    typed = {"body": "Not <now>"} | reason
    answer = browser(ada).post(url(pitch, "decline"), data=typed, headers=headers)
    assert answer.status_code == 422
    assert "Choose a reason. Ben will see it." in answer.text
    assert "Not &lt;now&gt;" in answer.text
    assert '<details class="fold" open>' in answer.text
    assert state_of(pitch) is PitchState.PENDING


def told(pitch: Pitch) -> None:
    """The ten minutes for an undo are over."""
    answered = db.session.scalar(select(Pitch.answered_at).where(Pitch.id == pitch.id))
    change(Pitch, pitch, answered_at=answered - UNDO_WITHIN)


def test_the_learner_reads_the_reason_in_words_and_when_to_ask_again(browser, ada, ben):
    pitch = people.make_pitch(ben, ada)
    browser(ada).post(url(pitch, "decline"), data={"reason": "level", "body": "Try Cy."})
    told(pitch)
    page = main(browser(ben).get(url(pitch)))
    assert "The reason: Level does not fit." in page
    assert "Try Cy." in page
    answered = db.session.scalar(select(Pitch.answered_at).where(Pitch.id == pitch.id))
    day = local(answered + timedelta(days=30), ben.timezone).day
    assert f"A new pitch to Ada for Watercolour is possible from {day}." in page


@pytest.mark.parametrize("reason", DeclineReason)
def test_every_reason_has_words(browser, ada, ben, reason):
    pitch = people.make_pitch(ben, ada)
    browser(ada).post(url(pitch, "decline"), data={"reason": reason.value})
    told(pitch)
    assert re.search(r"The reason: [A-Z][a-z ]+\.", main(browser(ben).get(url(pitch))))


def test_a_pitch_whose_time_is_over_shows_it_before_any_sweep(browser, ada, ben, now):
    pitch = people.make_pitch(ben, ada)
    change(Pitch, pitch, respond_by=now - timedelta(minutes=1))
    for person in (ada, ben):
        page = main(browser(person).get(url(pitch)))
        assert 'data-state="expired"' in page
        assert "Accept pitch" not in page
    assert "Pitch Ada again" in main(browser(ben).get(url(pitch)))
    answer = browser(ada).post(url(pitch, "accept"))
    assert answer.status_code == 409
    assert "This pitch has expired" in answer.text


def test_what_was_answered_meanwhile_is_said_to_the_slower(browser, ada, ben):
    pitch = people.make_pitch(ben, ada)
    visitor = browser(ada)
    visitor.get(url(pitch))
    browser(ben).post(url(pitch, "withdraw"))
    answer = visitor.post(url(pitch, "accept"))
    assert answer.status_code == 409
    assert "This pitch has been withdrawn." in answer.text
    assert count(Exchange) == 0


def test_a_pitch_is_gone_with_its_learner(browser, ada, ben):
    pitch = people.make_pitch(ben, ada)
    change(User, ben, state=UserState.SUSPENDED)
    assert browser(ada).get(url(pitch)).status_code == 404
    assert browser(ada).post(url(pitch, "accept")).status_code == 404


def test_looking_writes_nothing(browser, ada, ben):
    pitch = people.make_pitch(ben, ada)
    before = db.session.execute(select(Pitch)).scalar_one().version, count(Event)
    for path in ("/pitches", "/pitches/sent", "/pitches/closed", url(pitch), "/people/ben/pitch"):
        assert browser(ada).get(path).status_code == 200
    unread = db.session.scalar(
        select(func.count(Notification.id)).where(Notification.read_at.is_(None))
    )
    assert (db.session.execute(select(Pitch)).scalar_one().version, count(Event)) == before
    assert unread == 1


def test_both_sides_may_meet_in_both_directions(browser: Browser, ada: User, ben: User) -> None:
    """Each may pitch the other; the lists keep them apart."""
    hers, his = people.make_pitch(ada, ben, "spanish"), people.make_pitch(ben, ada)
    assert {c.public_id for c in pitches.inbox(ada, None, his.sent_at)} == {his.public_id}
    page = main(browser(ada).get("/pitches/sent"))
    assert hers.public_id in page
    assert his.public_id not in page


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_the_coach_looks_a_pitch_over_without_sending_it(browser, ada, ben, headers):
    typed = {"skill": "watercolour", "body": "Teach me <it>", "days": "7", "submit_look": "1"}
    answer = browser(ben).post("/people/ada/pitch", data=typed, headers=headers)
    assert answer.status_code == 200
    assert "60 characters or more" in answer.text
    assert "Name a time of the week that suits you." in answer.text
    assert db.session.scalar(select(func.count()).select_from(Pitch)) == 0
    if not headers:
        assert "Teach me &lt;it&gt;</textarea>" in answer.text
        assert '<option selected value="7">' in answer.text
    else:
        assert "<textarea" not in answer.text


def test_nearly_the_same_words_are_warned_of_the_second_time(browser, ada, ben):
    dee = people.make_person("dee", offers=("Watercolour",))
    people.make_pitch(ben, ada)
    typed = {"skill": "watercolour", "body": people.BODY, "submit_look": "1"}
    answer = browser(ben).post(f"/people/{dee.username}/pitch", data=typed)
    assert "nearly the same words" in answer.text


def test_a_good_pitch_is_praised(browser, ada, ben):
    change(User, ben, bio="x" * 200, avatar="someone.webp")
    body = people.BODY + " Watercolour has drawn me since school. Tuesday evenings suit me."
    typed = {"skill": "watercolour", "body": body, "submit_look": "1"}
    assert "This reads well." in browser(ben).post("/people/ada/pitch", data=typed).text
