"""Does a browser come to push and lose it again, and is the worker's script where it must be?"""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from skillswap.db import db
from skillswap.domain import push
from skillswap.lib.clock import utcnow
from skillswap.models import PushSubscription
from tests.conftest import HTMX
from tests.support.push import Browser

PAGE = "/settings/notifications"
FCM = "https://fcm.googleapis.com/wp/"


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(PushSubscription)) or 0


def test_a_browser_subscribes_by_a_plain_form(browser, ada):
    client, chrome = browser(ada), Browser(f"{FCM}one")
    assert "Allow push in this browser" in client.get(PAGE).text
    answer = client.post("/push/subscribe", data=chrome.form)
    assert (answer.status_code, answer.location) == (303, PAGE)
    assert [one.address for one in push.targets(ada.id, utcnow())] == [chrome.address]
    page = client.get(PAGE).text
    assert "Switch push off here" in page
    assert "Push is on in this browser." in page
    assert "Allow push in this browser" in browser(ada).get(PAGE).text, "another sign-in is another"


def test_with_htmx_the_card_comes_back(browser, ada):
    client = browser(ada)
    answer = client.post("/push/subscribe", data=Browser(f"{FCM}one").form, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'id="push"' in answer.text
    assert "Switch push off here" in answer.text
    off = client.post("/push/unsubscribe", headers=HTMX)
    assert off.status_code == 200
    assert "Allow push in this browser" in off.text
    assert count() == 0


def test_off_twice_is_harmless_and_on_twice_is_once(browser, ada):
    client = browser(ada)
    for _ in range(2):
        assert client.post("/push/subscribe", data=Browser(f"{FCM}one").form).status_code == 303
    assert count() == 1
    for _ in range(2):
        assert client.post("/push/unsubscribe").status_code == 303
    assert count() == 0


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    "endpoint",
    ["https://127.0.0.1/", "https://[::1]", "http://fcm.googleapis.com/x", "", "x" * 1_001],
)
def test_an_address_inside_or_unknown_is_refused(browser, ada, endpoint, headers):
    form = Browser(f"{FCM}one").form | {"endpoint": endpoint}
    answer = browser(ada).post("/push/subscribe", data=form, headers=headers)
    assert answer.status_code == 422
    assert "alert--error" in answer.text
    assert count() == 0


def test_keys_that_are_none_are_refused(browser, ada):
    for wrong in ({"p256dh": "AAAA"}, {"auth": "\x00"}, {"auth": "x" * 101}):
        form = Browser(f"{FCM}one").form | wrong
        answer = browser(ada).post("/push/subscribe", data=form)
        assert answer.status_code == 422
    assert count() == 0


def test_a_visitor_gets_no_push(browser):
    form = Browser(f"{FCM}one").form
    assert browser().post("/push/subscribe", data=form).location.startswith("/login")
    assert browser().post("/push/unsubscribe").location.startswith("/login")
    assert count() == 0


def test_logging_out_ends_it(browser, ada):
    client = browser(ada)
    client.post("/push/subscribe", data=Browser(f"{FCM}one").form)
    client.post("/logout")
    assert push.targets(ada.id, utcnow()) == []


def test_the_worker_is_served_from_the_root_and_never_from_a_cache(browser, queries):
    queries.clear()
    answer = browser().get("/sw.js")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    assert queries == []


def test_the_manifest_names_an_icon_that_is_there(browser):
    answer = browser().get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.text)
    assert manifest["start_url"] == "/"
    assert browser().get(manifest["icons"][0]["src"]).status_code == 200
    assert 'rel="manifest" href="/manifest.webmanifest"' in browser().get("/").text
