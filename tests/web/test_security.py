"""What every answer carries, and what is turned away at the door."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from skillswap import create_app
from skillswap.config import Settings
from skillswap.db import db
from tests.conftest import HTMX
from tests.people import PASSWORD

PRIVATE = "/notifications"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'"
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HTTPS = "https://skillswap.example"
CREDENTIALS = {"email": "ada@example.org", "password": PASSWORD}
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')

Make = Callable[..., Flask]


@pytest.fixture
def another_app(settings: Settings, app: Flask) -> Iterator[Make]:
    """A second app over the same database, by other settings, that does not hide its 500s."""
    made: list[Flask] = []

    def make(**changes: Any) -> Flask:
        other = create_app(replace(settings, **changes))
        other.config.update(TESTING=False)

        @other.get("/breaks")
        def breaks() -> str:
            raise RuntimeError("broken on purpose")

        made.append(other)
        return other

    yield make
    for other in made:
        with other.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def strict(another_app: Make) -> FlaskClient:
    """A visitor's browser to an app that asks for tokens, as it does outside the tests."""
    return another_app(env="development").test_client()


@pytest.fixture
def live(another_app: Make) -> FlaskClient:
    """A visitor's browser to the app as strangers reach it."""
    return another_app(env="production", public_url=HTTPS).test_client()


def token_on(client: FlaskClient, url: str = "/login", **more: Any) -> str:
    return TOKEN.search(client.get(url, **more).text)[1]


def too_often(client: FlaskClient) -> Any:
    for _ in range(11):
        answer = client.post("/login", data=CREDENTIALS | {"password": "not this"})
    return answer


# -- headers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "ask"),
    [
        (200, lambda client: client.get("/login")),
        (303, lambda client: client.get(PRIVATE)),
        (401, lambda client: client.get(PRIVATE, headers=HTMX)),
        (403, lambda client: client.post("/login", headers={"Sec-Fetch-Site": "cross-site"})),
        (404, lambda client: client.get("/nowhere")),
        (404, lambda client: client.get("/nowhere", headers=HTMX)),
        (405, lambda client: client.get("/logout")),
        (413, lambda client: client.post("/login", data={"email": "x" * 9_000_000})),
        (422, lambda client: client.post("/login", data={})),
        (429, too_often),
    ],
)
def test_every_answer_carries_the_headers(browser, ada, status, ask):
    answer = ask(browser())
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert all(len(answer.headers.getlist(name)) == 1 for name in ALWAYS)
    assert "camera=()" in answer.headers["Permissions-Policy"]


def test_a_broken_page_carries_them_too_and_a_reference_but_no_reason(strict):
    answer = strict.get("/breaks")
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert re.search(r"<code>[0-9a-f]{8}</code>", answer.text)
    assert "broken on purpose" not in answer.text
    toast = strict.get("/breaks", headers=HTMX)
    assert (toast.status_code, toast.headers["HX-Retarget"]) == (500, "#toasts")


def test_static_files_carry_them_and_no_cookie(browser):
    client = browser()
    path = re.search(r'href="(/static/[^"]+\.css)"', client.get("/login").text)[1]
    answer = browser().get(path)
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    assert "immutable" in answer.headers["Cache-Control"]


def test_https_is_remembered_where_there_is_https(live, browser):
    answer = live.get("/login", base_url=HTTPS)
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Strict-Transport-Security" not in browser().get("/login").headers


def test_private_pages_stay_out_of_every_cache(browser, ada):
    visitor, page = browser().get("/login"), browser(ada).get(PRIVATE)
    error = browser().get("/nowhere", headers=HTMX)
    assert visitor.headers["Cache-Control"] == "no-cache"
    assert page.headers["Cache-Control"] == "private, no-store"
    assert error.headers["Cache-Control"] == "no-store"
    for answer in (visitor, page, error):
        varies = {name.strip() for name in answer.headers["Vary"].split(",")}
        assert varies >= {"HX-Request", "HX-Request-Type", "Cookie"}


# -- cookies --------------------------------------------------------------------------------------


def test_the_cookie_of_a_plain_address(browser, ada):
    cookie = browser().post("/login", data=CREDENTIALS).headers["Set-Cookie"]
    assert cookie.startswith("skillswap=")
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert parts == {"HttpOnly", "Path=/", "SameSite=Lax"}


def test_the_cookie_behind_https_belongs_to_this_host_alone(live, ada):
    data = CREDENTIALS | {"csrf_token": token_on(live, base_url=HTTPS)}
    referer = {"Referer": f"{HTTPS}/login", "Origin": HTTPS}
    answer = live.post("/login", data=data, base_url=HTTPS, headers=referer)
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-skillswap=")
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert parts == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert len(answer.headers.getlist("Set-Cookie")) == 1


def test_a_cookie_signed_with_another_key_is_nobody(another_app, browser, ada):
    forger = another_app(secret_key="a key somebody guessed, long enough").test_client()
    with forger.session_transaction() as cookie:
        cookie["_user_id"] = "x"
    client = browser()
    client.set_cookie("skillswap", forger.get_cookie("skillswap").value)
    assert client.get(PRIVATE).status_code == 303


def test_a_key_that_was_replaced_still_reads_its_cookies(another_app, settings, browser, ada):
    old = browser(ada).get_cookie("skillswap").value
    new = another_app(secret_key="n" * 48, secret_key_fallbacks=(settings.secret_key,))
    client = new.test_client()
    client.set_cookie("skillswap", old)
    assert client.get(PRIVATE).status_code == 200


