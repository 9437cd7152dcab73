"""The page about sign-ins, password and address, through the door people use."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from skillswap.db import db, transaction
from skillswap.domain.sign_ins import device_name
from skillswap.lib.passwords import check_password
from skillswap.lib.tokens import token_hash
from skillswap.models import Delivery, SignIn, User
from tests import people
from tests.conftest import HTMX
from tests.people import PASSWORD

PAGE, PRIVATE = "/settings/security", "/notifications"
NEW = "a river in the rain"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"
)
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0 Safari/537.36 Edg/124.0"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/124.0 Mobile Safari/537.36"
)
LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def key_of(client) -> str:
    with client.session_transaction() as cookie:
        return token_hash(cookie["_user_id"])[:16]


def is_in(client) -> bool:
    return client.get(PRIVATE).status_code == 200


def kinds() -> list[str]:
    return list(db.session.scalars(select(Delivery.kind).order_by(Delivery.id)))


def hash_of(person: User) -> str:
    return db.session.scalar(select(User.password_hash).where(User.id == person.id))


# -- where one is signed in -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (LINUX, "Firefox on Linux"),
        (IPHONE, "Safari on iPhone"),
        (WINDOWS, "Edge on Windows"),
        (ANDROID, "Chrome on Android"),
        ("curl/8.5", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_named_as_far_as_it_says(header, name):
    assert device_name(header) == name


def test_the_page_lists_each_device_and_marks_this_one(browser, ada):
    form = {"email": ada.email, "password": PASSWORD}
    browser().post("/login", data=form, headers={"User-Agent": IPHONE})
    here = browser()
    here.post("/login", data=form, headers={"User-Agent": LINUX})
    page = here.get(PAGE).text
    assert page.index("Firefox on Linux") < page.index("This device")
    assert page.index("This device") < page.index("Safari on iPhone")
    assert page.count("/settings/security/sign-ins/") == 2 * 1 + 2  # one device, and all others
    assert 'aria-current="page">Security' in page


def test_nobody_else_s_devices_and_none_that_are_over_are_listed(browser, ada, ben, now):
    here, over, idle = browser(ada), browser(ada), browser(ada)
    browser(ben)
    here.get(PAGE)
    with transaction():
        for client, values in (
            (over, {"revoked_at": now}),
            (idle, {"seen_at": now - timedelta(days=15)}),
        ):
            which = SignIn.token_hash.startswith(key_of(client))
            db.session.execute(update(SignIn).where(which).values(**values))
    assert "You are signed in nowhere else." in here.get(PAGE).text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_one_device_is_signed_out(browser, ada, headers):
    here, phone, other = browser(ada), browser(ada), browser(ada)
    answer = here.post(
        f"{PAGE}/sign-ins/{key_of(phone)}/end", data={"password": PASSWORD}, headers=headers
    )
    assert answer.status_code == (200 if headers else 303)
    assert phone.get(PRIVATE).location.startswith("/login")
    assert is_in(here)
    assert is_in(other)
    if headers:
        assert key_of(phone) not in answer.text
        assert key_of(other) in answer.text
        assert "Signed out there." in answer.text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_all_other_devices_are_signed_out(browser, ada, ben, headers):
    here, phone, other, bens = browser(ada), browser(ada), browser(ada), browser(ben)
    answer = here.post(f"{PAGE}/sign-ins/end", data={"password": PASSWORD}, headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert [is_in(client) for client in (here, phone, other, bens)] == [True, False, False, True]


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("typed", ["", "not this one"])
def test_nothing_is_signed_out_without_the_password(browser, ada, headers, typed):
    here, phone = browser(ada), browser(ada)
    for url in (f"{PAGE}/sign-ins/{key_of(phone)}/end", f"{PAGE}/sign-ins/end"):
        answer = here.post(url, data={"password": typed}, headers=headers)
        assert answer.status_code == 422
        assert 'id="password-error"' in answer.text
        assert ("<html" in answer.text) is not bool(headers)
    assert is_in(phone)


def test_a_key_of_somebody_else_or_of_nobody_does_not_exist(browser, ada, ben):
    bens = browser(ben)
    for key in (key_of(bens), key_of(bens)[:4], "%" * 16, "_" * 16, "x"):
        answer = browser(ada).post(f"{PAGE}/sign-ins/{key}/end", data={"password": PASSWORD})
        assert answer.status_code == 404, key
    assert is_in(bens)


# -- the password ---------------------------------------------------------------------------------


def password_form(**changes: str) -> dict[str, str]:
    return {"current_password": PASSWORD, "new_password": NEW} | changes


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_new_password_ends_the_others_and_renews_this_one(browser, ada, headers):
    here, phone = browser(ada), browser(ada)
    before = key_of(here)
    answer = here.post(f"{PAGE}/password", data=password_form(), headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert "Password changed." in (answer.text if headers else here.get(PAGE).text)
    assert is_in(here)
    assert not is_in(phone)
    assert key_of(here) != before
    assert check_password(hash_of(ada), NEW)
    assert kinds() == ["account.password"]


def test_the_cookie_of_before_a_new_password_is_worthless(app, browser, ada):
    here = browser(ada)
    old = here.get_cookie("skillswap").value
    here.post(f"{PAGE}/password", data=password_form())
    copied = app.test_client()
    copied.set_cookie("skillswap", old)
    assert copied.get(PRIVATE).location.startswith("/login")


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"current_password": "not this one"}, "current_password", "This is not your password."),
        ({"current_password": ""}, "current_password", "This is needed."),
        ({"new_password": "short"}, "new_password", "At least 10 characters."),
        ({"new_password": "password123"}, "new_password", "that intruders try first"),
        ({"new_password": "ada@example.org"}, "new_password", "holds your name or address"),
        ({"new_password": "x" * 129}, "new_password", "At most 128 characters."),
    ],
)
def test_what_cannot_be_is_said_at_its_field(browser, ada, headers, changes, field, sentence):
    phone = browser(ada)
    answer = browser(ada).post(f"{PAGE}/password", data=password_form(**changes), headers=headers)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert sentence in answer.text
    assert PASSWORD not in answer.text  # what was typed never travels back
    assert is_in(phone)
    assert check_password(hash_of(ada), PASSWORD)


def test_a_borrowed_device_is_no_place_to_guess(browser, ada):
    here = browser(ada)
    wrong = {"password": "not this one"}
    for _time in range(10):
        assert here.post(f"{PAGE}/sign-ins/end", data=wrong).status_code == 422
    for url, data in (
        ("sign-ins/end", {"password": PASSWORD}),
        ("password", password_form()),
        ("email", {"email": "x@example.org", "email_password": PASSWORD}),
    ):
        answer = here.post(f"{PAGE}/{url}", data=data)
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0


def test_right_passwords_are_not_counted(browser, ada):
    here = browser(ada)
    for _time in range(12):
        answer = here.post(f"{PAGE}/sign-ins/end", data={"password": PASSWORD})
        assert answer.status_code == 303


# -- the address ----------------------------------------------------------------------------------


def email_form(email: str = "ada@elsewhere.example", password: str = PASSWORD) -> dict[str, str]:
    return {"email": email, "email_password": password}


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_another_address_is_asked_for_and_waits(browser, ada, headers):
    here = browser(ada)
    answer = here.post(f"{PAGE}/email", data=email_form(), headers=headers)
    assert answer.status_code == (200 if headers else 303)
    page = answer.text if headers else here.get(PAGE).text
    assert "We sent a link to ada@elsewhere.example." in page
    assert kinds() == ["account.change", "account.undo_change"]
    assert db.session.scalar(select(User.email).where(User.id == ada.id)) == "ada@example.org"


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        (email_form("ada@elsewhere"), "email", "This email looks unfinished."),
        (email_form(""), "email", "This is needed."),
        (email_form("Ada@Example.org"), "email", "This is your address already."),
        (email_form("ben@example.org"), "email", "There is an account with this address already."),
        (email_form("a" * 260 + "@example.org"), "email", "At most 254 characters."),
        (email_form(password="not this one"), "email_password", "This is not your password."),
    ],
)
def test_an_address_that_cannot_be_comes_back(browser, ada, ben, headers, form, field, sentence):
    answer = browser(ada).post(f"{PAGE}/email", data=form, headers=headers)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert sentence in answer.text
    assert f'value="{form["email"]}"' in answer.text
    assert PASSWORD not in answer.text
    assert kinds() == []


def test_the_third_address_of_a_day_waits_also_when_it_is_taken(browser, ada, ben):
    here = browser(ada)
    assert here.post(f"{PAGE}/email", data=email_form("ben@example.org")).status_code == 422
    assert here.post(f"{PAGE}/email", data=email_form()).status_code == 303
    late = here.post(f"{PAGE}/email", data=email_form("ada@third.example"))
    assert late.status_code == 429
    assert 'value="ada@third.example"' in late.text


def test_who_is_not_confirmed_finds_the_link_here_too(browser, ada):
    with transaction():
        ada.email_confirmed_at = None
    page = browser(ada).get(PAGE).text
    assert "Not confirmed yet" in page
    assert 'action="/email/confirm/send"' in page


# -- the page -------------------------------------------------------------------------------------


@pytest.mark.parametrize("devices", [1, 30])
def test_the_page_takes_few_statements(browser, ada, queries, devices):
    here = browser(ada)
    for _device in range(devices):
        people.sign_in(ada)
    here.get(PAGE)
    queries.clear()
    here.get(PAGE)
    assert len(queries) <= 4
    assert db.session.scalar(select(func.count(SignIn.id))) == devices + 1


def test_the_page_says_whose_password_it_is_for_those_who_keep_them(browser, ada):
    page = browser(ada).get(PAGE).text
    assert page.count('autocomplete="current-password"') >= 2
    assert 'autocomplete="new-password"' in page
    assert f'value="{ada.email}" autocomplete="username" hidden' in page
