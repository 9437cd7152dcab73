"""When several people act in the same instant, does exactly one win?

Threads over the domain, on both databases; `test_server_races.py` runs the same through gunicorn.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import learning_sessions, pitches
from skillswap.models import (
    BookedSlot,
    DeclineReason,
    Event,
    Exchange,
    LearningSession,
    Notification,
    OutcomeAnswer,
    Pitch,
    PitchState,
    SessionState,
)
from tests import people
from tests.race.racing import RACERS, again, race, races, winners


def count(table: type, *which) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*which))


def test_a_pitch_is_accepted_once(app, now):
    ada, ben = people.ada(), people.ben()
    pitch = people.make_pitch(ben, ada, offered="spanish", now=now)
    for answers in races(
        app,
        [lambda: pitches.accept_pitch(again(ada), pitch.public_id, now=now)] * RACERS,
    ):
        assert len(winners(answers)) == 1
        assert (count(Exchange), count(Event, Event.kind == "pitch.accepted")) == (1, 1)
        assert count(Notification, Notification.user_id == ben.id) == 1


def test_accept_decline_and_withdraw_leave_one_answer(app, now):
    ada, ben = people.ada(), people.ben()
    pitch = people.make_pitch(ben, ada, now=now)
    key = pitch.public_id
    for answers in races(
        app,
        [
            lambda: pitches.accept_pitch(again(ada), key, now=now),
            lambda: pitches.withdraw_pitch(again(ben), key, now=now),
            lambda: pitches.decline_pitch(again(ada), key, reason=DeclineReason.NO_TIME, now=now),
        ]
        * 2,
    ):
        db.session.rollback()
        state = db.session.scalar(select(Pitch.state))
        assert len(winners(answers)) == 1
        assert count(Exchange) == (1 if state is PitchState.ACCEPTED else 0)
        assert count(Event, Event.kind != "pitch.sent") == (2 if count(Exchange) else 1)


def test_one_open_pitch_for_the_three(app, now):
    ada, ben = people.ada(), people.ben()
    for answers in races(
        app,
        [
            lambda: pitches.send_pitch(
                again(ben), again(ada), skill="watercolour", body=people.BODY, now=now
            )
        ]
        * RACERS,
    ):
        assert len(winners(answers)) == 1
        assert (count(Pitch), count(Notification)) == (1, 1)


def test_the_quota_of_open_pitches_holds(app, now):
    ben = people.make_person(
        "ben", offers=("Spanish",), joined=timedelta(days=1), timezone="America/Mexico_City"
    )
    teachers = [people.make_person(f"teacher{n}", offers=("Watercolour",)) for n in range(RACERS)]
    for answers in races(
        app,
        [
            lambda teacher=teacher: pitches.send_pitch(
                again(ben), again(teacher), skill="watercolour", body=people.BODY, now=now
            )
            for teacher in teachers
        ],
    ):
        assert len(winners(answers)) == 3  # the most somebody new may have open
        assert count(Pitch) == 3


def test_a_teacher_never_exceeds_the_places_given(app, now):
    ada = people.make_person("ada", offers=("Watercolour",), places=2)
    learners = [people.make_person(f"learner{n}", offers=("Spanish",)) for n in range(6)]
    sent = [people.make_pitch(learner, ada, now=now) for learner in learners]
    for answers in races(
        app,
        [
            lambda pitch=pitch: pitches.accept_pitch(again(ada), pitch.public_id, now=now)
            for pitch in sent
        ],
    ):
        assert len(winners(answers)) == 2
        assert count(Exchange) == 2


def overlapping(now, minutes=60):
    """One teacher, several learners, each with an offer from the teacher for nearly one time."""
    ada = people.make_person(
        "ada", offers=("Watercolour",), places=RACERS, pitch_cap=99, daily_sessions=99
    )
    first = people.next_quarter(now + timedelta(days=2))
    offers = []
    for number in range(RACERS):
        learner = people.make_person(f"learner{number}", offers=("Spanish",))
        exchange = people.make_exchange(learner, ada, now=now)
        start = first + timedelta(minutes=15 * (number % 4))  # all overlap with all
        proposed = people.make_proposal(ada, exchange, starts=[start], minutes=minutes, now=now)
        offers.append((learner, proposed.public_id, start))
    return ada, offers


def test_overlapping_bookings_of_one_teacher_have_one_winner(app, now):
    ada, offers = overlapping(now)
    for answers in races(
        app,
        [
            lambda learner=learner, key=key, start=start: learning_sessions.accept_times(
                again(learner), key, start=start, now=now
            )
            for learner, key, start in offers
        ],
    ):
        assert len(winners(answers)) == 1
        assert count(LearningSession, LearningSession.state == SessionState.SCHEDULED) == 1
        assert count(BookedSlot, BookedSlot.user_id == ada.id) == 4
        assert count(BookedSlot) == 8


def test_one_offer_is_picked_declined_or_withdrawn_once(app, now):
    ada, ben = people.ada(), people.ben()
    exchange = people.make_exchange(ben, ada, now=now)
    start = people.next_quarter(now + timedelta(days=2))
    key = people.make_proposal(ada, exchange, starts=[start], now=now).public_id
    for answers in races(
        app,
        [
            lambda: learning_sessions.accept_times(again(ben), key, start=start, now=now),
            lambda: learning_sessions.withdraw_times(again(ada), key, now=now),
            lambda: learning_sessions.decline_times(again(ben), key, now=now),
        ]
        * 2,
    ):
        db.session.rollback()
        state = db.session.scalar(select(LearningSession.state))
        assert len(winners(answers)) == 1
        assert count(BookedSlot) == (8 if state is SessionState.SCHEDULED else 0)


def test_a_session_is_cancelled_once_and_its_hours_are_free(app, now):
    ada, ben = people.ada(), people.ben()
    exchange = people.make_exchange(ben, ada, now=now)
    key = people.make_session(ada, exchange, now=now).public_id
    for answers in races(
        app,
        [
            lambda: learning_sessions.cancel_session(again(ada), key, reason="Ill", now=now),
            lambda: learning_sessions.cancel_session(again(ben), key, reason="Ill", now=now),
        ]
        * 3,
    ):
        assert len(winners(answers)) == 1
        assert (count(BookedSlot), count(Event, Event.kind == "session.cancelled")) == (0, 1)


def test_two_who_say_it_happened_at_once_complete_it(app, now):
    ada, ben = people.ada(), people.ben()
    exchange = people.make_exchange(ben, ada, now=now)
    meeting = people.make_session(ada, exchange, now=now)
    later = meeting.ends_at + timedelta(minutes=5)
    for answers in races(
        app,
        [
            lambda person=person: learning_sessions.give_outcome(
                again(person), meeting.public_id, answer=OutcomeAnswer.HAPPENED, now=later
            )
            for person in (ada, ben)
        ]
        * 3,
    ):
        db.session.rollback()
        assert len(winners(answers)) == 2
        assert db.session.scalar(select(LearningSession.state)) is SessionState.COMPLETED
        assert count(Event, Event.kind == "session.completed") == 1


def test_a_race_leaves_nobody_holding_the_turn(app, now):
    ada, offers = overlapping(now)
    race(
        app,
        [
            lambda learner=learner, key=key, start=start: learning_sessions.accept_times(
                again(learner), key, start=start, now=now
            )
            for learner, key, start in offers
        ],
    )
    with transaction():
        ada.headline = "Free again"