# -- forged forms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/login", "/signup", "/logout"])
@pytest.mark.parametrize("token", [{}, {"csrf_token": ""}, {"csrf_token": "garbage"}])
def test_a_form_without_its_token_is_refused(strict, ada, url, token):
    strict.get("/login")
    answer = strict.post(url, data=CREDENTIALS | token)
    assert answer.status_code == 400
    assert "Nothing was changed: go back, load the page again" in answer.text
    assert "Clear-Site-Data" not in answer.headers
    toast = strict.post(url, data=CREDENTIALS | token, headers=HTMX)
    assert toast.status_code == 400
    assert (toast.headers["HX-Retarget"], toast.headers["HX-Reswap"]) == ("#toasts", "beforeend")
    assert "<html" not in toast.text


def test_somebody_elses_token_is_refused(strict, another_app, ada):
    strict.get("/login")
    theirs = token_on(another_app(env="development").test_client())
    assert strict.post("/login", data=CREDENTIALS | {"csrf_token": theirs}).status_code == 400


def test_the_token_of_before_the_log_in_is_worth_nothing_after_it(strict, ada):
    before = token_on(strict)
    assert strict.post("/login", data=CREDENTIALS | {"csrf_token": before}).status_code == 303
    assert strict.post("/logout", data={"csrf_token": before}).status_code == 400
    now = token_on(strict, PRIVATE)
    assert strict.post("/logout", data={"csrf_token": now}).status_code == 303


def test_htmx_may_send_the_token_as_a_header(strict, ada):
    token = token_on(strict)
    headers = HTMX | {"X-CSRFToken": token}
    assert strict.post("/login", data=CREDENTIALS, headers=headers).status_code == 204


def test_only_the_one_click_of_a_mail_is_exempt_from_the_token(app):
    """A mail program has no token (RFC 8058); the address it posts to is signed."""
    csrf = app.extensions["csrf"]
    assert csrf._exempt_views == {"skillswap.blueprints.unsubscribe.page"}
    assert not csrf._exempt_blueprints


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://evil-localhost"},
        {"Origin": "http://localhost:81"},
    ],
)
def test_a_form_on_another_site_is_turned_away_with_a_valid_token(strict, ada, headers):
    data = CREDENTIALS | {"csrf_token": token_on(strict)}
    assert strict.post("/login", data=data, headers=headers).status_code == 403
    assert strict.post("/login", data=data, headers=headers | HTMX).status_code == 403
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert strict.post("/login", data=data, headers=own).status_code == 303


def test_an_https_form_needs_a_referer_of_this_site(live, ada):
    data = CREDENTIALS | {"csrf_token": token_on(live, base_url=HTTPS)}
    for referer in ({}, {"Referer": "https://evil.example/"}):
        answer = live.post("/login", data=data, base_url=HTTPS, headers=referer)
        assert answer.status_code == 400


# -- addresses and sizes --------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "skillswap.example.evil.example", "localhost"])
def test_a_host_we_are_not_is_refused(live, host):
    for ask in (live.get, live.post):
        answer = ask("/login", base_url=f"https://{host}")
        assert answer.status_code == 400
        assert "Location" not in answer.headers
        assert host not in answer.text
        assert answer.headers["Content-Security-Policy"] == POLICY


def test_a_forwarded_host_is_not_believed(live, browser):
    answer = live.get(PRIVATE, base_url=HTTPS, headers={"X-Forwarded-Host": "evil.example"})
    assert answer.location == f"/login?next={PRIVATE}"


def test_what_changes_something_cannot_be_asked_with_get(app, browser, ada):
    rules = [rule for rule in app.url_map.iter_rules() if "GET" not in rule.methods]
    assert "accounts.log_out" in {rule.endpoint for rule in rules}
    client = browser(ada)
    readable = {rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods}
    for rule in rules:
        if rule.rule in readable:
            continue
        # <any("offered", "wanted"):kind> takes its first word, everything else an x
        url = re.sub(r"<any\(\W*(\w+)[^>]*>", r"\1", rule.rule)
        url = re.sub(r"<(int:)?[^>]+>", lambda found: "1" if found[1] else "x", url)
        for ask in (client.get, client.head):
            assert ask(url).status_code == 405, url
    assert client.get(PRIVATE).status_code == 200


def test_405_says_what_is_taken(browser):
    assert "POST" in browser().get("/logout").headers["Allow"]


@pytest.mark.parametrize(
    ("url", "headers", "onward"),
    [
        (PRIVATE, HTMX | {"HX-Current-URL": "http://localhost/pitches?x=1"}, "/pitches?x%3D1"),
        (PRIVATE, {"HX-Request": "true", "HX-Request-Type": "full"}, PRIVATE),
        (PRIVATE, HTMX | {"HX-Current-URL": "http://[bad"}, "/"),
        (PRIVATE, HTMX | {"HX-Current-URL": "http://localhost//evil.example"}, "/"),
        (PRIVATE, HTMX, "/"),
    ],
)
def test_htmx_loads_the_log_in_page_whole_when_the_sign_in_is_over(browser, url, headers, onward):
    answer = browser().get(url, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == f"/login?next={onward}"
    assert answer.text == ""


def test_what_is_too_large_is_refused(browser):
    client = browser()
    large = client.post("/login", data=b"x" * 9_000_000, content_type="application/octet-stream")
    field = client.post("/login", data={"email": "x" * 600_000, "password": "x"})
    many = client.post(
        "/login",
        data={f"part{number}": "x" for number in range(300)},
        content_type="multipart/form-data",
    )
    assert [answer.status_code for answer in (large, field, many)] == [413, 413, 413]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_next_that_cannot_be_read_is_no_error(browser, headers):
    assert browser().get("/login?next=%ff%fe//", headers=headers).status_code == 200
