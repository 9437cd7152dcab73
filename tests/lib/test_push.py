"""Does a message reach only the browser it is for, and never a host it must not?"""

from __future__ import annotations

import json
import time

import pytest
from py_vapid import Vapid

from skillswap.lib import push
from skillswap.lib.push import Address, BadSubscription, Gone, PushKey
from skillswap.lib.sending import Away, NotSent
from tests.support.push import HANGS, Browser, PushService, push_service

WELL = Browser("https://fcm.googleapis.com/wp/abc").address
KEY = PushKey(PushKey.new())
FACTS = {"title": "Zoë", "body": "pitched you: Chess", "url": "https://x.example/", "tag": "t"}


@pytest.fixture
def service():
    with push_service() as running:
        yield running


def send(service: PushService, browser: Browser, hosts: tuple[str, ...] | None = None) -> None:
    push.send(
        push.message(FACTS),
        browser.address,
        key=KEY,
        subject="mailto:us@example.org",
        hosts=(service.origin,) if hosts is None else hosts,
        topic="abcdefghijkl",
    )


def test_the_browser_reads_what_was_sent_and_nobody_else_does(service):
    ours, other = service.browser(), service.browser("other")
    send(service, ours)
    ((path, headers, body),) = service.taken
    assert path == "/one"
    assert "Zoë".encode() not in body
    assert ours.read(body) == FACTS
    with pytest.raises(Exception, match="Decryption"):
        other.read(body)
    assert headers["Content-Encoding"] == "aes128gcm"
    assert headers["Topic"] == "abcdefghijkl"
    assert int(headers["TTL"]) > 0


def test_the_sender_is_proved_for_that_service_only(service):
    send(service, service.browser())
    authorization = service.taken[0][1]["Authorization"]
    token, key = authorization.removeprefix("vapid ").split(",k=")
    assert key == KEY.public
    claims = json.loads(push.decoded(token.removeprefix("t=").split(".")[1]))
    assert claims["aud"] == service.origin
    assert claims["sub"] == "mailto:us@example.org"
    assert time.time() < claims["exp"] <= time.time() + 24 * 3600
    assert Vapid.verify(authorization)


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_ended_is_gone(service, status):
    service.status = status
    with pytest.raises(Gone):
        send(service, service.browser())


@pytest.mark.parametrize(
    ("status", "for_good"), [(429, False), (500, False), (503, False), (413, True)]
)
def test_only_what_may_pass_is_worth_another_try(service, status, for_good):
    service.status = status
    with pytest.raises(NotSent) as error:
        send(service, service.browser())
    assert error.value.for_good is for_good
    assert not isinstance(error.value, Gone)


def test_a_redirect_is_not_followed(service):
    service.status = 307
    with pytest.raises(NotSent, match="307"):
        send(service, service.browser())
    assert service.asked == ["/one"]


def test_who_does_not_answer_is_away_in_time(service, monkeypatch):
    monkeypatch.setattr(push, "TIMEOUT", 0.2)
    service.status = HANGS
    began = time.monotonic()
    with pytest.raises(Away):
        send(service, service.browser())
    assert time.monotonic() - began < 3


def test_a_closed_port_is_away(service):
    with pytest.raises(Away):
        send(service, Browser("http://127.0.0.1:9/x"), hosts=("http://127.0.0.1:9",))


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com:443/wp/abc?x=1",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/abc",
        "https://wns2-db5p.notify.windows.com/w/?token=abc",
    ],
)
def test_the_push_services_of_the_browsers_are_known(endpoint):
    push.check(Address(endpoint, WELL.p256dh, WELL.auth), push.KNOWN_HOSTS)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "nowhere",
        "http://fcm.googleapis.com/wp/abc",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::1",
        "https://localhost/",
        "https://169.254.169.254/latest",
        "https://2130706433/",
        "https://fcm.googleapis.com.evil.example/",
        "https://evilpush.apple.com.example/",
        "https://evil.example/?https://fcm.googleapis.com/",
        "https://evil.example#@fcm.googleapis.com/",
        "https://fcm.googleapis.com@evil.example/",
        "https://me:pw@fcm.googleapis.com/",
        "https://fcm.googleapis.com:22/",
        "https://fcm.googleapis.com:99999/",
        "https://fcm.googleapis.com\\@evil.example/",
        "https://fcm.googleapis.com/a b",
        "https://fcm.googleapis.com/\r\nHost: evil",
        "https://fcm.googleapis.com/ü",
        "https://push.apple.com.",
        "https://notpush.apple.com/",
        "ftp://fcm.googleapis.com/",
        "//fcm.googleapis.com/",
        "file:///etc/passwd",
    ],
)
def test_no_other_address_is_taken(endpoint):
    with pytest.raises(BadSubscription, match="push_host"):
        push.check(Address(endpoint, WELL.p256dh, WELL.auth), push.KNOWN_HOSTS)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", WELL.auth),
        ("AAAA", WELL.auth),
        ("B" + "A" * 86, WELL.auth),  # not on the curve
        (WELL.p256dh[:-4], WELL.auth),
        ("€" * 87, WELL.auth),
        (WELL.p256dh, ""),
        (WELL.p256dh, WELL.auth + "AAAA"),
        (WELL.p256dh, "not base64 at all!!"),
    ],
    # the keys are made anew in each process, and xdist wants one name for one test
    ids="none short off_curve cut letters no_secret long_secret no_base64".split(),
)
def test_keys_must_be_keys(p256dh, auth):
    with pytest.raises(BadSubscription, match="push_keys"):
        push.check(Address(WELL.endpoint, p256dh, auth), push.KNOWN_HOSTS)


def test_a_name_that_leads_inside_is_not_called():
    """An allowed name whose address is private: a resolver that lies, or was made to."""
    with pytest.raises(Away, match="private network"):
        push._public_addresses("localhost", 443)


def test_a_host_taken_off_the_list_is_forgotten(service):
    with pytest.raises(Gone):
        send(service, service.browser(), hosts=())
    assert service.asked == []


def test_a_long_message_is_cut_to_what_services_take():
    facts = FACTS | {"body": "é😀 " * 2_000}
    raw = push.message(facts)
    assert len(raw) <= push.MOST_BYTES
    assert json.loads(raw)["body"].endswith("…")
    assert json.loads(raw) | {"body": ""} == FACTS | {"body": ""}
    assert len(push.encrypt(raw, WELL)) <= 4_096


def test_a_key_is_32_bytes():
    for wrong in ("", "AAAA", "not a key", "€" * 43):
        with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
            PushKey(wrong)
    assert PushKey(PushKey.new()).public != KEY.public
    assert len(push.decoded(KEY.public)) == 65
