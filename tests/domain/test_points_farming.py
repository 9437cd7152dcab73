"""Does nobody get more than the table allows by trading with themselves, and does it show?"""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, likes, points
from skillswap.domain.points import flags
from skillswap.domain.points.writing import Award, award
from skillswap.errors import Refused
from skillswap.models import (
    Event,
    LearningSession,
    PointsEntry,
    PointsFlag,
    PointsKind,
    PostKind,
    User,
)
from tests import people
from tests.domain.test_points import DAY, HOUR, lines, meet_in, noon

WEEKS_ON = timedelta(weeks=1)


@pytest.fixture
def monday(app):
    return noon()


def sum_of(person: User) -> int:
    db.session.rollback()
    query = select(func.sum(PointsEntry.points)).where(PointsEntry.user_id == person.id)
    return int(db.session.scalar(query) or 0)


def flagged() -> dict[str, tuple[int, bool]]:
    """username -> share, and whether it is a circle."""
    db.session.rollback()
    rows = db.session.execute(
        select(User.username, PointsFlag.share, PointsFlag.other_id)
        .join(User, User.id == PointsFlag.user_id)
        .where(PointsFlag.cleared_at.is_(None))
    )
    return {name: (share, other is not None) for name, share, other in rows}


def off(person: User, now) -> bool:
    db.session.rollback()
    return bool(
        db.session.scalar(select(points.off_boards(User.id, now)).where(User.id == person.id))
    )


def trade(first: User, second: User, at, times: int) -> None:
    """Sessions that both say they had: told by events alone, as many as anybody likes."""
    opened = people.make_exchange(second, first, now=at - 20 * DAY)
    one = meet_in(opened, first, second, at)
    row = db.session.get_one(LearningSession, one.id)
    columns = {
        column.name: getattr(row, column.name)
        for column in LearningSession.__table__.columns
        if column.name not in ("id", "public_id", "version")
    }
    for name in ("starts_at", "ends_at"):
        columns[name] -= 300 * DAY  # where it fills nobody's day
    for number in range(1, times):
        with transaction():
            db.session.add(again := LearningSession(**columns))
            db.session.flush()
            told = at + 3 * number * HOUR
            event = Event(
                kind="session.completed",
                subject_type=LearningSession.__tablename__,
                subject_id=again.id,
                audience=[],
                facts={
                    "between": [second.id, first.id],
                    "starts_at": (told - HOUR).isoformat(),
                    "minutes": 60,
                    "skill": "Watercolour",
                },
                happened_at=told,
            )
            points.hold(event)
            db.session.add(event)
            db.session.flush()
            points.count(event)


def test_fifty_sessions_a_week_of_one_pair_give_what_eight_give_and_a_flag(ada, ben, monday):
    trade(ada, ben, monday, 50)
    # four whole, of which the day's cap cuts some, four half, the answer to the pitch
    assert sum_of(ada) == 120 + 4 * 15 + 2
    assert sum_of(ben) == 4 * 10 + 15  # four learned count in a week
    assert flagged() == {"ada": (100, False)}
    assert off(ada, monday + 3 * DAY)
    assert not off(ben, monday + 3 * DAY)  # under a hundred points
    assert not off(ada, monday + 40 * DAY)  # nothing of it was seen since


def test_three_newcomers_who_trade_among_themselves_get_no_more_and_a_flag(app, monday):
    three = [
        people.make_person(name, offers=("Watercolour",), joined=timedelta(0), daily_sessions=8)
        for name in ("xan", "yul", "zed")
    ]
    with transaction():
        for one in three:
            one.created_at = monday - 21 * DAY
    for place, (teacher, learner) in enumerate(permutations(three, 2)):
        trade(teacher, learner, monday + place * DAY, 3)
    for one in three:  # with each of two: four whole, two half; four learned, two new partners
        assert sum_of(one) <= 2 * (4 * 30 + 2 * 15) + 4 * 10 + 2 * 15 + 2 * 2
    assert set(flagged()) == {"xan", "yul", "zed"}
    assert all(off(one, monday + 6 * DAY) for one in three)


@pytest.mark.parametrize(("days", "is_closed"), [(20, True), (60, False)])
def test_a_closed_circle_is_one_of_new_accounts(app, monday, days, is_closed):
    """Half from each of two, and all three alike: what friends of long standing may do."""
    three = [people.make_person(name) for name in ("xan", "yul", "zed")]
    with transaction():
        for one in three:
            one.created_at = monday - days * DAY
        event = Event(
            kind="person.joined",
            subject_type="users",
            subject_id=three[0].id,
            audience=[],
            facts={},
            happened_at=monday,
        )
        db.session.add(event)
        db.session.flush()
        for one, partner in permutations(three, 2):
            source = f"users/{partner.id}"
            award(event, Award(one.id, PointsKind.TAUGHT, 50, source, partner_id=partner.id))
        flags.look(event)
    assert set(flagged().values()) == ({(100, True)} if is_closed else set())


def test_who_teaches_many_is_on_the_boards(app, monday):
    ada = people.make_person("ada", offers=("Watercolour",), places=9, daily_sessions=8)
    for number in range(4):
        learner = people.make_person(f"learner{number}", wants=("Watercolour",))
        trade(ada, learner, monday + number * DAY, 1)
    assert sum_of(ada) > 100
    assert flagged() == {}


def test_a_flag_ends_once_points_come_from_others_too(ben, monday):
    ada = people.make_person("ada", offers=("Watercolour",), places=9)
    trade(ada, ben, monday, 5)
    assert off(ada, monday + 2 * DAY)
    for number in range(3):
        learner = people.make_person(f"learner{number}", wants=("Watercolour",))
        trade(ada, learner, monday + (3 + number) * DAY, 1)
    assert not off(ada, monday + 6 * DAY)


def test_ones_own_likes_are_refused_and_give_nothing(ada, monday):
    post = people.make_post(ada, kind=PostKind.TUTORIAL, now=monday)
    with pytest.raises(Refused), transaction():
        likes.like_post(ada, post.public_id, monday)
    assert lines(ada) == []


def test_saying_again_that_an_exchange_is_over_gives_nothing_more(ada, ben, monday):
    opened = people.make_exchange(ben, ada, now=monday - 20 * DAY)
    for number in range(2):
        meet_in(opened, ada, ben, monday + number * DAY)
    for person in (ada, ben):
        with transaction():
            exchanges.complete_exchange(person, opened.public_id, now=monday + 3 * DAY)
    total = sum_of(ada)
    event = db.session.scalars(select(Event).where(Event.kind == "exchange.completed")).one()
    for _ in range(10):
        with transaction():
            points.count(event)
    assert sum_of(ada) == total
