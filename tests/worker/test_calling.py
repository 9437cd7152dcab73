"""A worker that is killed after the service has made the meeting, and before it could say so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, learning_sessions
from skillswap.models import Meeting, MeetingState, PlaceKind
from tests import people
from tests.support.google import google
from tests.support.processes import wait_until
from tests.support.smtp import post_office
from tests.support.zoom import zoom
from tests.worker.test_kills import workers

DAY = timedelta(days=1)
PATIENCE = 60  # seconds, for what takes five


def state() -> MeetingState | None:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalar(select(Meeting.state))


@pytest.mark.parametrize(
    ("kind", "opened"), [(PlaceKind.ZOOM, zoom), (PlaceKind.MEET, google)], ids=["zoom", "meet"]
)
def test_one_meeting_comes_of_it(settings, tmp_path, ada, ben, now, kind, opened):
    db.engine.update_execution_options(providers={"zoom", "meet"})
    exchange = people.make_exchange(ben, ada, now=now)
    start = people.next_quarter(now + 2 * DAY)
    leg = exchanges.exchange_of(ada, exchange.public_id).legs[0].id
    with transaction():
        key = learning_sessions.propose_times(
            ada,
            exchange.public_id,
            leg_id=leg,
            starts=[start],
            minutes=60,
            place_kind=kind,
            now=now,
        ).public_id
        learning_sessions.accept_times(ben, key, start=start, now=now)
    db.engine.update_execution_options(providers=frozenset())
    log = tmp_path / "workers.log"
    with opened() as service, post_office() as office:
        service.moods = ["silent"]
        more = {**service.settings, "MEETING_TIMEOUT": "30"}
        with workers(settings, office, log, 1, **more) as running:
            assert service.wait_until("waiting", seconds=PATIENCE), log.read_text()
            running.kill()
            assert (state(), len(service.meetings)) == (MeetingState.WANTED, 1)
            running.start()
            ready = MeetingState.READY
            wait_until(lambda: state() is ready, running.source, log=log, attempts=PATIENCE * 10)
        assert len(service.meetings) == 1
    assert "Traceback" not in log.read_text()
