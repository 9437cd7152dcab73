"""Skills rise when more people than usual are about them; what is counted is what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from skillswap.db import db, transaction
from skillswap.domain import posts, safety, skill_pages, skills, teaching, trends
from skillswap.domain.trends.hours import hour_of
from skillswap.errors import DomainError
from skillswap.lib.clock import utcnow
from skillswap.models import (
    Post,
    PostKind,
    Skill,
    SkillCount,
    SkillDay,
    SkillHour,
    Trend,
    TrendSpan,
    User,
    UserSkillKind,
)
from tests import people
from tests.conftest import empty_tables

OFFERED, WANTED = UserSkillKind.OFFERED, UserSkillKind.WANTED
DAY, HOUR, WEEK = timedelta(days=1), timedelta(hours=1), timedelta(days=7)
BODY = "Wet the paper first, then wait until it no longer shines, and only then begin."


def rows_of(person: User) -> set[tuple[str, int]]:
    """What somebody did about skills: (name, hour)."""
    query = (
        select(Skill.name, SkillHour.hour)
        .join(SkillHour, SkillHour.skill_id == Skill.id)
        .where(SkillHour.user_id == person.id)
    )
    return {(name, hour) for name, hour in db.session.execute(query)}


def about(person: User) -> set[str]:
    return {name for name, _hour in rows_of(person)}


def crowd(size: int, skill: str = "Guitar", name: str = "wanting") -> list[User]:
    """So many people who have just said that they want to learn it."""
    return [people.make_person(f"{name}{number}", wants=(skill,)) for number in range(size)]


def refreshed(now: datetime | None = None) -> dict[TrendSpan, list[tuple[str, int, int, bool]]]:
    """What rises then: (skill, people, percent, of the week before)."""
    with transaction():
        trends.refresh(now or utcnow())
    found: dict[TrendSpan, list[tuple[str, int, int, bool]]] = {span: [] for span in TrendSpan}
    query = select(Trend, Skill.name).join(Skill, Skill.id == Trend.skill_id)
    for row, name in db.session.execute(query.order_by(Trend.position)):
        found[row.span].append((name, row.people, row.percent, row.is_past))
    return found


def everything() -> set[tuple[int, ...]]:
    columns = (SkillHour.user_id, SkillHour.hour, SkillHour.skill_id)
    return {tuple(row) for row in db.session.execute(select(*columns))}


def assert_no_drift() -> None:
    assert list(trends.drift(utcnow())) == []


# -- what is noted --------------------------------------------------------------------------------


def test_a_post_a_pitch_and_a_line_are_each_noted_in_their_hour(ada, ben, now):
    early = now.replace(minute=10) - 3 * HOUR
    people.make_post(ada, skills=("Guitar", "Chess"), now=early)
    people.make_pitch(ben, ada, now=early)
    assert rows_of(ada) >= {("Guitar", hour_of(early)), ("Chess", hour_of(early))}
    assert ("Watercolour", hour_of(early)) in rows_of(ben)
    assert about(ben) == {"Spanish", "Sourdough", "Watercolour"}  # the lines they have


def test_twice_in_an_hour_is_once(ada, now):
    early = now.replace(minute=10) - 3 * HOUR
    for minute in range(3):
        people.make_post(ada, skills=("Guitar",), now=early + timedelta(minutes=minute))
    assert [name for name, hour in rows_of(ada) if hour == hour_of(early)] == ["Guitar"]


def test_what_goes_away_was_nothing(ada, mo, now):
    people.make_skill("Guitar"), people.make_skill("Chess")
    with transaction():
        post = posts.publish(
            ada, kind=PostKind.GENERAL, title="", body=BODY, skills=["guitar"], now=now
        )
    assert "Guitar" in about(ada)
    with transaction():
        posts.hide(mo, post.public_id, now=now)
    assert "Guitar" not in about(ada)
    with transaction():
        posts.release(mo, post.public_id, now=now)
    assert "Guitar" in about(ada)
    with transaction():
        kind, key, version = PostKind.GENERAL, post.public_id, post.version
        posts.edit(
            ada, key, kind=kind, title="", body=BODY, skills=["chess"], version=version, now=now
        )
    assert about(ada) >= {"Chess"}
    assert "Guitar" not in about(ada)
    with transaction():
        posts.delete(ada, post.public_id, now=now)
        teaching.remove_skill(ada, OFFERED, "piano", now=now)
    assert about(ada) == {"Watercolour", "Portuguese"}


def test_drift_is_noticed_and_mended(ada, app):
    with transaction():
        db.session.execute(delete(SkillHour).where(SkillHour.user_id == ada.id))
    assert list(trends.drift(utcnow())) == [f"what person {ada.id} did about skills"]
    assert app.test_cli_runner().invoke(args=["reindex"]).exit_code == 0
    assert_no_drift()


VERBS = ("post", "edit", "delete", "hide", "release", "pitch", "add", "remove")
NAMES = ("one", "two")
steps = st.lists(
    st.tuples(st.sampled_from(VERBS), st.sampled_from(NAMES), st.integers(0, 2)), max_size=12
)


def named(username: str) -> User:
    return db.session.scalars(select(User).where(User.username == username)).one()


def do(verb: str, one: User, number: int, now: datetime) -> None:
    """One step; what the rules forbid does not happen."""
    skill, kind = ("guitar", "chess", "welsh")[number], (OFFERED, WANTED)[number % 2]
    mine = [post.public_id for post in posts_of(one)]
    key = mine[number % len(mine)] if mine else "none"
    staff = named("mo")
    words = {"kind": PostKind.GENERAL, "title": "", "body": BODY}
    acts: dict[str, Callable[[], object]] = {
        "post": lambda: posts.publish(one, skills=[skill], now=now, **words),
        "edit": lambda: posts.edit(
            one, key, skills=[skill], now=now, version=posts.find_mine(one, key).version, **words
        ),
        "delete": lambda: posts.delete(one, key, now=now),
        "hide": lambda: posts.hide(staff, key, now=now),
        "release": lambda: posts.release(staff, key, now=now),
        "pitch": lambda: people.make_pitch(one, named("ada"), skill, now=now),
        "add": lambda: skills.add_skill(one, kind, skill, level=1, note="", now=now),
        "remove": lambda: teaching.remove_skill(one, kind, skill, now=now),
    }
    try:
        with transaction():
            acts[verb]()
    except DomainError:
        db.session.rollback()


def posts_of(person: User) -> list[Post]:
    query = select(Post).where(Post.author_id == person.id).order_by(Post.id)
    return list(db.session.scalars(query))


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(steps)
def test_after_any_history_the_rows_are_those_of_a_rebuild(app, history):
    empty_tables()
    now = utcnow() - 5 * DAY
    people.mo()
    people.make_person("ada", offers=("Guitar", "Chess", "Welsh"))
    for name in NAMES:
        people.make_person(name, offers=("Spanish",))
    for number, (verb, one, which) in enumerate(history):
        do(verb, named(one), which, now + number * 7 * HOUR)
    standing = everything()
    assert_no_drift()
    with transaction():
        last: int | None = 0
        while last is not None:
            last = trends.reindex(last, utcnow())
    assert standing == everything()


# -- what rises -----------------------------------------------------------------------------------


def test_five_people_make_a_trend_and_four_do_not(app):
    crowd(5), crowd(4, "Chess", "other")
    found = refreshed()
    percent = round(100 * ((5 + 3) / (0 + 3) - 1))
    assert found[TrendSpan.DAY] == [("Guitar", 5, percent, False)]
    assert found[TrendSpan.WEEK] == [("Guitar", 5, percent, False)]
    assert refreshed() == found  # as often as one likes


def test_one_person_is_one_however_busy(ada, now):
    crowd(3)
    for hour in range(8):
        people.make_post(ada, skills=("Guitar",), now=utcnow() - hour * HOUR)
    assert refreshed()[TrendSpan.WEEK] == []


def test_who_is_suspended_counts_no_more(app):
    one, *_others = crowd(5)
    with transaction():
        safety.suspend(one, days=3, reason="", now=utcnow())
    assert refreshed()[TrendSpan.WEEK] == []


def test_what_is_as_usual_does_not_rise(app):
    crowd(6)
    skill = db.session.scalars(select(Skill).where(Skill.slug == "guitar")).one()
    today = hour_of(utcnow()) // 24
    with transaction():
        days = range(today - 40, today - 16)
        rows = [{"skill_id": skill.id, "day": day, "people": 5} for day in days]
        db.session.execute(insert(SkillDay), rows)
    assert refreshed()[TrendSpan.WEEK] == []


def test_the_most_above_its_usual_comes_first(app):
    crowd(5, "Chess", "c"), crowd(9, "Guitar", "g"), crowd(6, "Welsh", "w")
    assert [one[0] for one in refreshed()[TrendSpan.WEEK]] == ["Guitar", "Welsh", "Chess"]


def test_a_quiet_week_shows_the_last_and_says_so(app):
    crowd(5)
    then = utcnow()
    before = refreshed(then)[TrendSpan.WEEK]
    later = refreshed(then + WEEK + 2 * HOUR)
    assert later[TrendSpan.DAY] == []
    assert [one[:2] for one in later[TrendSpan.WEEK]] == [one[:2] for one in before]
    assert [one[3] for one in later[TrendSpan.WEEK]] == [True]
    assert refreshed(then + 2 * WEEK + 4 * HOUR)[TrendSpan.WEEK] == []


def test_days_are_summed_up_from_their_hours_and_outlive_them(app):
    crowd(5)
    now = utcnow()
    refreshed(now)
    known = select(SkillDay.people).join(Skill, Skill.id == SkillDay.skill_id)
    assert sum(db.session.scalars(known.where(Skill.slug == "guitar"))) == 5
    refreshed(now + 20 * DAY)
    assert db.session.scalars(select(SkillHour)).first() is None
    assert sum(db.session.scalars(known.where(Skill.slug == "guitar"))) == 5
    refreshed(now + 90 * DAY)
    assert db.session.scalars(known).first() is None


def test_days_whose_hours_are_forgotten_are_remembered_from_what_still_stands(ada, ben):
    now = utcnow()
    for author, ago in ((ada, 20), (ben, 20), (ada, 30), (ada, 100)):
        people.make_post(author, skills=("Guitar",), now=now - ago * DAY)
    gone = people.make_post(ben, skills=("Guitar",), now=now - 20 * DAY)
    with transaction():
        posts.delete(ben, gone.public_id, now=now)
    for _time in range(2):
        with transaction():
            trends.remember(now)
        rows = db.session.execute(select(SkillDay.day, SkillDay.people).order_by(SkillDay.day))
        today = hour_of(now) // 24
        assert [tuple(row) for row in rows] == [(today - 30, 1), (today - 20, 2)]


def test_a_chart_is_drawn_of_five_people_and_more(app):
    crowd(5), crowd(4, "Chess", "other")
    now = utcnow()
    refreshed(now)
    ids = {one.slug: one.id for one in db.session.scalars(select(Skill))}
    charts = trends.charts_of(ids.values(), now)
    assert set(charts) == {ids["guitar"]}
    chart = charts[ids["guitar"]]
    assert (len(chart.people), sum(chart.people)) == (trends.CHART_DAYS, 5)
    assert [day for day, _people in chart.days][-1] == now.astimezone(UTC).date()


# -- the sweep ------------------------------------------------------------------------------------


def test_a_new_tutorial_is_on_its_skills_page_at_once_and_in_the_next_refresh(ada, ben, mo):
    crowd(4)
    with transaction():
        trends.refresh_due(utcnow(), 100)
    assert db.session.scalars(select(Trend)).first() is None
    kind, title = PostKind.TUTORIAL, "A first chord"
    people.make_post(ada, title=title, kind=kind, skills=("Guitar",), now=utcnow())
    shown = skill_pages.skill_page("guitar", ben, utcnow()).tutorials.rows
    assert [card.title for card in shown] == [title]
    later = utcnow() + trends.REFRESHED_EVERY
    with transaction():
        assert trends.refresh_due(later, 100) > 0
    names = select(Skill.name).join(Trend, Trend.skill_id == Skill.id).distinct()
    assert db.session.scalars(names).all() == ["Guitar"]


def test_skills_are_counted_in_turn_and_again_after_ten_minutes(ada, ben, cy):
    now = utcnow()
    total = len(db.session.scalars(select(Skill)).all())

    def run(at: datetime) -> list[int]:
        moved = []
        while not moved or moved[-1]:
            with transaction():
                moved.append(trends.refresh_due(at, 2))
        return moved

    assert sum(run(now)) == total
    assert run(now + timedelta(minutes=9)) == [0]
    assert sum(run(now + timedelta(minutes=10))) == total


@pytest.mark.parametrize(("column", "how"), [("teachers", "teaching"), ("wanting", "learning")])
def test_who_does_not_teach_or_learn_is_not_counted(ada, ben, now, column, how):
    def counted() -> int:
        with transaction():
            db.session.execute(delete(SkillCount))
            trends.refresh_due(utcnow(), 100)
        query = select(getattr(SkillCount, column)).join(Skill, Skill.id == SkillCount.skill_id)
        return db.session.scalars(query.where(Skill.slug == "watercolour")).one()

    assert counted() == 1
    person = ada if how == "teaching" else ben
    with transaction():
        setattr(db.session.merge(person), how, False)
    assert counted() == 0
