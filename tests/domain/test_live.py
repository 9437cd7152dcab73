"""Who is told at once, and who is here?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import live
from skillswap.models import LivePerson

Said = list[tuple[str, dict]]


@pytest.fixture
def said() -> Iterator[Said]:
    """What leaves for the sockets."""
    heard: Said = []
    live.connect(lambda channel, event: heard.append((channel, event)))
    yield heard
    live.connect(None)


def test_it_is_told_once_the_transaction_is_kept_and_no_sooner(app, said: Said) -> None:
    with transaction():
        live.tell([7, 8], "bell")
        assert said == []
    assert said == [("user:7", {"kind": "bell"}), ("user:8", {"kind": "bell"})]


def _tell_and_break() -> None:
    with transaction():
        live.tell([7], "bell")
        _ = 1 / 0


def test_what_is_undone_is_never_told(app, said: Said) -> None:
    with pytest.raises(ZeroDivisionError):
        _tell_and_break()
    with transaction():
        live.tell([8], "bell")
    assert said == [("user:8", {"kind": "bell"})]


def test_the_same_twice_in_a_transaction_is_told_once(app, said: Said) -> None:
    with transaction():
        for _ in range(2):
            live.tell([7, 7], "changed", subject="pitches/abc")
            live.tell([7], "changed", subject="pitches/xyz")
    assert [event["subject"] for _, event in said] == ["pitches/abc", "pitches/xyz"]


def test_without_an_outlet_nothing_is_kept(app) -> None:
    with transaction():
        live.tell([7], "bell")
        assert "told" not in db.session.info


def test_people_are_here_for_a_minute_after_they_were_noted(ada, ben, now) -> None:
    with transaction():
        live.note_here([ada.id, ben.id, ada.id], now - timedelta(minutes=5))
    with transaction():
        live.note_here([ada.id], now)
    assert live.is_here(ada.id, now + timedelta(seconds=59))
    assert not live.is_here(ada.id, now + timedelta(seconds=60))
    assert not live.is_here(ben.id, now)


def test_whoever_left_long_ago_is_forgotten(ada, ben, now) -> None:
    with transaction():
        live.note_here([ben.id], now - timedelta(hours=2))
        live.note_here([ada.id], now)
    with transaction():
        assert live.forget_due(now, 100) == 1
    assert db.session.scalar(select(func.count()).select_from(LivePerson)) == 1
