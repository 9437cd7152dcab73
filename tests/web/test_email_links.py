"""Mailed links through the door people use: confirming, a forgotten password, undoing a change."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from skillswap.config import Settings
from skillswap.db import db, transaction
from skillswap.domain import email_links
from skillswap.models import Delivery, EmailToken, SignIn, TokenPurpose, User, UserState
from tests import people
from tests.conftest import HTMX
from tests.people import PASSWORD

PRIVATE = "/notifications"
NEW = "a river in the rain"
INES = {
    "role": "both",
    "first_name": "Inês",
    "last_name": "Duarte",
    "email": "ines@example.org",
    "password": "the river is cold in May",
    "birth_year": "1994",
    "timezone": "Europe/Lisbon",
    "terms": "y",
}


def mails(kind: str) -> list[Delivery]:
    """Those of a kind, oldest first."""
    return list(
        db.session.scalars(select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id))
    )


def link(kind: str) -> str:
    """Where the newest of a kind leads."""
    return mails(kind)[-1].payload["path"]


def unconfirm(person: User, now) -> str:
    """Not confirmed any more, with a link on its way."""
    with transaction():
        person.email_confirmed_at = None
        email_links.send_confirmation(person, now)
    return link("account.confirm")


def ask_reset(person: User, now) -> str:
    with transaction():
        email_links.send_reset(person.email, now)
    return link("account.reset")


def ask_change(person: User, now, email: str = "ada@elsewhere.example") -> tuple[str, str]:
    """The links to the new and to the old address."""
    with transaction():
        assert email_links.change_email(person, email, now) is None
    return link("account.change"), link("account.undo_change")


def log_in(client, email: str, password: str) -> int:
    return client.post("/login", data={"email": email, "password": password}).status_code


def fresh(person: User) -> User:
    db.session.expire_all()
    return db.session.get_one(User, person.id)


# -- confirming -----------------------------------------------------------------------------------


def test_joining_mails_a_link_that_confirms_the_address(browser):
    ines = browser()
    ines.post("/signup", data=INES)
    home = ines.get("/").text
    assert "Confirm your email" in home
    assert "ines@example.org" in home
    answer = ines.post(link("account.confirm"))
    assert (answer.status_code, answer.location) == (303, "/")
    home = ines.get("/").text
    assert "Your email is confirmed." in home
    assert "Send a new link" not in home


def test_the_token_stands_nowhere_but_in_the_mail(browser):
    browser().post("/signup", data=INES)
    token = link("account.confirm").rpartition("/")[2]
    row = db.session.scalars(select(EmailToken)).one()
    assert len(token) == 43
    assert token not in (row.token_hash, row.bound_to)
    assert len(row.token_hash) == 64


def test_mail_scanners_may_look_as_often_as_they_like(browser, ada, now):
    url = unconfirm(ada, now)
    for _time in range(3):
        page = browser().get(url)
        assert page.status_code == 200
        assert "ada@example.org" in page.text
    assert fresh(ada).email_confirmed_at is None
    assert browser().post(url).status_code == 303
    assert fresh(ada).email_confirmed_at is not None


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_used_link_is_gone(browser, ada, now, headers):
    url = unconfirm(ada, now)
    browser().post(url)
    for answer in (browser().get(url, headers=headers), browser().post(url, headers=headers)):
        assert answer.status_code == 410
        assert "This link is over" in answer.text
        assert url.rpartition("/")[2] not in answer.text
        assert ("<html" in answer.text) is not bool(headers)


def test_a_link_out_of_date_is_gone_and_another_one_is_at_hand(browser, ada, now):
    url = unconfirm(ada, now - timedelta(hours=24))
    page = browser(ada).get(url)
    assert page.status_code == 410
    assert 'action="/email/confirm/send"' in page.text
    assert browser(ada).post(url).status_code == 410
    assert fresh(ada).email_confirmed_at is None


def test_unknown_and_foreign_tokens_do_not_exist(browser, ada, now):
    confirm, reset = unconfirm(ada, now), ask_reset(ada, now)
    change, undo = (url.rpartition("/")[2] for url in _changes(ada, now))
    one, two = confirm.rpartition("/")[2], reset.rpartition("/")[2]
    wrong = [
        f"/password/reset/{one}",
        f"/email/undo/{one}",
        f"/email/confirm/{two}",
        f"/email/undo/{two}",
        f"/password/reset/{change}",
        f"/email/undo/{change}",
        f"/password/reset/{undo}",
        f"/email/confirm/{undo}",
        "/password/reset/" + "x" * 43,
        "/email/confirm/short",
    ]
    for url in wrong:
        assert browser().get(url).status_code == 404, url
        assert browser().post(url, data={"password": NEW}).status_code == 404, url


def _changes(ada: User, now) -> tuple[str, str]:
    with transaction():
        ada.email_confirmed_at = now
    return ask_change(ada, now)


def test_asking_for_the_link_again_leads_back_and_is_limited(browser, ada, now):
    unconfirm(ada, now)
    client = browser(ada)
    for _time in range(5):
        answer = client.post("/email/confirm/send", data={"next": "/people/ada"})
        assert (answer.status_code, answer.location) == (303, "/people/ada")
    assert "We sent a link to ada@example.org." in client.get("/").text
    late = client.post("/email/confirm/send")
    assert late.status_code == 429
    assert int(late.headers["Retry-After"]) > 0
    assert client.post("/email/confirm/send", headers=HTMX).status_code == 429
    assert len(mails("account.confirm")) == 6


def test_asking_again_never_leads_to_another_site(browser, ada, now):
    unconfirm(ada, now)
    answer = browser(ada).post("/email/confirm/send", data={"next": "//evil.example"})
    assert answer.location == "/"


def test_who_is_confirmed_gets_no_further_link(browser, ada):
    client = browser(ada)
    assert client.post("/email/confirm/send").status_code == 303
    assert "Your email is confirmed already." in client.get("/").text
    assert mails("account.confirm") == []


def test_a_pitch_waits_until_the_address_is_confirmed(browser, ada, ben, now):
    url = unconfirm(ben, now)
    client = browser(ben)
    form = {"skill": "watercolour", "offered": "", "body": people.BODY, "days": "14"}
    page = client.get("/people/ada/pitch").text
    assert "Confirm your email first" in page
    assert 'action="/email/confirm/send"' in page
    refused = client.post("/people/ada/pitch", data=form)
    assert refused.status_code == 422
    assert people.BODY in refused.text
    assert "Confirm your email first" in refused.text
    client.post(url)
    assert client.post("/people/ada/pitch", data=form).status_code == 303


# -- a forgotten password -------------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_by_a_link(browser, ada):
    here, elsewhere = browser(), browser(ada)
    assert "/password/forgot" in here.get("/login").text
    answer = here.post("/password/forgot", data={"email": " ADA@Example.org "})
    assert (answer.status_code, answer.location) == (303, "/password/forgot?sent=1")
    assert "Look in your mail" in here.get(answer.location).text
    url = link("account.reset")
    page = here.get(url)
    assert "ada@example.org" in page.text
    answer = here.post(url, data={"password": NEW})
    assert (answer.status_code, answer.location) == (303, "/login")
    assert "Your new password is set." in here.get("/login").text
    assert elsewhere.get(PRIVATE).location.startswith("/login")
    assert log_in(here, "ada@example.org", PASSWORD) == 422
    assert log_in(here, "ada@example.org", NEW) == 303
    assert len(mails("account.password")) == 1


def test_resetting_twice_is_gone_and_so_are_the_other_links(browser, ada, now):
    first, second = ask_reset(ada, now), ask_reset(ada, now)
    assert browser().post(first, data={"password": NEW}).status_code == 303
    for url in (first, second):
        assert browser().get(url).status_code == 410
        assert browser().post(url, data={"password": NEW + "s"}).status_code == 410
    assert log_in(browser(), "ada@example.org", NEW) == 303


def test_a_link_for_a_password_lasts_half_an_hour(browser, ada, now):
    url = ask_reset(ada, now - timedelta(minutes=30))
    page = browser().get(url)
    assert page.status_code == 410
    assert "Ask for a new link" in page.text


def test_a_change_of_address_ends_the_links_of_before(browser, ada, now):
    reset = ask_reset(ada, now)
    change, _undo = ask_change(ada, now)
    assert browser().post(change).status_code == 303
    assert browser().post(reset, data={"password": NEW}).status_code == 410


def test_a_reset_confirms_the_address_it_went_to(browser, ada, now):
    unconfirm(ada, now)
    browser().post(ask_reset(ada, now), data={"password": NEW})
    assert fresh(ada).email_confirmed_at is not None


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("", "This is needed."),
        ("short", "At least 10 characters."),
        ("password123", "on the lists that intruders try first"),
        ("ada@example.org", "holds your name or address"),
    ],
)
def test_a_weak_password_is_refused_and_the_link_stays(browser, ada, now, password, sentence):
    url = ask_reset(ada, now)
    answer = browser().post(url, data={"password": password})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert browser().get(url).status_code == 200


def test_known_and_unknown_addresses_are_answered_alike(browser, ada):
    answers = [
        browser().post("/password/forgot", data={"email": f"{name}@example.org"})
        for name in ("ada", "nobody")
    ]
    assert {(a.status_code, a.location, a.text) for a in answers} == {
        (303, "/password/forgot?sent=1", answers[0].text)
    }
    assert [mail.payload["to"] for mail in mails("account.reset")] == ["ada@example.org"]


def test_known_and_unknown_addresses_take_about_the_same_time(browser, ada, now):
    times: dict[str, list[float]] = {"ada": [], "nobody": []}
    client = browser()
    for _time in range(20):
        for name, taken in times.items():
            with transaction():
                db.session.execute(update(EmailToken).values(used_at=now))
                db.session.execute(db.metadata.tables["attempts"].delete())
            begun = time.process_time()
            client.post("/password/forgot", data={"email": f"{name}@example.org"})
            taken.append(time.process_time() - begun)
    known, unknown = median(times["ada"]), median(times["nobody"])
    assert max(known, unknown) / min(known, unknown) < 1.6


@pytest.mark.parametrize("state", [UserState.SUSPENDED, UserState.DELETED])
def test_who_may_not_come_in_gets_no_link(browser, ada, now, state):
    with transaction():
        ada.state = state
    assert browser().post("/password/forgot", data={"email": ada.email}).status_code == 303
    assert mails("account.reset") == []


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_the_sixth_link_of_a_day_waits(browser, ada, name):
    form = {"email": f"{name}@example.org"}
    for _time in range(5):
        assert browser().post("/password/forgot", data=form).status_code == 303
    late = browser().post("/password/forgot", data=form)
    assert late.status_code == 429
    assert int(late.headers["Retry-After"]) > 0
    assert f'value="{name}@example.org"' in late.text
    assert "That were many tries" in late.text


def test_a_host_of_somebody_else_s_choice_stands_in_no_mail(app: Flask, browser, ada):
    answer = browser().post(
        "/password/forgot",
        data={"email": ada.email},
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
    )
    assert answer.status_code == 400
    browser().post(
        "/password/forgot", data={"email": ada.email}, headers={"X-Forwarded-Host": "evil.example"}
    )
    assert all("evil" not in str(mail.payload) for mail in mails("account.reset"))
    assert link("account.reset").startswith("/password/reset/")


# -- a change of address --------------------------------------------------------------------------


def test_a_new_address_counts_once_its_link_was_used(browser, ada, now):
    change, undo = ask_change(ada, now)
    assert mails("account.change")[-1].payload["to"] == "ada@elsewhere.example"
    assert mails("account.undo_change")[-1].payload["to"] == "ada@example.org"
    assert log_in(browser(), "ada@example.org", PASSWORD) == 303
    assert "ada@elsewhere.example" in browser().get(change).text
    assert browser().post(change).status_code == 303
    assert log_in(browser(), "ada@example.org", PASSWORD) == 422
    assert log_in(browser(), "ada@elsewhere.example", PASSWORD) == 303
    assert browser().post(change).status_code == 410
    assert browser().get(undo).status_code == 200


@pytest.mark.parametrize("confirmed_first", [True, False])
def test_the_old_address_undoes_it_and_shuts_everybody_out(browser, ada, now, confirmed_first):
    thief = browser(ada)
    change, undo = ask_change(ada, now)
    if confirmed_first:
        browser().post(change)
    for _time in range(3):
        assert browser().get(undo).status_code == 200
    answer = browser().post(undo)
    assert answer.status_code == 303
    assert answer.location.startswith("/password/reset/")
    assert fresh(ada).email == "ada@example.org"
    assert thief.get(PRIVATE).location.startswith("/login")
    assert log_in(browser(), "ada@example.org", PASSWORD) == 422
    assert browser().post(change).status_code == 410
    assert browser().post(undo).status_code == 410
    assert browser().post(answer.location, data={"password": NEW}).status_code == 303
    assert log_in(browser(), "ada@example.org", NEW) == 303


def test_an_undo_lasts_72_hours_from_when_the_change_took_effect(browser, ada, now):
    change, undo = ask_change(ada, now - timedelta(hours=23))
    assert browser().post(change).status_code == 303
    row = db.session.scalar(select(EmailToken).where(EmailToken.purpose == "undo_change"))
    assert row.expires_at > now + timedelta(hours=71, minutes=59)
    with transaction():
        row.expires_at = now
    assert browser().post(undo).status_code == 410
    assert fresh(ada).email == "ada@elsewhere.example"


def test_who_takes_an_account_over_cannot_take_it_back_after_the_undo(browser, ada, now):
    """The thief goes on to a second address of theirs, and holds an undo of their own."""
    change, owners = ask_change(ada, now, "thief@elsewhere.example")
    browser().post(change)
    change, thiefs = ask_change(fresh(ada), now, "thief2@elsewhere.example")
    browser().post(change)
    assert browser().post(thiefs).status_code == 303  # used first, it ends not the older one
    answer = browser().post(owners)
    assert answer.status_code == 303
    assert browser().post(thiefs).status_code == 410
    assert fresh(ada).email == "ada@example.org"


def test_a_later_undo_is_worthless_once_an_older_one_was_used(browser, ada, now):
    change, owners = ask_change(ada, now, "thief@elsewhere.example")
    browser().post(change)
    change, thiefs = ask_change(fresh(ada), now, "thief2@elsewhere.example")
    browser().post(change)
    browser().post(owners)
    assert browser().post(thiefs).status_code == 410
    assert fresh(ada).email == "ada@example.org"


def test_an_address_never_confirmed_gets_no_power_over_the_account(browser, ada, now):
    """It may be a slip of the pen, and somebody else's mailbox."""
    with transaction():
        ada.email_confirmed_at = None
        email_links.change_email(ada, "right@example.org", now)
    assert mails("account.undo_change") == []
    browser().post(link("account.change"))
    assert fresh(ada).email == "right@example.org"
    assert fresh(ada).email_confirmed_at is not None


