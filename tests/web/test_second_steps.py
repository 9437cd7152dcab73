"""A code beside the password: set up, asked for, rationed, used once, taken away."""

from __future__ import annotations

import re
from contextlib import nullcontext
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import func, select, update

from skillswap.db import db, transaction
from skillswap.domain import second_steps
from skillswap.errors import Refused, WrongState
from skillswap.lib.clock import utcnow
from skillswap.lib.sealing import Sealer
from skillswap.models import AuditEntry, Delivery, RecoveryCode, SecondStep, SignIn
from tests import people
from tests.conftest import HTMX
from tests.people import PASSWORD

PAGE, PRIVATE = "/settings/security/second-step", "/notifications"
SEALER = Sealer("only-for-tests-and-long-enough-to-be-one", purpose="second step")


def secret_of(person) -> str:
    db.session.rollback()
    row = db.session.scalar(select(SecondStep.sealed).where(SecondStep.user_id == person.id))
    return SEALER.open(row)


def forget_the_last_code(person) -> None:
    """As if half a minute had passed."""
    with transaction():
        db.session.execute(
            update(SecondStep).where(SecondStep.user_id == person.id).values(last_count=0)
        )


def switched_on(browser, person) -> tuple[str, list[str]]:
    """The secret, and the recovery codes, as the page shows them."""
    client = browser(person)
    client.post(f"{PAGE}/begin", data={"password": PASSWORD})
    secret = secret_of(person)
    client.post(f"{PAGE}/confirm", data={"code": pyotp.TOTP(secret).now()})
    page = client.get(PAGE).text
    forget_the_last_code(person)
    return secret, re.findall(r"<code>([a-z2-9-]{19})</code>", page)


def log_in(client, email: str = "ada@example.org", password: str = PASSWORD):
    return client.post("/login", data={"email": email, "password": password})


def is_in(client) -> bool:
    return client.get(PRIVATE).status_code == 200


def kinds() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(Delivery.kind).order_by(Delivery.id)))


# -- setting it up --------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_it_is_set_up_by_password_and_first_code(browser, ada, headers):
    client, other = browser(ada), browser(ada)
    assert "Set it up" in client.get(PAGE).text
    client.post(f"{PAGE}/begin", data={"password": PASSWORD}, headers=headers)
    page = client.get(PAGE).text
    secret = secret_of(ada)
    assert secret in re.sub(r"(?<=\w) (?=\w)", "", page)
    square = client.get(f"{PAGE}/square.svg")
    assert square.mimetype == "image/svg+xml"
    assert b"<svg" in square.data
    code = pyotp.TOTP(secret).now()
    client.post(f"{PAGE}/confirm", data={"code": code}, headers=headers)
    codes = re.findall(r"<code>([a-z2-9-]{19})</code>", client.get(PAGE).text)
    assert len(set(codes)) == second_steps.CODES
    assert not is_in(other)  # all other devices are signed out
    assert is_in(client)
    assert kinds() == ["account.second_step_on"]
    with transaction():
        over = utcnow() + second_steps.SHOWN_FOR
        assert second_steps.forget_shown_due(over - timedelta(minutes=1), 10) == 0
        assert second_steps.forget_shown_due(over, 10) == 1
    again = client.get(PAGE).text
    assert codes[0] not in again
    assert secret not in again.replace(" ", "")
    assert client.get(f"{PAGE}/square.svg").status_code == 404
    assert "Logging in takes your password" in client.get("/settings/security").text


def test_nothing_is_set_up_without_the_password_or_by_a_wrong_code(browser, ada):
    client = browser(ada)
    assert client.post(f"{PAGE}/begin", data={"password": "not it"}).status_code == 422
    assert client.post(f"{PAGE}/confirm", data={"code": "123456"}).status_code == 404
    client.post(f"{PAGE}/begin", data={"password": PASSWORD})
    answer = client.post(f"{PAGE}/confirm", data={"code": "12345x"})
    assert answer.status_code == 422
    assert "That code does not fit" in answer.text
    assert "12345x" in answer.text
    assert log_in(browser()).location == "/"  # not on yet: the password is enough


def test_the_table_alone_tells_nobody_the_secret(browser, ada):
    secret, codes = switched_on(browser, ada)
    row = db.session.get_one(SecondStep, ada.id)
    kept = db.session.scalars(select(RecoveryCode.code_hash)).all()
    assert secret not in row.sealed
    assert not {code.replace("-", "") for code in codes} & set(kept)
    with pytest.raises(ValueError, match="another key"):
        Sealer("another-secret-altogether", purpose="second step").open(row.sealed)


def test_secrets_survive_a_new_key_while_the_old_one_is_known():
    sealed = Sealer("old", purpose="second step").seal("hush")
    assert Sealer("new", "old", purpose="second step").open(sealed) == "hush"
    with pytest.raises(ValueError, match="another key"):
        Sealer("new", "old", purpose="something else").open(sealed)


# -- logging in -----------------------------------------------------------------------------------


def test_the_password_alone_lets_nobody_in(browser, ada):
    secret, _codes = switched_on(browser, ada)
    client = browser()
    answer = client.post("/login?next=/chat", data={"email": ada.email, "password": PASSWORD})
    assert (answer.status_code, answer.location) == (303, "/login/code?next=/chat")
    assert client.get("/chat").status_code == 303
    assert "One more step" in client.get("/login/code?next=/chat").text
    done = client.post("/login/code?next=/chat", data={"code": pyotp.TOTP(secret).now()})
    assert (done.status_code, done.location) == (303, "/chat")
    assert is_in(client)


