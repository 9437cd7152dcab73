"""Do the promises about pitches hold whatever people do, in whatever order, while time passes?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from skillswap.db import db, transaction
from skillswap.domain import notifications, pitches
from skillswap.errors import Refused, WrongState
from skillswap.lib.clock import utcnow
from skillswap.models import (
    DeclineReason,
    Event,
    Exchange,
    ExchangeLeg,
    Notification,
    Pitch,
    PitchState,
    User,
)
from skillswap.models.pitch import FINAL, OPEN
from tests import people

VERBS = ("accept", "decline", "ignore", "withdraw")
LEADS_TO = {
    "accept": PitchState.ACCEPTED,
    "decline": PitchState.DECLINED,
    "withdraw": PitchState.WITHDRAWN,
}
pick = st.integers(0, 7)
sending = st.tuples(st.just("send"), pick, pick, st.sampled_from(("watercolour", "piano")))
answering = st.tuples(st.sampled_from(VERBS), pick)
reading = st.tuples(st.just("read"), pick)
passing = st.tuples(st.just("wait"), st.sampled_from((1, 23, 72, 15 * 24, 31 * 24)))
histories = st.lists(
    st.one_of(sending, sending, answering, answering, reading, passing), max_size=14
)


def rows() -> tuple[Any, ...]:
    """Everything a pitch may touch."""
    kept = db.session.execute(
        select(Pitch.id, Pitch.state, Pitch.ignored_at, Pitch.answered_at).order_by(Pitch.id)
    ).all()
    counts = [
        db.session.scalar(select(func.count()).select_from(table))
        for table in (Event, Notification, Exchange)
    ]
    return (*kept, *counts)


class Story:
    """Two learners, two teachers, a clock, and what they did so far."""

    def __init__(self, learners: list[User], teachers: list[User]) -> None:
        with transaction():
            for table in (Notification, Event, ExchangeLeg, Exchange, Pitch):
                db.session.execute(delete(table))
        self.now: datetime = utcnow()
        self.learners, self.teachers = learners, teachers
        self.sent: list[tuple[str, User, User]] = []  # public id, learner, teacher

    def step(self, verb: str, *how: Any) -> None:
        """One thing somebody tries; whatever it is, the promises hold before and after."""
        if verb == "wait":
            self.now += timedelta(hours=how[0])
        elif verb == "read":
            person = (self.learners + self.teachers)[how[0] % 4]
            with transaction():
                notifications.read_all(person, self.now)
        elif verb == "send":
            self.send(self.learners[how[0] % 2], self.teachers[how[1] % 2], how[2])
        elif self.sent:
            self.answer(verb, *self.sent[how[0] % len(self.sent)])

    def send(self, learner: User, teacher: User, skill: str) -> None:
        # a refusal lets go of what was loaded: take the people as the open unit of work has them
        learner, teacher = (db.session.get_one(User, one.id) for one in (learner, teacher))
        before = rows()
        try:
            with transaction():
                pitch = pitches.send_pitch(
                    learner, teacher, skill=skill, body=people.BODY, days=3, now=self.now
                )
        except Refused:
            assert rows() == before
        else:
            self.sent.append((pitch.public_id, learner, teacher))

    def answer(self, verb: str, public_id: str, learner: User, teacher: User) -> None:
        who = db.session.get_one(User, (learner if verb == "withdraw" else teacher).id)
        before, due = rows(), pitches.pitch_of(who, public_id).state_at(self.now)
        more = {"reason": DeclineReason.LEVEL} if verb == "decline" else {}
        said_no = None
        try:
            with transaction():
                getattr(pitches, f"{verb}_pitch")(who, public_id, now=self.now, **more)
        except (WrongState, Refused) as error:
            said_no = error
        if said_no is None:
            assert due in OPEN
            assert pitches.pitch_of(who, public_id).state is LEADS_TO.get(verb, due)
            return
        assert rows() == before
        if isinstance(said_no, WrongState):
            assert due in FINAL
            assert said_no.state == due
        else:
            assert (verb, said_no.code) == ("accept", "no_places")

    def check(self) -> None:
        """One open pitch at most for a learner, a teacher and a skill."""
        triples = db.session.execute(
            select(func.count())
            .where(Pitch.state.in_(OPEN))
            .group_by(Pitch.learner_id, Pitch.teacher_id, Pitch.skill_id)
        ).scalars()
        assert set(triples) <= {1}

    def check_counts(self) -> None:
        """Every number is that of the rows it stands for."""
        for person in self.learners + self.teachers:
            unread = db.session.scalar(notifications.unread_count(person.id, self.now))
            assert unread == len(notifications.page_of(person, None, self.now, unread_only=True))
            waiting = db.session.scalar(pitches.waiting_count(person.id, self.now))
            assert waiting == len(pitches.inbox(person, None, self.now))
        accepted = select(func.count()).where(Pitch.state == PitchState.ACCEPTED)
        assert db.session.scalar(accepted) == db.session.scalar(select(func.count(Exchange.id)))


@pytest.fixture
def town(app: Flask) -> tuple[list[User], list[User]]:
    """Learners and teachers; each story starts with them and nothing between them."""
    skills = ("Watercolour", "Piano")
    narrow = people.make_person("ada", offers=skills, places=2)
    popular = people.make_person("dee", offers=skills, pitch_cap=2)
    return [people.ben(), people.cy()], [narrow, popular]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_no_history_breaks_a_promise(
    town: tuple[list[User], list[User]], history: list[tuple[Any, ...]]
) -> None:
    story = Story(*town)
    for verb, *how in history:
        story.step(verb, *how)
        story.check()
    story.check_counts()
