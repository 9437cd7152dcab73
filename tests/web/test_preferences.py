"""Does the table of switches show how they stand, and move those that were moved?"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import notifications, preferences
from skillswap.domain.preferences import Topic
from skillswap.lib.clock import utcnow
from skillswap.models import Channel, Event, Notification, Preference, User
from tests import people
from tests.conftest import HTMX
from tests.web.test_pitches import main

URL = "/settings/notifications"
BOX = re.compile(r'<input type="checkbox" name="switches" value="([\w.]+)"( checked)?>')


def boxes(page) -> dict[str, bool]:
    """Every switch on the page, and whether it is on."""
    return {name: bool(on) for name, on in BOX.findall(page.text)}


def moved(person: User) -> set[tuple[str, Channel, bool]]:
    rows = db.session.scalars(select(Preference).where(Preference.user_id == person.id))
    return {(row.topic, row.channel, row.wanted) for row in rows}


def as_form(page, **changes: bool) -> dict[str, list[str]]:
    """What the page would send after pressing some boxes; `pitches_push=False` is one."""
    pressed = {name.replace("_", "."): on for name, on in changes.items()}
    return {"switches": [name for name, on in (boxes(page) | pressed).items() if on]}


def test_everybody_begins_with_the_defaults(browser, ada):
    page = browser(ada).get(URL)
    there = boxes(page)
    assert there["pitches.push"] is there["pitches.email"] is there["afterwards.digest"] is True
    assert there["pitches.digest"] is there["afterwards.email"] is False
    assert all(
        on
        == (Channel(name.partition(".")[2]) in preferences.DEFAULTS[Topic(name.partition(".")[0])])
        for name, on in there.items()
    )


def test_what_keeps_the_account_safe_has_no_switch(browser, ada):
    page = browser(ada).get(URL)
    assert not [name for name in boxes(page) if name.startswith("security")]
    assert page.text.count('aria-label="Always on"') == 2
    row = re.search(
        r'<th scope="row">Your account and its safety</th>.*?</tr>', page.text, re.DOTALL
    )[0]
    assert "At once instead" in row


def test_nothing_is_offered_that_never_happens(browser, ada):
    topics = {name.partition(".")[0] for name in boxes(browser(ada).get(URL))}
    assert topics == {
        "pitches", "sessions", "reminders", "chat", "afterwards", "people", "progress"
    }  # fmt: skip


def test_every_box_says_what_it_is(browser, ada):
    text = main(browser(ada).get(URL))
    assert '<span class="sr">Pitches received and answered: Push</span>' in text
    assert text.count('<th scope="col">') == 4
    assert text.count("<label>") == len(BOX.findall(text))


def test_a_plain_form_moves_what_was_moved_and_nothing_else(browser, ada, ben):
    client = browser(ada)
    form = as_form(client.get(URL), pitches_push=False, sessions_digest=True)
    answer = client.post(URL, data=form)
    assert (answer.status_code, answer.location) == (303, URL)
    assert moved(ada) == {("pitches", Channel.PUSH, False), ("sessions", Channel.DIGEST, True)}
    assert moved(ben) == set()
    shown = client.get(URL)
    assert boxes(shown)["pitches.push"] is False
    assert "Saved." in shown.text


def test_with_htmx_the_table_comes_back(browser, ada):
    client = browser(ada)
    answer = client.post(URL, data=as_form(client.get(URL), pitches_email=False), headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'id="switches"' in answer.text
    assert boxes(answer)["pitches.email"] is False
    assert "Saved." in answer.text


def test_all_off_is_all_off_and_back_again_leaves_no_trace(browser, ada):
    client = browser(ada)
    defaults = as_form(client.get(URL))
    client.post(URL, data={})
    assert not any(boxes(client.get(URL)).values())
    assert preferences.wanted(ada.id, Topic.SECURITY, Channel.EMAIL)
    client.post(URL, data=defaults)
    assert moved(ada) == set()


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("wrong", ["security.email", "pitches.pigeon", "x", "pitches.push.x"])
def test_what_no_page_sends_is_refused_and_the_rest_is_kept(browser, ada, wrong, headers):
    answer = browser(ada).post(URL, data={"switches": [wrong, "sessions.digest"]}, headers=headers)
    assert answer.status_code == 422
    assert "alert--error" in answer.text
    assert boxes(answer)["sessions.digest"] is True
    assert boxes(answer)["sessions.push"] is False
    assert moved(ada) == set()


def test_twice_is_harmless_and_writes_nothing_the_second_time(browser, ada, queries):
    client = browser(ada)
    form = as_form(client.get(URL), pitches_push=False)
    client.post(URL, data=form)
    queries.clear()
    assert client.post(URL, data=form).status_code == 303
    assert not [sent for sent in queries if sent.startswith(("INSERT", "DELETE", "UPDATE"))]


def test_a_visitor_is_sent_to_the_door(browser):
    assert browser().get(URL).location == f"/login?next={URL}"
    assert browser().post(URL).location.startswith("/login")


def test_where_no_mail_is_sent_none_is_offered(app, browser, ada, monkeypatch):
    settings = replace(app.config["SETTINGS"], env="production", smtp=None)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    page = browser(ada).get(URL)
    assert {name.partition(".")[2] for name in boxes(page)} == {"push"}
    assert "digest is one mail" not in page.text
    monkeypatch.setitem(app.config, "SETTINGS", replace(settings, vapid_private_key=""))
    page = browser(ada).get(URL)
    assert boxes(page) == {}
    assert "nothing to choose" in page.text
    assert 'id="push"' not in page.text
    assert browser(ada).post("/push/subscribe").status_code == 404


def test_the_switches_decide_what_is_planned(browser, ada, ben):
    client = browser(ada)
    client.post(URL, data=as_form(client.get(URL), pitches_email=False))
    assert preferences.wanted(ada.id, Topic.PITCHES, Channel.EMAIL) is False
    assert preferences.wanted(ben.id, Topic.PITCHES, Channel.EMAIL) is True


def test_a_mail_address_that_is_not_confirmed_is_said(browser, ada):
    with transaction():
        ada.email_confirmed_at = None
    assert "Mails begin once your address is confirmed" in browser(ada).get(URL).text
    with transaction():
        ada.email_confirmed_at = utcnow()
    assert "Mails begin once" not in browser(ada).get(URL).text


def test_the_page_costs_few_statements(browser, ada, queries):
    client = browser(ada)
    client.get(URL)
    queries.clear()
    client.get(URL)
    assert len(queries) <= 4


def test_others_who_did_the_same_are_counted_in_the_line(browser, ada, ben, cy):
    now = utcnow() - timedelta(minutes=1)
    people.make_pitch(ben, ada, now=now)
    first = db.session.scalars(select(Event).where(Event.kind == "pitch.sent")).one()
    again = Event(
        kind=first.kind,
        actor_id=cy.id,
        subject_type=first.subject_type,
        subject_id=first.subject_id,
        audience=first.audience,
        facts=first.facts,
        happened_at=now,
    )
    with transaction():
        db.session.add(again)
        db.session.flush()
        notifications.notify(again)
    assert len(db.session.scalars(select(Notification)).all()) == 2
    text = main(browser(ada).get("/notifications"))
    assert "<b>Cy Example</b> and 1 other pitched you" in text
    assert "<b>Ben Example</b>" not in text
