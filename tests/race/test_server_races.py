"""Through the running gunicorn: when eight people press at once, does exactly one win?

Threads over the domain (`test_races.py`) do not test the server: its gevent worker, its pool, the
cookie, the error pages. Here real HTTP clients meet the real process, on either database.
"""

from __future__ import annotations

import http.client
import os
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import generate_csrf
from sqlalchemy import func, select

from skillswap import create_app
from skillswap.config import Settings
from skillswap.db import db, transaction, use_wal
from skillswap.domain import learning_sessions
from skillswap.lib.clock import utcnow
from skillswap.models import BookedSlot, Event, Exchange, LearningSession, Pitch, SessionState, User
from tests import people
from tests.conftest import database_url
from tests.race.racing import RACERS, TRIALS
from tests.support import rows
from tests.support.server import Site, server
from tools.prepare import command


class Arena(NamedTuple):
    """The running server, and an app over its database."""

    site: Site
    app: Flask


class Racer:
    """One signed-in connection, opened before the start."""

    def __init__(self, arena: Arena, person: User) -> None:
        self.address = urlsplit(arena.site.url)
        self.connection = http.client.HTTPConnection(
            self.address.hostname or "", self.address.port, timeout=30
        )
        # a context of its own: the token of the one before is kept in its `g`
        with arena.app.app_context(), arena.app.test_request_context() as request:
            self.token = generate_csrf()
            kept = {"csrf_token": request.session["csrf_token"]}
        signer = SecureCookieSessionInterface().get_signing_serializer(arena.app)
        assert signer is not None
        cookie = signer.dumps({**kept, "_user_id": people.sign_in(person), "_fresh": True})
        self.headers = {
            "Host": self.address.netloc,
            "Cookie": f"skillswap={cookie}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self.connection.request("GET", "/healthz", headers=self.headers)
        self.connection.getresponse().read()

    def post(self, path: str, form: dict[str, str]) -> int:
        """Send the form; the status."""
        body = urlencode({"csrf_token": self.token, **form})
        self.connection.request("POST", path, body, self.headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """gunicorn on a database of its own."""
    folder = tmp_path_factory.mktemp("arena")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    env = {
        "SKILLSWAP_ENV": "development",
        "SECRET_KEY": "only-for-tests-and-long-enough-to-be-one",
        "DATABASE_URL": database_url(f"arena_{worker}", folder),
        "INSTANCE_PATH": str(folder),
        "FLOOD_LIMITS": "0",
    }
    app = create_app(Settings.from_env(env))
    with app.app_context():
        use_wal(db.engine)
        command(app, "db", "upgrade")
        rows.prepare_emptying()
    with server(env) as site:
        yield Arena(site, app)
        assert "Traceback" not in site.log.read_text()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def ground(arena: Arena) -> Iterator[Arena]:
    """The arena with nobody in it; afterwards nothing was locked."""
    with arena.app.app_context():
        rows.empty()
        yield arena
        db.session.rollback()
        db.session.remove()
    assert "database is locked" not in arena.site.log.read_text()


def trials(
    arena: Arena, starters: Sequence[tuple[User, str, dict[str, str]]]
) -> Iterator[Counter[int]]:
    """Everybody sends their form in the same instant; how often each status came back.

    So TRIALS times, each from what stands in the tables now.
    """
    racers = [Racer(arena, person) for person, _path, _form in starters]
    beginning = rows.scene()
    try:
        for _ in range(TRIALS):
            beginning.again()
            yield run(racers, starters)
    finally:
        for racer in racers:
            racer.connection.close()


def run(racers: list[Racer], starters: Sequence[tuple[User, str, dict[str, str]]]) -> Counter[int]:
    """One trial."""
    gate = threading.Barrier(len(starters))
    statuses: list[int] = []

    def go(number: int) -> None:
        _person, path, form = starters[number]
        gate.wait()
        statuses.append(racers[number].post(path, form))

    threads = [threading.Thread(target=go, args=(number,)) for number in range(len(starters))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return Counter(statuses)


def count(table: type, *which) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*which))


def pair() -> tuple[User, User]:
    """A teacher and a learner."""
    teacher = people.make_person("teacher", offers=("Watercolour",))
    return teacher, people.make_person("learner", offers=("Spanish",))


def test_a_pitch_is_accepted_once(ground: Arena) -> None:
    teacher, learner = pair()
    pitch = people.make_pitch(learner, teacher)
    path = f"/pitches/{pitch.public_id}/accept"
    for statuses in trials(ground, [(teacher, path, {})] * RACERS):
        assert statuses == {303: 1, 409: RACERS - 1}
        assert count(Exchange, Exchange.pitch_id == pitch.id) == 1
        told = (Event.kind == "pitch.accepted", Event.subject_id == pitch.id)
        assert count(Event, *told) == 1


def test_of_two_answers_and_a_withdrawal_one_stands(ground: Arena) -> None:
    teacher, learner = pair()
    pitch = people.make_pitch(learner, teacher)
    path = f"/pitches/{pitch.public_id}"
    starters = [
        (teacher, f"{path}/accept", {}),
        (teacher, f"{path}/decline", {"reason": "no_time"}),
        (learner, f"{path}/withdraw", {}),
    ] * 2
    for statuses in trials(ground, starters):
        assert statuses == {303: 1, 409: 5}
        state = db.session.scalar(select(Pitch.state).where(Pitch.id == pitch.id))
        assert count(Exchange, Exchange.pitch_id == pitch.id) == (state == "accepted")


def test_overlapping_picks_of_one_teacher_have_one_winner(ground: Arena) -> None:
    now = utcnow()
    teacher = people.make_person(
        "teacher", offers=("Watercolour",), places=RACERS, pitch_cap=99, daily_sessions=99
    )
    first = people.next_quarter(now + timedelta(days=2))
    starters = []
    for number in range(RACERS):
        learner = people.make_person(f"learner{number}", offers=("Spanish",))
        exchange = people.make_exchange(learner, teacher, now=now)
        start = first + timedelta(minutes=15 * (number % 4))  # all overlap with all
        offer = people.make_proposal(teacher, exchange, starts=[start], now=now)
        path = f"/sessions/{offer.public_id}/accept"
        starters.append((learner, path, {"start": start.isoformat()}))
    for statuses in trials(ground, starters):
        assert statuses == {303: 1, 409: RACERS - 1}
        scheduled = (
            LearningSession.teacher_id == teacher.id,
            LearningSession.state == SessionState.SCHEDULED,
        )
        assert count(LearningSession, *scheduled) == 1
        assert count(BookedSlot, BookedSlot.user_id == teacher.id) == 4


def test_one_open_pitch_for_the_three(ground: Arena) -> None:
    teacher, learner = pair()
    form = {"skill": "watercolour", "offered": "", "body": people.BODY, "days": "14"}
    path = f"/people/{teacher.username}/pitch"
    for statuses in trials(ground, [(learner, path, form)] * RACERS):
        assert statuses[303] == 1
        assert set(statuses) <= {303, 409, 422}
        assert count(Pitch, Pitch.learner_id == learner.id) == 1


def test_a_move_is_answered_once(ground: Arena) -> None:
    now = utcnow()
    teacher, learner = pair()
    exchange = people.make_exchange(learner, teacher, now=now)
    start = people.next_quarter(now + timedelta(days=2))
    key = people.make_session(teacher, exchange, start=start, now=now).public_id
    later = start + timedelta(days=1)
    with transaction():
        learning_sessions.propose_move(learner, key, starts=[later], minutes=60, now=now)
    path = f"/sessions/{key}"
    starters = [
        (teacher, f"{path}/accept", {"start": later.isoformat()}),
        (learner, f"{path}/withdraw", {}),
        (teacher, f"{path}/decline", {}),
        (teacher, f"{path}/accept", {"start": later.isoformat()}),
    ] * (RACERS // 4)
    for statuses in trials(ground, starters):
        assert statuses == {303: 1, 409: RACERS - 1}
        row = db.session.scalars(select(LearningSession).filter_by(public_id=key)).one()
        assert row.starts_at == (later if row.sequence else start)
        assert count(BookedSlot, BookedSlot.learning_session_id == row.id) == 8


def test_overlapping_moves_of_one_teacher_have_one_winner(ground: Arena) -> None:
    now = utcnow()
    teacher = people.make_person(
        "teacher", offers=("Watercolour",), places=RACERS, pitch_cap=99, daily_sessions=99
    )
    first = people.next_quarter(now + timedelta(days=2))
    starters = []
    for number in range(RACERS // 2):
        learner = people.make_person(f"learner{number}", offers=("Spanish",))
        exchange = people.make_exchange(learner, teacher, now=now)
        agreed = first + timedelta(days=number + 2)
        key = people.make_session(teacher, exchange, start=agreed, now=now).public_id
        wanted = first + timedelta(minutes=15 * number)  # all overlap with all
        with transaction():
            learning_sessions.propose_move(teacher, key, starts=[wanted], minutes=60, now=now)
        starters.append((learner, f"/sessions/{key}/accept", {"start": wanted.isoformat()}))
    for statuses in trials(ground, starters):
        assert statuses == {303: 1, 409: RACERS // 2 - 1}
        moved = (LearningSession.teacher_id == teacher.id, LearningSession.sequence == 1)
        assert count(LearningSession, *moved) == 1
        assert count(BookedSlot, BookedSlot.user_id == teacher.id) == 4 * (RACERS // 2)
