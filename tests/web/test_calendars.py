"""The calendar file, the address that calendars fetch, and the links, as strangers meet them."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import icalendar
import pytest
import vobject
from sqlalchemy import update

from skillswap import calendaring, mailing
from skillswap.db import db, transaction
from skillswap.domain import calendars, learning_sessions, notifications, safety
from skillswap.lib.clock import utcnow
from skillswap.models import (
    LearningSession,
    Notification,
    PlaceKind,
    SessionState,
    User,
    UserState,
)
from tests import people
from tests.conftest import HTMX
from tests.support.ics import Part, checked

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SECRET = "secret-room"


@pytest.fixture
def one(ada, ben, now) -> LearningSession:
    """Ada teaches Ben in two days."""
    return people.make_session(ben, people.make_exchange(ben, ada, now=now), now=now)


def open_feed(person: User) -> str:
    """A new address of this person's calendar; its path."""
    with transaction():
        calendars.new_address(person)
    return path_of(person)


def path_of(person: User) -> str:
    return f"/calendar/{calendaring.token_of(person)}.ics"


def events(answer) -> list[Part]:
    """What stands in the file of an answer, read by three readers."""
    assert answer.status_code == 200, answer.status
    assert vobject.readOne(answer.text).validate(raiseException=True)
    calendar = checked(answer.data)
    assert len(icalendar.Calendar.from_ical(answer.data).walk("VEVENT")) == len(
        calendar.named("VEVENT")
    )
    return calendar.named("VEVENT")


