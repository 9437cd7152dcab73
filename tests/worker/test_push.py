"""Push against a real service on loopback: taken, ended, too many, broken, silent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from skillswap import worker
from skillswap.db import db, transaction
from skillswap.domain import notifications, push
from skillswap.lib import push as wire
from skillswap.models import Channel, Delivery, DeliveryResult, PushSubscription, SignIn, User
from tests import people
from tests.support.push import HANGS, Browser, PushService, push_service

DAY = timedelta(days=1)


@pytest.fixture
def service() -> Iterator[PushService]:
    """A push service that takes everything until it is told otherwise."""
    with push_service() as made:
        yield made


@pytest.fixture
def sending(app: Flask, service: PushService, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The app, knowing that service."""
    settings = app.config["SETTINGS"]
    known = replace(settings, push_hosts=(service.origin,), public_url="https://swap.example")
    monkeypatch.setitem(app.config, "SETTINGS", known)
    return app


@pytest.fixture
def noon(now: datetime) -> datetime:
    """Nobody's night: the people of the tests live around Greenwich."""
    return now.replace(hour=12, minute=0)


def subscribe(person: User, browser: Browser, now: datetime) -> SignIn:
    """A browser in which that person is signed in and has allowed push."""
    people.sign_in(person)
    newest = select(SignIn).where(SignIn.user_id == person.id).order_by(SignIn.id.desc())
    here = db.session.scalars(newest).first()
    origin = browser.endpoint.rpartition("/")[0]
    with transaction():
        push.subscribe(here, browser.address, hosts=(origin,), device="Test", now=now)
    return here


def deliver(app: Flask, now: datetime) -> int:
    """Send what is due at that moment."""
    tried = worker.deliver(app, "one", threading.Event(), clock=lambda: now)
    db.session.expire_all()
    return tried


def row() -> Delivery:
    """The push that was planned."""
    return db.session.scalars(select(Delivery).where(Delivery.channel == Channel.PUSH)).one()


def subscriptions() -> list[str]:
    return [one.endpoint[-3:] for one in db.session.scalars(select(PushSubscription))]


def test_a_pitch_is_on_the_teacher_s_screen_at_once(sending, service, ada, ben, noon):
    browser = service.browser()
    subscribe(ada, browser, noon)
    pitch = people.make_pitch(ben, ada, now=noon)
    deliver(sending, noon)
    ((_path, headers, body),) = service.taken
    said = browser.read(body)
    assert said["title"] == "Ben Example"
    assert said["body"].startswith("pitched you: Watercolour")
    assert said["url"] == f"https://swap.example/pitches/{pitch.public_id}"
    assert said["tag"] == headers["Topic"] == row().public_id
    assert len(json.dumps(said)) < 3_000
    assert (row().result, row().payload) == (DeliveryResult.SENT, {})
    assert db.session.scalars(select(PushSubscription.used_at)).one() == noon