def test_a_wrong_code_comes_back_and_a_right_one_works_once(browser, ada):
    secret, _codes = switched_on(browser, ada)
    first, second = browser(), browser()
    log_in(first), log_in(second)
    wrong = first.post("/login/code", data={"code": "000 00x"})
    assert wrong.status_code == 422
    assert "That code does not fit" in wrong.text
    code = pyotp.TOTP(secret).now()
    assert first.post("/login/code", data={"code": f"{code[:3]} {code[3:]}"}).status_code == 303
    assert second.post("/login/code", data={"code": code}).status_code == 422
    assert not is_in(second)


def test_codes_of_about_now_fit_and_no_others(browser, ada, now):
    secret, _codes = switched_on(browser, ada)
    maker = pyotp.TOTP(secret)
    for seconds, fits in ((-90, False), (-30, True), (0, True), (30, True), (90, False)):
        forget_the_last_code(ada)
        code = maker.at(now + timedelta(seconds=seconds))
        with nullcontext() if fits else pytest.raises(Refused), transaction():
            second_steps.check(ada.id, code, [], SEALER, now)


def test_a_recovery_code_is_good_once(browser, ada):
    _secret, codes = switched_on(browser, ada)
    client, later = browser(), browser()
    log_in(client), log_in(later)
    assert client.post("/login/code", data={"code": codes[0].upper()}).status_code == 303
    assert later.post("/login/code", data={"code": codes[0]}).status_code == 422
    assert later.post("/login/code", data={"code": codes[1].replace("-", "")}).status_code == 303
    db.session.rollback()
    assert second_steps.standing_of(ada).codes_left == second_steps.CODES - 2


def test_guessing_is_rationed_and_the_count_outlives_the_page(browser, ada):
    secret, _codes = switched_on(browser, ada)
    client = browser()
    log_in(client)
    for _ in range(5):
        assert client.post("/login/code", data={"code": "wrong"}).status_code == 422
    answer = client.post("/login/code", data={"code": pyotp.TOTP(secret).now()})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 300
    other = browser()
    log_in(other)
    assert other.post("/login/code", data={"code": "wrong"}).status_code == 429


def test_halfway_in_is_worth_nothing_after_ten_minutes_or_another_password(browser, ada, now):
    secret, _codes = switched_on(browser, ada)
    late, changed, nobody = browser(), browser(), browser()
    log_in(late), log_in(changed)
    with late.session_transaction() as cookie:
        cookie["halfway"] = [*cookie["halfway"][:3], cookie["halfway"][3] - 601]
    assert late.get("/login/code").location == "/login"
    with transaction():
        db.session.merge(ada).password_hash = "another"
    answer = changed.post("/login/code", data={"code": pyotp.TOTP(secret).now()})
    assert (answer.status_code, answer.location) == (303, "/login")
    assert not is_in(changed)
    assert nobody.post("/login/code", data={"code": "123456"}).location == "/login"


# -- changing it ----------------------------------------------------------------------------------


def test_new_codes_take_the_place_of_old_ones(browser, ada):
    _secret, old = switched_on(browser, ada)
    here = browser(ada)
    assert here.post(f"{PAGE}/codes", data={"codes_password": "no"}).status_code == 422
    here.post(f"{PAGE}/codes", data={"codes_password": PASSWORD})
    page = here.get(PAGE).text
    new = re.findall(r"<code>([a-z2-9-]{19})</code>", page)
    assert len(new) == second_steps.CODES
    assert not set(new) & set(old)
    client = browser()
    log_in(client)
    assert client.post("/login/code", data={"code": old[0]}).status_code == 422
    assert client.post("/login/code", data={"code": new[0]}).status_code == 303


def test_it_is_switched_off_by_password_and_a_last_code(browser, ada):
    secret, _codes = switched_on(browser, ada)
    client = browser(ada)
    form = {"off_password": PASSWORD, "last_code": "wrong"}
    assert client.post(f"{PAGE}/off", data=form).status_code == 422
    form["last_code"] = pyotp.TOTP(secret).now()
    assert client.post(f"{PAGE}/off", data=form).status_code == 303
    assert client.post(f"{PAGE}/off", data=form).status_code == 409
    assert log_in(browser()).location == "/"
    assert kinds()[-1] == "account.second_step_off"
    assert not db.session.scalar(select(func.count()).select_from(RecoveryCode))


def test_staff_take_it_away_and_that_is_written_down(app, browser, ada, now):
    switched_on(browser, ada)
    result = app.test_cli_runner().invoke(args=["take-second-step", ada.email])
    assert result.exit_code == 0, result.output
    assert log_in(browser()).location == "/"
    assert db.session.scalars(select(AuditEntry.action)).all() == ["person.second_step_off"]
    with pytest.raises(WrongState), transaction():
        second_steps.take_away(ada, now)


def test_a_sign_in_opened_by_code_lasts_as_long_as_was_asked(browser, ada):
    secret, _codes = switched_on(browser, ada)
    client = browser()
    client.post("/login", data={"email": ada.email, "password": PASSWORD, "remember": "y"})
    client.post("/login/code", data={"code": pyotp.TOTP(secret).now()})
    db.session.rollback()
    newest = select(SignIn).order_by(SignIn.id.desc()).limit(1)
    assert db.session.scalars(newest).one().expires_at > utcnow() + timedelta(days=20)


def test_nobody_sees_the_page_of_another(browser, ada, ben):
    switched_on(browser, ada)
    assert browser().get(PAGE).status_code == 303
    assert "Set it up" in browser(ben).get(PAGE).text
    assert people.PASSWORD not in browser(ada).get(PAGE).text
