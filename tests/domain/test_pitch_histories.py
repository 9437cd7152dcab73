"""Do the promises about pitches hold whatever people do, in whatever order, while time passes?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from skillswap.db import db, transaction
from skillswap.domain import notifications, pitches
from skillswap.errors import Refused, WrongState
from skillswap.lib.clock import utcnow
from skillswap.models import (
    Conversation,
    DeclineReason,
    Event,
    Exchange,
    Notification,
    PauseKind,
    Pitch,
    PitchState,
    User,
)
from skillswap.models.pitch import OPEN
from tests import people
from tests.support.rows import empty_all_about

CALLS: dict[str, Callable[..., Any]] = {
    "accept": pitches.accept_pitch,
    "decline": pitches.decline_pitch,
    "ignore": pitches.ignore_pitch,
    "withdraw": pitches.withdraw_pitch,
    "ask": pitches.ask,
    "reply": pitches.reply,
    "undo": pitches.undo_decline,
    "last_word": pitches.last_word,
    "withdraw_siblings": pitches.withdraw_siblings,
}
BY_LEARNER = {"withdraw", "reply", "withdraw_siblings"}
LEADS_TO = {
    "accept": PitchState.ACCEPTED,
    "decline": PitchState.DECLINED,
    "withdraw": PitchState.WITHDRAWN,
    "ask": PitchState.CLARIFYING,
    "reply": PitchState.PENDING,
    "undo": PitchState.PENDING,
}
# from which states a verb may start; everywhere else it says 409
STARTS_IN = {
    "accept": OPEN,
    "decline": OPEN,
    "ignore": OPEN,
    "withdraw": OPEN,
    "ask": {PitchState.PENDING},
    "reply": {PitchState.CLARIFYING},
    "undo": {PitchState.DECLINED},
    "last_word": {PitchState.DECLINED, PitchState.EXPIRED},
    "withdraw_siblings": {PitchState.ACCEPTED},
}
NEEDS: dict[str, dict[str, Any]] = {
    "decline": {"reason": DeclineReason.LEVEL},
    "ask": {"body": "Which?"},
    "reply": {"body": "This one."},
    "last_word": {"body": "All the best."},
}
pick = st.integers(0, 7)
sending = st.tuples(st.just("send"), pick, pick, st.sampled_from(("watercolour", "piano")))
trying = st.tuples(st.sampled_from(sorted(CALLS)), pick)
sweeping = st.tuples(st.sampled_from(("sweep", "pause", "resume")), pick)
reading = st.tuples(st.just("read"), pick)
passing = st.tuples(st.just("wait"), st.sampled_from((0.1, 1, 23, 72, 15 * 24, 31 * 24)))
histories = st.lists(
    st.one_of(sending, sending, trying, trying, trying, sweeping, reading, passing), max_size=16
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
            empty_all_about(Event, Conversation, Pitch)
            unpaused = {"paused": None, "paused_until": None, "reply_minutes": None}
            zero = {"answered_count": 0, "unanswered_count": 0}
            db.session.execute(update(User).values(unpaused | zero))
        db.session.expunge_all()
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
        elif verb == "sweep":
            for due in (pitches.expire_due, pitches.remind_due, pitches.resume_due):
                with transaction():
                    due(self.now, 100)
        elif verb in ("pause", "resume"):
            self.rest(verb, self.teachers[how[0] % 2])
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

    def rest(self, verb: str, teacher: User) -> None:
        teacher = db.session.get_one(User, teacher.id)
        was_paused = teacher.paused is not None
        try:
            with transaction():
                if verb == "pause":
                    pitches.pause(teacher, until=None, now=self.now)
                else:
                    pitches.resume(teacher, now=self.now)
        except WrongState:
            assert (verb, was_paused) == ("resume", False)
        else:
            assert teacher.paused is (PauseKind.OWN if verb == "pause" else None)

    def answer(self, verb: str, public_id: str, learner: User, teacher: User) -> None:
        who = db.session.get_one(User, (learner if verb in BY_LEARNER else teacher).id)
        pitch = pitches.pitch_of(who, public_id)
        before, due, veiled = rows(), pitch.state_at(self.now), pitch.is_veiled(self.now)
        said_no = None
        try:
            with transaction():
                CALLS[verb](who, public_id, now=self.now, **NEEDS.get(verb, {}))
        except (WrongState, Refused) as error:
            said_no = error
        if said_no is None:
            assert due in STARTS_IN[verb]
            assert pitches.pitch_of(who, public_id).state_at(self.now) is LEADS_TO.get(verb, due)
            self.check_told(verb, public_id, learner)
            return
        assert rows() == before
        if isinstance(said_no, WrongState):
            late = verb in ("undo", "last_word") and due in STARTS_IN[verb]
            assert late or due not in STARTS_IN[verb]
            assert said_no.state == due or late or veiled
        else:
            assert (verb, said_no.code) == ("accept", "no_places")

    def check_told(self, verb: str, public_id: str, learner: User) -> None:
        """The other side has been told, and an undone decline was never heard of."""
        event = db.session.scalars(select(Event).order_by(Event.id.desc())).first()
        told = select(Notification.user_id).where(Notification.event_id == event.id)
        heard = db.session.scalars(told).all()
        if verb in ("undo", "ignore"):
            assert heard == []
        elif verb not in ("withdraw_siblings", "accept"):
            assert heard == [one for one in event.audience if one != event.actor_id] != []
        if verb == "undo":
            lines = notifications.page_of(learner, None, self.now + timedelta(days=1))
            about = [line.text for line in lines if line.public_id == public_id]
            assert len([text for text in about if text.startswith("declined")]) == 0

    def check(self) -> None:
        """One open pitch at most for a learner, a teacher and a skill."""
        triples = db.session.execute(
            select(func.count())
            .where(Pitch.state.in_(OPEN))
            .group_by(Pitch.learner_id, Pitch.teacher_id, Pitch.skill_id)
        ).scalars()
        assert set(triples) <= {1}
        # what is open has an end, and one of the two whose turn it is
        for pitch in db.session.scalars(select(Pitch).where(Pitch.state.in_(OPEN))):
            assert pitch.respond_by - self.now <= timedelta(days=14)
        self.check_answers()

    def check_answers(self) -> None:
        """Each teacher's numbers are those of their pitches, counted here in another way."""
        for teacher in self.teachers:
            teacher = db.session.get_one(User, teacher.id, populate_existing=True)
            mine = db.session.scalars(select(Pitch).where(Pitch.teacher_id == teacher.id)).all()
            answered = [pitch for pitch in mine if pitch.first_answered_at]
            left = [
                pitch
                for pitch in mine
                if pitch.state is PitchState.EXPIRED and not pitch.first_answered_at
            ]
            seen = (teacher.answered_count, teacher.unanswered_count)
            if all(self.now - pitch.sent_at < timedelta(days=180) for pitch in mine):
                assert seen == (len(answered), len(left))

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
