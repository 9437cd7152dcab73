"""How does a person join, come in and leave? The rules, without the web."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from skillswap.db import db, transaction
from skillswap.domain import accounts, attempts
from skillswap.domain.frame import signed_in, token_hash
from skillswap.domain.usernames import candidates, check_username, username_base
from skillswap.errors import Refused, TooMany
from skillswap.models import Attempt, Event, SignIn, User, UserState
from tests.people import PASSWORD, make_person

INES = {
    "role": "both",
    "first_name": "Inês",
    "last_name": "Duarte",
    "email": "Ines@Example.ORG",
    "password": "the river is cold in May",
    "birth_year": 1994,
    "timezone": "Europe/Lisbon",
}
HERE = "203.0.113.7"


def ask(now, **changes: Any) -> accounts.NewPerson:
    return accounts.new_person(**(INES | changes), now=now)


def count(person, now, ip=HERE) -> Refused | None:
    with transaction():
        return accounts.count_sign_up(person, ip=ip, now=now)


def join(now, **changes: Any) -> SignIn:
    with transaction():
        return accounts.sign_up(ask(now, **changes), device="Firefox", now=now)


def try_log_in(email, now, ip=HERE) -> accounts.LogInTry:
    with transaction():
        return accounts.try_log_in(email, ip=ip, now=now)


def log_in(email, password, now, *, ip=HERE, remember=True) -> SignIn:
    tried = try_log_in(email, now, ip)
    with transaction():
        return accounts.log_in(tried, password, device="Firefox", remember=remember, now=now)


def fail(email, now, *, ip=HERE) -> None:
    with pytest.raises(Refused, match="wrong_login"):
        log_in(email, "not this one at all", now, ip=ip)


def refusal(call, *args: Any, **kwargs: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.field, caught.value.code


# -- joining --------------------------------------------------------------------------------------


def test_joining_makes_an_account_and_opens_its_first_sign_in(app, now):
    sign_in = join(now)
    ines = db.session.scalar(select(User))
    assert (ines.username, ines.email, ines.name) == (
        "ines-duarte",
        "ines@example.org",
        "Inês Duarte",
    )
    assert (ines.name_key, ines.timezone, ines.birth_year) == ("ines duarte", "Europe/Lisbon", 1994)
    assert ines.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert signed_in(sign_in.token, now).user.id == ines.id
    assert sign_in.token_hash == token_hash(sign_in.token) != sign_in.token
    assert db.session.scalars(select(Event.kind)).all() == ["person.joined"]


@pytest.mark.parametrize(
    ("role", "learning", "teaching"),
    [("learn", True, False), ("teach", False, True), ("both", True, True)],
)
def test_the_role_becomes_two_switches(app, now, role, learning, teaching):
    join(now, role=role)
    assert db.session.execute(select(User.learning, User.teaching)).one() == (learning, teaching)


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"role": "admin"}, ("role", "needs_role")),
        ({"role": ""}, ("role", "needs_role")),
        ({"first_name": " \u200d "}, ("first_name", "required")),
        ({"first_name": "x\u202ey"}, ("first_name", "control_characters")),
        ({"last_name": "x\x00y"}, ("last_name", "control_characters")),
        ({"first_name": "adm\u0456n"}, ("first_name", "two_alphabets")),
        ({"first_name": "SkillSwap", "last_name": "Team"}, ("first_name", "name_reserved")),
        ({"first_name": "Ádmin", "last_name": ""}, ("first_name", "name_reserved")),
        ({"first_name": "\U0001d160" * 30}, ("first_name", "too_long")),
        ({"password": "short one"}, ("password", "password_short")),
        ({"password": "a long on " * 13}, ("password", "password_long")),
        ({"password": "Password123"}, ("password", "password_common")),
        ({"password": "ines@example.org"}, ("password", "password_personal")),
        ({"password": "I am iNes for ever"}, ("password", "password_personal")),
        ({"password": "the Duarte family"}, ("password", "password_personal")),
        ({"password": "my Skill Swap word"}, ("password", "password_personal")),
        ({"birth_year": 1870}, ("birth_year", "birth_year")),
        ({"birth_year": 9999}, ("birth_year", "birth_year")),
        ({"timezone": "Mars/Olympus"}, ("timezone", "unknown_zone")),
        ({"timezone": "Etc/GMT+3"}, ("timezone", "unknown_zone")),
    ],
)
def test_what_cannot_be_taken_says_why_beside_its_field(now, changes, refused):
    assert refusal(ask, now, **changes) == refused


@pytest.mark.parametrize("password", ["🦊" * 64, "ten chars!", "x" * 127 + "y", "pässwörd dez"])
def test_any_characters_make_a_password(app, now, password):
    join(now, password=password)
    assert log_in("ines@example.org", password, now).token
    with pytest.raises(Refused):
        log_in("ines@example.org", password[:-1] + "?", now)


def test_a_password_is_the_same_on_every_keyboard(app, now):
    join(now, password="cafe\u0301 au lait, please")
    assert log_in("ines@example.org", "caf\u00e9 au lait, please", now).token


def test_an_address_joins_once_in_whatever_spelling(app, now):
    join(now)
    assert refusal(join, now, email="INES@example.org") == ("email", "email_taken")
    assert db.session.scalar(select(func.count(User.id))) == 1
    assert db.session.scalar(select(func.count(SignIn.id))) == 1


def test_a_refused_person_leaves_no_event_behind(app, now):
    join(now)
    with pytest.raises(Refused):
        join(now)
    assert db.session.scalar(select(func.count(Event.id))) == 1


def test_namesakes_get_usernames_of_their_own(app, now):
    for number in range(4):
        join(now, email=f"ines{number}@example.org")
    usernames = set(db.session.scalars(select(User.username)))
    assert len(usernames) == 4
    assert "ines-duarte" in usernames
    assert all(check_username(name).startswith("ines-duarte") for name in usernames)


@pytest.mark.parametrize(
    ("first", "last", "base"),
    [
        ("Inês", "Duarte", "ines-duarte"),
        ("Søren", "", "soren"),
        ("Ян", "", "member"),
        ("李", "雷", "member"),
        ("Bo", "", "member"),
        ("Bo", "Ek", "bo-ek"),
        ("Admin", "", "member"),
        ("Help", "Desk", "member"),
        ("99 Luft", "Ballons", "luft-ballons"),
        ("O’Brien-Łęcki", "", "o-brien-lecki"),
        ("Maximiliane-Alexandra", "von Hohenstein", "maximiliane-alexandra-vo"),
    ],
)
def test_a_username_is_made_from_the_name(first, last, base):
    assert username_base(first, last) == base
    for username in candidates(first, last):
        assert check_username(username) == username


def test_somebody_under_18_is_refused_for_a_day_whatever_year_comes_next(app, now):
    young = ask(now, birth_year=now.year - 17)
    assert count(young, now).code == "too_young"
    grown = ask(now)
    assert count(grown, now + timedelta(hours=23)).code == "too_young"
    assert count(ask(now, email="INES@EXAMPLE.ORG"), now).code == "too_young"
    assert count(ask(now, email="other@example.org"), now) is None
    assert count(grown, now + timedelta(hours=24, seconds=1)) is None
    assert ask(now).email not in str(db.session.execute(select(Attempt.key_hash)).all())


def test_who_turns_18_this_year_may_join(app, now):
    assert count(ask(now, birth_year=now.year - 18), now) is None


def test_a_network_may_try_to_join_five_times_an_hour(app, now):
    for number in range(5):
        assert count(ask(now, email=f"p{number}@example.org"), now) is None
    with pytest.raises(TooMany) as caught:
        count(ask(now), now + timedelta(minutes=20))
    assert caught.value.retry_seconds == 40 * 60
    assert caught.value.params == {"when": "in 40 minutes"}
    assert count(ask(now), now, ip="203.0.113.8") is None
    assert count(ask(now), now + timedelta(hours=1, seconds=1)) is None


# -- coming ---------------------------------------------------------------------------------------


def test_the_right_password_opens_a_sign_in_with_a_new_token(ada, now):
    first = log_in("ADA@example.org ", PASSWORD, now)
    second = log_in("ada@example.org", PASSWORD, now)
    assert first.user_id == ada.id
    assert first.token != second.token
    assert len(first.token) >= 43
    assert signed_in(first.token, now).user.id == ada.id


def test_to_be_remembered_lasts_30_days_and_14_otherwise(ada, now):
    assert log_in("ada@example.org", PASSWORD, now).expires_at == now + timedelta(days=30)
    short = log_in("ada@example.org", PASSWORD, now, remember=False)
    assert short.expires_at == now + timedelta(days=14)


def test_fourteen_days_without_a_visit_end_a_sign_in(ada, now):
    token = log_in("ada@example.org", PASSWORD, now).token
    assert signed_in(token, now + timedelta(days=14) - timedelta(seconds=1))
    assert signed_in(token, now + timedelta(days=14, seconds=1)) is None


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org", "ada", ""])
def test_a_wrong_password_and_an_unknown_address_get_one_sentence(ada, now, email):
    assert refusal(log_in, email, "not this one at all", now) == ("", "wrong_login")


def test_a_deleted_person_is_nobody_and_a_suspended_one_is_told(ada, ben, now):
    with transaction():
        db.session.execute(update(User).where(User.id == ada.id).values(state=UserState.DELETED))
        db.session.execute(update(User).where(User.id == ben.id).values(state=UserState.SUSPENDED))
    assert refusal(log_in, "ada@example.org", PASSWORD, now) == ("", "wrong_login")
    assert refusal(log_in, "ben@example.org", PASSWORD, now) == ("", "suspended")
    assert refusal(log_in, "ben@example.org", "not this one", now) == ("", "wrong_login")
    assert db.session.scalar(select(func.count(SignIn.id))) == 0


def test_an_old_hash_is_made_anew_when_its_owner_comes(ada, now):
    old = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    with transaction():
        db.session.execute(update(User).where(User.id == ada.id).values(password_hash=old))
    assert log_in("ada@example.org", PASSWORD, now).token
    stored = db.session.scalar(select(User.password_hash).where(User.id == ada.id))
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert log_in("ada@example.org", PASSWORD, now).token


# -- too many tries -------------------------------------------------------------------------------


def test_refused_tries_stay_counted(ada, now):
    fail("ada@example.org", now)
    db.session.rollback()
    assert sorted(db.session.scalars(select(Attempt.kind))) == [
        "log_in.account",
        "log_in.all",
        "log_in.ip",
    ]


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_an_address_has_ten_tries_in_five_minutes_from_anywhere(ada, now, email):
    for number in range(10):
        fail(email, now + timedelta(seconds=number), ip=f"203.0.113.{number}")
    late = now + timedelta(minutes=4)
    with pytest.raises(TooMany) as caught:
        log_in(email, PASSWORD, late, ip="198.51.100.1")
    assert (caught.value.retry_seconds, caught.value.status) == (60, 429)
    assert caught.value.params == {"when": "in 1 minute"}


def test_a_network_has_ten_tries_in_five_minutes_for_whatever_addresses(ada, now):
    for number in range(10):
        fail(f"p{number}@example.org", now)
    with pytest.raises(TooMany):
        log_in("ada@example.org", PASSWORD, now)
    assert log_in("ada@example.org", PASSWORD, now, ip="198.51.100.1").token


def test_knocking_on_does_not_keep_the_owner_out(ada, now):
    for _ in range(10):
        fail("ada@example.org", now)
    for minute in range(5):
        with pytest.raises(TooMany):
            try_log_in("ada@example.org", now + timedelta(minutes=minute))
    assert log_in("ada@example.org", PASSWORD, now + timedelta(minutes=5, seconds=1)).token


def test_tries_that_come_out_well_do_not_count(ada, now):
    fail("ada@example.org", now)
    for _ in range(12):
        log_in("ada@example.org", PASSWORD, now)
    assert db.session.scalar(select(func.count(Attempt.id))) == 3


def test_a_thousand_tries_in_five_minutes_are_enough_for_everybody(ada, now):
    with transaction():
        db.session.add_all(
            Attempt(
                kind="log_in.all", key_hash=attempts._hash(attempts.LOG_IN_ALL, ""), tried_at=now
            )
            for _ in range(1_000)
        )
    with pytest.raises(TooMany):
        log_in("ada@example.org", PASSWORD, now)


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_tries_are_counted_by_household(ip, network):
    assert attempts.network_of(ip) == network


def test_old_tries_are_swept_by_new_ones(ada, now):
    with transaction():
        for hours in (30, 29, 2):
            attempts.lock(attempts.TOO_YOUNG, f"{hours}", now - timedelta(hours=hours))
    fail("ada@example.org", now)
    assert db.session.scalar(select(func.count(Attempt.id))) == 1 + 3


# -- going ----------------------------------------------------------------------------------------


def test_logging_out_ends_the_sign_in_on_the_server_and_only_that_one(ada, now):
    here, there = (log_in("ada@example.org", PASSWORD, now) for _ in range(2))
    for _ in range(2):
        with transaction():
            accounts.log_out(here, now)
    assert signed_in(here.token, now) is None
    assert signed_in(there.token, now)


def test_a_device_name_holds_only_what_can_be_printed(app, now):
    make_person("dee")
    tried = try_log_in("dee@example.org", now)
    with transaction():
        sign_in = accounts.log_in(
            tried, PASSWORD, device="Fire\x00fox\x1b" + "x" * 300, remember=True, now=now
        )
    assert sign_in.device.startswith("Firefoxxx")
    assert len(sign_in.device) == 200