def test_an_address_taken_meanwhile_is_refused_with_a_sentence(browser, ada, ben, now):
    change, _undo = ask_change(ada, now)
    with transaction():
        ben.email = "ada@elsewhere.example"
    answer = browser().post(change)
    assert answer.status_code == 422
    assert "There is an account with this address already." in answer.text
    assert fresh(ada).email == "ada@example.org"


def test_two_presses_at_once_use_a_link_once(browser, ada, now):
    url = unconfirm(ada, now)
    client = browser()
    answers = sorted(client.post(url).status_code for _time in range(3))
    assert answers == [303, 410, 410]


# -- what leaks nothing ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["account.confirm", "account.reset", "account.undo_change"])
def test_the_pages_send_no_token_on(browser, ada, now, kind):
    ask_change(ada, now)
    unconfirm(ada, now)
    ask_reset(ada, now)
    url = link(kind)
    page = browser().get(url)
    # the origin alone: with no Referer at all a form over https would be refused
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert "no-" in page.headers["Cache-Control"]
    token = url.rpartition("/")[2]
    places = [m.start() for m in re.finditer(re.escape(token), page.text)]
    assert len(places) == 1  # the form's own address
    assert f'action="{url}"' in page.text
    assert 'hx-boost="false"' in page.text


@pytest.fixture
def without_mail(app: Flask) -> Iterator[None]:
    """As in production without SMTP_URL."""
    before = db.engine.get_execution_options()["channels"]
    db.engine.update_execution_options(channels=frozenset({"push"}))
    yield
    db.engine.update_execution_options(channels=before)


