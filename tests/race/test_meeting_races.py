"""Two people join while their meeting becomes ready: are they in one room?"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask

from skillswap.db import db, transaction
from skillswap.domain import learning_sessions, meetings
from skillswap.lib.meeting import Made
from skillswap.models import LearningSession, Meeting, PlaceKind, User
from tests import people
from tests.conftest import empty_tables
from tests.race.racing import TRIALS, again, race

JITSI = "https://meet.jit.si"
MADE = Made("81", "https://zoom.us/j/81")


def test_who_joins_while_it_becomes_ready_meets_the_other(app: Flask, now) -> None:
    for _ in range(TRIALS):
        empty_tables()
        ada, ben = people.ada(), people.ben()
        exchange = people.make_exchange(ben, ada, now=now - timedelta(days=3))
        start = people.next_quarter(now)
        key = people.make_session(ada, exchange, start=start, now=now - timedelta(days=2)).public_id
        with transaction():
            found = db.session.query(LearningSession).one()
            found.place_kind = PlaceKind.ZOOM
            db.session.add(
                Meeting(learning_session_id=found.id, provider=PlaceKind.ZOOM, due_at=now)
            )
        with transaction():
            [claim] = meetings.claim_due("one", now, 1)
        db.session.remove()

        def join(person: User, key: str = key, start: datetime = start) -> str:
            return learning_sessions.join_session(
                again(person), key, jitsi_url=JITSI, now=start
            ).url

        def ready(claim: meetings.Claim = claim) -> meetings.Kept:
            return learning_sessions.meeting_made(claim, MADE, now)

        first, _mark, second = race(
            app, [lambda ada=ada: join(ada), ready, lambda ben=ben: join(ben)]
        )
        with transaction():  # as the page says a moment later
            assert {first, second} == {join(ada)}
        db.session.remove()
