"""The leaderboard and the streak as pages: what they say, to whom, in how many statements."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from skillswap.db import db, transaction
from skillswap.domain import boards, learning_sessions, streaks
from skillswap.lib.clock import utcnow
from skillswap.models import (
    MarkKind,
    OutcomeAnswer,
    PeriodKind,
    PointsEntry,
    PointsKind,
    PointsPeriod,
    PointsSkillPeriod,
    StreakMark,
)
from tests import people
from tests.conftest import HTMX

LONG = timedelta(days=100)


def score(*rows: tuple[object, int], kind: PeriodKind = PeriodKind.WEEK, back: int = 0) -> str:
    """Points of these people in the present period, or one of those before; returns its key."""
    period = boards.at(kind, utcnow())
    for _time in range(back):
        period = period.before
    with transaction():
        db.session.execute(
            insert(PointsPeriod),
            [
                {
                    "kind": kind,
                    "number": period.number,
                    "user_id": person.id,
                    "points": points,
                    "sessions": 3,
                }
                for person, points in rows
            ],
        )
    return period.key


@pytest.fixture
def crowd(app):
    return [
        people.make_person(f"p{number}", boards_since=utcnow() - LONG, wants=("Piano",))
        for number in range(5)
    ]


def test_the_board_says_who_is_first_and_where_i_stand(browser, crowd):
    score(*zip(crowd, (90, 70, 70, 40, 10), strict=True))
    page = browser(crowd[3]).get("/leaderboard").text
    for words in (
        ">P0<",
        "90 points",
        "place, of 5",
        "What counts",
        "Hide from leaderboards",
    ):
        assert words in page
    assert page.count('class="me"') == 1
    assert page.index("P3 Example") < page.index("P4 Example")


def test_weeks_months_and_people_have_addresses(browser, crowd):
    score((crowd[0], 30), (crowd[1], 20))
    month = score((crowd[1], 50), kind=PeriodKind.MONTH)
    open_page = browser(crowd[0])
    assert "P1 Example" not in open_page.get("/leaderboard?among=followed").text
    assert "No newcomer" not in open_page.get("/leaderboard?among=newcomers").text
    page = open_page.get(f"/leaderboard?month={month}").text
    assert "P1 Example" in page
    assert "You have no points here yet" in page
    assert open_page.get("/leaderboard?among=nonsense").status_code == 200
    for wrong in ("week=2026-W99", "week=9999-W01", "month=x", "skill=none-such"):
        assert open_page.get(f"/leaderboard?{wrong}").status_code == 404


def test_a_skill_has_its_board(browser, crowd):
    piano, week = people.make_skill("Piano"), boards.at(PeriodKind.WEEK, utcnow())
    with transaction():
        db.session.add(
            PointsSkillPeriod(
                kind=week.kind,
                number=week.number,
                skill_id=piano.id,
                user_id=crowd[0].id,
                points=25,
                sessions=1,
            )
        )
    page = browser(crowd[1]).get("/leaderboard?skill=piano").text
    assert "P0 Example" in page
    assert 'href="/leaderboard?skill=piano' in page


def test_a_board_that_is_over_is_kept_with_who_won(browser, crowd):
    key = score((crowd[0], 30), (crowd[1], 20), back=2)
    with transaction():
        boards.freeze_due(utcnow(), 100)
    page = browser(crowd[2]).get(f"/leaderboard?week={key}&among=followed").text
    assert "Final" in page
    assert "P0 Example" in page
    assert "First: P0 Example" in browser(crowd[2]).get("/leaderboard").text


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"hides_from_boards": True}, "You are hidden from leaderboards"),
        ({"boards_since": None}, "once you have met two partners"),
        ({"staff_role": "moderator"}, "Staff are on no board"),
    ],
    ids=["hidden", "new", "staff"],
)
def test_who_is_on_no_board_reads_why(browser, app, columns, said):
    me = people.make_person("me", **{"boards_since": utcnow() - LONG} | columns)
    score((me, 40))
    page = browser(me).get("/leaderboard").text
    assert said in page
    assert "Nobody has points yet" in page


def test_hiding_is_one_switch(browser, crowd):
    score((crowd[0], 30), (crowd[1], 20))
    privacy = browser(crowd[0])
    assert "Show me on leaderboards" in privacy.get("/settings/privacy").text
    assert privacy.post("/settings/boards", data={}).status_code == 303
    answer = privacy.post("/settings/boards", data={}, headers=HTMX)
    assert 'id="boards"' in answer.text
    assert "checked" not in answer.text
    assert "P0 Example" not in browser(crowd[1]).get("/leaderboard").text
    privacy.post("/settings/boards", data={"shown": "y"})
    assert "P0 Example" in browser(crowd[1]).get("/leaderboard").text


def test_a_board_costs_the_same_for_2_and_20(browser, queries, crowd):
    open_page = browser(crowd[0])
    score(*((one, 10) for one in crowd[:2]))
    counted = []
    for path in ("/leaderboard", "/leaderboard?skill=piano"):
        queries.clear()
        open_page.get(path)
        counted.append(len(queries))
    more = [people.make_person(f"m{n}", boards_since=utcnow() - LONG) for n in range(18)]
    score(*((one, 20) for one in more))
    queries.clear()
    open_page.get("/leaderboard")
    assert len(queries) == counted[0]
    assert counted[0] <= 6  # the frame, two for the board, the streak, my skills, who won before
    assert counted[1] == counted[0] + 1


def test_the_streak_says_what_became_of_each_week_and_pauses(browser, ada):
    now = utcnow()
    with transaction():
        for back in (1, 2):
            db.session.add(
                StreakMark(
                    user_id=ada.id,
                    kind=MarkKind.RATING,
                    source_id=back,
                    week=streaks.week_of(now, ada.timezone)[0] - back,
                    early=False,
                    at=now - back * timedelta(days=7),
                )
            )
    mine = browser(ada)
    page = mine.get("/streak").text
    assert page.count("Kept") == 2
    assert "Still open" in page
    assert mine.post("/streak/pause", data={"weeks": "4"}).status_code == 303
    assert "End the pause" in mine.get("/streak").text
    again = mine.post("/streak/pause", data={"weeks": "2"}, headers=HTMX)
    assert 'id="streak"' in again.text
    wrong = mine.post("/streak/pause", data={"weeks": "52"})
    assert wrong.status_code == 422
    assert mine.post("/streak/resume").status_code == 303
    assert "Pause my streak" in mine.get("/streak").text


def test_nothing_kept_yet_says_what_to_do(browser, ben):
    page = browser(ben).get("/streak").text
    assert "Nothing kept yet" in page
    assert browser().get("/streak").status_code == 303
    assert browser().get("/leaderboard").status_code == 303


def test_the_fourth_week_is_told_with_its_points_and_leads_to_the_streak(browser, ada, ben):
    now = utcnow()
    exchange = people.make_exchange(ben, ada, now=now - timedelta(days=5))
    start = people.next_quarter(now - timedelta(days=2))
    made = people.make_session(ben, exchange, start=start, now=start - timedelta(days=2))
    week, _early = streaks.week_of(made.ends_at, ada.timezone)
    with transaction():
        for back in (1, 2, 3):
            row = {"source_id": back, "week": week - back, "early": False, "at": now}
            db.session.add(StreakMark(user_id=ada.id, kind=MarkKind.RATING, **row))
    with transaction():
        for person in (ada, ben):
            learning_sessions.give_outcome(
                person, made.public_id, answer=OutcomeAnswer.HAPPENED, now=now
            )
    line = browser(ada).get("/notifications").text
    assert "4 weeks in a row, and 10 points for keeping at it" in line
    assert 'href="/streak"' in line
    assert "4 weeks in a row" in browser(ben).get("/people/ada").text
    given = select(PointsEntry.points).filter_by(user_id=ada.id, kind=PointsKind.STREAK)
    assert db.session.scalars(given).all() == [10]
