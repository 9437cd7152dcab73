"""The real server with a town in it, and people before a real Chromium.

A test here never imports the app's own test client: it sees what a person sees. Rows are moved
in time through SQL, since the clock of a server cannot be moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import select, text

from skillswap import create_app
from skillswap.config import Settings
from skillswap.db import db, use_wal
from skillswap.models import User
from tests import people, town
from tests.browser.visitor import CALLS, Visitor
from tests.support.chromium import ARGUMENTS, chromium
from tests.support.server import ARTIFACTS, Site, server
from tools.prepare import prepare

CROWD = 50  # teachers of one skill: more than two pages of the browse list
PATIENCE = 10_000  # milliseconds; a step takes some tens
expect.set_options(timeout=PATIENCE)


class Place(NamedTuple):
    """The running site, and the app over the same database for what the pages cannot do."""

    site: Site
    app: Flask
    town: town.Town
    env: dict[str, str]

    def sql(self, statement: str, **values: Any) -> list[Any]:
        """Run a statement in the server's database; the rows, if it gives any."""
        with self.app.app_context(), db.engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    def cookie_of(self, username: str) -> str:
        """The signed cookie of a new sign-in of this person."""
        with self.app.app_context():
            person = db.session.scalars(select(User).where(User.username == username)).one()
            token = people.sign_in(person)
            db.session.remove()
        signer = SecureCookieSessionInterface().get_signing_serializer(self.app)
        assert signer is not None
        return str(signer.dumps({"_user_id": token, "_fresh": True}))


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """gunicorn on a migrated SQLite file with the catalogue and the town."""
    folder = tmp_path_factory.mktemp("place")
    env = {
        "SKILLSWAP_ENV": "development",
        "SECRET_KEY": "only-for-tests-and-long-enough-to-be-one",
        "DATABASE_URL": f"sqlite:///{(folder / 'skillswap.db').as_posix()}",
        "INSTANCE_PATH": str(folder),
        "JITSI_URL": CALLS,
        "FLOOD_LIMITS": "0",
    }
    app = create_app(Settings.from_env(env))
    with app.app_context():
        use_wal(db.engine)
    prepare(app, demo=False)
    with app.app_context():
        built = town.build(teachers=CROWD)
        db.session.remove()
    with server(env) as site:
        yield Place(site, app, built, env)
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    """One headless Chromium that can reach this machine only."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(),
            args=[*ARGUMENTS, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        yield browser
        browser.close()


Visitors = Callable[..., Visitor]


@pytest.fixture
def visitor(request: pytest.FixtureRequest, place: Place, chrome: Browser) -> Iterator[Visitors]:
    """`visitor("Ada", username="ada")` opens a window; whatever went wrong in it fails the test."""
    there: list[Visitor] = []

    def make(
        name: str,
        *,
        username: str | None = None,
        javascript: bool = True,
        width: int = 1280,
        scheme: str = "light",
        timezone: str = "Europe/London",
    ) -> Visitor:
        context = chrome.new_context(
            viewport={"width": width, "height": 900},
            java_script_enabled=javascript,
            color_scheme=scheme,
            reduced_motion="reduce",
            timezone_id=timezone,
            locale="en-GB",
        )
        context.set_default_timeout(PATIENCE)
        if username:
            cookie = {"name": "skillswap", "value": place.cookie_of(username)}
            context.add_cookies([{**cookie, "url": place.site.url}])
        there.append(Visitor(name, context, place.site.url))
        return there[-1]

    yield make
    problems = []
    for one in there:
        one.settle()
        problems += one.problems
        if getattr(request.node, "failed", False):
            one.page.screenshot(path=picture(request.node.name, one.name), full_page=True)
        one.context.close()
    assert problems == []


def picture(test: str, name: str) -> Path:
    """Where the last look of somebody in a failed test is kept."""
    return ARTIFACTS / f"{test.replace('/', '-')}-{name}.png"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Let the fixture above know that the test failed."""
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report
