"""Which browsers take push for whom?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.config import BadSettings, Settings
from skillswap.db import db, transaction
from skillswap.domain import push
from skillswap.errors import Refused
from skillswap.lib.push import KNOWN_HOSTS, PushKey
from skillswap.models import PushSubscription, SignIn, User
from tests import people
from tests.support.push import Browser

ENDPOINT = "https://fcm.googleapis.com/wp/"


def here(person: User) -> SignIn:
    people.sign_in(person)
    mine = select(SignIn).where(SignIn.user_id == person.id).order_by(SignIn.id.desc())
    return db.session.scalars(mine).first()


def subscribe(sign_in: SignIn, browser: Browser, now) -> None:
    with transaction():
        push.subscribe(sign_in, browser.address, hosts=KNOWN_HOSTS, device="Firefox", now=now)


def owners() -> list[int]:
    return list(db.session.scalars(select(PushSubscription.user_id)))


def test_a_browser_is_remembered_with_its_keys(ada, now):
    browser = Browser(f"{ENDPOINT}one")
    subscribe(sign_in := here(ada), browser, now)
    assert push.is_on(sign_in)
    assert not push.is_on(here(ada)), "another sign-in is another browser"
    assert [target.address for target in push.targets(ada.id, now)] == [browser.address]


def test_twice_is_once(ada, now):
    sign_in = here(ada)
    subscribe(sign_in, Browser(f"{ENDPOINT}one"), now)
    subscribe(sign_in, again := Browser(f"{ENDPOINT}one"), now)
    assert [target.address for target in push.targets(ada.id, now)] == [again.address]


def test_a_renewed_address_replaces_the_old_one(ada, now):
    sign_in = here(ada)
    subscribe(sign_in, Browser(f"{ENDPOINT}old"), now)
    subscribe(sign_in, Browser(f"{ENDPOINT}new"), now)
    assert [target.address.endpoint[-3:] for target in push.targets(ada.id, now)] == ["new"]


def test_a_browser_has_one_reader(ada, ben, now):
    shared = Browser(f"{ENDPOINT}shared")
    subscribe(here(ada), shared, now)
    subscribe(here(ben), shared, now)
    assert owners() == [ben.id]


def test_the_eleventh_browser_makes_the_first_forgotten(ada, now):
    for number in range(push.MOST + 1):
        subscribe(here(ada), Browser(f"{ENDPOINT}{number:02}"), now)
    kept = [target.address.endpoint[-2:] for target in push.targets(ada.id, now)]
    assert kept == [f"{number:02}" for number in range(1, push.MOST + 1)]


def test_switching_off_is_for_this_browser_and_harmless_twice(ada, now):
    one, two = here(ada), here(ada)
    subscribe(one, Browser(f"{ENDPOINT}one"), now)
    subscribe(two, Browser(f"{ENDPOINT}two"), now)
    for expected in (1, 0):
        with transaction():
            assert push.unsubscribe(one) == expected
    assert len(push.targets(ada.id, now)) == 1


@pytest.mark.parametrize("ended", ["revoked_at", "expires_at"])
def test_it_ends_with_the_sign_in(ada, now, ended):
    sign_in = here(ada)
    subscribe(sign_in, Browser(f"{ENDPOINT}one"), now)
    with transaction():
        setattr(sign_in, ended, now)
    assert push.targets(ada.id, now) == []


def test_gone_does_not_hit_a_renewed_one(ada, now):
    sign_in = here(ada)
    subscribe(sign_in, Browser(f"{ENDPOINT}old"), now)
    (old,) = push.targets(ada.id, now)
    with transaction():
        db.session.scalars(select(PushSubscription)).one().endpoint = f"{ENDPOINT}new"
        push.gone(old)
    assert len(push.targets(ada.id, now)) == 1


def test_what_no_browser_gives_is_refused_and_nothing_is_written(ada, now):
    sign_in = here(ada)
    for endpoint in ("https://127.0.0.1/", "https://[::1]/", "http://fcm.googleapis.com/x"):
        with pytest.raises(Refused, match="push_host"):
            subscribe(sign_in, Browser(endpoint), now)
    assert owners() == []


PRODUCTION = {
    "SKILLSWAP_ENV": "production",
    "SECRET_KEY": "q" * 40,
    "DATABASE_URL": "sqlite:////tmp/none.db",
    "PUBLIC_URL": "https://swap.example",
}


def test_production_has_push_only_with_a_key():
    assert Settings.from_env(PRODUCTION).channels == frozenset()
    keyed = Settings.from_env(PRODUCTION | {"VAPID_PRIVATE_KEY": PushKey.new()})
    assert keyed.channels == {"push"}
    with pytest.raises(BadSettings, match="VAPID_PRIVATE_KEY"):
        Settings.from_env(PRODUCTION | {"VAPID_PRIVATE_KEY": "too short"})


def test_production_calls_no_origin_named_whole():
    with pytest.raises(BadSettings, match="PUSH_HOSTS"):
        Settings.from_env(PRODUCTION | {"PUSH_HOSTS": "http://127.0.0.1:99"})
    more = Settings.from_env(PRODUCTION | {"PUSH_HOSTS": "push.example"})
    assert more.push_hosts == (*KNOWN_HOSTS, "push.example")


def test_development_keeps_a_key_of_its_own(tmp_path):
    env = {"INSTANCE_PATH": str(tmp_path), "DATABASE_URL": "sqlite://"}
    first = Settings.from_env(env)
    assert first.push_key.public == Settings.from_env(env).push_key.public
    assert (tmp_path / "vapid_key").stat().st_mode & 0o077 == 0


def test_a_sign_in_that_is_deleted_takes_its_subscription_along(ada, now):
    sign_in = here(ada)
    subscribe(sign_in, Browser(f"{ENDPOINT}one"), now - timedelta(days=1))
    with transaction():
        db.session.delete(sign_in)
    assert owners() == []
