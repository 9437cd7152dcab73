"""Every address, asked by everybody: who gets in, who is sent away, for whom is it not there?

One table (tests/web/access.py) says what each route answers to its owner, the other of the two,
another member, somebody whom both have blocked, a visitor, a moderator and an admin. A route
without a line in it fails.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.lib.clock import utcnow
from skillswap.models import Block, StaffRole, User
from tests import people
from tests.conftest import HTMX
from tests.support import rows
from tests.web.access import ANSWERS, LOOKED_AT, OF_THE_HOLDER, POLICIES, ROLES, TO_LOG_IN
from tests.web.test_every_post import EVERY, Ready

pytestmark = pytest.mark.only_on("sqlite")  # what SQL says of visibility is tested on both
OF_A_CASE = "/moderation/cases/<public_id>/"
DONE = {200, 204, 303}
LATE = {409, 410, 422, 429}  # let in, and told why it cannot be done just now


def test_every_route_has_a_policy(app: Flask):
    routes = {rule.endpoint for rule in app.url_map.iter_rules()} - {"static"}
    assert routes == set(POLICIES)
    decided = {rule.endpoint for rule in app.url_map.iter_rules() if OF_A_CASE in str(rule)}
    posts = {endpoint for endpoint in decided if endpoint in EVERY}
    assert posts - {"moderation.claim"} == OF_THE_HOLDER
    looked_at = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.arguments and rule.endpoint not in EVERY
    }
    assert looked_at - {"static"} <= set(LOOKED_AT)


def ready_for(endpoint: str, app: Flask, ada: User, ben: User) -> Ready:
    """A moment in which the route may be asked."""
    if endpoint in EVERY:
        return EVERY[endpoint].ready(ada, ben)
    if endpoint in LOOKED_AT:
        return LOOKED_AT[endpoint](ada, ben)
    rule = next(app.url_map.iter_rules(endpoint))
    return Ready(str(rule), ada)


def cast() -> dict[str, str]:
    """The people with a browser each, by username; ada and ben have blocked bo."""
    made = [people.ada(), people.ben(), people.cy()]
    made.append(people.make_person("bo", offers=("go",), wants=("watercolour", "spanish")))
    made.append(people.make_person("moira", staff_role=StaffRole.MODERATOR))
    made.append(people.make_person("regina", staff_role=StaffRole.ADMIN))
    with transaction():
        for person in made[:2]:
            row = Block(blocker_id=person.id, blocked_id=made[3].id, created_at=utcnow())
            db.session.add(row)
    return {person.username: people.sign_in(person) for person in made}


def named(username: str) -> User:
    return db.session.scalars(select(User).where(User.username == username)).one()


def parts(ready: Ready) -> list[str | None]:
    """Who plays which part of ROLES: usernames, and None for a visitor."""
    owner = ready.person.username if ready.person else None
    partner = "ada" if owner == "ben" else "ben"
    return [owner, partner, "cy", "bo", None, "moira", "regina"]


def letter(endpoint: str, answer: Any) -> str:
    """What it means for who asked: y let in, l to the door, n not there, f forbidden."""
    onward = answer.headers.get("Location", "")
    led = answer.status_code == 303 and onward.startswith("/login")
    if answer.status_code == 401 or (led and endpoint not in TO_LOG_IN):
        return "l"
    if answer.status_code == 404:
        return "n"
    return "f" if answer.status_code == 403 else "y"


def both_ways(app: Flask) -> list[tuple[str, str]]:
    """Every route with every method it has."""
    return sorted(
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in ("GET", "POST")
        if method in (rule.methods or ()) and rule.endpoint != "static"
    )


@pytest.mark.parametrize("endpoint", sorted(POLICIES))
def test_everybody_gets_the_answer_of_the_table(app, endpoint):
    for method in [method for name, method in both_ways(app) if name == endpoint]:
        tokens = rows.stage(cast)
        ready = ready_for(endpoint, app, named("ada"), named("ben"))
        asking = parts(ready)
        if asking[0]:  # by a verb that signs all devices out, perhaps
            tokens = tokens | {asking[0]: people.sign_in(named(asking[0]))}
        begun = rows.scene()
        for headers in ({}, HTMX):
            seen = ""
            for role, name in zip(ROLES, asking, strict=True):
                client = signed_in(app, tokens[name] if name else None)
                answer = ask(client, endpoint, ready, method, headers)
                seen += letter(endpoint, answer)
                if seen[-1] == "y":
                    check(endpoint, method, role, answer)
                if seen[-1] == "y" and method == "POST":
                    begun.again()
            found = dict(zip(ROLES, seen, strict=True))
            assert seen == POLICIES[endpoint], (method, headers, found)


def signed_in(app: Flask, token: str | None) -> Any:
    client = app.test_client()
    if token is not None:
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def ask(client: Any, endpoint: str, ready: Ready, method: str, headers: dict[str, str]) -> Any:
    if method == "POST":
        form = ready.form | EVERY[endpoint].files()
        return client.post(ready.url, data=form, headers=headers)
    asked = None if "?" in ready.url else ready.form
    return client.get(ready.url, query_string=asked, headers=headers)


def check(endpoint: str, method: str, role: str, answer: Any) -> None:
    """The owner's form is taken; others who are let in may be told why not; looking is seeing."""
    usual = {200} if method == "GET" else DONE if role == "owner" else DONE | LATE
    if method == "POST" and endpoint in OF_THE_HOLDER and role in ("moderator", "admin"):
        usual = {409}  # a colleague has taken it
    assert answer.status_code in ANSWERS.get(endpoint, usual), (role, method, answer.text)