def test_every_browser_gets_it_and_somebody_else_s_does_not(sending, service, ada, ben, cy, noon):
    subscribe(ada, service.browser("one"), noon)
    subscribe(ada, service.browser("two"), noon)
    subscribe(cy, service.browser("cy"), noon)
    people.make_pitch(ben, ada, now=noon)
    deliver(sending, noon)
    assert sorted(service.asked) == ["/one", "/two"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_ended_is_forgotten(sending, service, ada, ben, noon, status):
    subscribe(ada, service.browser("old"), noon)
    subscribe(ada, service.browser("new"), noon)
    service.statuses["/old"] = status
    people.make_pitch(ben, ada, now=noon)
    deliver(sending, noon)
    assert subscriptions() == ["new"]
    assert row().result is DeliveryResult.SENT


def test_when_the_last_one_has_ended_it_is_dropped(sending, service, ada, ben, noon):
    subscribe(ada, service.browser("old"), noon)
    service.status = 410
    people.make_pitch(ben, ada, now=noon)
    deliver(sending, noon)
    assert subscriptions() == []
    assert row().result is DeliveryResult.DROPPED


@pytest.mark.parametrize("status", [429, 500])
def test_trouble_is_tried_again_five_times_at_most(sending, service, ada, ben, noon, status):
    subscribe(ada, service.browser(), noon)
    service.status = status
    people.make_pitch(ben, ada, now=noon)
    dues = []
    while row().done_at is None:
        dues.append(row().due_at)
        when = max(row().due_at, noon).replace(hour=12)
        deliver(sending, when if when >= row().due_at else when + DAY)
        assert len(dues) < 20
    assert len(service.asked) == 5
    assert dues == sorted(dues)
    assert row().result is DeliveryResult.FAILED
    assert str(status) in row().error
    assert subscriptions() == ["one"], "the browser is still there"


def test_who_has_it_is_not_sent_it_again(sending, service, ada, ben, noon):
    subscribe(ada, service.browser("one"), noon)
    subscribe(ada, service.browser("two"), noon)
    service.statuses["/two"] = 503
    people.make_pitch(ben, ada, now=noon)
    deliver(sending, noon)
    assert row().done_at is None
    service.statuses.clear()
    deliver(sending, noon + timedelta(minutes=5))
    assert service.asked == ["/one", "/two", "/two"]
    assert row().result is DeliveryResult.SENT


def test_a_silent_service_is_asked_once_a_batch(sending, service, ada, ben, cy, noon, monkeypatch):
    monkeypatch.setattr(wire, "TIMEOUT", 0.2)
    subscribe(ada, service.browser(), noon)
    service.status = HANGS
    people.make_pitch(ben, ada, now=noon)
    people.make_pitch(cy, ada, now=noon)
    assert deliver(sending, noon) == 2
    assert len(service.asked) == 1
    attempts = db.session.scalars(select(Delivery.attempts).where(Delivery.channel == Channel.PUSH))
    assert attempts.all() == [1, 1]


def test_signing_out_ends_it(sending, service, ada, ben, noon):
    here = subscribe(ada, service.browser(), noon)
    people.make_pitch(ben, ada, now=noon)
    with transaction():
        db.session.get(SignIn, here.id).revoked_at = noon
    deliver(sending, noon)
    assert service.asked == []
    assert row().result is DeliveryResult.DROPPED


def test_what_was_read_meanwhile_does_not_ring(sending, service, ada, ben, noon):
    subscribe(ada, service.browser(), noon)
    people.make_pitch(ben, ada, now=noon)
    with transaction():
        notifications.read_all(ada, noon)
    deliver(sending, noon)
    assert (service.asked, row().error) == ([], "read meanwhile")


def test_the_night_is_quiet(sending, service, ada, ben, noon):
    subscribe(ada, service.browser(), noon)
    night = noon.replace(hour=23, minute=30)
    people.make_pitch(ben, ada, now=night)
    assert row().due_at > night
    deliver(sending, night + timedelta(minutes=5))
    assert service.asked == []
    deliver(sending, row().due_at)
    assert len(service.asked) == 1


def test_what_was_held_up_until_the_night_waits_for_the_morning(sending, service, ada, ben, noon):
    subscribe(ada, service.browser(), noon)
    people.make_pitch(ben, ada, now=noon)
    deliver(sending, noon.replace(hour=23, minute=30))  # no worker ran in between
    assert service.asked == []
    assert (row().done_at, row().attempts) == (None, 0)
    deliver(sending, row().due_at)
    assert len(service.asked) == 1


def test_without_a_key_nothing_is_sent(sending, service, ada, ben, noon, monkeypatch):
    subscribe(ada, service.browser(), noon)
    people.make_pitch(ben, ada, now=noon)
    settings = replace(sending.config["SETTINGS"], vapid_private_key="")
    monkeypatch.setitem(sending.config, "SETTINGS", settings)
    assert settings.channels == {"email", "digest"}
    deliver(sending, noon)
    assert (service.asked, row().result) == ([], DeliveryResult.DROPPED)
