"""Which files go because no row names them, and when?"""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from skillswap.db import transaction
from skillswap.domain import leftovers, media, pictures
from tests.lib.test_media import picture

HOUR = timedelta(hours=1)


@pytest.fixture
def store(app, settings):
    """The folder of the app, empty before and after, and looked through from its beginning."""
    folder = media.store()
    folder.path.mkdir(exist_ok=True)
    leftovers._looks.clear()
    empty(folder)
    yield folder
    empty(folder)


def empty(folder) -> None:
    for path in folder.path.iterdir():
        path.unlink()


def remove(now, limit=100) -> int:
    with transaction():
        return leftovers.remove_due(now, limit)


def aged(store, name, now, hours) -> None:
    """A file of that age; `put` would give it no half-written name."""
    (store.path / name).write_bytes(b"1")
    then = (now - hours * HOUR).timestamp()
    os.utime(store.path / name, (then, then))


def test_old_files_without_a_row_go_and_no_others(ada, store, now):
    with transaction():
        row = pictures.add(ada, picture(), store, now)
    for name in (row.name, row.small_name, "old.webp", f".{'0' * 16}.part"):
        aged(store, name, now, 25)
    aged(store, "young.webp", now, 23)
    aged(store, "notes.of.the.operator", now, 25)
    assert remove(now) == 2
    left = {path.name for path in store.path.iterdir()}
    assert left == {row.name, row.small_name, "young.webp", "notes.of.the.operator"}


def test_a_look_goes_on_where_it_stopped_and_rests_for_a_day(store, now, monkeypatch):
    for number in range(7):
        aged(store, f"{number}.webp", now, 25)
    monkeypatch.setattr(leftovers, "LISTED", 3)
    assert [remove(now, limit=2) for _ in range(6)] == [2, 2, 2, 1, 0, 0]
    aged(store, "8.webp", now, 25)
    assert [remove(now + hours * HOUR) for hours in (23, 24)] == [0, 1]


def test_files_whose_transaction_failed_meanwhile_stay(store, now):
    aged(store, "old.webp", now, 25)

    def fail():
        with transaction():
            assert leftovers.remove_due(now, 100) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(store.names()) == ["old.webp"]


def test_forty_files_take_one_statement(store, now, queries):
    for number in range(40):
        aged(store, f"{number}.webp", now, 25)
    queries.clear()
    remove(now)
    assert len(queries) == 1
