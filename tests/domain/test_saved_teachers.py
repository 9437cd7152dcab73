"""Saved teachers: nobody else knows, and who asked for it is told once when they reopen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import notifications, pitches, safety, saved_teachers, sweep
from skillswap.errors import NotFound
from skillswap.models import (
    Channel,
    DeclineReason,
    Delivery,
    Event,
    Notification,
    PauseKind,
    SavedTeacher,
    User,
    UserState,
)
from tests.people import make_person, make_pitch

pytestmark = pytest.mark.usefixtures("app")
DAY = timedelta(days=1)
Verb = Callable[..., User]


@pytest.fixture
def kim() -> User:
    """Wants to learn chess."""
    return make_person("kim", wants=("Chess",))


@pytest.fixture
def ola() -> User:
    """Teaches chess."""
    return make_person("ola", offers=("Chess",))


def count(table: type) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def do(verb: Verb, person: User, *arguments: object) -> None:
    with transaction():
        verb(person, *arguments)


def set_pause(person: User, pause: PauseKind | None, until: datetime | None = None) -> None:
    with transaction():
        here = db.session.get_one(User, person.id)  # a sweep lets go of what it read
        here.paused, here.paused_until = pause, until


def tell(now: datetime) -> int:
    return sweep.run("reopened teachers told of", saved_teachers.tell_due, now)


def told(person: User, now: datetime) -> list[str]:
    """The lines of somebody's bell."""
    lines = notifications.page_of(person, None, now)
    return [f"{line.actor.name} {line.text}" for line in lines if line.actor]


# -- saving ---------------------------------------------------------------------------------------


def test_saving_twice_is_one_row_and_tells_nobody(kim, ola, now):
    for _press in range(2):
        do(saved_teachers.save, kim, "ola", now)
    assert [row.username for row in saved_teachers.saved_by(kim, None, now)] == ["ola"]
    assert (count(SavedTeacher), count(Event), count(Notification)) == (1, 0, 0)
    for _press in range(2):
        do(saved_teachers.unsave, kim, "ola")
    assert count(SavedTeacher) == 0


def test_nobody_saves_themselves_or_whom_they_cannot_see(kim, ola, now):
    do(safety.block, ola, "kim", now)
    for name in ("kim", "ola", "nobody"):
        with pytest.raises(NotFound), transaction():
            saved_teachers.save(kim, name, now)


def test_the_last_saved_comes_first_and_pages_go_on(kim, now, queries):
    names = [f"pat{number:02}" for number in range(23)]
    for number, name in enumerate(names):
        make_person(name, offers=("Chess",))
        do(saved_teachers.save, kim, name, now + timedelta(seconds=number))
    queries.clear()
    first = saved_teachers.saved_by(kim, None, now)
    assert len(queries) == 1
    rest = saved_teachers.saved_by(kim, first.after, now)
    assert [row.username for row in [*first, *rest]] == names[::-1]
    assert rest.after is None


def test_a_block_takes_each_off_the_list_of_the_other(kim, ola, now):
    do(saved_teachers.watch, kim, "ola", now)
    do(saved_teachers.save, ola, "kim", now)
    do(safety.block, ola, "kim", now)
    assert count(SavedTeacher) == 0
    do(safety.unblock, ola, "kim", now)
    assert saved_teachers.saved_by(kim, None, now).rows == []


def test_a_suspended_teacher_is_not_on_the_list_until_they_are_back(kim, ola, now):
    do(saved_teachers.save, kim, "ola", now)
    for state, shown in ((UserState.SUSPENDED, 0), (UserState.ACTIVE, 1)):
        with transaction():
            ola.state = state
        assert len(saved_teachers.saved_by(kim, None, now)) == shown


# -- being told -----------------------------------------------------------------------------------


def test_who_asked_is_told_once_when_a_pause_ends(kim, ola, now):
    lea = make_person("lea")
    set_pause(ola, PauseKind.OWN)
    do(saved_teachers.watch, kim, "ola", now)
    do(saved_teachers.save, lea, "ola", now)  # saved, and not asked
    assert tell(now) == 0
    set_pause(ola, None)
    assert tell(now) == 1
    assert told(kim, now) == ["Ola Example takes pitches again"]
    assert told(lea, now) == []
    set_pause(ola, PauseKind.OWN)
    set_pause(ola, None)
    assert tell(now + DAY) == 0
    row = saved_teachers.row_of(kim, ola, now)
    assert (row.is_saved, row.is_watched, row.takes_pitches) == (True, False, True)


def test_a_pause_with_an_end_ends_by_the_clock_and_they_are_told(kim, ola, now):
    set_pause(ola, PauseKind.OWN, now + DAY)
    do(saved_teachers.watch, kim, "ola", now)
    sweep.sweep(now)
    assert told(kim, now) == []
    for minute in range(2):  # back in one sweep, told of in that or in the next
        sweep.sweep(now + DAY + timedelta(minutes=minute))
    assert told(kim, now + 2 * DAY) == ["Ola Example takes pitches again"]


def test_who_was_full_has_room_again(kim, ola, now):
    with transaction():
        ola.pitch_cap = 1
    pitch = make_pitch(make_person("lea", wants=("Chess",)), ola, "chess")
    do(saved_teachers.watch, kim, "ola", now)
    assert saved_teachers.row_of(kim, ola, now).takes_pitches is False
    assert tell(now) == 0
    with transaction():
        pitches.decline_pitch(ola, pitch.public_id, reason=DeclineReason.NO_TIME, body="", now=now)
    assert tell(now) == 1


def _blocked(kim: User, ola: User, now: datetime) -> None:
    do(safety.block, kim, "ola", now)


def _suspended(kim: User, ola: User, now: datetime) -> None:
    with transaction():
        db.session.get_one(User, ola.id).state = UserState.SUSPENDED


def _stopped(kim: User, ola: User, now: datetime) -> None:
    do(saved_teachers.unwatch, kim, "ola")


def _unsaved(kim: User, ola: User, now: datetime) -> None:
    do(saved_teachers.unsave, kim, "ola")


def _muted(kim: User, ola: User, now: datetime) -> None:
    do(safety.mute, kim, "ola", now)


@pytest.mark.parametrize("happens", [_blocked, _suspended, _stopped, _unsaved, _muted])
def test_nobody_is_told_of_somebody_they_want_nothing_of(kim, ola, now, happens):
    set_pause(ola, PauseKind.OWN)
    do(saved_teachers.watch, kim, "ola", now)
    happens(kim, ola, now)
    set_pause(ola, None)
    tell(now)
    assert told(kim, now) == []
    assert count(Notification) == 0


def test_it_leaves_the_house_like_the_answer_to_a_pitch(kim, ola, now):
    do(saved_teachers.watch, kim, "ola", now)
    with transaction():
        assert saved_teachers.tell_due(now, 100) == 1
    (one,) = db.session.scalars(select(Delivery).where(Delivery.user_id == kim.id))
    assert (one.channel, one.kind) == (Channel.EMAIL, "teacher.reopened")


def test_many_are_told_in_batches_and_each_once(ola, now):
    for number in range(5):
        do(saved_teachers.watch, make_person(f"pat{number}"), "ola", now)
    moved = []
    while not moved or moved[-1]:
        with transaction():
            moved.append(saved_teachers.tell_due(now, 2))
    assert moved == [2, 2, 1, 0]
    assert count(Notification) == 5
