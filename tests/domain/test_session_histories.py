"""Do the promises about agreed times hold whatever two pairs do who share a person?

Offers, weekly repeats, picks, moves, cancelling, what is said afterwards and what is not, while
time passes and the sweep runs, or does not: legal steps and others, in any order.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from skillswap.db import db, transaction
from skillswap.domain import doctor, exchanges, learning_sessions, reliability
from skillswap.domain.reliability import Reliability
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.clock import local, quarters, utcnow
from skillswap.models import (
    BookedSlot,
    Exchange,
    LearningSession,
    OutcomeAnswer,
    Proposal,
    ProposalKind,
    ProposalState,
    SessionState,
    User,
)
from tests import people
from tests.support.rows import stage

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
S = SessionState
NOT_HELD = (S.PROPOSED, S.CANCELLED)
DUE = (learning_sessions.lapse_due, learning_sessions.settle_due)
AFTER = (13 * HOUR, DAY, DAY + 30 * MINUTE, 2 * DAY, 8 * DAY)  # when what is offered begins
ANSWERS = tuple(OutcomeAnswer)
COMPOUND = {  # what people usually do: verbs, and the number each is given
    "agree": (("propose", 0), ("accept", 0)),
    "repeat": (("propose_weeks", 0), ("accept", 0)),
    "rearrange": (("move", 0), ("accept", 0)),
    "ask": (("move", 0),),
}
number = st.integers(0, 39)
plan = st.tuples(st.sampled_from(("propose", "propose_weeks", "agree", "agree", "repeat")), number)
answer = st.tuples(st.sampled_from(("accept", "accept", "decline", "withdraw")), number)
change = st.tuples(st.sampled_from(("ask", "move", "rearrange", "cancel", "cancel")), number)
afterwards = st.tuples(st.just("outcome"), number)
passing = st.tuples(st.just("wait"), st.sampled_from((1, 11, 13, 26, 50, 75, 170, 600)))
sweeping = st.tuples(st.just("sweep"), st.just(0))
step = st.one_of(plan, answer, change, change, afterwards, afterwards, passing, sweeping)
histories = st.lists(step, min_size=10, max_size=25)


def picture() -> dict[str, list[str]]:
    """Everything about sessions, to compare with."""
    db.session.expunge_all()
    db.session.rollback()
    tables = ("learning_sessions", "proposals", "booked_slots", "outcomes", "events")
    return {
        name: sorted(map(repr, db.session.execute(select(db.metadata.tables[name])).all()))
        for name in tables
    }


def begin() -> tuple[datetime, list[int], list[str]]:
    """Ada teaches ben and cy, and learns from both: when, who, and their exchanges."""
    now = people.next_quarter(utcnow())
    zones = {"ada": "Europe/London", "ben": "America/Mexico_City", "cy": "Asia/Beirut"}
    ada, ben, cy = [
        people.make_person(
            name, offers=("Spanish",), daily_sessions=2, notice_hours=12, timezone=zone
        )
        for name, zone in zones.items()
    ]
    pairs = [people.make_exchange(one, ada, "spanish", now=now).public_id for one in (ben, cy)]
    return now, [ada.id, ben.id, cy.id], pairs


class Story:
    """The three of them; their clock, and what they did."""

    def __init__(self) -> None:
        self.now, self.ids, self.pairs = stage(begin)
        self.seen: dict[int, tuple[Any, ...]] = {}
        self.look("wait")

    def people(self) -> list[User]:
        return [db.session.get_one(User, user_id) for user_id in self.ids]

    def sessions(self) -> list[LearningSession]:
        query = select(LearningSession).order_by(LearningSession.id)
        loaded = (selectinload(LearningSession.outcomes), selectinload(LearningSession.proposals))
        return list(
            db.session.scalars(query.options(*loaded).execution_options(populate_existing=True))
        )

    def step(self, verb: str, number: int) -> None:
        """One thing somebody tries. What is refused changes nothing."""
        if verb == "wait":
            self.now += timedelta(hours=number)
        elif verb == "sweep":
            self.sweep()
        elif verb in COMPOUND:
            for part, _zero in COMPOUND[verb]:
                self.step(part, number ^ 1 if part == "accept" else number)
            return
        else:
            before = picture()
            try:
                with transaction():
                    getattr(self, verb)(number)
            except (Refused, WrongState, NotFound):
                assert picture() == before
        self.look(verb)

    def sweep(self) -> None:
        """What is written is what was read before, and once is enough."""
        read = {one.id: one.state_at(self.now) for one in self.sessions()}
        offers = {one.id: one.proposals[-1].state_at(self.now) for one in self.sessions()}
        for due in DUE:
            with transaction():
                due(self.now, 99)
        for one in self.sessions():
            assert one.proposals[-1].state is offers[one.id]
            if read[one.id] is S.PROPOSED:
                lapsed = offers[one.id] is ProposalState.LAPSED
                assert one.state is (S.CANCELLED if lapsed else S.PROPOSED)
            else:
                assert one.state is read[one.id]
        for due in DUE:
            with transaction():
                assert due(self.now, 99) == 0

    # -- what they try ----------------------------------------------------------------------------

    def one_of(self, number: int) -> tuple[User, Exchange]:
        """One of the two exchanges, and one of its two."""
        person = self.people()[0]
        exchange = exchanges.exchange_of(person, self.pairs[number // 2 % 2])
        return (exchange.partner_of(person) if number % 2 else person), exchange

    def meeting(self, verb: str, number: int) -> tuple[User, LearningSession]:
        """A session, most often one that the verb is about, and one of its two, most often the
        one whose turn it is."""
        found = self.sessions()
        suited = [one for one in found if self.suits(one, verb)] if number % 5 else []
        if not found:
            raise NotFound("session")
        one = (suited or found)[-1 - number // 3 % len(suited or found)]
        user_id = one.learner_id if number % 2 else one.teacher_id
        if suited and verb in ("accept", "decline", "withdraw"):
            mine = verb == "withdraw"
            ids = (one.teacher_id, one.learner_id)
            proposer_id = one.proposals[-1].proposer_id
            user_id = next(user_id for user_id in ids if (user_id == proposer_id) is mine)
        return db.session.get_one(User, user_id), one

    def suits(self, one: LearningSession, verb: str) -> bool:
        if verb in ("accept", "decline", "withdraw"):
            return one.proposals[-1].state_at(self.now) is ProposalState.OPEN
        if verb == "outcome":
            return bool(learning_sessions.answers_open(one, self.now))
        return learning_sessions.may_move(one, self.now)

    def starts(self, number: int) -> list[datetime]:
        first = people.next_quarter(self.now + AFTER[number % len(AFTER)])
        return [first, first + 15 * MINUTE][: 1 + number % 2]

    def propose(self, number: int, weeks: int = 0) -> None:
        person, exchange = self.one_of(number)
        learning_sessions.propose_times(
            person,
            exchange.public_id,
            leg_id=exchange.legs[0].id,
            starts=self.starts(number),
            minutes=(30, 45, 60, 90)[number % 4],
            weeks=weeks,
            now=self.now,
        )

    def propose_weeks(self, number: int) -> None:
        self.propose(number, weeks=1 + number % 3)

    def accept(self, number: int) -> None:
        person, one = self.meeting("accept", number)
        starts = one.proposals[-1].starts
        start = starts[number // 2 % len(starts)]
        learning_sessions.accept_times(person, one.public_id, start=start, now=self.now)

    def decline(self, number: int) -> None:
        person, one = self.meeting("decline", number)
        learning_sessions.decline_times(person, one.public_id, now=self.now)

    def withdraw(self, number: int) -> None:
        person, one = self.meeting("withdraw", number)
        learning_sessions.withdraw_times(person, one.public_id, now=self.now)

    def move(self, number: int) -> None:
        person, one = self.meeting("move", number)
        learning_sessions.propose_move(
            person,
            one.public_id,
            starts=self.starts(number + 1),
            minutes=(30, 60)[number % 2],
            now=self.now,
        )

    def cancel(self, number: int) -> None:
        person, one = self.meeting("cancel", number)
        learning_sessions.cancel_session(person, one.public_id, reason="A cold", now=self.now)

    def outcome(self, number: int) -> None:
        person, one = self.meeting("outcome", number)
        learning_sessions.give_outcome(
            person, one.public_id, answer=ANSWERS[number % len(ANSWERS)], now=self.now
        )

    # -- what always holds ------------------------------------------------------------------------

    def look(self, verb: str) -> None:
        """Everything that is promised, of every row."""
        rows = self.sessions()
        for one in rows:
            self.check_calendar(one, verb)
            self.check_offers(one)
        self.check_hours(rows)
        self.check_lists(rows)
        self.check_reliability(rows)
        numbers = Counter((one.exchange_id, one.number) for one in rows)
        assert set(numbers.values()) <= {1}

    def check_calendar(self, one: LearningSession, verb: str) -> None:
        """The address never changes, the time only by an accepted offer; each change of an agreed
        time counts the sequence up, and nothing ever counts it down."""
        off = one.state is S.CANCELLED
        now_is = (one.public_id, one.starts_at, one.ends_at, off, one.sequence)
        was = self.seen.get(one.id)
        self.seen[one.id] = now_is
        if was is None:
            assert one.sequence == 0
            return
        key, starts_at, ends_at, was_off, sequence = was
        assert one.public_id == key
        assert one.sequence >= sequence
        if starts_at is None:
            assert one.starts_at is None or verb == "accept"
            return
        if (starts_at, ends_at) != (one.starts_at, one.ends_at):
            assert verb == "accept"
            assert one.sequence == sequence + 1
        elif off and not was_off:
            assert one.sequence == sequence + 1
        else:
            assert one.sequence == sequence

    def check_offers(self, one: LearningSession) -> None:
        """One offer at a time; a move is of an agreed time and lapses before it."""
        *before, last = one.proposals
        assert all(offer.state is not ProposalState.OPEN for offer in before)
        if last.state_at(self.now) is not ProposalState.OPEN:
            return
        if last.kind is ProposalKind.MOVE:
            assert one.state is S.SCHEDULED
            assert last.lapse_at < one.starts_at
        else:
            assert one.state is S.PROPOSED

    def check_hours(self, rows: list[LearningSession]) -> None:
        """Nobody is in two places; the hours held are those of the sessions, to the quarter; no
        day holds more than its person wants."""
        held = [one for one in rows if one.state not in NOT_HELD]
        slots = set(map(tuple, db.session.execute(select(BookedSlot.user_id, BookedSlot.slot))))
        expected = set()
        for person in self.people():
            mine = [one for one in held if person.id in (one.teacher_id, one.learner_id)]
            spans = sorted((one.starts_at, one.ends_at) for one in mine)
            assert all(one[1] <= other[0] for one, other in pairwise(spans))
            expected |= {(person.id, slot) for start, end in spans for slot in quarters(start, end)}
            days = Counter(local(one.starts_at, person.timezone).date for one in mine)
            assert max(days.values(), default=0) <= person.daily_sessions
        assert slots == expected

    def check_lists(self, rows: list[LearningSession]) -> None:
        """What waits for somebody is what the rows say."""
        for person in self.people():
            waits = {
                one.id
                for one in rows
                if person.id in (one.teacher_id, one.learner_id)
                and one.proposals[-1].state_at(self.now) is ProposalState.OPEN
                and one.proposals[-1].proposer_id != person.id
            }
            shown = learning_sessions.offered_to(person, self.now, 99)
            assert {card.id for card in shown} == waits
            assert all(card.moves(self.now) is (card.state is S.SCHEDULED) for card in shown)

    def check_reliability(self, rows: list[LearningSession]) -> None:
        """The one statement says what counting row by row does."""
        since = self.now - reliability.WINDOW
        stored = reliability.of(self.ids, self.now)
        for user_id in self.ids:
            kept, halves = 0, []
            for one in rows:
                if user_id not in (one.teacher_id, one.learner_id):
                    continue
                if one.starts_at is None or one.starts_at <= since:
                    continue
                state = one.state_at(self.now)
                if state is S.COMPLETED:
                    kept += 1
                elif state is S.NO_SHOW and one.absent_id_at(self.now) == user_id:
                    halves.append(1 if one.absent_admitted else 2)
                elif state is S.CANCELLED and one.cancelled_late:
                    halves += [1] if one.cancelled_by_id == user_id else []
            assert stored[user_id] == Reliability(kept, len(halves), sum(halves))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
@pytest.mark.usefixtures("app")
def test_no_history_breaks_a_promise(history: list[tuple[str, int]]) -> None:
    story = Story()
    for verb, number in history:
        story.step(verb, number)
    story.sweep()
    story.look("sweep")
    trouble = [check.name for check in doctor.examine(()) if check.findings]
    assert set(trouble) <= {"every skill answers to a word"}  # no catalogue is loaded here


def test_the_steps_reach_what_they_are_about(app: Flask) -> None:
    """A history as people have it: agreed for three weeks, one moved, another not."""
    story = Story()
    for verb, number in (("repeat", 1), ("rearrange", 2), ("ask", 4), ("decline", 5)):
        story.step(verb, number)
    moves = select(Proposal.state).where(Proposal.kind == ProposalKind.MOVE).order_by(Proposal.id)
    assert db.session.scalars(moves).all() == [ProposalState.ACCEPTED, ProposalState.DECLINED]
    assert [one.state for one in story.sessions()].count(S.SCHEDULED) == 3
    assert max(one.sequence for one in story.sessions()) == 1
