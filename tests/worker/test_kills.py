"""Two workers, a thousand rows, and ten kills: nothing is lost, nothing is done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from skillswap.config import ROOT, Settings
from skillswap.db import db, transaction
from skillswap.domain import deliveries
from skillswap.models import Channel, Delivery, DeliveryResult
from tests.support.processes import stop, tail, tied, wait_until
from tests.support.smtp import PostOffice, post_office

ROWS, KILLS, WORKERS = 1_000, 10, 2
PATIENCE = 60  # seconds, for what takes five


class Workers:
    """Processes that work on the database of the tests."""

    def __init__(
        self, settings: Settings, office: PostOffice, log: Path, more: Mapping[str, str]
    ) -> None:
        env = os.environ | {
            "SKILLSWAP_ENV": "test",
            "SECRET_KEY": settings.secret_key,
            "DATABASE_URL": settings.database_url,
            "SMTP_URL": office.url,
            "INSTANCE_PATH": str(log.parent),
            "PYTHONPATH": str(ROOT),
            **more,
        }
        with log.open("ab") as output:
            self.source = subprocess.Popen(
                tied([sys.executable, "-m", "tests.worker.working"], signal="KILL"),
                cwd=ROOT,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
            )
        self.running: list[int] = []

    def start(self) -> None:
        """One more."""
        assert self.source.stdin
        assert self.source.stdout
        self.source.stdin.write(b"start\n")
        self.source.stdin.flush()
        self.running.append(int(self.source.stdout.readline()))

    def kill(self) -> None:
        """The oldest ends without a word."""
        os.kill(self.running.pop(0), signal.SIGKILL)


@contextmanager
def workers(
    settings: Settings, office: PostOffice, log: Path, count: int = WORKERS, **more: str
) -> Iterator[Workers]:
    """So many of them, until the block ends."""
    made = Workers(settings, office, log, more)
    try:
        for _ in range(count):
            made.start()
        yield made
    finally:
        stop(made.source, signal.SIGKILL, seconds=10)
        for pipe in (made.source.stdin, made.source.stdout):
            if pipe:
                pipe.close()


def undone() -> int:
    """How many rows wait or are held."""
    db.session.rollback()
    query = select(func.count()).select_from(Delivery).where(Delivery.done_at.is_(None))
    return db.session.scalar(query) or 0


def has_taken(office: PostOffice, enough: int) -> bool:
    """Whether so many mails have arrived."""
    return len(office.mails) >= enough


@pytest.fixture
def rows(app: Flask, ada, now) -> None:
    """A thousand mails, all due."""
    made = []
    for number in range(ROWS):
        key, kind = f"mail:{number}", "account.password"
        row = deliveries.row_of(key, ada.id, Channel.EMAIL, kind, now, now)
        made.append(row | {"payload": {"path": "/password/forgot"}})
    with transaction():
        deliveries.add_new(made)


def test_nothing_is_lost_and_nothing_done_twice(
    rows: None, settings: Settings, tmp_path: Path
) -> None:
    log = tmp_path / "workers.log"
    with post_office() as office, workers(settings, office, log) as running:
        for number in range(1, KILLS + 1):
            enough = number * ROWS // (KILLS + 2)
            assert office.wait_for(partial(has_taken, office, enough), PATIENCE), tail(log)
            running.kill()
            running.start()
        wait_until(lambda: undone() == 0, running.source, log=log, attempts=PATIENCE * 10)
    results = db.session.execute(select(Delivery.result, func.count()).group_by(Delivery.result))
    assert [tuple(row) for row in results] == [(DeliveryResult.SENT, ROWS)]
    sent = {f"<{key}@localhost>" for key in db.session.scalars(select(Delivery.public_id))}
    assert set(office.ids) == sent  # none lost, none invented
    # taken by the server, and killed before the commit: at most one for each kill
    assert office.ids.total() - ROWS <= KILLS
    assert "Traceback" not in log.read_text()
