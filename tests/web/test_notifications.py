"""Does the bell count what can be opened, and does looking at a thing quieten it?"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from skillswap.db import db, transaction
from skillswap.lib.clock import local
from skillswap.models import Event, Notification, Pitch, User
from tests import people
from tests.conftest import HTMX
from tests.web.test_pitches import fill_inbox, main

BELL = re.compile(r'id="bell"[^>]*aria-label="([^"]*)"')


def bell(page: Any) -> str:
    return BELL.search(page.text)[1]


def about(pitch: Pitch, **more: str) -> dict[str, str]:
    """What the page of that pitch sends when it is seen."""
    return {"subject_type": "pitches", "public_id": pitch.public_id} | more


def unread(person: User) -> int:
    mine = select(Notification).where(
        Notification.user_id == person.id, Notification.read_at.is_(None)
    )
    return len(db.session.scalars(mine).all())


def test_a_line_says_who_did_what_and_opens_it(browser, ada, ben):
    pitch = people.make_pitch(ben, ada, offered="spanish")
    page = browser(ada).get("/notifications")
    assert bell(page) == "Notifications, 1 unread"
    text = main(page)
    assert re.search(
        rf'<a href="/pitches/{pitch.public_id}" class="unread">.*<b>Ben Example</b> '
        r"pitched you: Watercolour, offering Spanish\. Answer by \d+ \w+",
        text,
    )
    assert '<span class="sr">Unread</span>' in text
    assert '<h2 class="small muted">Today</h2>' in text


def test_every_kind_of_subject_can_be_opened(browser, ada, ben, now):
    exchange = people.make_exchange(ben, ada, now=now)
    session = people.make_proposal(ada, exchange, now=now)
    text = main(browser(ben).get("/notifications"))
    assert f'href="/sessions/{session.public_id}"' in text
    assert f'href="/pitches/{db.session.scalars(select(Pitch.public_id)).one()}"' in text


def test_days_follow_the_reader_s_clock(browser, ada, ben, now):
    people.make_pitch(ben, ada, now=now)
    for days, title in ((1, "Yesterday"), (3, None)):
        then = now - timedelta(days=days)
        with transaction():
            db.session.execute(update(Notification).values(created_at=then))
        title = title or local(then, ada.timezone).day
        assert f'<h2 class="small muted">{title}' in main(browser(ada).get("/notifications"))


def test_without_a_line_the_page_says_what_will_come(browser, ada):
    page = browser(ada).get("/notifications")
    assert "All quiet" in page.text
    assert bell(page) == "Notifications"
    assert "Mark all read" not in page.text


def test_the_filter_leaves_out_what_was_read(browser, ada, ben, cy):
    read = people.make_pitch(ben, ada)
    people.make_pitch(cy, ada)
    browser(ada).post("/notifications/read", data=about(read))
    text = main(browser(ada).get("/notifications?filter=unread"))
    assert "Cy Example" in text
    assert "Ben Example" not in text


def test_mark_all_read_as_a_plain_form(browser, ada, ben, cy):
    people.make_pitch(ben, ada)
    people.make_pitch(cy, ada)
    answer = browser(ada).post("/notifications/read")
    assert (answer.status_code, answer.location) == (303, "/notifications")
    assert unread(ada) == 0
    assert bell(browser(ada).get("/notifications")) == "Notifications"


def test_mark_all_read_with_htmx_brings_the_list_and_the_bell(browser, ada, ben):
    people.make_pitch(ben, ada)
    page = {"HX-Current-URL": "http://localhost/notifications"}
    answer = browser(ada).post("/notifications/read", headers=HTMX | page)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'id="notifications"' in answer.text
    assert '<hx-partial hx-target="#bell" hx-swap="outerHTML">' in answer.text
    assert bell(answer) == "Notifications"
    assert 'aria-current="page" aria-label="Notifications"' in answer.text
    assert "Mark all read" not in answer.text
    assert "unread" not in answer.text.split("<hx-partial")[0].replace("filter=unread", "")


def test_mark_all_read_keeps_the_filter(browser, ada, ben):
    people.make_pitch(ben, ada)
    answer = browser(ada).post("/notifications/read?filter=unread", headers=HTMX)
    assert "You have read everything." in answer.text
    people.make_pitch(ben, ada, "piano")
    answer = browser(ada).post("/notifications/read?filter=unread")
    assert answer.location == "/notifications?filter=unread"


def test_marking_twice_is_harmless(browser, ada, ben):
    pitch = people.make_pitch(ben, ada)
    for data in (about(pitch), {}):
        for _twice in range(2):
            assert browser(ada).post("/notifications/read", data=data).status_code == 303
            answer = browser(ada).post("/notifications/read", data=data, headers=HTMX)
            assert answer.status_code == 200
    assert unread(ada) == 0


def test_a_page_that_is_looked_at_quietens_its_own_lines(browser, ada, ben, cy):
    seen, other = people.make_pitch(ben, ada), people.make_pitch(cy, ada)
    page = browser(ada).get(f"/pitches/{seen.public_id}").text
    form = re.search(r'<form [^>]*hx-trigger="load"[^>]*>.*?</form>', page, re.DOTALL)[0]
    assert 'method="post" action="/notifications/read"' in form
    assert f'name="public_id" value="{seen.public_id}"' in form
    assert "<noscript><button" in form
    assert unread(ada) == 2, "looking alone writes nothing"
    here = {"HX-Current-URL": f"http://localhost/pitches/{seen.public_id}"}
    answer = browser(ada).post("/notifications/read", data=about(seen), headers=HTMX | here)
    assert answer.status_code == 200
    assert bell(answer) == "Notifications, 1 unread"
    assert 'aria-current="page"' not in answer.text
    rows = select(Notification.subject_id).where(Notification.read_at.is_(None))
    assert db.session.scalars(rows).all() == [other.id]


def test_a_page_is_silent_when_there_is_nothing_to_quieten(browser, ada, ben):
    pitch = people.make_pitch(ben, ada)
    assert 'hx-trigger="load"' not in browser(ben).get(f"/pitches/{pitch.public_id}").text


def test_without_a_script_the_mark_leads_back_to_the_thing(browser, ada, ben):
    pitch = people.make_pitch(ben, ada)
    answer = browser(ada).post("/notifications/read", data=about(pitch))
    assert (answer.status_code, answer.location) == (303, f"/pitches/{pitch.public_id}")


def test_a_stranger_marks_nothing_and_learns_nothing(browser, ada, ben, cy):
    pitch = people.make_pitch(ben, ada)
    there = browser(cy).post("/notifications/read", data=about(pitch), headers=HTMX)
    nowhere = browser(cy).post(
        "/notifications/read", data=about(pitch, public_id="nothing-here"), headers=HTMX
    )
    assert (there.status_code, there.text) == (nowhere.status_code, nowhere.text)
    assert unread(ada) == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    "wrong",
    [
        {"subject_type": "users"},
        {"subject_type": ""},
        {"public_id": "short"},
        {"public_id": ""},
        {"public_id": "twelve\x00chars"},
    ],
)
def test_what_no_page_sends_is_refused(browser, ada, ben, wrong, headers):
    pitch = people.make_pitch(ben, ada)
    answer = browser(ada).post("/notifications/read", data=about(pitch) | wrong, headers=headers)
    assert answer.status_code == 422
    assert unread(ada) == 1


def test_reading_is_never_a_get_and_needs_a_person(browser, ada):
    assert browser(ada).get("/notifications/read").status_code == 405
    assert browser().post("/notifications/read").location.startswith("/login")
    assert browser().get("/notifications").location == "/login?next=/notifications"


def test_show_more_goes_on_within_the_day(browser, ada):
    fill_inbox(ada, 23)
    first = browser(ada).get("/notifications").text
    more = re.search(r'hx-get="(/notifications\?[^"]+)"', first)[1].replace("&amp;", "&")
    rest = browser(ada).get(more, headers=HTMX).text
    assert "<h2" not in rest, "the day goes on: its title stands above already"
    lines = re.findall(r'href="/pitches/([\w-]+)" class="unread"', first + rest)
    assert (len(lines), len(set(lines))) == (23, 23)
    assert "<h2" in browser(ada).get(more).text.split("<main")[1]


def test_the_page_costs_the_same_for_2_and_40_lines(browser, queries, ada):
    visitor = browser(ada)

    def cost(more: int) -> int:
        fill_inbox(ada, more)
        queries.clear()
        assert visitor.get("/notifications").status_code == 200
        return len(queries)

    assert cost(2) == cost(38) <= 3


def test_an_event_from_a_person_with_markup_for_a_name_stays_text(browser, ada):
    eve = people.make_person("eve", first_name="<b>Eve", last_name="</a>", offers=("Chess",))
    people.make_pitch(eve, ada)
    text = main(browser(ada).get("/notifications"))
    assert "&lt;b&gt;Eve &lt;/a&gt;" in text
    assert db.session.scalar(select(Event.actor_id)) == eve.id
