"""Which picture does a person show?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import media
from skillswap.errors import Away, NotFound, Refused, TooMany
from skillswap.lib.storage import Folder
from skillswap.models import Media, User, UserState
from tests.lib.test_media import picture


@pytest.fixture
def store(tmp_path):
    return Folder(tmp_path / "media")


def change(person, store, now, data=None):
    with transaction():
        media.change_avatar(person, picture() if data is None else data, store, now)


def rows() -> int:
    return db.session.scalar(select(func.count(Media.id)))


def test_a_picture_is_kept_with_its_row(ada, store, now):
    change(ada, store, now)
    row = db.session.scalar(select(Media))
    assert (row.name, row.owner_id) == (ada.avatar, ada.id)
    assert list(store.names()) == [ada.avatar]
    assert row.size == len(store.get(ada.avatar))
    assert media.find_picture(ada.avatar) == ada.avatar


def test_a_new_picture_takes_the_place_of_the_old(ada, store, now):
    change(ada, store, now)
    old = ada.avatar
    change(ada, store, now)
    assert ada.avatar != old
    assert list(store.names()) == [ada.avatar]
    assert rows() == 1


def test_a_picture_is_removed_and_twice_is_harmless(ada, store, now):
    change(ada, store, now)
    for _ in range(2):
        with transaction():
            media.remove_avatar(ada, store)
    assert (ada.avatar, rows(), list(store.names())) == (None, 0, [])


def test_what_is_no_picture_leaves_neither_file_nor_row(ada, store, now):
    with pytest.raises(Refused, match="not_an_image"):
        change(ada, store, now, b"<svg/>")
    assert (rows(), list(store.names())) == (0, [])


def test_a_transaction_that_fails_takes_its_file_away_and_leaves_the_old_one(ada, store, now):
    change(ada, store, now)
    old = ada.avatar

    def change_and_fail():
        with transaction():
            media.change_avatar(ada, picture(), store, now)
            assert len(list(store.names())) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert list(store.names()) == [old]
    assert db.session.scalar(select(User.avatar).where(User.id == ada.id)) == old


def test_a_full_disk_is_said_so_and_changes_nothing(ada, tmp_path, now):
    (tmp_path / "media").write_text("in the way: no folder can be made here")
    with pytest.raises(Away):
        change(ada, Folder(tmp_path / "media"), now)
    assert rows() == 0


def test_a_file_that_cannot_be_removed_does_not_stop_anybody(ada, store, now):
    change(ada, store, now)
    (store.path / ada.avatar).unlink()
    (store.path / ada.avatar).mkdir()
    change(ada, store, now)
    assert store.get(ada.avatar)


def test_the_picture_of_somebody_suspended_is_not_there(ada, store, now):
    change(ada, store, now)
    with transaction():
        ada.state = UserState.SUSPENDED
    with pytest.raises(NotFound):
        media.find_picture(ada.avatar)


def test_twenty_tries_an_hour_and_no_more(ada, ben, now):
    for _ in range(20):
        with transaction():
            media.count_upload(ada, now)
    with pytest.raises(TooMany) as refused, transaction():
        media.count_upload(ada, now + timedelta(minutes=20))
    assert refused.value.params == {"minutes": 40}
    with transaction():
        media.count_upload(ben, now)
        media.count_upload(ada, now + timedelta(hours=1, seconds=1))
