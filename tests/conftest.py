"""What every test gets: an app on a database of its own, browsers, and the guards."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, before_render_template, template_rendered
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url

from skillswap import create_app
from skillswap.config import Settings
from skillswap.db import db, has_unsaved_writes, use_wal
from skillswap.domain import impressions
from skillswap.extensions import limiter
from skillswap.lib.clock import utcnow
from skillswap.models import User
from tests import people
from tests.support import rows
from tests.support.rules import (  # noqa: F401 - pytest finds hooks here by their names
    pytest_collection_modifyitems,
    pytest_make_collect_report,
    pytest_runtest_makereport,
)

hypothesis_settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("house")

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def pytest_collection_finish() -> None:
    """Let garbage not be looked for in code and tests: it was a tenth of it all.

    Elsewhere as often as ever, or rows of before a request would live on in the unit of work.
    """
    gc.collect()
    gc.freeze()


def database_url(worker: str, folder: Path) -> str:
    """This xdist worker's own database: a file, or one in the cluster of TEST_DATABASE_URL."""
    cluster = os.environ.get("TEST_DATABASE_URL")
    if not cluster:
        return f"sqlite:///{(folder / 'test.db').as_posix()}"
    name = f"skillswap_{worker}"
    admin = create_engine(cluster, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return make_url(cluster).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory, worker_id: str = "main") -> Settings:
    """Test settings over this worker's database."""
    folder = tmp_path_factory.mktemp("instance")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return Settings.from_env(
        {
            "SKILLSWAP_ENV": "test",
            "SECRET_KEY": "only-for-tests-and-long-enough-to-be-one",
            "DATABASE_URL": database_url(worker, folder),
            "INSTANCE_PATH": str(folder),
            "FLOOD_LIMITS": "0",
            "SQL_COUNT": "1",
            "DISK_FULL_AT": "100",  # the machine's disk is none of the tests' business
        }
    )


class Client(FlaskClient):
    """A browser that keeps its app context to itself.

    If the test's own context were reused, Flask-Login would keep the first person in its `g`
    and the second browser would be the first person. Each answer is also checked for writes
    that nobody committed.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        db.session.rollback()  # or the test would read its old snapshot afterwards
        with self.application.app_context():
            answer = super().open(*args, **kwargs)
            assert not has_unsaved_writes(), "the request ended with uncommitted writes"
            return answer


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The application with its tables made."""
    app = create_app(settings)
    app.config.update(WTF_CSRF_ENABLED=False)
    app.test_client_class = Client
    with app.app_context():
        use_wal(db.engine)
        db.create_all()
        rows.prepare_emptying()
    guard_templates(app)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def guard_templates(app: Flask) -> None:
    """No statement between "template started" and "template finished"."""
    rendering: list[str] = []
    before_render_template.connect(
        lambda _app, template, **_: rendering.append(template.name), app, weak=False
    )
    template_rendered.connect(lambda _app, **_: rendering.pop(), app, weak=False)
    app.before_request(rendering.clear)  # an error page leaves its mark

    with app.app_context():

        @event.listens_for(db.engine, "before_cursor_execute")
        def no_query_while_rendering(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            assert not rendering, f"query inside {rendering[-1]}: {statement}"


@pytest.fixture(autouse=True)
def context(request: pytest.FixtureRequest) -> Iterator[None]:
    """An app context and empty tables for every test that uses the app."""
    if "app" not in request.fixturenames:
        yield
        return
    app: Flask = request.getfixturevalue("app")
    limiter.enabled = False  # one for all apps of the process: another test's may have begun it
    with app.app_context():
        empty_tables()
        yield
        db.session.rollback()
        db.session.remove()


def empty_tables() -> None:
    """Delete every row of every table, and what is remembered of them."""
    rows.empty()
    impressions.noted.clear()


@pytest.fixture
def now() -> datetime:
    """The present; pass it on, or add to it."""
    return utcnow()


Browser = Callable[..., Client]


@pytest.fixture
def browser(app: Flask) -> Browser:
    """`browser(person)` is a signed-in browser, `browser()` a visitor's."""

    def make(person: User | None = None) -> Client:
        client = app.test_client()
        if person is not None:
            token = people.sign_in(person)
            with client.session_transaction() as cookie:
                cookie["_user_id"], cookie["_fresh"] = token, True
        return client  # type: ignore[return-value]

    return make


@pytest.fixture
def queries(app: Flask) -> Iterator[list[str]]:
    """Every statement sent while the test runs; clear it before what is to be counted.

    Two are left out: that the person is here is noted once a minute, whichever page they open.
    """
    sent: list[str] = []
    aside = ("SAVEPOINT", "RELEASE", "UPDATE sign_ins SET seen_at", "UPDATE users SET last_seen_at")

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(aside):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.fixture
def ada(app: Flask) -> User:
    """Teaches watercolour and piano; wants Portuguese."""
    return people.ada()


@pytest.fixture
def ben(app: Flask) -> User:
    """Learns; offers Spanish; wants watercolour."""
    return people.ben()


@pytest.fixture
def cy(app: Flask) -> User:
    """A stranger to both."""
    return people.cy()


@pytest.fixture
def mo(app: Flask) -> User:
    """Moderates."""
    return people.mo()


@pytest.fixture
def root(app: Flask) -> User:
    """Administers."""
    return people.root()
