"""Uploads at the real server: killed in the middle of them, and far too much of one."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from http.client import HTTPException
from select import select as select_ready
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from skillswap import create_app
from skillswap.config import Settings
from skillswap.db import db, transaction, use_wal
from skillswap.domain import leftovers, media
from skillswap.lib.clock import utcnow
from skillswap.models import Media, User
from tests import people
from tests.conftest import HTMX, database_url
from tests.lib.test_media import picture
from tests.race.test_server_races import Arena, Racer
from tests.support.processes import wait_until
from tests.support.server import server
from tools.prepare import command

KILLS, UPLOADERS, ENOUGH = 3, 4, 8
MEGABYTE = 1024 * 1024
TOLD = "multipart/form-data; boundary=edge"
Place = tuple[Mapping[str, str], Flask]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Settings, and an app, over a database and a folder of their own."""
    folder = tmp_path_factory.mktemp("uploads")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    env = {
        "SKILLSWAP_ENV": "development",
        "SECRET_KEY": "only-for-tests-and-long-enough-to-be-one",
        "DATABASE_URL": database_url(f"uploads_{worker}", folder),
        "INSTANCE_PATH": str(folder),
        "FLOOD_LIMITS": "0",
        "DISK_FULL_AT": "100",
    }
    app = create_app(Settings.from_env(env))
    with app.app_context():
        use_wal(db.engine)
        command(app, "db", "upgrade")
        yield env, app
        db.session.remove()
        db.engine.dispose()


def upload_until_it_ends(racer: Racer) -> None:
    """One picture after the other, until nobody answers."""
    parts = [f'name="csrf_token"\r\n\r\n{racer.token}', 'name="pictures"; filename="a.png"\r\n\r\n']
    head = "\r\n".join(f"--edge\r\nContent-Disposition: form-data; {part}" for part in parts)
    body = head.encode() + picture(size=(300, 200)) + b"\r\n--edge--\r\n"
    headers = racer.headers | HTMX | {"Content-Type": TOLD}
    with suppress(OSError, HTTPException):
        while True:
            racer.connection.request("POST", "/media", body, headers)
            answer = racer.connection.getresponse()
            said = answer.read()
            assert answer.status == 200, said


def test_a_server_killed_in_the_middle_leaves_no_row_without_its_file(place: Place) -> None:
    env, app = place
    store = media.store()
    for trial in range(KILLS):
        found = [people.make_person(f"u-{trial}-{number}") for number in range(UPLOADERS)]
        before = set(store.names())
        with server(env) as site:
            racers = [Racer(Arena(site, app), person) for person in found]
            threads = [threading.Thread(target=upload_until_it_ends, args=(one,)) for one in racers]
            for thread in threads:
                thread.start()
            wait_until(
                lambda before=before: len(set(store.names()) - before) >= ENOUGH,
                site.process,
                log=site.log,
                attempts=600,
            )
            os.killpg(site.process.pid, signal.SIGKILL)
            for thread, racer in zip(threads, racers, strict=True):
                thread.join()
                racer.connection.close()
        assert named() <= set(store.names())
    with transaction():
        leftovers.remove_due(utcnow() + timedelta(hours=25), 100)
    assert {path.name for path in store.path.iterdir()} == named()


def named() -> set[str]:
    db.session.rollback()
    rows = db.session.execute(select(Media.name, Media.small_name))
    return {name for row in rows for name in row if name}


def test_a_hundred_megabytes_are_refused_and_what_came_is_not_kept(place: Place) -> None:
    env, app = place
    before = set(media.store().names())
    person: User = people.make_person("u-large")
    with server(env) as site:
        racer = Racer(Arena(site, app), person)
        headers = racer.headers | {"Content-Type": TOLD, "Content-Length": str(100 * MEGABYTE)}
        lines = [f"{name}: {value}" for name, value in headers.items()]
        address = urlsplit(site.url)
        with socket.create_connection((address.hostname, address.port), timeout=10) as wire:
            wire.sendall("\r\n".join(["POST /media HTTP/1.1", *lines, "", ""]).encode())
            for _ in range(100):
                wire.sendall(b"\x00" * MEGABYTE)
                if select_ready([wire], [], [], 0)[0]:
                    break  # it is answered before it is sent
            assert wire.recv(100).startswith(b"HTTP/1.1 413")
        racer.connection.request("GET", "/settings/profile", headers=racer.headers)
        assert racer.connection.getresponse().status == 200
        racer.connection.close()
    assert set(media.store().names()) == before
