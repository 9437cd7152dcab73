"""When many things keep the same week at once: four weeks are told once, and a board kept once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import boards, streaks
from skillswap.domain.streaks.keeping import keep
from skillswap.models import Board, Event, MarkKind, StreakAward, StreakMark
from tests import people
from tests.race.racing import again, race, races, winners

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(weeks=1)
MANY = 16


def kept(person_id: int, zone: str, source: int, at: datetime) -> int:
    """Something keeps a week; how many events follow."""
    event = Event(kind="rating.sealed", actor_id=person_id, facts={}, happened_at=at)
    reached = keep(person_id, zone, MarkKind.RATING, source, at, event)
    db.session.add_all(reached)
    db.session.flush()
    return len(reached)


def test_the_fourth_week_is_told_once_whatever_keeps_it(app):
    kay = people.make_person("kay", timezone="UTC")
    with transaction():
        for number in range(3):
            kept(kay.id, "UTC", number, MONDAY + number * WEEK)
    at, kay_id = MONDAY + 3 * WEEK, kay.id
    verbs = [lambda n=n: kept(kay_id, "UTC", 100 + n // 2, at) for n in range(MANY)]
    for answers in races(app, verbs):
        assert sum(winners(answers)) == 1
        db.session.rollback()
        told = select(func.count(Event.id)).where(Event.kind == "streak.reached")
        assert db.session.scalar(told) == 1
        assert db.session.scalar(select(func.count(StreakAward.week))) == 1
        assert db.session.scalar(select(func.count(StreakMark.week))) == 3 + MANY // 2


def test_many_clicks_on_pause_make_one_pause(app):
    kay = people.make_person("kay", timezone="UTC")
    verbs = [lambda: streaks.pause_streak(again(kay), weeks=4, now=MONDAY)] * MANY
    race(app, verbs)
    db.session.rollback()
    assert db.session.scalar(select(func.count(StreakMark.week))) == 4


def test_a_board_is_kept_once_by_many_sweeps(app):
    race(app, [lambda: boards.freeze_due(MONDAY, 100)] * MANY)
    db.session.rollback()
    assert db.session.scalar(select(func.count(Board.number))) == 11
