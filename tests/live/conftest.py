"""A real server on the database of the tests, and pages that are open before it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from skillswap.config import Settings
from skillswap.models import User
from tests import people
from tests.support.server import Site, server
from tests.support.sockets import Page

APP = "tests.live.served:app"
# short, where a test waits for one of them
INTERVALS = {"TEST_ASK_SECONDS": "3600"}


class Place:
    """A running server with the window of `served.py`."""

    def __init__(self, site: Site) -> None:
        self.site, self.url = site, site.url

    def tell(self, *to: User, kind: str = "said", **facts: Any) -> None:
        """Let something have happened to these people."""
        self.post("/test/tell", {"to": [one.id for one in to], "kind": kind, "facts": facts})

    def post(self, path: str, asked: dict[str, Any], *, patience: float = 30) -> None:
        """POST to the window."""
        headers = {"Content-Type": "application/json"}
        request = Request(self.url + path, json.dumps(asked).encode(), headers)  # noqa: S310
        urlopen(request, timeout=patience).close()  # noqa: S310

    def counts(self) -> dict[str, int]:
        """What is open there."""
        with urlopen(self.url + "/test/counts", timeout=30) as answer:  # noqa: S310
            found: dict[str, int] = json.load(answer)
            return found


Serve = Callable[..., Place]


@pytest.fixture(scope="session")
def environment(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings of a server on the database of the tests."""
    return {
        "SKILLSWAP_ENV": "test",
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "INSTANCE_PATH": str(tmp_path_factory.mktemp("served")),
        "FLOOD_LIMITS": "0",
        **INTERVALS,
    }


@pytest.fixture(scope="session")
def place(app: Flask, environment: dict[str, str]) -> Iterator[Place]:
    """One server for all tests that leave it as it was."""
    with server(environment, app=APP) as site:
        yield Place(site)


@pytest.fixture
def serve(app: Flask, environment: dict[str, str]) -> Iterator[Serve]:
    """`serve(PING_SECONDS=1)` is a server of one's own."""
    with ExitStack() as stack:

        def make(env: dict[str, str] | None = None, **intervals: float) -> Place:
            own = {f"TEST_{name}": str(value) for name, value in intervals.items()}
            site = stack.enter_context(server(environment | own | (env or {}), app=APP))
            return Place(site)

        yield make


@pytest.fixture
def cookie_of(app: Flask) -> Callable[[User], str]:
    """The signed cookie of a new sign-in."""
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None

    def make(person: User) -> str:
        return str(signer.dumps({"_user_id": people.sign_in(person), "_fresh": True}))

    return make


Open = Callable[..., Page]


@pytest.fixture
def page_of(place: Place, cookie_of: Callable[[User], str]) -> Iterator[Open]:
    """`page_of(ada)` is an open page that has said what it has, which is nothing."""
    with ExitStack() as stack:

        def make(person: User, at: Place | None = None, **options: Any) -> Page:
            url = (at or place).url
            page = stack.enter_context(Page(url, cookie_of(person), **options))
            page.say(after={}, here="/")
            return page

        yield make
