"""Mails against a real server on loopback: well, refusing, busy, silent, and away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from skillswap import worker
from skillswap.config import Settings
from skillswap.db import db, transaction
from skillswap.domain import deliveries, notifications
from skillswap.lib.mail import TIMEOUT, MailServer
from skillswap.models import Delivery, DeliveryResult, User
from tests import people
from tests.support.smtp import PostOffice, post_office

MANY = 100


@pytest.fixture
def office() -> Iterator[PostOffice]:
    """A mail server that works until it is told otherwise."""
    with post_office() as made:
        yield made


@pytest.fixture
def sending(app: Flask, office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The app with that server in its settings."""
    settings: Settings = app.config["SETTINGS"]
    named = replace(settings, smtp=office.server, public_url="https://skillswap.example")
    monkeypatch.setitem(app.config, "SETTINGS", named)
    return app


def deliver(app: Flask, now: datetime) -> int:
    """Send all that is due at that moment; returns how many deliveries were taken up."""
    tried = 0
    while count := worker.deliver(app, "one", threading.Event(), clock=lambda: now):
        tried += count
    db.session.expire_all()
    return tried


def plan(person: User, now: datetime, count: int = 1) -> None:
    """Mails about the account, due at once."""
    with transaction():
        for _ in range(count):
            deliveries.mail(person, "account.password", now=now, path="/password/forgot")


def counts() -> dict[DeliveryResult | None, int]:
    """How many deliveries ended how; None for those that wait."""
    query = select(Delivery.result, func.count()).group_by(Delivery.result)
    return {row[0]: row[1] for row in db.session.execute(query)}


def the_row() -> Delivery:
    """The only delivery, as it stands."""
    return db.session.scalars(select(Delivery)).one()


def test_a_pitch_arrives_as_a_whole_mail(sending, office, ada, ben, now):
    with transaction():
        db.session.execute(update(User).values(email_confirmed_at=now))
    pitch = people.make_pitch(ben, ada, now=now)
    assert deliver(sending, now) == 0  # not before its minute is over
    deliver(sending, now + timedelta(minutes=1))
    ((to, mail),) = office.mails
    assert to == "ada@example.org"
    assert mail["From"] == "SkillSwap <no-reply@localhost>"
    assert mail["Subject"] == "Ben Example sent you a pitch"
    assert mail["Message-ID"] == f"<{the_row().public_id}@skillswap.example>"
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    link = f"https://skillswap.example/pitches/{pitch.public_id}"
    for body in (text, html):
        assert link in body
        assert "Ben Example pitched you: Watercolour." in body
    raw = next(value for name, value in mail.raw_items() if name == "List-Unsubscribe")
    one_click = str(raw).strip("<>")  # on one line, and not encoded
    assert one_click.startswith("https://skillswap.example/unsubscribe/")
    assert one_click in text
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (the_row().result, the_row().payload) == (DeliveryResult.SENT, {})


def test_what_was_read_before_the_mail_is_not_mailed(sending, office, ada, ben, now):
    with transaction():
        db.session.execute(update(User).values(email_confirmed_at=now))
    people.make_pitch(ben, ada, now=now)
    with transaction():
        notifications.read_all(ada, now)
    assert deliver(sending, now + timedelta(hours=1)) == 1
    assert office.mails == []
    assert (the_row().result, the_row().error) == (DeliveryResult.DROPPED, "read meanwhile")


@pytest.mark.parametrize(
    "name",
    ["Ana\r\nBcc: eve@example.org", "Ana\x00\u202e", "A" * 60, "=?utf-8?q?Ana?=", "Zoë Ünal 🎨"],
)
def test_a_name_cannot_leave_its_header(sending, office, ada, ben, now, name):
    with transaction():
        db.session.execute(update(User).values(email_confirmed_at=now))
        db.session.execute(
            update(User).where(User.id == ben.id).values(first_name=name.replace("\x00", ""))
        )
    people.make_pitch(ben, ada, now=now)
    deliver(sending, now + timedelta(hours=1))
    ((to, mail),) = office.mails
    assert to == "ada@example.org"
    assert mail["Bcc"] is None
    assert mail["Subject"].endswith("sent you a pitch")
    assert "\n" not in mail["Subject"]


def test_a_hundred_mails_survive_a_server_that_is_away(sending, office, ada, now):
    plan(ada, now, MANY)
    office.close()
    deliver(sending, now)
    assert counts() == {None: MANY}
    assert the_first().error.startswith("ConnectionRefusedError")
    office.open()
    later = now + timedelta(hours=1)
    assert deliver(sending, later) == MANY
    assert counts() == {DeliveryResult.SENT: MANY}
    assert len(office.ids) == MANY
    assert set(office.ids.values()) == {1}


