"""Who is let in? Everybody else is refused before the upgrade, or at once."""

from __future__ import annotations

import json
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from skillswap.config import Settings
from skillswap.db import db, transaction
from skillswap.domain import safety
from skillswap.lib.clock import utcnow
from skillswap.live.door import origins
from skillswap.models import SignIn
from tests.support.sockets import Closed, Page, Refused, handshake


def status(place, headers) -> int:
    """What the handshake is answered with."""
    try:
        with Page(place.url, headers=headers):
            return 101
    except Refused as refused:
        return refused.status


def test_a_signed_in_person_is_let_in_from_a_page_of_ours(place, cookie_of, ada) -> None:
    with Page(place.url, cookie_of(ada)) as page:
        assert "extensions" not in page.headers.lower()  # a compressor holds 100 KiB


FOREIGN = {
    "another site": "http://evil.example",
    "none": None,
    "null": "null",
    "suffix": "{url}.evil.example",
    "prefix": "http://evil.example/{url}",
    "other port": "http://127.0.0.1:1",
    "no port": "http://127.0.0.1",
    "other scheme": "https://{host}",
    "with a path": "{url}/",
    "other case": "HTTP://{host}",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_other_origins_are_refused(place, cookie_of, ada, name: str) -> None:
    origin = FOREIGN[name]
    if origin:
        origin = origin.format(url=place.url, host=urlsplit(place.url).netloc)
    assert status(place, handshake(place.url, cookie_of(ada), Origin=origin)) == 403


def test_in_development_this_machine_has_several_names(place, cookie_of, ada) -> None:
    own = f"http://localhost:{urlsplit(place.url).port}"
    assert status(place, handshake(place.url, cookie_of(ada), Origin=own)) == 101


def test_in_production_only_the_public_address_is_ours(settings: Settings) -> None:
    env = {
        "SKILLSWAP_ENV": "production",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DATABASE_URL": "postgresql://nowhere/x",
        "PUBLIC_URL": "https://skillswap.example:443/",
    }
    assert origins(Settings.from_env(env)) == {"https://skillswap.example"}


def test_without_a_cookie_nobody_is_let_in(place, app) -> None:
    assert status(place, handshake(place.url)) == 401


def test_a_forged_cookie_opens_nothing(place, app: Flask, cookie_of, ada) -> None:
    real = cookie_of(ada)
    assert status(place, handshake(place.url, real[:-2] + "xx")) == 401
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    unknown = str(signer.dumps({"_user_id": secrets.token_urlsafe(32), "_fresh": True}))
    assert status(place, handshake(place.url, unknown)) == 401


def test_an_ended_sign_in_and_a_suspended_person_are_refused(place, cookie_of, ada, ben) -> None:
    ended, suspended = cookie_of(ada), cookie_of(ben)
    with transaction():
        db.session.query(SignIn).filter_by(user_id=ada.id).update({"revoked_at": utcnow()})
        safety.suspend(ben, days=7, reason="", now=utcnow())
    assert status(place, handshake(place.url, ended)) == 401
    assert status(place, handshake(place.url, suspended)) == 401


def test_an_idle_sign_in_is_refused(place, cookie_of, ada) -> None:
    cookie = cookie_of(ada)
    with transaction():
        long_ago = utcnow() - timedelta(days=15)
        db.session.query(SignIn).filter_by(user_id=ada.id).update({"seen_at": long_ago})
    assert status(place, handshake(place.url, cookie)) == 401


BAD = {
    "no key": {"Sec_WebSocket_Key": None},
    "short key": {"Sec_WebSocket_Key": "abcd"},
    "no base64": {"Sec_WebSocket_Key": "!" * 24},
    "no version": {"Sec_WebSocket_Version": None},
    "old version": {"Sec_WebSocket_Version": "8"},
    "a body": {"Content_Length": "5"},
    "no upgrade": {"Upgrade": None},
    "another upgrade": {"Upgrade": "h2c"},
    "no connection": {"Connection": "keep-alive"},
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_handshake_is_a_400_and_no_error(place, cookie_of, ada, name: str) -> None:
    assert status(place, handshake(place.url, cookie_of(ada), **BAD[name])) == 400
    assert "Traceback" not in place.site.printed()


def test_a_fifth_page_closes_the_oldest(place, page_of, ada, ben) -> None:
    first, *others, fifth = [page_of(ada) for _ in range(5)]
    elsewhere = page_of(ben)
    assert first.end() == 1008
    place.tell(ada, ben, n=1)
    for page in (*others, fifth, elsewhere):
        assert page.hear_facts() == {"n": 1}


def test_sixty_pages_of_one_person_are_four(place, page_of, ada) -> None:
    pages = [page_of(ada) for _ in range(60)]
    assert [page.end() for page in pages[:-4]] == [1008] * 56
    assert place.counts()["sockets"] <= 4


def test_when_the_house_is_full_the_next_is_told_to_come_later(
    serve, page_of, cookie_of, ada, ben
) -> None:
    small = serve({"LIVE_SOCKETS": "2"})
    page_of(ada, small), page_of(ada, small)
    with pytest.raises(Refused) as refused:
        Page(small.url, cookie_of(ben))
    assert refused.value.status == 503
    assert "Retry-After" in refused.value.headers


FORGED = {
    "another's topic": '{"subscribe": "chat:abcdefghijkl"}',
    "a channel": '{"channel": "user:1"}',
    "no JSON": "hello",
    "no object": "[1, 2]",
    "too deep": "[" * 9_000,
    "a number that is text": '{"after": {"abc": "1"}}',
    "a negative number": '{"after": {"abc": -1}}',
    "a path elsewhere": '{"here": "https://evil.example/"}',
    "too many threads": json.dumps({"after": {f"t{n}": 1 for n in range(21)}}),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_no_page_of_ours_says_ends_the_connection(place, page_of, ada, name: str) -> None:
    page = page_of(ada)
    page.shout(FORGED[name])
    with pytest.raises(Closed) as closed:
        page.hear()
    assert closed.value.code == 1008
