"""Pages about mail: switching it off from a mail, what staff see, what developers read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from skillswap import mailing
from skillswap.blueprints.notifications import PAGES
from skillswap.db import db, transaction
from skillswap.domain import deliveries, preferences
from skillswap.domain.preferences import Topic
from skillswap.lib.clock import utcnow
from skillswap.models import Channel, Delivery, DeliveryResult, User
from tests import people
from tests.conftest import HTMX


def link(person: User, topic: Topic | None = Topic.PITCHES, by: Channel = Channel.EMAIL) -> str:
    return f"/unsubscribe/{mailing.unsubscribe_token(person.id, topic, by)}"


def gets_mail(person: User, topic: Topic = Topic.PITCHES) -> bool:
    return preferences.wanted(person.id, topic, Channel.EMAIL)


# -- unsubscribing --------------------------------------------------------------------------------


def test_opening_the_link_changes_nothing(browser, ada):
    for _ in range(3):
        answer = browser().get(link(ada))
        assert answer.status_code == 200
        assert "No more of these mails?" in answer.text
        assert "mails about pitches" in answer.text
    assert gets_mail(ada)


def test_one_click_of_a_mail_reader_switches_it_off(app, browser, ada):
    app.config.update(WTF_CSRF_ENABLED=True)
    try:
        answer = browser().post(link(ada), data={"List-Unsubscribe": "One-Click"})
    finally:
        app.config.update(WTF_CSRF_ENABLED=False)
    assert answer.status_code == 200  # no redirect: the program would not follow it
    assert not gets_mail(ada)
    assert gets_mail(ada, Topic.SESSIONS)
    assert preferences.wanted(ada.id, Topic.PITCHES, Channel.PUSH)


def test_the_button_of_the_page_switches_it_off_and_on_again(browser, ada):
    client = browser()
    answer = client.post(link(ada), data={"on": "0"})
    assert (answer.status_code, answer.location) == (303, link(ada))
    assert not gets_mail(ada)
    assert "Switched off" in client.get(link(ada)).text
    client.post(link(ada), data={"on": "1"})
    assert gets_mail(ada)


def test_for_htmx_the_page_is_loaded_again(browser, ada):
    answer = browser().post(link(ada), data={"on": "0"}, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Location"]) == (204, link(ada))


def test_the_digest_is_switched_off_as_a_whole(browser, ada):
    browser().post(link(ada, None, Channel.DIGEST), data={"List-Unsubscribe": "One-Click"})
    table = preferences.switches(ada.id)
    assert not any(on for (_topic, by), on in table.items() if by is Channel.DIGEST)
    assert gets_mail(ada)
    browser().post(link(ada, None, Channel.DIGEST), data={"on": "1"})
    assert preferences.wanted(ada.id, Topic.AFTERWARDS, Channel.DIGEST)
    assert not preferences.wanted(ada.id, Topic.PITCHES, Channel.DIGEST)


def test_a_link_we_did_not_sign_is_not_there(browser, ada, ben):
    good, bens = link(ada), link(ben)
    mixed = bens.rpartition(".")[0] + "." + good.rpartition(".")[2]
    for url in (mixed, "/unsubscribe/x", good + "x", good.replace(".", "")):
        assert browser().get(url).status_code == 404
        assert browser().post(url).status_code == 404
    assert gets_mail(ada)


def test_a_link_still_holds_after_the_key_was_changed(app, browser, ada, monkeypatch):
    old = link(ada)
    settings = app.config["SETTINGS"]
    newer = replace(settings, secret_key="n" * 40, secret_key_fallbacks=(settings.secret_key,))
    monkeypatch.setitem(app.config, "SETTINGS", newer)
    assert browser().get(old).status_code == 200
    assert browser().get(link(ada)).status_code == 200


def test_mails_lead_where_the_bell_leads():
    assert mailing.PAGES == PAGES


# -- staff ----------------------------------------------------------------------------------------


def fail(person: User, error: str = "550 No such person here") -> str:
    now = utcnow()
    row = deliveries.row_of(error, person.id, Channel.EMAIL, "account.password", now, now)
    failed = {"done_at": now, "result": DeliveryResult.FAILED, "error": error, "attempts": 1}
    with transaction():
        deliveries.add_new([row | failed])
    return str(row["public_id"])


def test_staff_see_what_failed_and_why_but_no_address(browser, ada, mo):
    fail(ada)
    page = browser(mo).get("/moderation/deliveries").text
    assert "Ada Example" in page
    assert "550 No such person here" in page
    assert ada.email not in page


def test_with_nothing_failed_the_page_says_so(browser, mo):
    assert "Everything has left" in browser(mo).get("/moderation/deliveries").text


def test_for_others_there_is_no_such_page(browser, ada):
    key = fail(ada)
    for client in (browser(), browser(ada)):
        assert client.get("/moderation/deliveries").status_code == 404
        assert client.post(f"/moderation/deliveries/{key}/retry").status_code == 404
    assert db.session.scalar(select(Delivery.result)) is DeliveryResult.FAILED


def test_a_retry_makes_it_due_again_once(browser, ada, mo):
    key = fail(ada)
    client = browser(mo)
    answer = client.post(f"/moderation/deliveries/{key}/retry", headers=HTMX)
    assert answer.status_code == 200
    assert f'id="delivery-{key}"' in answer.text
    row = db.session.scalars(select(Delivery)).one()
    assert (row.result, row.done_at, row.attempts) == (None, None, 0)
    assert client.post(f"/moderation/deliveries/{key}/retry").status_code == 409
    assert client.post("/moderation/deliveries/nothing/retry").status_code == 404


def test_a_long_list_is_cut_and_costs_the_same(browser, ada, mo, queries):
    client = browser(mo)
    costs = []
    for count in (1, 45):
        for number in range(count):
            fail(ada, f"{count} {number}")
        queries.clear()
        page = client.get("/moderation/deliveries").text
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 4
    assert page.count("Send it again") == 20
    assert "Show more" in page


# -- developers -----------------------------------------------------------------------------------


@pytest.fixture
def developing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app as a developer runs it."""
    settings = replace(app.config["SETTINGS"], env="development", smtp=None)
    monkeypatch.setitem(app.config, "SETTINGS", settings)


def test_a_developer_reads_the_mails_that_stayed(developing, browser, ada, ben, now):
    with transaction():
        db.session.execute(update(User).values(email_confirmed_at=now))
        deliveries.mail(ada, "account.reset", now=now, path="/password/reset/abc")
    pitch = people.make_pitch(ben, ada, now=now - timedelta(hours=1))
    page = browser().get("/dev/mail").text
    assert "Choose a new password" in page
    assert 'href="/password/reset/abc"' in page
    assert "Ben Example sent you a pitch" in page
    assert f'href="/pitches/{pitch.public_id}"' in page


def test_with_no_mail_the_page_says_so(developing, browser, ada):
    assert "No mail yet" in browser(ada).get("/dev/mail").text


def test_elsewhere_there_is_no_such_page(app, browser, mo, monkeypatch):
    assert browser(mo).get("/dev/mail").status_code == 404
    production = replace(app.config["SETTINGS"], env="production")
    monkeypatch.setitem(app.config, "SETTINGS", production)
    assert browser(mo).get("/dev/mail").status_code == 404