def the_first() -> Delivery:
    return db.session.scalars(select(Delivery).order_by(Delivery.id).limit(1)).one()


@pytest.mark.parametrize("mode", ["busy", "full", "sender"])
def test_what_may_go_later_is_tried_later(sending, office, ada, now, mode):
    plan(ada, now)
    office.mode = mode
    deliver(sending, now)
    assert the_row().result is None
    assert the_row().error[:1] in "45"
    assert the_row().due_at >= now + timedelta(minutes=1)
    office.mode = "ok"
    assert deliver(sending, now) == 0  # not before its time
    deliver(sending, now + timedelta(hours=1))
    assert the_row().result is DeliveryResult.SENT
    assert len(office.ids) == 1


@pytest.mark.parametrize("mode", ["unknown", "spam"])
def test_what_is_refused_for_good_is_given_up_and_the_next_still_goes(
    sending, office, ada, now, mode
):
    plan(ada, now)
    office.mode = mode
    deliver(sending, now)
    assert (the_row().result, the_row().error[:2]) == (DeliveryResult.FAILED, "55")
    office.mode = "ok"
    plan(ada, now)
    deliver(sending, now)
    assert counts() == {DeliveryResult.FAILED: 1, DeliveryResult.SENT: 1}


def test_a_server_that_falls_silent_costs_one_timeout(sending, office, ada, now, monkeypatch):
    quick = replace(office.server, timeout=0.3)
    monkeypatch.setitem(sending.config, "SETTINGS", replace(sending.config["SETTINGS"], smtp=quick))
    plan(ada, now, 5)
    office.mode = "hang"
    assert deliver(sending, now) == 5
    assert office.hanging == 1
    assert counts() == {None: 5}
    assert "timed out" in the_first().error


def test_every_wait_for_a_server_is_far_shorter_than_the_lease():
    commands = 8  # greeting, EHLO, STARTTLS, EHLO, AUTH, MAIL, RCPT, DATA
    assert timedelta(seconds=TIMEOUT * commands) <= worker.LEFT_TO_BEGIN
    assert worker.LEFT_TO_BEGIN < deliveries.LEASE


def test_a_mail_that_cannot_be_written_does_not_stop_the_others(sending, office, ada, now, caplog):
    with transaction():
        deliveries.mail(ada, "account.unheard_of", now=now - timedelta(hours=1))
    plan(ada, now)
    deliver(sending, now)
    assert len(office.mails) == 1
    assert "cannot be written" in caplog.text
    assert counts() == {None: 1, DeliveryResult.SENT: 1}


def test_a_stopped_worker_gives_back_what_it_holds(sending, office, ada, now):
    plan(ada, now, 3)
    stop = threading.Event()
    stop.set()
    assert worker.deliver(sending, "one", stop, clock=lambda: now) == 3
    assert office.mails == []
    db.session.expire_all()
    assert {row.attempts for row in db.session.scalars(select(Delivery))} == {0}
    assert deliver(sending, now) == 3


def test_without_a_server_mails_stay_and_keep_their_links(app, ada, now):
    plan(ada, now)
    deliver(app, now)
    assert the_row().result is DeliveryResult.SENT
    assert the_row().payload["path"] == "/password/forgot"


def test_the_loop_ends_when_it_is_told_to(sending, office, ada, now):
    plan(ada, now)
    stop = threading.Event()
    loop = threading.Thread(target=worker.run, args=(sending, stop))
    loop.start()
    arrived = office.wait_for(lambda: len(office.mails) == 1, 10)
    stop.set()
    loop.join(10)
    assert arrived
    assert not loop.is_alive()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 587, "offered", "", "")),
        ("smtp://a:b%40c@mail.example:25", ("mail.example", 25, "always", "a", "b@c")),
        ("smtp://a:b@localhost:25?starttls=never", ("localhost", 25, "never", "a", "b")),
        ("smtps://a:b@mail.example", ("mail.example", 465, "implicit", "a", "b")),
    ],
)
def test_the_address_of_a_server_is_read(url: str, expected: tuple[object, ...]) -> None:
    made = MailServer.parse(url)
    assert (made.host, made.port, made.encryption, made.user, made.password) == expected
    assert "b@c" not in repr(made)


@pytest.mark.parametrize(
    "url",
    ["mail.example", "http://mail.example", "smtp://", "smtp://x?starttls=maybe", "smtp://x:y"],
)
def test_an_address_that_names_no_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        MailServer.parse(url)
