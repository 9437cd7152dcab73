"""What the place does about reports by itself, until staff look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import cases, notifications, reports, strikes
from skillswap.domain.reports import SubjectKind
from skillswap.domain.strikes import Outcome
from skillswap.errors import TooMany
from skillswap.models import Case, Report, ReportCategory, ReportState, User, UserState
from tests import people

DAY = timedelta(days=1)


@pytest.fixture
def neo(app) -> User:
    """Has been here for ten days."""
    return people.make_person("neo", joined=10 * DAY)


def report(reporter, about, now, category=ReportCategory.SPAM, kind=SubjectKind.PERSON):
    with transaction():
        subject = reports.subject_of(reporter, kind, about, now)
        return reports.make_report(
            reporter, subject, category=category, body="", also_block=False, now=now
        )


def reported_by(neo, now, *names) -> None:
    for name in names:
        report(people.make_person(name), "neo", now)


def judge(reporter, now, *, upheld: int, dismissed: int) -> None:
    """So many reports of theirs were decided that way."""
    states = [ReportState.UPHELD] * upheld + [ReportState.DISMISSED] * dismissed
    for number, state in enumerate(states):
        people.make_person(f"{reporter.username}{number}")
        made = report(reporter, f"{reporter.username}{number}", now - 3 * DAY)
        made.state, made.decided_at = state, now - 2 * DAY
        db.session.commit()


def told(person, now) -> list[str]:
    return [line.kind for line in notifications.page_of(person, None, now).rows]


def take(staff, neo, now) -> list[str]:
    """All cases about them."""
    mine = select(Case.public_id).where(Case.person_id == neo.id).order_by(Case.id)
    keys = db.session.scalars(mine).all()
    for key in keys:
        with transaction():
            cases.claim(staff, key, now)
    return list(keys)


def test_the_third_reporter_limits_somebody_new_and_tells_them(neo, mo, now):
    reported_by(neo, now, "ria", "sol")
    assert neo.state is UserState.ACTIVE
    reported_by(neo, now, "tom")
    assert (neo.state, neo.state_until) == (UserState.LIMITED, now + 3 * DAY)
    assert told(neo, now) == ["report.limited"]
    (line,) = cases.queue(mo, None, None, now).rows
    assert line.urgent


def test_every_case_about_them_comes_first(neo, mo, now):
    post = people.make_post(neo)
    report(people.make_person("ria"), post.public_id, now, kind=SubjectKind.POST)
    reported_by(neo, now, "sol", "tom")
    assert [line.urgent for line in cases.queue(mo, None, None, now).rows] == [True, True]


@pytest.mark.parametrize("why", ["the same three times", "over weeks", "an old account", "staff"])
def test_what_does_not_limit(neo, now, why):
    names = ["ria", "sol", "tom"]
    if why == "the same three times":
        posts = [people.make_post(neo).public_id for _name in names]
        ria = people.make_person("ria")
        for post in posts:
            report(ria, post, now, kind=SubjectKind.POST)
    elif why == "over weeks":
        reported_by(neo, now - 8 * DAY, "ria")
        reported_by(neo, now, "sol", "tom")
    elif why == "an old account":
        neo.created_at = now - 30 * DAY
        db.session.commit()
        reported_by(neo, now, *names)
    else:  # what they decided is no reason any more
        reported_by(neo, now, "ria", "sol")
        first = select(Report).order_by(Report.id)
        db.session.scalars(first).first().state = ReportState.DISMISSED
        db.session.commit()
        reported_by(neo, now, "tom")
    assert neo.state is UserState.ACTIVE


def test_who_cries_wolf_counts_for_nothing_here(neo, now):
    reported_by(neo, now, "ria", "sol")
    wolf = people.make_person("wolf")
    judge(wolf, now, upheld=0, dismissed=5)
    report(wolf, "neo", now)
    assert neo.state is UserState.ACTIVE
    reported_by(neo, now, "tom")
    assert neo.state is UserState.LIMITED


def test_it_ends_with_the_last_decision_and_not_before(neo, mo, now):
    post = people.make_post(neo)
    report(people.make_person("ria"), post.public_id, now, kind=SubjectKind.POST)
    reported_by(neo, now, "sol", "tom")
    first, second = take(mo, neo, now)
    with transaction():
        strikes.dismiss(mo, first, words="", now=now)
    assert neo.state is UserState.LIMITED
    with transaction():
        strikes.dismiss(mo, second, words="", now=now)
    assert neo.state is UserState.ACTIVE
    assert "report.freed" in told(neo, now)
    reported_by(neo, now + DAY, "uma", "val", "wes")  # once in seven days
    assert neo.state is UserState.ACTIVE
    reported_by(neo, now + 8 * DAY, "xan", "yas", "zoe")
    assert neo.state is UserState.LIMITED


def test_it_ends_by_the_clock_when_nobody_looks(neo, now):
    reported_by(neo, now, "ria", "sol", "tom")
    assert neo.state_at(now + 3 * DAY) is UserState.ACTIVE


@pytest.mark.parametrize(
    ("outcome", "days", "state"),
    [(Outcome.WARNING, None, UserState.ACTIVE), (Outcome.LIMITED, 7, UserState.LIMITED)],
)
def test_what_staff_decide_stands_in_its_place(neo, mo, now, outcome, days, state):
    reported_by(neo, now, "ria", "sol", "tom")
    (key,) = take(mo, neo, now)
    with transaction():
        strikes.uphold(mo, key, outcome=outcome, rule=1, days=days, words="So it is.", now=now)
    assert neo.state is state
    assert neo.state_until == (now + 7 * DAY if days else None)


def test_hardly_ever_right_means_three_a_day_and_last_in_line(mo, now):
    wolf, ria = people.make_person("wolf"), people.make_person("ria")
    judge(wolf, now, upheld=0, dismissed=5)
    for name in ("a1b", "b1c", "c1d", "d1e"):
        people.make_person(name)
    for name in ("a1b", "b1c", "c1d"):
        report(wolf, name, now)
    with pytest.raises(TooMany, match="too_many_reports_wild"):
        report(wolf, "d1e", now)
    report(ria, "d1e", now)
    lines = [line.about for line in cases.queue(mo, None, None, now).rows]
    assert lines.index("D1e Example") < lines.index("A1b Example")


@pytest.mark.parametrize(("upheld", "dismissed"), [(1, 4), (0, 4)])
def test_a_fifth_upheld_or_fewer_than_five_decided_is_not_wild(app, now, upheld, dismissed):
    ria = people.make_person("ria")
    judge(ria, now, upheld=upheld, dismissed=dismissed)
    for number in range(4):
        people.make_person(f"more{number}")
        report(ria, f"more{number}", now)


def test_what_was_decided_long_ago_is_forgotten(app, now):
    wolf = people.make_person("wolf")
    judge(wolf, now - 91 * DAY, upheld=0, dismissed=5)
    for number in range(4):
        people.make_person(f"more{number}")
        report(wolf, f"more{number}", now)
