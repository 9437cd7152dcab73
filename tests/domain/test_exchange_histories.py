"""Do the promises about exchanges hold whatever is done, in whatever order, while time passes?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from skillswap.db import db, transaction
from skillswap.domain import exchanges, learning_sessions, pitches
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.clock import utcnow
from skillswap.models import (
    BookedSlot,
    Conversation,
    Event,
    Exchange,
    ExchangeState,
    LearningSession,
    Notification,
    Outcome,
    OutcomeAnswer,
    Pitch,
    Proposal,
    SessionState,
    User,
)
from skillswap.models.exchange import ENDED
from skillswap.models.learning_session import ANSWER_WITHIN
from tests import people
from tests.support.rows import empty_all_about

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DUE = (
    learning_sessions.lapse_due,
    learning_sessions.settle_due,
    exchanges.nudge_due,
    exchanges.rest_due,
    exchanges.settle_due,
)
pick = st.integers(0, 5)
opening = st.tuples(st.just("open"), pick)
ending = st.tuples(st.sampled_from(("cancel", "complete", "complete", "wake", "wake")), pick)
agreeing = st.tuples(st.sampled_from(("propose", "pick", "pick", "decline")), pick)
meeting = st.tuples(st.sampled_from(("meet", "meet", "finish", "plan")), pick)
COMPOUND = {  # what people usually do, by turns, with the hours that pass after each
    "meet": (("propose", 1), ("pick", 30), ("happened", 1), ("happened", 1)),
    "finish": (("complete", 1), ("complete", 200)),
    "plan": (("propose", 1), ("pick", 1), ("call_off", 1)),
}
keeping = st.tuples(st.sampled_from(("call_off", "happened", "happened")), pick)
passing = st.tuples(
    st.just("wait"), st.sampled_from((5, 60, 80, 8 * 24, 11 * 24, 31 * 24, 91 * 24))
)
sweeping = st.tuples(st.just("sweep"), st.just(0))
step = st.one_of(opening, ending, ending, agreeing, meeting, keeping, passing, sweeping)
histories = st.lists(step, min_size=8, max_size=30)


def rows() -> tuple[Any, ...]:
    """Everything a verb of exchanges and sessions may touch."""
    db.session.expire_all()
    kept = db.session.execute(
        select(Exchange.id, Exchange.state, Exchange.complete_by, Exchange.quiet_since)
    ).all()
    sessions = db.session.execute(select(LearningSession.id, LearningSession.state)).all()
    offers = db.session.execute(select(Proposal.id, Proposal.state)).all()
    counts = [
        db.session.scalar(select(func.count()).select_from(table))
        for table in (Event, Notification, Outcome, BookedSlot)
    ]
    return (*sorted(kept), *sorted(sessions), *sorted(offers), *counts)


class Story:
    """Two learners who teach in return, a teacher with one place, a clock, and what they did."""

    def __init__(self, ids: list[int]) -> None:
        with transaction():
            empty_all_about(Event, Conversation, Pitch)
        self.now: datetime = utcnow()
        self.ids = ids
        self.moved = False

    def people(self) -> list[User]:
        return [db.session.get_one(User, user_id) for user_id in self.ids]

    def step(self, verb: str, number: int) -> None:
        """One thing somebody tries; a refusal changes nothing, a success tells the other."""
        if verb == "wait":
            self.now += timedelta(hours=number)
            return
        if verb == "sweep":
            self.sweep()
            return
        if verb in COMPOUND:
            for part, hours in COMPOUND[verb]:
                self.step(part, number)
                number ^= 1
                self.now += timedelta(hours=hours)
                self.check()
            return
        before = rows()
        last = db.session.scalar(select(func.max(Event.id))) or 0
        try:
            with transaction():
                getattr(self, verb)(number)
        except (Refused, WrongState, NotFound):
            assert rows() == before
        self.check_told(last)

    def sweep(self) -> None:
        """Whatever is due is written once, and what is written is what was read before."""
        db.session.expire_all()
        read = {one.id: exchanges.stands(one, self.now) for one in self.exchanges()}
        met = {one.id: one.state_at(self.now) for one in self.sessions()}
        last = db.session.scalar(select(func.max(Event.id))) or 0
        for due in DUE:
            with transaction():
                due(self.now, 99)
        db.session.expire_all()
        assert {one.id: one.state for one in self.exchanges()} == read
        for one in self.sessions():
            if met[one.id] is not SessionState.PROPOSED:
                assert one.state is met[one.id]
        self.check_told(last)
        settled = rows()
        for due in DUE:
            with transaction():
                assert due(self.now, 99) == 0
        assert rows() == settled

    # -- what they try ----------------------------------------------------------------------------

    def open(self, number: int) -> None:
        ada, *learners = self.people()
        learner = learners[number % 2]
        offered = ("spanish", "javascript")[number % 2] if number % 3 else ""
        skill = ("watercolour", "piano")[number // 2 % 2]
        pitch = pitches.send_pitch(
            learner, ada, skill=skill, offered=offered, body=people.BODY, now=self.now
        )
        pitches.accept_pitch(ada, pitch.public_id, now=self.now)

    def exchanges(self) -> list[Exchange]:
        return list(db.session.scalars(select(Exchange).order_by(Exchange.id)))

    def sessions(self) -> list[LearningSession]:
        said = selectinload(LearningSession.outcomes)  # it counts, once the other stays silent
        query = select(LearningSession).order_by(LearningSession.id).options(said)
        return list(db.session.scalars(query))

    def one(self, number: int) -> tuple[User, str]:
        """An exchange, the latest most often, and one of its two."""
        found = self.exchanges()
        if not found:
            raise NotFound("exchange")
        exchange = found[-1 - number // 4 % len(found)]
        user_id = exchange.learner_id if number % 2 else exchange.teacher_id
        return db.session.get_one(User, user_id), exchange.public_id

    def meeting(self, number: int) -> tuple[User, LearningSession]:
        found = self.sessions()
        if not found:
            raise NotFound("session")
        last = found[-1 - number // 4 % len(found)]
        user_id = last.learner_id if number % 2 else last.teacher_id
        return db.session.get_one(User, user_id), last

    def cancel(self, number: int) -> None:
        person, key = self.one(number)
        exchanges.cancel_exchange(person, key, reason="We moved", now=self.now)

    def complete(self, number: int) -> None:
        person, key = self.one(number)
        exchanges.complete_exchange(person, key, now=self.now)

    def wake(self, number: int) -> None:
        person, key = self.one(number)
        exchanges.wake_exchange(person, key, now=self.now)

    def propose(self, number: int) -> None:
        person, key = self.one(number)
        leg = exchanges.exchange_of(person, key).legs[0]
        start = people.next_quarter(self.now + (1, 1, 1, 1, 25, 25)[number] * DAY)
        learning_sessions.propose_times(
            person, key, leg_id=leg.id, starts=[start], minutes=30, now=self.now
        )

    def pick(self, number: int) -> None:
        person, one = self.meeting(number)
        start = db.session.scalar(
            select(Proposal.start_1).where(Proposal.learning_session_id == one.id)
        )
        learning_sessions.accept_times(person, one.public_id, start=start, now=self.now)

    def decline(self, number: int) -> None:
        person, one = self.meeting(number)
        learning_sessions.decline_times(person, one.public_id, now=self.now)

    def call_off(self, number: int) -> None:
        person, one = self.meeting(number)
        learning_sessions.cancel_session(person, one.public_id, reason="A cold", now=self.now)

    def happened(self, number: int) -> None:
        person, one = self.meeting(number)
        learning_sessions.give_outcome(
            person, one.public_id, answer=OutcomeAnswer.HAPPENED, now=self.now
        )

    # -- what always holds ------------------------------------------------------------------------

    def check_told(self, last: int) -> None:
        """Everybody an event concerns, but for who did it, has a line about it."""
        for event in db.session.scalars(select(Event).where(Event.id > last)):
            told = db.session.scalars(
                select(Notification.user_id).where(Notification.event_id == event.id)
            ).all()
            assert set(told) == set(event.audience) - {event.actor_id}, event.kind
            if event.kind.startswith(("exchange.", "session.")) and event.kind not in (
                "exchange.opened",
                "session.lapsed",
            ):
                between = set(event.facts["between"])
                assert set(event.audience) | {event.actor_id} >= between, event.kind

    def check(self) -> None:
        """Nothing open is without an end in sight, and nobody teaches more than they have room."""
        db.session.expire_all()
        for exchange in self.exchanges():
            state = exchanges.stands(exchange, self.now)
            if state is ExchangeState.ACTIVE:
                assert (exchange.complete_by or exchange.rests_at) > self.now
            elif state is ExchangeState.DORMANT:
                assert exchange.wake_by > self.now
            else:
                assert exchange.over_at <= self.now
            ahead = self.ahead(exchange)
            assert not ahead or state is ExchangeState.ACTIVE
            assert not ahead or exchange.complete_by is None
        for one in self.sessions():
            if one.state_at(self.now) is SessionState.SCHEDULED:
                assert one.ends_at
                assert max(one.ends_at + ANSWER_WITHIN, one.confirm_by or self.now) > self.now
        for person in self.people():
            assert exchanges.places_taken(person, self.now) <= person.places

    def check_lists(self) -> None:
        """What a list shows is what the page shows, also before a sweep."""
        for person in self.people():
            for card in exchanges.exchanges_of(person, None, self.now):
                stored = next(one for one in self.exchanges() if one.id == card.id)
                assert card.state is exchanges.stands(stored, self.now)
                assert card.is_open is (card.state not in ENDED)

    def ahead(self, exchange: Exchange) -> bool:
        """Whether a session is agreed and not over, or times are on offer, that can be picked."""
        return bool(
            db.session.scalar(
                select(func.count()).where(
                    LearningSession.exchange_id == exchange.id,
                    LearningSession.state == SessionState.SCHEDULED,
                    LearningSession.starts_at > self.now,
                )
            )
        )


@pytest.fixture
def town(app: Flask) -> list[int]:
    """One who teaches with a single place, and two who learn from her and teach in return."""
    ada = people.make_person(
        "ada", offers=("Watercolour", "Piano"), wants=("Spanish",), places=2, daily_sessions=99
    )
    ben = people.make_person("ben", offers=("Spanish",), places=1, daily_sessions=99)
    cy = people.make_person("cy", offers=("JavaScript",), places=1, daily_sessions=99)
    return [ada.id, ben.id, cy.id]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_no_history_breaks_a_promise(town: list[int], history: list[tuple[str, int]]) -> None:
    story = Story(town)
    story.step("open", 1)
    for verb, number in history:
        story.step(verb, number)
        story.check()
    story.check_lists()
    story.sweep()
    story.check()
    story.check_lists()
