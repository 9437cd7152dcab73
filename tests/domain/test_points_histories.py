"""Whatever happens, in any order: do the lines add up, does no cap give way, and do the events
make the same ledger again?

Ada, ben and cy teach one another; they meet or not, say so early, late or differently, rate, hide,
retract, write, like, answer and undo, move to other zones, while the sweep runs or does not.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import (
    exchanges,
    lasting,
    learning_sessions,
    likes,
    pitches,
    points,
    posts,
    ratings,
)
from skillswap.errors import DomainError
from skillswap.lib.clock import utcnow
from skillswap.models import (
    DeclineReason,
    Event,
    Exchange,
    ExchangeState,
    LearningSession,
    OutcomeAnswer,
    Pitch,
    PointsEntry,
    PointsKind,
    PointsPeriod,
    PointsSkillPeriod,
    Post,
    PostKind,
    PostState,
    Rating,
    SessionState,
    User,
)
from tests import people
from tests.support.rows import stage

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
K = PointsKind
LONG = " ".join(["water"] * 301)
ZONES = ("Asia/Kolkata", "America/Los_Angeles", "Pacific/Auckland")
number = st.integers(0, 23)
meeting = st.tuples(st.sampled_from(("meet", "meet", "meet", "far")), number)
saying = st.tuples(st.just("say"), number)
rating = st.tuples(st.sampled_from(("rate", "rate", "hide", "show", "retract")), number)
writing = st.tuples(st.sampled_from(("write", "like", "like", "hide_post", "show_post")), number)
pitching = st.tuples(st.sampled_from(("pitch", "answer", "undo")), number)
rare = st.tuples(st.sampled_from(("end", "end", "zone", "sweep")), number)
passing = st.tuples(st.just("wait"), st.sampled_from((3, 26, 80, 24 * 8, 24 * 20)))
step = st.one_of(meeting, meeting, saying, saying, rating, writing, pitching, rare, passing)
histories = st.lists(step, min_size=10, max_size=34)


def begin() -> tuple[datetime, list[int], int, list[str]]:
    """Three who swap with one another, and who moderates."""
    now = people.next_quarter(utcnow() - 100 * DAY)
    columns = {"places": 9, "daily_sessions": 8, "buffer_minutes": 0}
    three = [
        people.make_person(name, offers=("Spanish", "Chess"), joined=300 * DAY, **columns)
        for name in ("ada", "ben", "cy")
    ]
    keys = []
    for place, teacher in enumerate(three):
        learner = three[(place + 1) % 3]
        opened = people.make_exchange(learner, teacher, "spanish", now=now)
        keys.append(opened.public_id)
    return now, [one.id for one in three], people.mo().id, keys


class Story:
    """What they do, by their clock."""

    def __init__(self) -> None:
        self.now, self.ids, self.mo_id, self.exchanges = stage(begin)

    def person(self, number: int) -> User:
        return db.session.get_one(User, self.ids[number % 3])

    def step(self, verb: str, number: int) -> None:
        """One thing somebody tries; what is refused changes nothing."""
        if verb == "wait":
            self.now += timedelta(hours=number)
            return
        db.session.expunge_all()
        try:
            with transaction():
                getattr(self, verb)(number)
        except DomainError:
            pass
        db.session.rollback()
        self.now += timedelta(minutes=15)

    def some(self, table: Any, number: int, *which: Any) -> Any:
        rows = db.session.scalars(select(table).where(*which).order_by(table.id)).all()
        return rows[number % len(rows)] if rows else None

    # -- sessions ---------------------------------------------------------------------------------

    def meet(self, number: int, after: int = 13) -> None:
        """A session is agreed on, thirteen hours ahead."""
        key = self.exchanges[number % 3]
        opened = db.session.scalars(select(Exchange).where(Exchange.public_id == key)).one()
        teacher, learner = [
            db.session.get_one(User, one) for one in (opened.teacher_id, opened.learner_id)
        ]
        legs = exchanges.exchange_of(teacher, key).legs
        start = people.next_quarter(self.now + timedelta(hours=after))
        one = learning_sessions.propose_times(
            teacher,
            key,
            leg_id=legs[0].id,
            starts=[start],
            minutes=(30, 60, 90)[number % 3],
            now=self.now,
        )
        learning_sessions.accept_times(learner, one.public_id, start=start, now=self.now)

    def far(self, number: int) -> None:
        self.meet(number, 50)

    def say(self, number: int) -> None:
        """One of its two says how it was: mostly that it took place."""
        one = self.some(
            LearningSession,
            number,
            LearningSession.state.in_((SessionState.SCHEDULED, SessionState.DISPUTED)),
            LearningSession.ends_at <= self.now,
        )
        if one is not None:
            happened, answers = OutcomeAnswer.HAPPENED, list(OutcomeAnswer)
            answer = answers[number % 4] if number % 5 == 0 else happened
            person = db.session.get_one(User, (one.teacher_id, one.learner_id)[number % 2])
            learning_sessions.give_outcome(person, one.public_id, answer=answer, now=self.now)

    def end(self, number: int) -> None:
        """One of its two says that an exchange has reached its goal."""
        one = self.some(Exchange, number // 2, Exchange.state == ExchangeState.ACTIVE)
        if one is not None:
            person = db.session.get_one(User, (one.teacher_id, one.learner_id)[number % 2])
            exchanges.complete_exchange(person, one.public_id, now=self.now)

    # -- ratings ----------------------------------------------------------------------------------

    def rate(self, number: int) -> None:
        one = self.some(LearningSession, number // 2, LearningSession.ends_at <= self.now)
        if one is not None:
            person = db.session.get_one(User, (one.teacher_id, one.learner_id)[number % 2])
            ratings.rate_session(person, one.public_id, stars=1 + number % 5, now=self.now)

    def hide(self, number: int) -> None:
        self.staff(ratings.hide_rating, Rating, number)

    def show(self, number: int) -> None:
        self.staff(ratings.release_rating, Rating, number)

    def retract(self, number: int) -> None:
        if (one := self.some(Rating, number)) is not None:
            rater = db.session.get_one(User, one.rater_id)
            ratings.retract_rating(rater, one.public_id, now=self.now)

    def staff(self, verb: Any, table: Any, number: int) -> None:
        mo = db.session.get_one(User, self.mo_id)
        if (one := self.some(table, number)) is not None:
            verb(mo, one.public_id, now=self.now)

    # -- posts ------------------------------------------------------------------------------------

    def write(self, number: int) -> None:
        posts.publish(
            self.person(number),
            kind=PostKind.TUTORIAL,
            title=f"Number {number}",
            body=f"{LONG if number % 4 else 'Short.'} {number}",
            skills=["spanish"],
            now=self.now,
        )

    def like(self, number: int) -> None:
        one = self.some(Post, number // 3, Post.state == PostState.PUBLISHED)
        if one is not None:
            likes.like_post(self.person(number), one.public_id, self.now)

    def hide_post(self, number: int) -> None:
        self.staff(posts.hide, Post, number)

    def show_post(self, number: int) -> None:
        self.staff(posts.release, Post, number)

    # -- pitches and the rest ---------------------------------------------------------------------

    def pitch(self, number: int) -> None:
        learner, teacher = self.person(number), self.person(number + 1 + number % 2)
        pitches.send_pitch(
            learner,
            teacher,
            skill="chess",
            body=f"{people.BODY} {number} {self.now.isoformat()}",
            now=self.now,
        )

    def answer(self, number: int) -> None:
        one = self.some(Pitch, number)
        if one is not None:
            teacher = db.session.get_one(User, one.teacher_id)
            if number % 3 == 0:
                pitches.accept_pitch(teacher, one.public_id, now=self.now)
            else:
                reason = DeclineReason.NO_TIME
                pitches.decline_pitch(teacher, one.public_id, reason=reason, now=self.now)
                self.now -= timedelta(minutes=10)  # so that it can still be undone

    def undo(self, number: int) -> None:
        if (one := self.some(Pitch, number)) is not None:
            teacher = db.session.get_one(User, one.teacher_id)
            pitches.undo_decline(teacher, one.public_id, now=self.now)

    def zone(self, number: int) -> None:
        self.person(number).timezone = ZONES[number % 3]

    def sweep(self, _number: int) -> None:
        for due in (learning_sessions.settle_due, exchanges.settle_due, lasting.note_due):
            due(self.now, 50)


def ledger() -> list[tuple[Any, ...]]:
    """Every line, by what it says: numbers of rows apart."""
    db.session.expunge_all()
    db.session.rollback()
    rows = db.session.scalars(select(PointsEntry).order_by(PointsEntry.id)).all()
    name = {row.id: (row.user_id, row.kind, row.source) for row in rows}
    plain = [
        column.name
        for column in PointsEntry.__table__.columns
        if column.name not in ("id", "reverses_id")
    ]
    return [
        (*(repr(getattr(row, one)) for one in plain), name.get(row.reverses_id)) for row in rows
    ]


def periods() -> list[tuple[Any, ...]]:
    tables = (PointsPeriod, PointsSkillPeriod)
    rows = [
        (table.__tablename__, *map(repr, row))
        for table in tables
        for row in db.session.execute(select(*table.__table__.columns)).all()
        if row.points or row.sessions
    ]
    return sorted(rows)


def check_caps() -> None:
    """By their definition: what was given in a day, a week, a year, for one post."""
    db.session.rollback()
    rows = db.session.scalars(select(PointsEntry).where(PointsEntry.reverses_id.is_(None))).all()
    days: Counter[Any] = Counter()
    times: Counter[Any] = Counter()
    for row in rows:
        at = row.counted_at.astimezone(UTC)
        days[row.user_id, at.date()] += row.points
        if row.points:
            monday = at.date() - timedelta(days=at.weekday())
            each = {
                K.LEARNED: monday,
                K.PARTNER: monday,
                K.TUTORIAL: monday,
                K.RATING: at.date(),
                K.ANSWER: at.date(),
                K.EXCHANGE: (at.year, row.partner_id),
                K.LIKE: row.subject_id,
            }
            times[row.user_id, row.kind, each.get(row.kind)] += 1
    most = {K.LEARNED: 4, K.PARTNER: 3, K.TUTORIAL: 2, K.RATING: 2, K.ANSWER: 3, K.EXCHANGE: 2}
    assert max(days.values(), default=0) <= 120
    for (user_id, kind, _span), count in times.items():
        assert count <= (most | {K.LIKE: 10}).get(kind, count), (user_id, kind)


def check_sums() -> None:
    """The ledger's sum is the sum of each kind of period, and no line is turned twice."""
    total = db.session.scalar(select(func.coalesce(func.sum(PointsEntry.points), 0)))
    sums = db.session.execute(
        select(PointsPeriod.kind, func.sum(PointsPeriod.points)).group_by(PointsPeriod.kind)
    )
    assert {int(points_) for _kind, points_ in sums} <= {int(total or 0)}
    assert list(points.drift()) == []
    turned = [one for one in db.session.scalars(select(PointsEntry.reverses_id)) if one]
    assert len(turned) == len(set(turned))


@pytest.mark.usefixtures("app")
@settings(max_examples=10, suppress_health_check=list(HealthCheck), deadline=None)
@given(histories)
def test_the_ledger_adds_up_keeps_its_caps_and_is_made_again_from_the_events(history) -> None:
    story = Story()
    for verb, how in history:
        story.step(verb, how)
    story.step("sweep", 0)
    before, sums = ledger(), periods()
    check_sums()
    check_caps()
    with transaction():
        points.rebuild()
    assert ledger() == before
    assert periods() == sums
    with transaction():
        for event in db.session.scalars(
            select(Event).where(Event.kind.in_(points.COUNTS)).order_by(Event.id)
        ).all():
            for _ in range(10 if event.id % 7 == 0 else 1):
                points.count(event)
    assert ledger() == before
    assert periods() == sums
