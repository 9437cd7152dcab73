"""What does Home put first, and when are the first steps done?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from skillswap.db import transaction
from skillswap.domain import home
from skillswap.domain.home import StepKind
from tests import people
from tests.crowd import make_crowd

NEW = timedelta(days=1)


def steps(person, now):
    """Which steps are open."""
    return [step.kind for step in home.home_of(person, now).steps if not step.done]


def test_somebody_new_has_all_steps_before_them(app, now):
    kim = people.make_person("kim", bio="", joined=NEW)
    shown = home.home_of(kim, now)
    assert [step.kind for step in shown.steps] == list(StepKind)
    assert (shown.steps_done, shown.first_open) == (0, StepKind.ABOUT)


def test_a_short_line_about_oneself_is_not_enough(app, now):
    kim = people.make_person("kim", bio="x" * 59 + " ", joined=NEW)
    assert StepKind.ABOUT in steps(kim, now)
    with transaction():
        kim.bio = "x" * 60
    assert StepKind.ABOUT not in steps(kim, now)


@pytest.mark.parametrize("lists", [{"offers": ("Chess",)}, {"wants": ("Chess",)}])
def test_one_skill_either_way_is_a_start(app, now, lists):
    kim = people.make_person("kim", joined=NEW, **lists)
    assert StepKind.SKILLS not in steps(kim, now)


def test_an_offer_of_somebody_who_does_not_teach_is_no_start(app, now):
    kim = people.make_person("kim", offers=("Chess",), teaching=False)
    assert StepKind.SKILLS in steps(kim, now)


def test_somebody_who_only_teaches_need_not_pitch(app, now):
    kim = people.make_person("kim", offers=("Chess",), learning=False)
    assert home.home_of(kim, now).steps == []


def test_the_steps_go_with_the_first_pitch(ada, ben, now):
    assert steps(ben, now) == [StepKind.PITCH, StepKind.HOURS, StepKind.PICTURE]
    people.make_pitch(ben, ada)
    assert home.home_of(ben, now).steps == []


def test_hours_and_a_picture_are_asked_for_while_one_is_new_and_not_for_ever(ada, now):
    kim = people.make_person("kim", wants=("Watercolour",), joined=NEW)
    people.make_pitch(kim, ada)
    assert steps(kim, now) == [StepKind.HOURS, StepKind.PICTURE]
    people.make_hours(kim, "Sat 9-12")
    assert steps(kim, now) == [StepKind.PICTURE]
    assert home.home_of(kim, now + timedelta(days=14)).steps == []
    with transaction():
        kim.avatar = "a.webp"
    assert home.home_of(kim, now).steps == []


def test_the_next_session_leads(ada, ben, now):
    exchange = people.make_exchange(ben, ada)
    first = people.next_quarter(now + timedelta(days=2))
    people.make_session(ben, exchange, start=first + timedelta(days=1))
    sooner = people.make_session(ben, exchange, start=first)
    shown = home.home_of(ada, now)
    assert shown.next_session is not None
    assert shown.next_session.public_id == sooner.public_id


def test_a_visitor_is_welcomed_by_three_people_and_what_most_teach(queries, ada, ben, cy, now):
    make_crowd(30)
    queries.clear()
    shown = home.welcome(now)
    assert len(queries) == 2
    assert len(shown.teachers) == 3
    assert len(shown.popular) == 6


@pytest.mark.parametrize("count", [5, 1_500])
def test_the_head_of_home_takes_three_statements_whatever_there_is(queries, ada, ben, now, count):
    exchange = people.make_exchange(ben, ada)
    people.make_session(ben, exchange)
    make_crowd(count)
    for person in (ada, ben):
        queries.clear()
        home.home_of(person, now)
        assert len(queries) <= 3