@pytest.mark.usefixtures("without_mail")
def test_nothing_is_asked_where_no_mail_is_sent(browser, ada, ben):
    with transaction():
        ben.email_confirmed_at = None
    client = browser(ben)
    assert "Confirm your email" not in client.get("/").text
    assert "Forgot your password" not in browser().get("/login").text
    assert browser().get("/password/forgot").status_code == 404
    assert client.post("/email/confirm/send").status_code == 404
    form = {"email": "b@example.org", "email_password": PASSWORD}
    assert client.post("/settings/security/email", data=form).status_code == 404
    assert "This place sends no mail" in client.get("/settings/security").text
    form = {"skill": "watercolour", "offered": "", "body": people.BODY, "days": "14"}
    assert client.post("/people/ada/pitch", data=form).status_code == 303


def test_production_without_a_mail_server_offers_none_of_it():
    env = {
        "SKILLSWAP_ENV": "production",
        "SECRET_KEY": "x" * 48,
        "DATABASE_URL": "postgresql://u:p@localhost/x",
        "PUBLIC_URL": "https://skillswap.example",
    }
    assert "email" not in Settings.from_env(env).channels


@pytest.mark.usefixtures("without_mail")
def test_joining_mails_nothing_where_no_mail_is_sent(browser):
    assert browser().post("/signup", data=INES).status_code == 303
    assert db.session.scalar(select(func.count(EmailToken.id))) == 0
    assert mails("account.confirm") == []


def test_old_links_are_erased(ada, now):
    ask_reset(ada, now - timedelta(days=8))
    ask_reset(ada, now)
    with transaction():
        assert email_links.forget_due(now, 10) == 1
    assert db.session.scalar(select(func.count(EmailToken.id))) == 1


def test_a_page_behind_a_link_takes_few_statements(browser, ada, now, queries):
    for url in (unconfirm(ada, now), ask_reset(ada, now)):
        queries.clear()
        browser().get(url)
        assert len(queries) <= 2


def test_the_purposes_all_have_a_page(app: Flask):
    addresses = app.url_map.bind("localhost")
    for purpose in TokenPurpose:
        assert addresses.match(email_links.PAGES[purpose] + "x" * 43, method="POST")
    assert addresses.match(email_links.FORGOT)
    assert db.session.scalar(select(func.count(SignIn.id))) == 0
