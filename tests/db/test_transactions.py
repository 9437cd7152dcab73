"""Is everything written, or nothing, on either engine?"""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, text, union_all, update
from sqlalchemy.exc import IntegrityError, OperationalError

from skillswap.db import UtcDateTime, db, has_unsaved_writes, transaction
from skillswap.domain import consequences, pitches
from skillswap.models import Event, Notification, Pitch, Skill, User
from tests import people


def count(table: type) -> int:
    return db.session.scalar(select(func.count()).select_from(table))


class Broken(Exception):
    pass


def break_down(event: Event) -> None:
    raise Broken


def test_a_consequence_that_raises_leaves_no_pitch_no_event_no_notification(ada, ben, now):
    told = consequences.FOLLOWS["pitch.sent"]
    told.append(break_down)
    try:
        with pytest.raises(Broken), transaction():
            pitches.send_pitch(ben, ada, skill="watercolour", body=people.BODY, now=now)
    finally:
        told.remove(break_down)
    assert (count(Pitch), count(Event), count(Notification)) == (0, 0, 0)


def test_a_savepoint_that_was_released_is_rolled_back_with_the_rest(app, now):
    def fail_late() -> None:
        with transaction():
            with db.session.begin_nested():
                db.session.add(Skill(slug="one", name="One", category="Test", created_at=now))
            raise Broken

    with pytest.raises(Broken):
        fail_late()
    assert count(Skill) == 0


def test_a_failed_savepoint_keeps_the_earlier_write(app, now):
    with transaction():
        db.session.add(Skill(slug="one", name="One", category="Test", created_at=now))
        db.session.flush()
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.add(Skill(slug="one", name="Again", category="Test", created_at=now))
    assert db.session.scalars(select(Skill.name)).all() == ["One"]


def test_textual_writes_are_part_of_the_transaction_too(ada):
    def fail_late() -> None:
        with transaction():
            db.session.execute(text("UPDATE users SET headline = 'gone'"))
            raise Broken

    with pytest.raises(Broken):
        fail_late()
    assert db.session.scalar(select(User.headline)) != "gone"


def test_what_a_refused_request_had_loaded_stays_readable_without_a_query(ada, queries):
    loaded = []

    def fail_late() -> None:
        with transaction():
            loaded.append(db.session.scalar(select(User)))
            raise Broken

    with pytest.raises(Broken):
        fail_late()
    queries.clear()
    assert loaded[0].first_name == "Ada"
    assert queries == []


def test_unsaved_writes_are_noticed_until_they_are_committed(app, now):
    assert not has_unsaved_writes()
    db.session.add(Skill(slug="one", name="One", category="Test", created_at=now))
    db.session.flush()
    assert has_unsaved_writes()
    db.session.rollback()
    assert not has_unsaved_writes()
    db.session.execute(update(Skill).values(name="Two"))
    assert has_unsaved_writes()
    db.session.commit()
    assert not has_unsaved_writes()


def test_instants_come_back_as_aware_utc_to_the_microsecond(ada):
    tokyo = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=timezone(timedelta(hours=9)))
    with transaction():
        db.session.execute(update(User).values(last_seen_at=tokyo))
    stored = db.session.scalar(select(User.last_seen_at))
    assert stored == tokyo
    assert stored.tzinfo is UTC


def test_a_naive_time_is_refused(app):
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), db.engine.dialect)  # noqa: DTZ001


def test_the_database_refuses_impossible_states(ada, ben):
    for statement in (
        "UPDATE users SET state = 'asleep'",
        "UPDATE users SET learning = FALSE, teaching = FALSE",
        "UPDATE users SET rating_sum = 9",
        "UPDATE users SET email = 'Ada@Example.org' WHERE username = 'ada'",
        "UPDATE user_skills SET level = 4",
    ):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(text(statement))


def test_nobody_pitches_to_themselves_whatever_the_code_says(ada, ben):
    pitch = people.make_pitch(ben, ada)
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(update(Pitch).where(Pitch.id == pitch.id).values(learner_id=ada.id))


def in_threads(app, work, racers: int) -> list[BaseException]:
    """Run `work(number)` in that many threads at once; returns what they raised."""
    gate, raised = threading.Barrier(racers), []

    def run(number: int) -> None:
        with app.app_context():
            gate.wait()
            try:
                work(number)
            except Exception as error:  # noqa: BLE001 - collected for the assertion
                raised.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_writers_take_turns_and_lose_nothing(app, ada):
    def add_ten(_number: int) -> None:
        for _ in range(10):
            with transaction():
                row = db.session.execute(
                    select(User.rating_rank).where(User.id == ada.id).with_for_update()
                ).one()
                db.session.execute(
                    update(User).where(User.id == ada.id).values(rating_rank=row[0] + 1)
                )

    before = ada.rating_rank
    assert in_threads(app, add_ten, 8) == []
    db.session.rollback()
    assert db.session.scalar(select(User.rating_rank)) == before + 80


@pytest.mark.only_on("sqlite")
def test_the_turn_is_given_back_when_a_connection_is_thrown_away(app, ada):
    db.session.execute(update(User).values(headline="half"))
    db.session.connection().invalidate()
    db.session.rollback()

    def write(_number: int) -> None:
        with transaction():
            db.session.execute(update(User).values(headline="whole"))

    assert in_threads(app, write, 1) == []


def test_reading_needs_no_turn(app, ada):
    db.session.execute(update(User).values(headline="mine"))  # holds the write lock
    names = []

    def read(_number: int) -> None:
        names.append(db.session.scalar(select(User.first_name)))

    assert in_threads(app, read, 4) == []
    db.session.rollback()
    assert names == ["Ada"] * 4


@pytest.mark.only_on("sqlite")
def test_a_select_for_update_takes_the_turn_on_sqlite(app, ada):
    db.session.execute(select(User).with_for_update())
    raw = db.session.connection().connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    assert raw.in_transaction
    db.session.rollback()


@pytest.mark.only_on("sqlite")
def test_a_union_that_begins_with_a_part_of_its_own_takes_no_turn(app, ada):
    people = select(User.id).cte("people")
    db.session.execute(union_all(select(people.c.id), select(func.count()).select_from(people)))
    raw = db.session.connection().connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    assert not raw.in_transaction
    db.session.rollback()


@pytest.mark.only_on("sqlite")
def test_a_locked_file_is_waited_for_and_then_said(app, ada, monkeypatch):
    monkeypatch.setattr("skillswap.db.WRITE_WAIT_SECONDS", 0.05)
    other = sqlite3.connect(db.engine.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"), transaction():
        db.session.execute(update(User).values(headline="never"))
    other.execute("ROLLBACK")
    with transaction():
        db.session.execute(update(User).values(headline="now"))
