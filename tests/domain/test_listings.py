"""What lists are searched by is what it is made of, whatever happens and in whatever order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from skillswap.db import db, transaction
from skillswap.domain import (
    availability,
    exchanges,
    listings,
    pitches,
    rating_totals,
    safety,
    skills,
    teaching,
)
from skillswap.domain.hours import read_week
from skillswap.errors import DomainError
from skillswap.lib.clock import utcnow
from skillswap.models import (
    DeclineReason,
    HourMask,
    RatedRole,
    SwapEdge,
    TeacherListing,
    User,
    UserSkillKind,
)
from tests import people
from tests.conftest import empty_tables

OFFERED, WANTED = UserSkillKind.OFFERED, UserSkillKind.WANTED
NAMES = ("ada", "ben", "cy")
DAY = timedelta(days=1)


def listed(person: User) -> set[str]:
    """The skills under which somebody is found."""
    rows = db.session.execute(
        select(skills.Skill.name)
        .join(TeacherListing, TeacherListing.skill_id == skills.Skill.id)
        .where(TeacherListing.user_id == person.id)
    )
    return {name for (name,) in rows}


def assert_no_drift() -> None:
    """The rows are those that a rebuild would make."""
    db.session.expire_all()
    assert list(listings.drift(utcnow())) == []


# -- one by one -----------------------------------------------------------------------------------


def test_who_teaches_is_listed_with_each_skill_and_swaps_with_each_pair(ada):
    assert listed(ada) == {"Watercolour", "Piano"}
    edges = db.session.scalars(select(SwapEdge).where(SwapEdge.user_id == ada.id)).all()
    assert len(edges) == 2
    assert db.session.get(HourMask, ada.id) is None


def test_hours_stand_on_every_line_and_leave_with_the_week(ada):
    people.make_hours(ada, "Mon 0-24")
    rows = db.session.scalars(select(TeacherListing).where(TeacherListing.user_id == ada.id)).all()
    mask = db.session.get_one(HourMask, ada.id)
    assert all((row.hours_0, row.hours_1) == (mask.hours_0, mask.hours_1) for row in rows)
    assert mask.hours_0.bit_count() + mask.hours_2.bit_count() == 24
    with transaction():
        availability.set_week(ada, [])
    assert db.session.get(HourMask, ada.id, populate_existing=True) is None


@pytest.mark.parametrize("how", ["pause", "suspend", "switch", "delete"])
def test_who_takes_no_pitches_is_not_listed(ada, now, how):
    with transaction():
        if how == "pause":
            pitches.pause(ada, until=None, now=now)
        elif how == "suspend":
            safety.suspend(ada, days=3, reason="", now=now)
        elif how == "delete":
            safety.delete_person(ada, now=now)
        else:
            db.session.merge(ada).teaching = False
    assert listed(ada) == set()
    if how == "pause":
        with transaction():
            pitches.resume(ada, now=now)
        assert listed(ada) == {"Watercolour", "Piano"}


def test_who_is_full_is_listed_again_once_a_place_is_free(ada, ben, now):
    with transaction():
        db.session.merge(ada).places = 1
    exchange = people.make_exchange(ben, ada)
    assert listed(ada) == set()
    with transaction():
        exchanges.cancel_exchange(ben, exchange.public_id, reason="I have moved away.", now=now)
    assert listed(ada) == {"Watercolour", "Piano"}


def test_a_mean_of_few_raters_is_not_listed(ada, now):
    with transaction():
        person = db.session.merge(ada)
        person.rating_sum, person.rating_count, person.rating_milli = 5, 1, 5_000
    query = select(TeacherListing.rating_milli).where(TeacherListing.user_id == ada.id)
    assert set(db.session.scalars(query)) == {0}
    with transaction():
        person = db.session.merge(ada)
        person.rating_sum, person.rating_count = 15, 3
    assert set(db.session.scalars(query)) == {5_000}


def test_a_recount_of_ratings_reaches_the_lists(ada):
    with transaction():
        db.session.execute(update(User).values(rating_rank=1).where(User.id == ada.id))
        rating_totals.recount(ada, RatedRole.TEACHER)
    assert_no_drift()


def test_drift_is_noticed_and_mended(ada, ben, app):
    with transaction():
        db.session.execute(delete(TeacherListing).where(TeacherListing.user_id == ada.id))
        db.session.execute(update(SwapEdge).values(rank=7).where(SwapEdge.user_id == ben.id))
    assert list(listings.drift(utcnow())) == [
        f"the teacher_listings of person {ada.id}",
        f"the swap_edges of person {ben.id}",
    ]
    result = app.test_cli_runner().invoke(args=["reindex"])
    assert result.exit_code == 0
    assert_no_drift()


def test_hours_are_made_anew_when_clocks_change(ada, now):
    people.make_hours(ada, "Mon-Fri 18-21")
    mask = db.session.get_one(HourMask, ada.id)
    before, later = (mask.hours_0, mask.hours_1, mask.hours_2), mask.stale_at
    with transaction():
        assert listings.refresh_due(later, 10) == 1
    after = db.session.get_one(HourMask, ada.id, populate_existing=True)
    assert (after.hours_0, after.hours_1, after.hours_2) != before
    assert after.stale_at > later


def test_nothing_is_written_where_nothing_moved(ada, queries):
    who = [ada.id]
    queries.clear()
    with transaction():
        listings.keep(who, utcnow())
    assert len(queries) == 6
    assert not any(one.startswith(("INSERT", "DELETE", "UPDATE")) for one in queries)


# -- histories ------------------------------------------------------------------------------------

VERBS = (
    "pitch", "accept", "decline", "withdraw", "cancel", "pause", "resume", "suspend", "restore",
    "add", "remove", "level", "week", "zone", "places", "unlearn", "expire", "rest", "block",
)  # fmt: skip
steps = st.lists(
    st.tuples(st.sampled_from(VERBS), st.permutations(NAMES), st.integers(0, 3)), max_size=14
)


def do(verb: str, one: User, other: User, number: int, now: datetime) -> None:
    """One step; what the rules forbid does not happen."""
    skill = ("Chess", "Piano", "Guitar", "Welsh")[number]
    acts: dict[str, Callable[[], object]] = {
        "accept": lambda: first(pitches.inbox(one, None, now), accept(one, now)),
        "decline": lambda: first(pitches.inbox(one, None, now), decline(one, now)),
        "withdraw": lambda: first(
            pitches.sent(one, None, now), lambda key: pitches.withdraw_pitch(one, key, now=now)
        ),
        "cancel": lambda: first(
            exchanges.exchanges_of(one, None, now),
            lambda key: exchanges.cancel_exchange(one, key, reason="I have to go.", now=now),
        ),
        "pause": lambda: pitches.pause(one, until=None, now=now),
        "resume": lambda: pitches.resume(one, now=now),
        "suspend": lambda: safety.suspend(one, days=1, reason="", now=now),
        "restore": lambda: safety.restore(one, now=now),
        "block": lambda: safety.block(one, other.username, now),
        "add": lambda: skills.add_skill(
            one, (OFFERED, WANTED)[number % 2], skill, level=1 + number % 3, note="", now=now
        ),
        "remove": lambda: teaching.remove_skill(one, OFFERED, skill.lower(), now=now),
        "level": lambda: skills.edit_skill(one, OFFERED, "chess", level=1 + number % 3, note=""),
        "week": lambda: availability.set_week(one, read_week("Tue 18-21") if number else []),
        "zone": lambda: setattr(one, "timezone", ("Asia/Kathmandu", "UTC")[number % 2]),
        "places": lambda: setattr(one, "places", 1 + number),
        "unlearn": lambda: setattr(one, "learning", bool(number % 2) or not one.teaching),
        "expire": lambda: pitches.expire_due(now + 20 * DAY, 10),
        "rest": lambda: exchanges.rest_due(now + 40 * DAY, 10),
    }
    try:
        if verb == "pitch":
            people.make_pitch(one, other, "chess", now=now)  # commits by itself
            return
        with transaction():
            acts[verb]()
    except DomainError:
        db.session.rollback()


def named(username: str) -> User:
    return db.session.scalars(select(User).where(User.username == username)).one()


def first(found: object, act: Callable[[str], object]) -> None:
    """Do that to the first of a list, if there is one."""
    for card in found.rows[:1]:
        act(card.public_id)


def accept(one: User, now: datetime) -> Callable[[str], object]:
    return lambda key: pitches.accept_pitch(one, key, now=now)


def decline(one: User, now: datetime) -> Callable[[str], object]:
    return lambda key: pitches.decline_pitch(
        one, key, reason=DeclineReason.NO_TIME, body="", now=now
    )


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(steps)
def test_after_any_history_the_rows_are_those_of_a_rebuild(app, history):
    empty_tables()
    now = utcnow()
    people.make_skill("Guitar"), people.make_skill("Welsh"), people.make_skill("Piano")
    for name in NAMES:
        people.make_person(name, offers=("Chess",), wants=("Spanish",))
    for verb, (one, other, _third), number in history:
        do(verb, named(one), named(other), number, now)
        assert_no_drift()


def test_a_savepoint_that_is_undone_forgets_nobody(ada, now):
    """As when a case waits already: whom the rest has touched is still made anew."""
    with transaction():
        db.session.merge(ada).verified_until = now + 9 * DAY
        db.session.flush()
        with suppress(IntegrityError), db.session.begin_nested():
            twice = {"slug": "piano", "name": "Piano", "category": "Test", "created_at": now}
            db.session.add(skills.Skill(**twice))
    assert db.session.scalars(select(TeacherListing.is_verified)).all() == [True, True]
    assert_no_drift()
