"""When agreed times are moved, repeated and called off in the same instant, is there one outcome?

Threads over the domain, on both databases; `test_server_races.py` runs some through gunicorn.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, learning_sessions
from skillswap.domain.learning_sessions.repeating import weekly
from skillswap.lib.clock import quarters
from skillswap.models import (
    BookedSlot,
    Event,
    LearningSession,
    Proposal,
    ProposalState,
    SessionState,
    User,
)
from tests import people
from tests.race.racing import RACERS, again, races, winners

DAY = timedelta(days=1)


def count(table: type, *which) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*which)) or 0


def check_slots() -> None:
    """Everybody holds exactly the hours of the scheduled sessions, each once."""
    db.session.rollback()
    rows = db.session.scalars(
        select(LearningSession).where(LearningSession.state == SessionState.SCHEDULED)
    )
    expected = [
        (user_id, slot)
        for one in rows
        for user_id in (one.teacher_id, one.learner_id)
        for slot in quarters(one.starts_at, one.ends_at)
    ]
    held = db.session.execute(select(BookedSlot.user_id, BookedSlot.slot)).all()
    assert sorted(tuple(row) for row in held) == sorted(expected)
    assert len(set(expected)) == len(expected)


def trials(app, verbs) -> Iterator[list[Any]]:
    """The trials of a race; after each the hours are those of the sessions."""
    for answers in races(app, verbs):
        yield answers
        check_slots()


@pytest.fixture
def ada(app) -> User:
    return people.make_person(
        "ada", offers=("Watercolour",), places=99, pitch_cap=99, daily_sessions=99
    )


@pytest.fixture
def ben(app) -> User:
    return people.make_person("ben", offers=("Spanish",), daily_sessions=99)


@pytest.fixture
def start(now: datetime) -> datetime:
    return people.next_quarter(now + 2 * DAY)


def ask(person: User, key: str, starts: list[datetime], now: datetime) -> LearningSession:
    with transaction():
        return learning_sessions.propose_move(person, key, starts=starts, minutes=60, now=now)


def test_an_offer_with_weeks_is_picked_once(app, ada, ben, start, now):
    exchange = people.make_exchange(ben, ada, now=now)
    with transaction():
        key = learning_sessions.propose_times(
            ada,
            exchange.public_id,
            leg_id=exchanges.exchange_of(ada, exchange.public_id).legs[0].id,
            starts=[start],
            minutes=60,
            weeks=3,
            now=now,
        ).public_id
    pick = [lambda: learning_sessions.accept_times(again(ben), key, start=start, now=now)]
    for answers in trials(app, pick * RACERS):
        assert len(winners(answers)) == 1
        assert count(LearningSession) == 4
        assert count(Event, Event.kind == "session.scheduled") == 1


def test_of_an_offer_and_a_repeat_for_one_hour_one_is_agreed(app, ada, ben, start, now):
    """The week of one offer is the very time of another: never both, and nobody is refused all."""
    exchange = people.make_exchange(ben, ada, now=now)
    leg = exchanges.exchange_of(ada, exchange.public_id).legs[0].id
    later = weekly(start, 1, ada.timezone)[0]
    keys = []
    for first, weeks in ((start, 1), (later, 0)):
        with transaction():
            keys.append(
                learning_sessions.propose_times(
                    ada,
                    exchange.public_id,
                    leg_id=leg,
                    starts=[first],
                    minutes=60,
                    weeks=weeks,
                    now=now,
                ).public_id
            )
    for answers in trials(
        app,
        [
            lambda: learning_sessions.accept_times(again(ben), keys[0], start=start, now=now),
            lambda: learning_sessions.accept_times(again(ben), keys[1], start=later, now=now),
        ]
        * (RACERS // 2),
    ):
        assert len(winners(answers)) in (1, 2)  # the later start fails when its hour is a week's
        assert count(LearningSession, LearningSession.state == SessionState.SCHEDULED) == 2


def test_a_move_is_accepted_declined_or_withdrawn_once(app, ada, ben, start, now):
    exchange = people.make_exchange(ben, ada, now=now)
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    ask(ben, key, [start + DAY], now)
    for answers in trials(
        app,
        [
            lambda: learning_sessions.accept_times(again(ada), key, start=start + DAY, now=now),
            lambda: learning_sessions.withdraw_times(again(ben), key, now=now),
            lambda: learning_sessions.decline_times(again(ada), key, now=now),
            lambda: learning_sessions.accept_times(again(ada), key, start=start + DAY, now=now),
        ]
        * (RACERS // 4),
    ):
        assert len(winners(answers)) == 1
        db.session.rollback()
        moved = db.session.scalar(select(LearningSession.sequence))
        state = db.session.scalar(select(Proposal.state).order_by(Proposal.id.desc()).limit(1))
        assert (moved == 1) is (state is ProposalState.ACCEPTED)
        assert db.session.scalar(select(LearningSession.starts_at)) == start + moved * DAY


def test_a_session_cancelled_while_its_move_is_accepted_is_off(app, ada, ben, start, now):
    """Accepted first, the new time is called off; called off first, there is nothing to accept."""
    exchange = people.make_exchange(ben, ada, now=now)
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    ask(ben, key, [start + DAY], now)
    for answers in trials(
        app,
        [
            lambda: learning_sessions.accept_times(again(ada), key, start=start + DAY, now=now),
            lambda: learning_sessions.cancel_session(again(ben), key, reason="Ill", now=now),
        ]
        * (RACERS // 2),
    ):
        db.session.rollback()
        row = db.session.scalars(select(LearningSession)).one()
        assert row.state is SessionState.CANCELLED
        assert row.sequence == len(winners(answers)) <= 2
        assert count(Event, Event.kind == "session.cancelled") == 1
        assert count(Proposal, Proposal.state == ProposalState.OPEN) == 0
        assert count(BookedSlot) == 0


def test_of_two_who_ask_to_move_one_is_asked(app, ada, ben, start, now):
    exchange = people.make_exchange(ben, ada, now=now)
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    for answers in trials(
        app,
        [
            lambda person=person, number=number: learning_sessions.propose_move(
                again(person), key, starts=[start + number * DAY], minutes=60, now=now
            )
            for number, person in enumerate((ada, ben) * (RACERS // 2), start=1)
        ],
    ):
        assert len(winners(answers)) == 1
        assert count(Proposal, Proposal.state == ProposalState.OPEN) == 1
        assert count(Event, Event.kind == "session.move_proposed") == 1


def test_overlapping_moves_of_one_teacher_have_one_winner(app, ada, start, now):
    moves = []
    for number in range(RACERS):
        learner = people.make_person(f"learner{number}", offers=("Spanish",))
        exchange = people.make_exchange(learner, ada, now=now)
        agreed = start + (number + 2) * DAY
        key = people.make_session(ada, exchange, start=agreed, now=now).public_id
        wanted = start + timedelta(minutes=15 * (number % 4))  # all overlap with all
        ask(ada, key, [wanted], now)
        moves.append((learner, key, wanted))
    for answers in trials(
        app,
        [
            lambda learner=learner, key=key, wanted=wanted: learning_sessions.accept_times(
                again(learner), key, start=wanted, now=now
            )
            for learner, key, wanted in moves
        ],
    ):
        assert len(winners(answers)) == 1
        assert count(LearningSession, LearningSession.sequence == 1) == 1
        assert count(BookedSlot, BookedSlot.user_id == ada.id) == 4 * RACERS


def test_a_learner_is_moved_and_booked_for_one_hour_once(app, ben, start, now):
    """Half are moves of the learner's sessions, half new ones, with as many teachers."""
    picks = []
    for number in range(RACERS):
        teacher = people.make_person(f"teacher{number}", offers=("Watercolour",))
        day = now - (RACERS - number) * DAY  # the quota of pitches is a day's
        exchange = people.make_exchange(ben, teacher, now=day)
        if number % 2:
            agreed = start + (number + 2) * DAY
            key = people.make_session(teacher, exchange, start=agreed, now=now).public_id
            ask(ben, key, [start], now)
            picks.append((teacher, key))
        else:
            offer = people.make_proposal(ben, exchange, starts=[start], now=now)
            picks.append((teacher, offer.public_id))
    for answers in trials(
        app,
        [
            lambda teacher=teacher, key=key: learning_sessions.accept_times(
                again(teacher), key, start=start, now=now
            )
            for teacher, key in picks
        ],
    ):
        assert len(winners(answers)) == 1
        first = int(start.timestamp()) // 900
        assert count(BookedSlot, BookedSlot.user_id == ben.id, BookedSlot.slot == first) == 1
