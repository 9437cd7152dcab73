"""Do the promises about swap rings hold whatever people do, and in whatever order?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, notifications, pitches, rings, safety
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.clock import utcnow
from skillswap.models import (
    Block,
    Event,
    Exchange,
    ExchangeLeg,
    ExchangeState,
    Notification,
    Pitch,
    PitchState,
    RingAnswer,
    RingState,
    SwapRing,
    SwapRingMember,
    User,
)
from skillswap.models.swap_ring import ANSWER_WITHIN
from tests import people
from tests.support.rows import Scene, scene
from tests.trios import SKILLS, WORDS

# ada and the others each teach the next; cleo and dora teach the same, and ben has one place
TURNS = [
    ("ada", "ben", "cleo", SKILLS),
    ("ben", "cleo", "ada", [*SKILLS[1:], SKILLS[0]]),
    ("ada", "ben", "dora", SKILLS),
    ("dora", "ada", "ben", [SKILLS[2], *SKILLS[:2]]),
]
NAMES = ("ada", "ben", "cleo", "dora")
ANSWERS = {
    "accept": (rings.accept_ring, {"body": WORDS}),
    "decline": (rings.decline_ring, {}),
    "withdraw": (rings.withdraw_ring, {}),
}
NEEDS = {"accept": RingAnswer.WAITING, "decline": RingAnswer.WAITING, "withdraw": RingAnswer.YES}
pick = st.integers(0, 11)
starting = st.tuples(st.just("start"), pick, pick)
saying = st.tuples(st.sampled_from(["accept"] * 4 + ["decline", "withdraw"]), pick, pick)
agreeing = st.tuples(st.just("agree"), st.integers(0, 1), pick)
living = st.tuples(st.sampled_from(["pause", "resume", "block", "unblock", "end"]), pick, pick)
passing = st.tuples(st.just("wait"), st.sampled_from((1, 30, 24 * 8, 24 * 31)), pick)
sweeping = st.tuples(st.just("sweep"), pick, pick)
histories = st.lists(
    st.one_of(starting, saying, saying, agreeing, living, passing, sweeping), max_size=12
)


def rows() -> tuple[Any, ...]:
    """Everything a ring may touch."""
    kept = db.session.execute(select(SwapRing.id, SwapRing.state).order_by(SwapRing.id)).all()
    member = select(SwapRingMember.ring_id, SwapRingMember.position, SwapRingMember.answer)
    answers = db.session.execute(member.order_by(*member.selected_columns)).all()
    counts = [
        db.session.scalar(select(func.count()).select_from(table))
        for table in (Event, Notification, Exchange, Pitch)
    ]
    return (*kept, *answers, *counts)


class Story:
    """Four people, a clock, and what they did so far."""

    def __init__(self, beginning: Scene) -> None:
        beginning.again()
        db.session.expunge_all()
        self.now: datetime = utcnow()

    def person(self, name: str) -> User:
        return db.session.scalars(select(User).where(User.username == name)).one()

    def step(self, verb: str, one: int, other: int) -> None:
        """One thing somebody tries; a refusal changes nothing."""
        if verb == "wait":
            self.now += timedelta(hours=one)
        elif verb == "sweep":
            self.sweep()
        elif verb == "start":
            self.start(*TURNS[one % len(TURNS)])
        elif verb in ANSWERS:
            self.answer(verb, one, NAMES[other % 4])
        elif verb == "agree":  # one after the other, who has not answered
            for name in NAMES:
                self.answer("accept", one, name)
        else:
            self.live(verb, NAMES[one % 4], NAMES[other % 4])

    def sweep(self) -> None:
        for due in (pitches.resume_due, rings.lapse_due, rings.close_due):
            with transaction():
                due(self.now, 100)
        with transaction():
            assert rings.lapse_due(self.now, 100) == rings.close_due(self.now, 100) == 0

    def start(self, first: str, second: str, third: str, skills: list[str]) -> None:
        before = rows()
        try:
            with transaction():
                rings.start_ring(
                    self.person(first), [second, third], skills, body=WORDS, now=self.now
                )
        except (Refused, NotFound):
            assert rows() == before

    def answer(self, verb: str, number: int, name: str) -> None:
        found = db.session.scalars(select(SwapRing.public_id).order_by(SwapRing.id.desc())).all()
        if not found:
            return
        key, person = found[number % len(found)], self.person(name)
        before = rows()
        try:
            view = rings.ring_of(person, key, self.now)
        except NotFound:
            with pytest.raises(NotFound), transaction():
                ANSWERS[verb][0](person, key, now=self.now, **ANSWERS[verb][1])
            return
        legal = view.is_open and view.mine.answer is NEEDS[verb]
        try:
            with transaction():
                ANSWERS[verb][0](person, key, now=self.now, **ANSWERS[verb][1])
        except WrongState:
            assert not legal
            assert rows() == before
        else:
            assert legal
            assert rows() != before

    def live(self, verb: str, name: str, other: str) -> None:
        person = self.person(name)
        try:
            with transaction():
                match verb:
                    case "pause":
                        pitches.pause(person, until=None, now=self.now)
                    case "resume":
                        pitches.resume(person, now=self.now)
                    case "block" if name != other:
                        safety.block(person, other, self.now)
                    case "unblock" if name != other:
                        safety.unblock(person, other, self.now)
                    case "end":
                        self.end_one(person)
        except (WrongState, NotFound):
            pass

    def end_one(self, person: User) -> None:
        """Cancel an exchange of theirs, so that a place is free again."""
        mine = (Exchange.learner_id == person.id) | (Exchange.teacher_id == person.id)
        open_ones = select(Exchange.public_id).where(mine, Exchange.state == ExchangeState.ACTIVE)
        key = db.session.scalars(open_ones.order_by(Exchange.id)).first()
        if key is not None:
            exchanges.cancel_exchange(person, key, reason="We moved", now=self.now)

    # -- what must hold ---------------------------------------------------------------------------

    def check(self) -> None:
        found = rings.reading.rings_with()
        for ring in found:
            self.check_ring(ring)
        keys = [ring.round_key for ring in found if ring.state is RingState.PROPOSED]
        assert len(keys) == len(set(keys))
        linked = [one.exchange_id for ring in found for one in ring.members if one.exchange_id]
        assert db.session.scalar(select(func.count(Exchange.id))) == len(linked)
        for person in db.session.scalars(select(User)):
            assert exchanges.places_taken(person, self.now) <= person.places
            assert (person.answered_count, person.unanswered_count) == (0, 0)

    def check_ring(self, ring: SwapRing) -> None:
        answers = [one.answer for one in ring.members]
        made = [one.exchange_id for one in ring.members]
        assert (ring.ended_at is None) == (ring.state is RingState.PROPOSED)
        if ring.state is RingState.ACCEPTED:
            assert set(answers) == {RingAnswer.YES}
            for place, one in enumerate(ring.members):
                leg = db.session.scalars(
                    select(ExchangeLeg).where(ExchangeLeg.exchange_id == one.exchange_id)
                ).one()
                following = ring.members[(place + 1) % 3]
                assert (leg.teacher_id, leg.learner_id) == (one.user_id, following.user_id)
                assert leg.skill_id == one.skill_id
                self.check_pitch(one.exchange_id, following.body)
            return
        assert made == [None] * 3
        assert (answers.count(RingAnswer.NO) == 1) == (ring.state is RingState.DECLINED)
        if ring.state is RingState.PROPOSED:
            assert ring.respond_by == ring.started_at + ANSWER_WITHIN
            assert RingAnswer.WAITING in answers
            ids = [one.user_id for one in ring.members]
            apart = select(Block).where(Block.blocker_id.in_(ids), Block.blocked_id.in_(ids))
            assert db.session.scalars(apart).first() is None

    def check_pitch(self, exchange_id: int | None, body: str) -> None:
        pitch = db.session.scalars(
            select(Pitch)
            .join(Exchange, Exchange.pitch_id == Pitch.id)
            .where(Exchange.id == exchange_id)
        ).one()
        assert (pitch.state, pitch.body) == (PitchState.ACCEPTED, body)
        assert pitch.first_answered_at is None

    def check_told(self) -> None:
        """Every number is that of the rows it stands for, and no line names who said no."""
        for name in NAMES:
            person = self.person(name)
            unread = db.session.scalar(notifications.unread_count(person.id, self.now))
            query = notifications.listed(person.id, self.now)
            assert unread == len(db.session.execute(query).all())
            waits = [one for one in rings.open_rings(person, self.now) if one.waits_for_me]
            assert rings.waiting_count(person, self.now) == len(waits)
        ends = ("ring.declined", "ring.withdrawn", "ring.lapsed", "ring.closed")
        actors = select(Event.actor_id).where(Event.kind.in_(ends))
        assert set(db.session.scalars(actors)) <= {None}


@pytest.fixture
def beginning(app: Flask) -> Scene:
    """Four people who could be in rings, and nothing between them."""
    people.make_person("ada", offers=("Watercolour",), wants=("Portuguese",), places=2)
    people.make_person("ben", offers=("Spanish",), wants=("Watercolour",), places=1)
    for name in ("cleo", "dora"):
        people.make_person(name, offers=("Portuguese",), wants=("Spanish",))
    return scene()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_no_history_breaks_a_promise(beginning: Scene, history: list[tuple[Any, ...]]) -> None:
    story = Story(beginning)
    story.step("start", 0, 0)
    for verb, one, other in history:
        story.step(verb, one, other)
        story.check()
    story.check_told()
