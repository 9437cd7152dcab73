"""Staff need a second step; and before what matters most everybody shows once more who they are."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from skillswap.db import db, transaction
from skillswap.domain import frame, stepping_up
from skillswap.lib.clock import utcnow
from skillswap.models import SecondStep, SignIn
from tests import people
from tests.conftest import HTMX
from tests.people import PASSWORD

AGAIN, SETUP, QUEUE = "/login/again", "/settings/security/second-step", "/moderation"


def without_second_step(person) -> None:
    with transaction():
        db.session.execute(delete(SecondStep).where(SecondStep.user_id == person.id))


def is_sure(person) -> bool:
    db.session.rollback()
    here = db.session.scalars(select(SignIn).where(SignIn.user_id == person.id)).one()
    return stepping_up.is_sure(here, utcnow())


# -- staff ----------------------------------------------------------------------------------------


def test_staff_without_a_second_step_are_led_to_its_setup(browser, ada, mo, queries):
    client = browser(mo)
    without_second_step(mo)
    answer = client.get(QUEUE)
    assert (answer.status_code, answer.location) == (303, SETUP)
    assert "Its pages open once you have a second step" in client.get(SETUP).text
    pressed = client.post(f"{QUEUE}/cases/nothing/claim", headers=HTMX)
    assert (pressed.status_code, pressed.headers["HX-Redirect"]) == (401, SETUP)
    assert browser(ada).get(QUEUE).status_code == 404  # for others there is no such page
    assert "Its pages open" not in browser(ada).get(SETUP).text
    with transaction():
        people.give_second_step(mo)
    queries.clear()
    assert client.get(QUEUE).status_code == 200
    assert len([one for one in queries if "sign_ins" in one and "SELECT" in one]) == 1


def test_staff_are_signed_out_after_twelve_idle_hours_and_others_after_fourteen_days(ada, mo, now):
    for person, idle in ((mo, timedelta(hours=12)), (ada, timedelta(days=14))):
        token = people.sign_in(person)
        seen = db.session.scalars(select(SignIn.seen_at).where(SignIn.user_id == person.id)).one()
        assert frame.signed_in(token, seen + idle - timedelta(seconds=1))
        assert frame.signed_in(token, seen + idle) is None


# -- once more ------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ada", "mo"])
def test_once_more_a_code_or_for_want_of_one_the_password(browser, ada, mo, who):
    person = {"ada": ada, "mo": mo}[who]
    client = browser(person)
    people.sit_for_long(person)
    copied = client.get_cookie("skillswap").value
    field, right = ("password", PASSWORD) if person is ada else ("code", people.code_of(mo))
    assert f'name="{field}"' in client.get(AGAIN).text
    wrong = client.post(f"{AGAIN}?next=/chat", data={field: "not it"})
    assert (wrong.status_code, is_sure(person)) == (422, False)
    done = client.post(f"{AGAIN}?next=/chat", data={field: right})
    assert (done.status_code, done.location) == (303, "/chat")
    assert is_sure(person)
    assert client.get("/notifications").status_code == 200  # under a new token
    thief = browser()
    thief.set_cookie("skillswap", copied)
    assert thief.get("/notifications").location.startswith("/login")
    people.sit_for_long(person)
    assert not is_sure(person)


def test_a_code_fits_once_tries_are_rationed_and_no_other_site_comes_next(browser, mo):
    client = browser(mo)
    code = people.code_of(mo)
    done = client.post(f"{AGAIN}?next=//elsewhere.example", data={"code": code})
    assert (done.status_code, done.location) == (303, "/")
    for _turn in range(5):
        assert client.post(AGAIN, data={"code": code}).status_code == 422
    answer = client.post(AGAIN, data={"code": people.code_of(mo)})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 300


def test_a_visitor_signs_in_and_that_counts(browser, ada):
    assert browser().get(AGAIN).location.startswith("/login?next=")
    client = browser()
    client.post("/login", data={"email": ada.email, "password": PASSWORD})
    assert is_sure(ada)
