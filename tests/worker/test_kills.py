"""Two workers, a thousand rows, and ten kills: nothing is lost, nothing is done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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


def start(settings: Settings, office: PostOffice, log: Path) -> subprocess.Popen[bytes]:
    """One worker on the database of the tests."""
    env = os.environ | {
        "SKILLSWAP_ENV": "test",
        "SECRET_KEY": settings.secret_key,
        "DATABASE_URL": settings.database_url,
        "SMTP_URL": office.url,
        "INSTANCE_PATH": str(log.parent),
        "PYTHONPATH": str(ROOT),
    }
    with log.open("ab") as output:
        return subprocess.Popen(
            tied([sys.executable, "-m", "tests.worker.working"], signal="KILL"),
            cwd=ROOT,
            env=env,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


@contextmanager
def workers(
    settings: Settings, office: PostOffice, log: Path
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two of them, until the block ends."""
    running = [start(settings, office, log) for _ in range(WORKERS)]
    try:
        yield running
    finally:
        for process in running:
            stop(process, signal.SIGKILL, seconds=10)


def undone() -> int:
    """How many rows wait or are held."""
    db.session.rollback()
    query = select(func.count()).select_from(Delivery).where(Delivery.done_at.is_(None))
    return db.session.scalar(query) or 0


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
        for kill in range(KILLS):
            after = (kill + 1) * ROWS // (KILLS + 2)
            assert office.wait_for(lambda: len(office.mails) >= after, PATIENCE), tail(log)  # noqa: B023
            running[kill % WORKERS].kill()
            running[kill % WORKERS].wait()
            running[kill % WORKERS] = start(settings, office, log)
        wait_until(lambda: undone() == 0, running[0], log=log, attempts=PATIENCE * 10)
    results = db.session.execute(select(Delivery.result, func.count()).group_by(Delivery.result))
    assert [tuple(row) for row in results] == [(DeliveryResult.SENT, ROWS)]
    sent = {f"<{key}@localhost>" for key in db.session.scalars(select(Delivery.public_id))}
    assert set(office.ids) == sent  # none lost, none invented
    # taken by the server, and killed before the commit: at most one for each kill
    assert office.ids.total() - ROWS <= KILLS
    assert "Traceback" not in log.read_text()
