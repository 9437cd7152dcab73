"""Joining, logging in and logging out, through the door people use."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import func, select, update

from skillswap.db import db, transaction
from skillswap.domain.frame import token_hash
from skillswap.lib.clock import zone_names
from skillswap.models import SignIn, User, UserState
from tests.conftest import HTMX
from tests.people import PASSWORD

PRIVATE = "/notifications"
INES = {
    "role": "both",
    "first_name": "Inês",
    "last_name": "Duarte",
    "email": "Ines@example.org",
    "password": "the river is cold in May",
    "birth_year": "1994",
    "timezone": "Europe/Lisbon",
    "terms": "y",
}
# what a page elsewhere might put into `next`
FOREIGN = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "https://evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "evil.example",
    "//[evil",
    "/\x00/evil.example",
    "",
]


def credentials(name: str = "ada", password: str = PASSWORD, **more: str) -> dict[str, str]:
    return {"email": f"{name}@example.org", "password": password, **more}


def is_signed_in(client) -> bool:
    return client.get(PRIVATE).status_code == 200


def cookie_of(client) -> str:
    return client.get_cookie("skillswap").value


def sign_ins() -> int:
    return db.session.scalar(select(func.count(SignIn.id)).where(SignIn.revoked_at.is_(None)))


def untold(answer, name: str) -> str:
    """The page without the address that was typed and without its token."""
    page = answer.text.replace(f"{name}@example.org", "")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    return page.replace(token, "")


# -- joining --------------------------------------------------------------------------------------


def test_the_form_to_join_names_every_zone_with_its_clock(browser):
    page = browser().get("/signup").text
    assert page.count("<option") == len(zone_names())
    assert re.search(r'value="Europe/Lisbon">Lisbon, \d\d:\d\d</option>', page)
    assert 'data-guess-zone="UTC"' in page
    assert re.search(r'<option data-former="Europe/Kiev" value="Europe/Kyiv">Kyiv', page)
    assert re.search(r'<option selected value="UTC">UTC, \d\d:\d\d</option>', page)
    assert 'hx-boost="false"' in page
    assert 'value=""' in re.search(r'<input[^>]*name="birth_year"[^>]*>', page)[0]


def test_joining_signs_in_and_leads_home(browser):
    ines = browser()
    answer = ines.post("/signup", data=INES)
    assert (answer.status_code, answer.location) == (303, "/")
    assert is_signed_in(ines)
    assert db.session.scalar(select(User.name_key)) == "ines duarte"


def test_joining_by_htmx_loads_the_page_anew(browser):
    ines = browser()
    answer = ines.post("/signup", data=INES, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/")
    assert is_signed_in(ines)


def test_joining_leads_on_to_what_was_wanted(browser):
    page = browser().get("/signup?next=/people/ada").text
    assert 'action="/signup?next=/people/ada"' in page
    assert 'href="/login?next=/people/ada"' in page
    assert browser().post("/signup?next=/people/ada", data=INES).location == "/people/ada"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"first_name": ""}, "This is needed."),
        ({"first_name": "x\u202ey"}, "This holds characters that cannot be shown."),
        ({"last_name": "adm\u0456n"}, "Write each word of a name in one alphabet."),
        ({"email": "ines@example"}, "This email looks unfinished."),
        ({"email": "ines@@example.org"}, "This email looks unfinished."),
        ({"email": "i" * 260 + "@example.org"}, "At most 254 characters."),
        ({"password": "sevench"}, "At least 10 characters."),
        ({"password": "password123"}, "on the lists that intruders try first"),
        ({"password": "skillswap1"}, "holds your name or address, or ours"),
        ({"password": "Ines@example.org"}, "holds your name or address, or ours"),
        ({"birth_year": "94"}, "four digits, such as 1990"),
        ({"birth_year": "١٩٩٤"}, "four digits, such as 1990"),
        ({"birth_year": "9999"}, "four digits, such as 1990"),
        ({"timezone": "Mars/Olympus"}, "Choose a time zone from the list."),
        ({"role": "king"}, "Choose at least one: learning or teaching."),
        ({"terms": ""}, "Please read the terms and tick this box."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_cannot_be_taken_comes_back_with_all_that_was_typed(
    browser, changes, sentence, headers
):
    answer = browser().post(
        "/signup", data=INES | {"last_name": "Duarte"} | changes, headers=headers
    )
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "One thing to mend." in answer.text
    if "last_name" not in changes:
        assert 'value="Duarte"' in answer.text
    assert "the river is cold" not in answer.text  # a password never travels back
    assert "data-guess-zone" not in answer.text
    if "timezone" not in changes:
        assert '<option selected value="Europe/Lisbon">' in answer.text
    assert db.session.scalar(select(func.count(User.id))) == 0


def test_an_empty_form_says_everything_it_lacks(browser):
    answer = browser().post("/signup", data={})
    assert answer.status_code == 422
    assert "things to mend." in answer.text


def test_an_address_that_is_taken_is_said_at_its_field(browser, ada):
    answer = browser().post("/signup", data=INES | {"email": "ADA@Example.org"})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert "There is an account with this address already." in answer.text


def test_joining_twice_is_harmless(browser):
    ines = browser()
    first = ines.post("/signup", data=INES)
    again = ines.post("/signup", data=INES)
    assert (first.status_code, again.status_code, again.location) == (303, 303, "/")
    assert db.session.scalar(select(func.count(User.id))) == 1


def test_somebody_too_young_stays_refused_with_another_year(browser, now):
    young = INES | {"birth_year": str(now.year - 17)}
    for data in (young, INES):
        answer = browser().post("/signup", data=data)
        assert answer.status_code == 422
        assert "SkillSwap is for people of 18 or older." in answer.text
    assert browser().post("/signup", data=INES | {"email": "b@example.org"}).status_code == 303


def test_the_sixth_to_join_from_one_network_within_an_hour_waits(browser):
    for number in range(5):
        data = INES | {"email": f"p{number}@example.org"}
        assert browser().post("/signup", data=data).status_code == 303
    answer = browser().post("/signup", data=INES)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert 'value="Ines@example.org"' in answer.text
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert browser().post("/signup", data=INES, environ_base=elsewhere).status_code == 303


# -- coming ---------------------------------------------------------------------------------------


def test_logging_in_leads_home_or_to_what_was_wanted(browser, ada):
    assert browser().post("/login", data=credentials()).location == "/"
    ada_here = browser()
    asked = ada_here.get("/notifications?after=x")
    assert (asked.status_code, asked.location) == (303, "/login?next=/notifications?after%3Dx")
    assert "Welcome back" in ada_here.get(asked.location).text
    answer = ada_here.post(asked.location, data=credentials())
    assert (answer.status_code, answer.location) == (303, "/notifications?after=x")
    assert is_signed_in(ada_here)


def test_logging_in_by_htmx_loads_the_page_anew(browser, ada):
    client = browser()
    answer = client.post(f"/login?next={PRIVATE}", data=credentials(), headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, PRIVATE)
    assert is_signed_in(client)


@pytest.mark.parametrize("target", FOREIGN)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_nobody_is_led_to_another_site(browser, ada, target, headers):
    where = "HX-Redirect" if headers else "Location"
    url = f"/login?next={quote(target)}"
    client = browser()
    assert "evil" not in client.get(url).text
    for _ in range(2):  # with the password, then signed in already
        assert client.post(url, data=credentials(), headers=headers).headers[where] == "/"
    assert browser(ada).get(url).location == "/"


@pytest.mark.parametrize("page", [target for target in FOREIGN if target.isprintable()])
def test_htmx_on_another_site_is_led_to_a_path_of_ours(browser, page):
    answer = browser().get(PRIVATE, headers=HTMX | {"HX-Current-URL": page})
    assert re.match(r"/login\?next=/(?!/|\\|%2F|%5C)", answer.headers["HX-Redirect"])


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_wrong_password_keeps_the_address_and_says_one_sentence(browser, ada, headers):
    answers = [
        browser().post("/login", data=credentials(name, "not this one"), headers=headers)
        for name in ("ada", "nobody")
    ]
    for answer, name in zip(answers, ("ada", "nobody"), strict=True):
        assert answer.status_code == 422
        assert "That email and password do not go together. Try again." in answer.text
        assert f'value="{name}@example.org"' in answer.text
        assert "not this one" not in answer.text
    assert untold(answers[0], "ada") == untold(answers[1], "nobody")
    assert sign_ins() == 0


def test_an_empty_form_is_told_what_is_needed(browser):
    answer = browser().post("/login", data={"email": "", "password": ""})
    assert answer.status_code == 422
    assert answer.text.count("This is needed.") == 4  # beside each field and in the list on top


def test_the_eleventh_wrong_password_waits_whatever_the_proxy_header_says(browser, ada):
    for number in range(10):
        answer = browser().post(
            "/login",
            data=credentials(password="not this one"),
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        )
        assert answer.status_code == 422
    answer = browser().post(
        "/login", data=credentials(), headers={"X-Forwarded-For": "198.51.100.99"}
    )
    assert answer.status_code == 429
    assert 200 < int(answer.headers["Retry-After"]) <= 300
    assert "Try again in 5 minutes." in answer.text
    assert 'value="ada@example.org"' in answer.text
    assert sign_ins() == 0


def test_too_many_tries_do_not_tell_whether_there_is_an_account(browser, ada):
    texts = []
    for number, name in enumerate(("ada", "nobody")):
        for _ in range(11):
            answer = browser().post(
                "/login",
                data=credentials(name, "not this one"),
                environ_base={"REMOTE_ADDR": f"203.0.113.{number}"},
            )
        assert answer.status_code == 429
        texts.append(untold(answer, name))
    assert texts[0] == texts[1]


def test_a_suspended_person_is_refused_at_once_everywhere(browser, ada):
    client = browser(ada)
    assert is_signed_in(client)
    with transaction():
        db.session.execute(update(User).where(User.id == ada.id).values(state=UserState.SUSPENDED))
    assert not is_signed_in(client)
    answer = browser().post("/login", data=credentials())
    assert answer.status_code == 422
    assert "This account is suspended" in answer.text


def test_every_log_in_has_a_token_of_its_own_and_the_one_before_is_worth_nothing(browser, ada):
    client = browser()
    client.get("/login")
    before = cookie_of(client)
    client.post("/login", data=credentials())
    after = cookie_of(client)
    assert before != after
    stranger = browser()
    stranger.set_cookie("skillswap", before)
    assert not is_signed_in(stranger)
    client.post("/logout")
    client.post("/login", data=credentials())
    assert cookie_of(client) != after
    assert sign_ins() == 1


def test_a_planted_cookie_loses_what_it_held(browser, ada):
    client = browser()
    with client.session_transaction() as cookie:
        cookie["csrf_token"], cookie["planted"] = "known to somebody", "x"
    client.post("/login", data=credentials())
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie.get("csrf_token") != "known to somebody"


def test_the_cookie_holds_no_more_than_a_token_the_server_can_end(browser, ada):
    client = browser()
    client.post("/login", data=credentials())
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    row = db.session.scalar(select(SignIn))
    assert row.token_hash == token_hash(token)
    assert row.user_id == ada.id


@pytest.mark.parametrize(("ticked", "lasts"), [({"remember": "y"}, 30), ({}, 14)])
def test_keep_me_signed_in_makes_the_cookie_outlive_the_browser(browser, ada, now, ticked, lasts):
    client = browser()
    answer = client.post("/login", data=credentials() | ticked)
    assert ("Expires=" in answer.headers["Set-Cookie"]) == bool(ticked)
    row = db.session.scalar(select(SignIn))
    assert abs(row.expires_at - now - timedelta(days=lasts)) < timedelta(minutes=1)


@pytest.mark.parametrize("url", ["/login", "/signup"])
def test_who_is_signed_in_already_is_led_on(browser, ada, url):
    client = browser(ada)
    assert client.get(url).location == "/"
    assert client.get(f"{url}?next={PRIVATE}").location == PRIVATE
    assert client.post(url, data=credentials() | INES).status_code == 303
    assert db.session.scalar(select(func.count(User.id))) == 1


def test_the_device_is_noted(browser, ada):
    browser().post("/login", data=credentials(), headers={"User-Agent": "Lynx/2.9"})
    assert db.session.scalar(select(SignIn.device)) == "Lynx/2.9"


def test_an_expired_sign_in_is_sent_to_log_in(browser, ada, now):
    client = browser(ada)
    with transaction():
        db.session.execute(update(SignIn).values(seen_at=now - timedelta(days=14, seconds=1)))
    answer = client.get(PRIVATE)
    assert (answer.status_code, answer.location) == (303, f"/login?next={PRIVATE}")


def test_logging_in_takes_few_statements(browser, ada, queries):
    client = browser()
    queries.clear()
    client.get("/login")
    assert queries == []
    client.post("/login", data=credentials())
    assert len(queries) <= 8


# -- going ----------------------------------------------------------------------------------------


def test_logging_out_ends_the_sign_in_on_the_server(browser, ada):
    client, copy = browser(ada), browser()
    copy.set_cookie("skillswap", cookie_of(client))
    assert is_signed_in(copy)
    answer = client.post("/logout")
    assert (answer.status_code, answer.location) == (303, "/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get_cookie("skillswap") is None
    assert not is_signed_in(client)
    assert not is_signed_in(copy)  # a replayed cookie opens nothing


def test_logging_out_by_htmx_loads_the_page_anew(browser, ada):
    answer = browser(ada).post("/logout", headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/")
    assert sign_ins() == 0


def test_logging_out_twice_or_as_a_visitor_is_harmless(browser, ada):
    client = browser(ada)
    assert [client.post("/logout").status_code for _ in range(2)] == [303, 303]
    assert browser().post("/logout").status_code == 303


def test_logging_out_leaves_other_devices_and_other_people_alone(browser, ada, ben):
    phone, laptop, bens = browser(ada), browser(ada), browser(ben)
    phone.post("/logout")
    assert is_signed_in(laptop)
    assert is_signed_in(bens)