# -- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ada", "ben"])
def test_each_of_the_two_can_save_the_file(browser, ada, ben, one, who):
    answer = browser({"ada": ada, "ben": ben}[who]).get(f"/sessions/{one.public_id}.ics")
    (event,) = events(answer)
    assert answer.content_type == "text/calendar; charset=utf-8"
    said = answer.headers["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="skillswap-\d{4}-\d\d-\d\d\.ics"', said)
    assert event.value("SUMMARY") == f"Watercolour with {'Ben' if who == 'ada' else 'Ada'}"
    assert event.value("UID").startswith(f"{one.public_id}@")
    assert f"/sessions/{one.public_id}" in event.value("DESCRIPTION")


def test_strangers_and_visitors_get_no_file(browser, cy, mo, one):
    url = f"/sessions/{one.public_id}.ics"
    assert browser(cy).get(url).status_code == 404
    assert browser(mo).get(url).status_code == 404
    assert browser().get(url).status_code in (302, 303)
    assert browser(cy).get("/sessions/abcdefghijkl.ics").status_code == 404


def test_a_session_without_a_time_has_no_file(browser, ada, ben, now):
    proposed = people.make_proposal(ben, people.make_exchange(ben, ada, now=now), now=now)
    assert browser(ada).get(f"/sessions/{proposed.public_id}.ics").status_code == 404


def test_a_blocked_partner_takes_the_file_along(browser, ada, ben, one, now):
    with transaction():
        safety.block(ada, ben.username, now=now)
    for person in (ada, ben):
        assert browser(person).get(f"/sessions/{one.public_id}.ics").status_code == 404


def test_the_file_of_a_cancelled_session_says_so(browser, ada, one, now):
    with transaction():
        learning_sessions.cancel_session(ada, one.public_id, reason="Ill.", now=now)
    (event,) = events(browser(ada).get(f"/sessions/{one.public_id}.ics"))
    assert (event.value("STATUS"), event.value("SEQUENCE")) == ("CANCELLED", "1")


# -- the feed -------------------------------------------------------------------------------------


def test_a_calendar_program_reads_the_feed_without_signing_in(browser, ada, ben, one):
    answer = browser().get(open_feed(ben))
    (event,) = events(answer)
    assert event.value("STATUS") == "CONFIRMED"
    assert checked(answer.data).value("X-PUBLISHED-TTL") == "PT1H"
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_the_feed_is_of_one_person(browser, ada, ben, cy, one, now):
    other = people.make_exchange(ben, cy, "javascript", now=now)
    people.make_session(ben, other, start=one.starts_at + DAY, now=now)
    assert len(events(browser().get(open_feed(ben)))) == 2
    assert len(events(browser().get(open_feed(ada)))) == 1


def test_nothing_is_open_before_it_is_asked_for(browser, ada, one):
    assert browser().get(path_of(ada)).status_code == 404


def test_a_new_address_ends_the_old_one_and_a_stop_the_last(browser, ada, one):
    client = browser()
    seen = []
    for _ in range(3):
        seen.append(open_feed(ada))
        assert [client.get(path).status_code for path in seen] == [404] * (len(seen) - 1) + [200]
    with transaction():
        calendars.end_address(ada)
    assert {client.get(path).status_code for path in [*seen, path_of(ada)]} == {404}
    with transaction():
        calendars.end_address(ada)  # again: harmless
    again = open_feed(ada)
    assert again not in seen
    assert client.get(again).status_code == 200
    assert {client.get(path).status_code for path in seen} == {404}


def test_forged_tokens_open_nothing(browser, app, ada, ben, one):
    path = open_feed(ada)
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    payload, _, signature = token.rpartition(".")
    foreign = calendaring.URLSafeSerializer("another-key", salt="calendar").dumps(
        [ada.id, ada.calendar_serial]
    )
    unsubscribe = calendaring.URLSafeSerializer(app.config["SETTINGS"].secret_key, salt="x").dumps(
        [ada.id, ada.calendar_serial]
    )
    tries = [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        f"{payload}.",
        payload,
        f".{signature}",
        calendaring._signer().dumps([ben.id, ada.calendar_serial]),
        calendaring._signer().dumps([ada.id, ada.calendar_serial + 2]),
        calendaring._signer().dumps([ada.id, 0]),
        calendaring._signer().dumps("ada"),
        calendaring._signer().dumps([ada.id]),
        foreign,
        unsubscribe,
        "a",
        "é" * 50,
        "%00",
    ]
    for forged in tries:
        assert browser().get(f"/calendar/{forged}.ics").status_code == 404, forged
    assert browser().get(path).status_code == 200


@pytest.mark.parametrize("state", [UserState.SUSPENDED, UserState.DELETED])
def test_people_who_are_gone_have_no_feed(browser, ada, one, state):
    path = open_feed(ada)
    with transaction():
        db.session.execute(update(User).where(User.id == ada.id).values(state=state))
    assert browser().get(path).status_code == 404


def test_a_blocked_partner_vanishes_from_the_feed(browser, ada, ben, one, now):
    path = open_feed(ada)
    first = browser().get(path)
    assert len(events(first)) == 1
    with transaction():
        safety.block(ben, ada.username, now=now)
    answer = browser().get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert events(answer) == []
    assert "Ben" not in answer.text


def test_what_has_not_changed_is_not_sent_again(browser, ada, ben, one, now):
    path = open_feed(ada)
    first = browser().get(path)
    tag = first.headers["ETag"]
    again = browser().get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    with transaction():
        learning_sessions.cancel_session(ada, one.public_id, reason="Ill.", now=now)
    changed = browser().get(path, headers={"If-None-Match": tag})
    (event,) = events(changed)
    assert (event.value("STATUS"), event.value("SEQUENCE")) == ("CANCELLED", "1")
    assert changed.headers["ETag"] != tag


def test_the_feed_reaches_sixty_days_back_and_keeps_the_cancelled_thirty(browser, ada, one):
    path, at = open_feed(ada), utcnow()

    def stands(days: int, state: SessionState, ended: int | None = None) -> int:
        with transaction():
            db.session.execute(
                update(LearningSession).values(
                    state=state,
                    starts_at=at - days * DAY - HOUR,
                    ends_at=at - days * DAY,
                    ended_at=at - ended * DAY if ended is not None else None,
                )
            )
        return len(events(browser().get(path)))

    assert stands(59, SessionState.COMPLETED, 59) == 1
    assert stands(61, SessionState.COMPLETED, 61) == 0
    assert stands(5, SessionState.NO_SHOW, 2) == 1
    assert stands(-20, SessionState.CANCELLED, 29) == 1
    assert stands(-20, SessionState.CANCELLED, 31) == 0


def test_times_that_are_only_offered_stand_in_no_feed(browser, ada, ben, now):
    people.make_proposal(ben, people.make_exchange(ben, ada, now=now), now=now)
    for person in (ada, ben):
        assert events(browser().get(open_feed(person))) == []


def test_the_agreed_time_stands_while_a_move_waits(browser, ada, ben, one, now):
    with transaction():
        learning_sessions.propose_move(
            ben, one.public_id, starts=[one.starts_at + DAY], minutes=60, now=now
        )
    (event,) = events(browser().get(open_feed(ada)))
    assert event.value("SEQUENCE") == "0"


@pytest.mark.parametrize("count", [2, 50])
def test_two_sessions_and_fifty_take_as_many_statements(
    browser, queries, ada, ben, one, now, count
):
    exchange = one.exchange_id
    with transaction():
        for number in range(1, count):
            start = one.starts_at + number * DAY
            db.session.add(
                LearningSession(
                    exchange_id=exchange,
                    leg_id=one.leg_id,
                    teacher_id=one.teacher_id,
                    learner_id=one.learner_id,
                    skill_id=one.skill_id,
                    number=number + 1,
                    state=SessionState.SCHEDULED,
                    minutes=60,
                    starts_at=start,
                    ends_at=start + HOUR,
                    created_at=now,
                )
            )
    path = open_feed(ada)
    client = browser()
    queries.clear()
    answer = client.get(path)
    assert len(events(answer)) == count
    assert len(queries) == 2


def test_the_link_to_a_call_is_nowhere_outside(browser, ada, one):
    with transaction():
        db.session.execute(
            update(LearningSession).values(
                place_kind=PlaceKind.LINK, place_body=f"https://meet.example/{SECRET}"
            )
        )
    client = browser(ada)
    for url in (open_feed(ada), f"/sessions/{one.public_id}.ics"):
        answer = client.get(url)
        assert answer.status_code == 200
        assert SECRET not in answer.text.replace("\r\n ", "")
    links = re.findall(r'href="(https://(?:calendar\.google|outlook)[^"]+)"',
                       client.get(f"/sessions/{one.public_id}").text)  # fmt: skip
    assert len(links) == 2
    assert not any(SECRET in link for link in links)


# -- the page -------------------------------------------------------------------------------------


def test_the_address_is_made_shown_renewed_and_stopped_on_the_page(browser, ada, one):
    client = browser(ada)
    assert "Make an address" in client.get("/sessions").text
    answer = client.post("/calendar/new")
    assert (answer.status_code, answer.location) == (303, "/sessions#own-calendar")
    page = client.get("/sessions").text
    shown = re.search(r'id="calendar-address"[^>]*value="([^"]+)"', page)[1]
    assert "Whoever has this address can read your sessions" in page
    assert f'href="webcal:{shown.partition(":")[2]}"' in page
    assert browser().get(urlsplit(shown).path).status_code == 200
    part = client.post("/calendar/new", headers=HTMX).text
    renewed = re.search(r'id="calendar-address"[^>]*value="([^"]+)"', part)[1]
    assert renewed != shown
    assert browser().get(urlsplit(shown).path).status_code == 404
    assert "without signing in" in client.get("/settings/privacy").text
    assert "Make an address" in client.post("/calendar/stop", headers=HTMX).text
    assert browser().get(urlsplit(renewed).path).status_code == 404


def test_bell_and_mail_lead_the_question_to_where_it_is_answered(browser, ada, one):
    with transaction():
        learning_sessions.remind_due(one.ends_at, 10)
    url = f"/sessions/{one.public_id}/outcome"
    with transaction():
        db.session.execute(update(Notification).values(due_at=utcnow() - HOUR))
    page = browser(ada).get("/notifications").text
    assert re.search(rf'href="{url}"[^<]*(<(?!/a).*?)*Did it happen\?', page, re.DOTALL)
    line = notifications.lines(ada, now=utcnow(), limit=1)[0]
    assert mailing.page_of(line).endswith(url)


def test_google_and_outlook_get_utc_and_the_words(browser, ada, one):
    page = browser(ada).get(f"/sessions/{one.public_id}").text.replace("&amp;", "&")
    google = re.search(r'href="(https://calendar\.google\.com[^"]+)"', page)[1]
    asked = parse_qs(urlsplit(google).query)
    assert asked["text"] == ["Watercolour with Ben"]
    assert asked["dates"] == [f"{one.starts_at:%Y%m%dT%H%M%SZ}/{one.ends_at:%Y%m%dT%H%M%SZ}"]
    outlook = re.search(r'href="(https://outlook\.live\.com[^"]+)"', page)[1]
    asked = parse_qs(urlsplit(outlook).query)
    assert asked["startdt"] == [f"{one.starts_at:%Y-%m-%dT%H:%M:%SZ}"]
    assert f"/sessions/{one.public_id}" in asked["body"][0]
    assert f'href="/sessions/{one.public_id}.ics"' in page
