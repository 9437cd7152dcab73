"""Streaks: what counts for which week, and what four weeks in a row come to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from skillswap.db import db, transaction
from skillswap.domain import lasting, learning_sessions, pitches, posts, ratings, streaks
from skillswap.domain.streaks import WeekState
from skillswap.domain.streaks.keeping import keep
from skillswap.errors import Refused
from skillswap.lib.clock import zone
from skillswap.models import (
    DeclineReason,
    Event,
    MarkKind,
    OutcomeAnswer,
    PostKind,
    StreakAward,
    StreakMark,
    User,
)
from tests import people

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
ZONES = ("UTC", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu")


def marked(person: User, at: datetime, source: int, said: datetime | None = None) -> None:
    """Something of that instant counts, written when it was said."""
    event = Event(kind="rating.sealed", actor_id=person.id, facts={}, happened_at=said or at)
    for follow in keep(person.id, person.timezone, MarkKind.RATING, source, at, event):
        db.session.add(follow)
    db.session.flush()


@pytest.fixture
def kay(app) -> User:
    return people.make_person("kay", timezone="UTC")


def count_of(person: User, kind: MarkKind) -> int | None:
    marks = select(func.count(StreakMark.week)).filter_by(user_id=person.id, kind=kind)
    return db.session.scalar(marks)


# -- from verbs -----------------------------------------------------------------------------------


def test_a_session_counts_for_both_in_the_week_it_took_place_however_late_it_is_confirmed(
    ada, ben, now
):
    exchange = people.make_exchange(ben, ada, now=now - 9 * DAY)
    made = people.make_session(ben, exchange, start=people.next_quarter(now), now=now - 3 * DAY)
    over = made.ends_at + HOUR
    with transaction():
        learning_sessions.give_outcome(ada, made.public_id, answer=OutcomeAnswer.HAPPENED, now=over)
    assert count_of(ben, MarkKind.SESSION) == 0
    late = over + 5 * DAY  # ben stays silent: 72 hours later it counts
    with transaction():
        learning_sessions.settle_due(late, 10)
    for person in (ada, ben):
        week, _early = streaks.week_of(made.ends_at, person.timezone)
        written = select(StreakMark.week).filter_by(user_id=person.id, kind=MarkKind.SESSION)
        assert db.session.scalars(written).all() == [week]


def test_a_rating_keeps_the_week_of_its_author(ada, ben, now):
    exchange = people.make_exchange(ben, ada, now=now - 9 * DAY)
    start = people.next_quarter(now - 5 * DAY)
    made = people.make_session(ben, exchange, start=start, now=start - 2 * DAY)
    with transaction():
        for person in (ada, ben):
            learning_sessions.give_outcome(
                person, made.public_id, answer=OutcomeAnswer.HAPPENED, now=start + 2 * HOUR
            )
        ratings.rate_session(ben, made.public_id, stars=5, now=now)
    kinds = select(StreakMark.kind).where(StreakMark.user_id == ben.id)
    assert set(db.session.scalars(kinds)) == {MarkKind.SESSION, MarkKind.RATING}


def test_answering_counts_once_no_pitch_of_the_week_waits_and_not_when_it_is_undone(ada, ben, now):
    cy = people.cy()
    start, _end = streaks.counting.bounds(streaks.week_of(now, "Europe/London")[0] + 1, "UTC")
    sent = start - 2 * DAY
    soon = people.make_pitch(ben, ada, now=sent)
    later = people.make_pitch(cy, ada, now=sent)
    with transaction():
        for pitch, days in ((soon, 4), (later, 5)):
            db.session.merge(pitch).respond_by = start + days * DAY
    at = start + DAY

    def decline(pitch, at):
        with transaction():
            pitches.decline_pitch(
                ada, pitch.public_id, reason=DeclineReason.NO_TIME, body="", now=at
            )

    decline(soon, at)
    assert streaks.streak_of(ada, at).current == 0  # one that is due this week still waits
    decline(later, at + HOUR)
    assert streaks.streak_of(ada, at + HOUR).current == 1
    with transaction():
        pitches.undo_decline(ada, later.public_id, now=at + HOUR + timedelta(minutes=5))
    assert streaks.streak_of(ada, at + 2 * HOUR).current == 0


def test_answering_does_not_count_while_one_of_the_week_ran_out(ada, ben, now):
    cy = people.cy()
    start, _end = streaks.counting.bounds(streaks.week_of(now, "Europe/London")[0] + 1, "UTC")
    missed = people.make_pitch(ben, ada, now=start - 2 * DAY)
    other = people.make_pitch(cy, ada, now=start - 2 * DAY)
    with transaction():
        db.session.merge(missed).respond_by = start + DAY
    with transaction():
        pitches.expire_due(start + 2 * DAY, 10)
    with transaction():
        pitches.accept_pitch(ada, other.public_id, now=start + 2 * DAY)
    assert streaks.streak_of(ada, start + 2 * DAY).current == 0


# -- weeks in a row -------------------------------------------------------------------------------


def test_four_weeks_are_told_once_and_bank_a_rest_week(kay):
    for number in range(4):
        marked(kay, MONDAY + number * WEEK + 3 * DAY, number)
        marked(kay, MONDAY + number * WEEK + 3 * DAY, number)  # the same again
    at = MONDAY + 3 * WEEK + 4 * DAY
    told = db.session.scalars(select(Event).where(Event.kind == "streak.reached")).all()
    assert [event.facts for event in told] == [{"weeks": 4, "week": told[0].facts["week"]}]
    streak = streaks.streak_of(kay, at)
    assert (streak.current, streak.longest, streak.rests) == (4, 4, 1)
    # an empty week takes the rest week, the next one ends it
    assert streaks.streak_of(kay, at + 2 * WEEK).current == 4
    assert streaks.streak_of(kay, at + 3 * WEEK).current == 0
    assert streaks.streak_of(kay, at + 3 * WEEK).longest == 4


def test_a_week_can_be_saved_for_36_hours_and_what_saves_it_does_not_keep_the_next(kay):
    marked(kay, MONDAY + DAY, 1)
    end = MONDAY + 2 * WEEK
    assert streaks.streak_of(kay, end + 35 * HOUR).last_week_is_open
    assert streaks.streak_of(kay, end + 36 * HOUR).current == 0
    marked(kay, end + 35 * HOUR, 2)
    streak = streaks.streak_of(kay, end + 40 * HOUR)
    assert [week.state for week in streak.weeks] == [
        WeekState.KEPT,
        WeekState.SAVED,
        WeekState.OPEN,
    ]
    assert streak.current == 2


def test_a_pause_neither_adds_nor_ends_and_ends_by_itself(kay):
    marked(kay, MONDAY + DAY, 1)
    with transaction():
        streaks.pause_streak(kay, weeks=2, now=MONDAY + WEEK + DAY)
    back = MONDAY + 3 * WEEK + DAY
    assert streaks.streak_of(kay, back).current == 1
    assert streaks.streak_of(kay, back + WEEK + DAY).current == 0
    marked(kay, back, 2)
    assert streaks.streak_of(kay, back).current == 2
    with pytest.raises(Refused):
        streaks.pause_streak(kay, weeks=52, now=back)


def test_coming_back_early_lets_the_week_count_again(kay):
    marked(kay, MONDAY + DAY, 1)
    at = MONDAY + WEEK + DAY
    with transaction():
        streaks.pause_streak(kay, weeks=8, now=at)
        streaks.pause_streak(kay, weeks=4, now=at)
    assert streaks.paused_until(kay, at) == (MONDAY + 5 * WEEK - DAY).date()
    with transaction():
        streaks.resume_streak(kay, now=at + WEEK)
        streaks.resume_streak(kay, now=at + WEEK)
    assert streaks.paused_until(kay, at + WEEK) is None
    assert streaks.streak_of(kay, at + 3 * WEEK).current == 0


# -- any history, and the definition --------------------------------------------------------------


class Naive:
    """The rules again, over instants on walls: no week has a number, nothing is counted up."""

    def __init__(self) -> None:
        self.things: dict[int, datetime] = {}
        self.paused: set[datetime] = set()

    def streak(self, wall: datetime) -> tuple[int, int, int]:
        things = sorted(self.things.values())
        length = longest = rests = 0
        if not things:
            return 0, 0, 0
        monday, last = _monday(things[0]), max(_monday(wall), _monday(things[-1]))
        while monday <= last:
            end = monday + WEEK
            own = [thing for thing in things if monday <= thing < end]
            if not own and length and monday not in self.paused:
                own = [thing for thing in things if end <= thing < end + 36 * HOUR][:1]
                things = [thing for thing in things if thing not in own]
            if own:
                length += 1
                longest = max(longest, length)
                rests = min(2, rests + (length % 4 == 0))
            elif monday not in self.paused and wall >= end + 36 * HOUR:
                rests, length = (rests - 1, length) if length and rests else (rests, 0)
            monday = end
        return length, longest, rests


def _monday(wall: datetime) -> datetime:
    day = wall.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - day.weekday() * DAY


def _wall(at: datetime, zone_name: str) -> datetime:
    return at.astimezone(zone(zone_name)).replace(tzinfo=None)


STEPS = st.tuples(
    st.sampled_from(["thing", "thing", "thing", "late", "zone", "pause", "resume", "again"]),
    st.integers(0, 12 * 24),  # hours until the next
    st.integers(0, 9),
)


@settings(max_examples=25)
@given(history=st.lists(STEPS, max_size=40))
def test_any_history_equals_the_definition(app, history):
    people_before = select(User).where(User.username == "kay")
    with transaction():
        db.session.execute(delete(StreakAward))
        db.session.execute(delete(StreakMark))
        db.session.execute(delete(Event))
    kay = db.session.scalar(people_before) or people.make_person("kay", timezone="UTC")
    kay.timezone, naive, at = "UTC", Naive(), MONDAY
    for source, (step, hours, pick) in enumerate(history):
        at += hours * HOUR + timedelta(microseconds=1)
        here = _wall(at, kay.timezone)
        with transaction():
            if step in ("thing", "late"):
                when = at - pick * DAY if step == "late" else at
                marked(kay, when, source, said=at)
                naive.things[source] = _wall(when, kay.timezone)
            elif step == "zone":
                kay = db.session.merge(kay)
                kay.timezone = ZONES[pick % len(ZONES)]
            elif step == "pause":
                weeks = streaks.PAUSES[pick % len(streaks.PAUSES)]
                streaks.pause_streak(kay, weeks=weeks, now=at)
                naive.paused = {one for one in naive.paused if one < _monday(here)}
                naive.paused |= {_monday(here) + number * WEEK for number in range(weeks)}
            elif step == "resume":
                streaks.resume_streak(kay, now=at)
                naive.paused = {one for one in naive.paused if one < _monday(here)}
            elif naive.things:  # replayed: nothing changes
                for _time in range(10):
                    one = min(naive.things)
                    marked(kay, at, one)
        found = streaks.streak_of(kay, at)
        numbers = (found.current, found.longest, found.rests)
        assert numbers == naive.streak(_wall(at, kay.timezone))
        runs = {week.begins_run: week.length for week in found.weeks}
        awards = select(func.count()).select_from(StreakAward)
        assert db.session.scalar(awards) == sum(length // 4 for length in runs.values())
    told = select(func.count()).select_from(Event).where(Event.kind == "streak.reached")
    assert db.session.scalar(told) == db.session.scalar(select(func.count(StreakAward.week)))


def test_a_tutorial_keeps_the_week_it_was_published_while_it_scores(ada):
    people.make_skill("Watercolour")
    mo, week = people.mo(), streaks.week_of(MONDAY, ada.timezone)[0]
    with transaction():
        made = posts.publish(
            ada,
            kind=PostKind.TUTORIAL,
            title="Wash",
            body="Wet the paper first. " * 80,
            skills=["watercolour"],
            now=MONDAY + 6 * DAY,
        )
    assert count_of(ada, MarkKind.TUTORIAL) == 0
    with transaction():
        lasting.note_due(MONDAY + 7 * DAY, 10)
    marks = select(StreakMark.week).filter_by(user_id=ada.id, kind=MarkKind.TUTORIAL)
    assert db.session.scalars(marks).all() == [week]
    for verb, weeks in ((posts.hide, []), (posts.release, [week])):
        with transaction():
            verb(mo, made.public_id, now=MONDAY + 8 * DAY)
        assert db.session.scalars(marks).all() == weeks
