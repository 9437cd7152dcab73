"""Leaderboards: who is on them, who stands where, and what is kept of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, update

from skillswap.db import db, transaction
from skillswap.domain import boards, follows, learning_sessions, safety
from skillswap.domain.boards import Among
from skillswap.errors import NotFound
from skillswap.models import (
    Board,
    BoardPlace,
    OutcomeAnswer,
    PeriodKind,
    PointsFlag,
    PointsPeriod,
    PointsSkillPeriod,
    StaffRole,
    User,
    UserState,
)
from tests import people

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
LONG = datetime(2026, 1, 1, tzinfo=UTC)
THIS_WEEK = boards.at(PeriodKind.WEEK, NOW)


def member(name: str, points: int = 0, *, since: datetime | None = LONG, **columns) -> User:
    """Somebody on boards, with points in the week."""
    person = people.make_person(name, boards_since=since, **columns)
    if points:
        score({person.id: points})
    return person


def score(points: dict[int, int], period: boards.Period = THIS_WEEK) -> None:
    rows = [
        {
            "kind": period.kind,
            "number": period.number,
            "user_id": user_id,
            "points": mine,
            "sessions": mine // 10,
        }
        for user_id, mine in points.items()
    ]
    with transaction():
        db.session.execute(insert(PointsPeriod), rows)


def many(like: User, count: int) -> list[int]:
    """So many more people like this one, by one statement."""
    before = db.session.scalar(select(func.max(User.id))) or 0
    base = {c.name: getattr(like, c.name) for c in User.__table__.c if c.name != "id"}
    names = [f"u{before}x{number}" for number in range(count)]
    with transaction():
        db.session.execute(
            insert(User),
            [{**base, "username": name, "email": f"{name}@example.org"} for name in names],
        )
    return list(db.session.scalars(select(User.id).where(User.id > before).order_by(User.id)))


def seen(reader: User, among: Among = Among.EVERYONE, period=THIS_WEEK, now=NOW, **more):
    return boards.standings(reader, period, among, now, **more)


def places(board: boards.Standings) -> list[tuple[int | None, str, int]]:
    return [(one.place, one.person.username, one.points) for one in board.top]


@pytest.fixture
def me(app) -> User:
    return member("me", 50)


def test_equal_points_share_a_place_and_the_next_is_left_out(me):
    member("ann", 90)
    member("bob", 50)
    member("cat", 20)
    board = seen(me)
    assert sorted(places(board), key=lambda one: (-one[2], one[1])) == [
        (1, "ann", 90),
        (2, "bob", 50),
        (2, "me", 50),
        (4, "cat", 20),
    ]
    assert (board.mine.place, board.mine.points, board.mine.sessions) == (2, 50, 5)
    assert board.people == 4
    assert board.near == []


def test_who_is_new_hidden_staff_flagged_or_gone_is_on_no_board_and_leaves_no_gap(me):
    member("new", 99, since=None)
    member("soon", 98, since=NOW + HOUR)
    member("shy", 97, hides_from_boards=True)
    member("mod", 96, staff_role=StaffRole.MODERATOR)
    member("out", 95, state=UserState.SUSPENDED, state_until=NOW + DAY)
    flagged = member("pair", 94)
    blocked, blocker = member("gone", 93), member("door", 92)
    with transaction():
        db.session.add(
            PointsFlag(
                user_id=flagged.id,
                partner_id=me.id,
                points=100,
                share=80,
                found_at=NOW - DAY,
                until=NOW + DAY,
            )
        )
        safety.block(me, blocked.username, now=NOW)
        safety.block(blocker, me.username, now=NOW)
    board = seen(me)
    assert places(board) == [(1, "me", 50)]
    assert board.people == 1
    assert [one[1] for one in places(seen(flagged))] == ["gone", "door", "me"]
    assert seen(flagged).mine.place is None
    assert seen(flagged).mine.points == 94


def test_a_second_partner_and_a_week_bring_somebody_onto_boards(ada, ben, now):
    cy = people.cy()
    start = people.next_quarter(now - 3 * DAY)
    for number, partner in enumerate((ben, ben, cy)):
        exchange = people.make_exchange(partner, ada, now=now - 9 * DAY)
        at = start + number * 2 * HOUR
        made = people.make_session(partner, exchange, start=at, now=now - 6 * DAY)
        with transaction():
            for person in (ada, partner):
                learning_sessions.give_outcome(
                    person, made.public_id, answer=OutcomeAnswer.HAPPENED, now=at + 2 * HOUR
                )
        db.session.expire_all()
        assert (ada.boards_since is not None) == (partner is cy)
        with transaction():
            db.session.execute(update(type(exchange)).values(state="completed"))
    assert ada.boards_since == start + 6 * HOUR
    assert ben.boards_since is None
    assert list(boards.drift()) == []


def test_my_row_stands_between_two_above_and_two_below(me):
    crowd = {people.make_person(f"p{n}", boards_since=LONG).id: 1_000 - n for n in range(8)}
    score(crowd | dict.fromkeys(many(me, 70), 60))
    member("under", 50)
    member("low", 10)
    board = seen(me)
    assert len(board.top) == 50
    assert not any(one.is_me for one in board.top)
    assert board.mine.place == 79
    near = [(one.place, one.points, one.is_me) for one in board.near]
    assert [one[:2] for one in near] == [(9, 60), (79, 50), (79, 50), (81, 10)]


def test_from_the_thousandth_on_no_place_is_counted(me):
    score(dict.fromkeys(many(me, 1_005), 60))
    board = seen(me)
    assert (board.people, board.mine.place, board.mine.is_on) == (boards.MOST, None, True)
    assert [(one.place, one.is_me) for one in board.near] == [(None, False)] * 2 + [(None, True)]


def test_people_i_follow_a_skill_and_newcomers_have_boards_of_their_own(me):
    friend, other = member("friend", 40), member("other", 80)
    fresh = member("fresh", 30, since=NOW - 5 * DAY)
    with transaction():
        follows.follow(me, friend.username, NOW)
    assert [one[1] for one in places(seen(me, Among.FOLLOWED))] == ["me", "friend"]
    assert places(seen(me, Among.NEWCOMERS)) == [(1, "fresh", 30)]
    assert seen(me, Among.NEWCOMERS).mine.place is None
    assert seen(fresh, Among.NEWCOMERS).mine.place == 1
    piano = people.make_skill("Piano")
    row = {"kind": "week", "number": THIS_WEEK.number, "skill_id": piano.id, "sessions": 1}
    with transaction():
        db.session.execute(
            insert(PointsSkillPeriod),
            [row | {"user_id": one.id, "points": 10} for one in (other, me)],
        )
    board = seen(me, Among.SKILL, skill_id=piano.id)
    assert {one[:2] for one in places(board)} == {(1, "me"), (1, "other")}
    assert places(seen(me, Among.SKILL, skill_id=people.make_skill("Chess").id)) == []


# -- what is kept ---------------------------------------------------------------------------------


def test_a_board_is_kept_48_hours_after_its_end_and_stays_as_it_was(me, now):
    friend = member("friend", 40)
    with transaction():
        early = boards.freeze_due(THIS_WEEK.freezes_at - HOUR, 100)
    assert early == 11  # the weeks and months before; this one is not settled
    assert db.session.get(Board, ("week", THIS_WEEK.number)) is None
    with transaction():
        assert boards.freeze_due(THIS_WEEK.freezes_at, 100) == 1
        assert boards.freeze_due(THIS_WEEK.freezes_at, 100) == 0
    late = THIS_WEEK.freezes_at + DAY
    with transaction():
        db.session.execute(
            update(PointsPeriod).where(PointsPeriod.user_id == friend.id).values(points=500)
        )
    kept = seen(me, now=late)
    assert kept.is_frozen
    assert places(kept) == [(1, "me", 50), (2, "friend", 40)]
    assert kept.people == 2
    past = boards.latest(me, PeriodKind.WEEK)
    assert [(one.period.number, [who.person.username for who in one.winners]) for one in past] == [
        (THIS_WEEK.number, ["me"])
    ]
    with transaction():
        boards.show(me, shown=False)
    assert places(seen(friend, now=late)) == [(1, "friend", 40)]


def test_until_then_it_follows_what_is_confirmed_late(me):
    after = THIS_WEEK.ends_at + HOUR
    assert places(seen(me, now=after)) == [(1, "me", 50)]
    with transaction():
        db.session.execute(update(PointsPeriod).values(points=70))
    assert places(seen(me, now=after)) == [(1, "me", 70)]


@pytest.mark.parametrize("key", ["2026-W48", "2026-W54", "2026-W00", "1999-W01", "", "2026-11"])
def test_a_week_that_is_none_or_yet_to_come_is_not_there(key):
    with pytest.raises(NotFound):
        boards.keyed(PeriodKind.WEEK, key, NOW)


def test_weeks_and_months_follow_one_another_over_new_year():
    week = boards.keyed(PeriodKind.WEEK, "2026-W01", NOW)
    assert (week.before.key, week.after.key) == ("2025-W52", "2026-W02")
    month = boards.keyed(PeriodKind.MONTH, "2026-01", NOW)
    assert (month.before.key, month.after.key) == ("2025-12", "2026-02")
    assert month.last_at.date().isoformat() == "2026-01-31"


# -- any board, and what it costs -----------------------------------------------------------------


@settings(max_examples=20)
@given(points=st.lists(st.integers(1, 9), min_size=2, max_size=70), mine=st.integers(0, 69))
def test_any_board_is_the_definition(app, points, mine):
    with transaction():
        for table in (PointsPeriod, BoardPlace, Board):
            db.session.execute(delete(table))
    if not (crowd := list(db.session.scalars(select(User).order_by(User.id)))):
        many(member("first"), 69)
        crowd = list(db.session.scalars(select(User).order_by(User.id)))
    reader = crowd[mine % len(points)]
    score({one.id: mine for one, mine in zip(crowd, points, strict=False)})
    board = seen(reader)
    everybody = sorted(points, reverse=True)
    wanted = {value: everybody.index(value) + 1 for value in points}
    assert [one.points for one in board.top] == everybody[:50]
    assert all(one.place == wanted[one.points] for one in (*board.top, *board.near))
    assert board.mine.place == wanted[board.mine.points]
    assert board.people == len(points)
    around = [one.is_me for one in board.near]
    assert sum(one.is_me for one in board.top) + sum(around) == 1
    assert around[:3] in ([], [False, False, True])


def steps_of(read) -> int:
    """How many thousands of steps SQLite takes for it."""
    raw = db.session.connection().connection.driver_connection
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    raw.set_progress_handler(tick, 100)
    try:
        read()
    finally:
        raw.set_progress_handler(None, 0)
    return count


@pytest.mark.only_on("sqlite")  # counts the steps of its machine
def test_a_board_and_my_place_take_two_statements_and_no_more_work_among_many_more(me, queries):
    friend = member("friend", 7)
    with transaction():
        follows.follow(me, friend.username, NOW)
    found = {}
    for size in (1_500, 6_000):
        new = many(me, size)
        score({n: 1 + n % 97 for n in new})
        for among in (Among.EVERYONE, Among.FOLLOWED, Among.NEWCOMERS):
            queries.clear()
            found[size, among] = steps_of(lambda among=among: seen(me, among))
            assert len(queries) == 2
    for among in (Among.EVERYONE, Among.FOLLOWED, Among.NEWCOMERS):
        small, large = found[1_500, among], found[6_000, among]
        assert Fraction(large, max(small, 1)) <= Fraction(3, 2), (among, small, large)
