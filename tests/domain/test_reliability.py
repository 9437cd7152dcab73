"""How much of what was agreed did somebody keep, and when does it stop them?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skillswap.db import db, transaction
from skillswap.domain import pitches, records, reliability
from skillswap.domain.reliability import Reliability
from skillswap.errors import Refused
from skillswap.lib.clock import utcnow
from skillswap.models import (
    Contest,
    ContestState,
    LearningSession,
    Outcome,
    OutcomeAnswer,
    SessionState,
)
from tests import people
from tests.conftest import empty_tables

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STATES = [state for state in SessionState if state is not SessionState.PROPOSED]


@dataclass(frozen=True)
class Past:
    """One session of ada's and ben's as a random history has it."""

    state: SessionState
    days: int  # ago
    ada_teaches: bool
    by_ada: bool  # the absent one, the one who cancelled, or the one who answered
    half: bool  # admitted, or late
    forgiven: bool
    contest: ContestState | None
    answer: OutcomeAnswer | None  # while scheduled; the other has been silent
    due: bool


pasts = st.lists(
    st.builds(
        Past,
        state=st.sampled_from(STATES),
        days=st.integers(1, 200),
        ada_teaches=st.booleans(),
        by_ada=st.booleans(),
        half=st.booleans(),
        forgiven=st.booleans(),
        contest=st.sampled_from([None, None, None, *ContestState]),
        answer=st.sampled_from(
            [
                None,
                OutcomeAnswer.HAPPENED,
                OutcomeAnswer.THEY_DID_NOT_COME,
                OutcomeAnswer.AGREED_NOT_TO,
            ]
        ),
        due=st.booleans(),
    ),
    max_size=9,
)


def naive(history, is_ada):
    """The definition, read aloud."""
    kept = marks = halves = 0
    for one in history:
        if one.days >= 180:
            continue
        state, mine, half = one.state, one.by_ada is is_ada, one.half
        if state is SessionState.SCHEDULED and one.due:
            if one.answer is OutcomeAnswer.HAPPENED:
                state = SessionState.COMPLETED
            elif one.answer is OutcomeAnswer.THEY_DID_NOT_COME:  # who spoke was there
                state, mine, half = SessionState.NO_SHOW, not mine, False
        if state is SessionState.COMPLETED:
            kept += 1
        is_mark = state is SessionState.NO_SHOW or (state is SessionState.CANCELLED and half)
        is_off = one.forgiven or one.contest not in (None, ContestState.DISMISSED)
        if is_mark and mine and not is_off:
            marks += 1
            halves += 1 if half else 2
    return Reliability(kept, marks, halves)


def write(history, ada, ben, exchange, now):
    """Rows as they would be; the random contest is by whoever the mark is on."""
    leg = exchange.legs[0]
    for number, one in enumerate(history):
        start = now - one.days * DAY
        by, other = (ada, ben) if one.by_ada else (ben, ada)
        teacher, learner = (ada, ben) if one.ada_teaches else (ben, ada)
        scheduled = one.state is SessionState.SCHEDULED
        absent = one.state is SessionState.NO_SHOW
        cancelled = one.state is SessionState.CANCELLED
        row = LearningSession(
            exchange_id=exchange.id,
            leg_id=leg.id,
            teacher_id=teacher.id,
            learner_id=learner.id,
            skill_id=leg.skill_id,
            number=number + 1,
            state=one.state,
            minutes=60,
            starts_at=start,
            ends_at=start + HOUR,
            confirm_by=(now if one.due else now + HOUR) if scheduled and one.answer else None,
            absent_user_id=by.id if absent else None,
            absent_admitted=absent and one.half,
            cancelled_by_id=by.id if cancelled else None,
            cancelled_late=cancelled and one.half,
            forgiven_at=now if one.forgiven else None,
            created_at=start - DAY,
            ended_at=None if scheduled else start,
        )
        db.session.add(row)
        db.session.flush()
        if scheduled and one.answer:
            db.session.add(
                Outcome(
                    learning_session_id=row.id, user_id=by.id, answer=one.answer, answered_at=start
                )
            )
        if one.contest:
            owner = other if scheduled else by
            db.session.add(
                Contest(
                    learning_session_id=row.id,
                    user_id=owner.id,
                    state=one.contest,
                    created_at=now,
                    decide_by=now + DAY,
                )
            )


@settings(max_examples=40)
@given(history=pasts)
def test_it_is_what_its_definition_says(app, history):
    with app.app_context():
        empty_tables()
        ada, ben, now = people.ada(), people.ben(), utcnow()
        exchange = people.make_exchange(ben, ada, now=now)
        with transaction():
            write(history, ada, ben, exchange, now)
        found = reliability.of([ada.id, ben.id], now)
        assert found == {ada.id: naive(history, True), ben.id: naive(history, False)}


@pytest.mark.parametrize(
    ("kept", "marks", "halves", "counted", "is_shown"),
    [
        (19, 1, 2, 20, True),
        (19, 1, 1, 20, True),  # a half is never hidden
        (19, 2, 2, 20, True),
        (19, 3, 3, 21, True),
        (2, 0, 0, 2, False),
        (2, 1, 1, 3, True),
        (0, 3, 6, 3, True),
    ],
)
def test_halves_are_rounded_up_and_three_sessions_are_needed(
    kept, marks, halves, counted, is_shown
):
    found = Reliability(kept, marks, halves)
    assert (found.counted, found.is_shown) == (counted, is_shown)


def test_any_number_of_people_cost_one_statement(queries, ada, ben, cy, now):
    queries.clear()
    found = reliability.of([ada.id, ben.id, cy.id], now)
    assert found == dict.fromkeys((ada.id, ben.id, cy.id), Reliability())
    assert len(queries) == 1
    assert reliability.of([], now) == {}


# -- three missed ---------------------------------------------------------------------------------


def missed(ada, ben, now, *days, forgiven=False, by_ada=False):
    """Ben's, or ada's, missed sessions so many days ago."""
    with transaction():
        exchange = people.make_exchange(ben, ada, now=now - 190 * DAY)
        write(
            [
                Past(SessionState.NO_SHOW, day, True, by_ada, False, forgiven, None, None, False)
                for day in days
            ],
            ada,
            ben,
            exchange,
            now,
        )


def test_the_third_missed_session_pauses_new_pitches_for_14_days(ada, ben, now):
    missed(ada, ben, now, 150, 90, 4)
    until = reliability.barred_until(ben.id, now)
    assert until == now - 4 * DAY + 14 * DAY
    assert reliability.barred_until(ben.id, until) is None
    assert reliability.barred_until(ada.id, now) is None
    with pytest.raises(Refused) as refused, transaction():
        pitches.send_pitch(ben, ada, skill="piano", offered="", body=people.BODY, now=now)
    assert (refused.value.field, refused.value.code) == ("pitch", "barred_until")
    with transaction():
        pitches.send_pitch(ben, ada, skill="piano", offered="", body=people.BODY, now=until)


def test_nor_are_pitches_accepted_meanwhile(ada, ben, cy, now):
    missed(ada, ben, now, 30, 20, 4, by_ada=True)
    with transaction():
        db.session.merge(cy).learning = True
    key = people.make_pitch(cy, ada, "piano", now=now).public_id
    with pytest.raises(Refused) as refused, transaction():
        pitches.accept_pitch(ada, key, now=now)
    assert (refused.value.field, refused.value.code) == ("body", "barred_until")
    with transaction():
        pitches.accept_pitch(ada, key, now=now + 11 * DAY)


@pytest.mark.parametrize("days", [(20, 4), (181, 20, 4), (60, 40, 20)], ids=str)
def test_fewer_older_or_longer_ago_pause_nobody(ada, ben, now, days):
    missed(ada, ben, now, *days)
    assert reliability.barred_until(ben.id, now) is None


def test_what_is_forgiven_pauses_nobody(ada, ben, now):
    missed(ada, ben, now, 30, 20, 4, forgiven=True)
    assert reliability.barred_until(ben.id, now) is None


def test_the_pause_ends_early_when_the_first_of_three_fades(ada, ben, now):
    missed(ada, ben, now, 178, 90, 4)
    assert reliability.barred_until(ben.id, now) == now + 2 * DAY


# -- the page -------------------------------------------------------------------------------------


def test_a_record_lists_every_mark_once_and_costs_the_same(queries, ada, ben, now):
    exchange = people.make_exchange(ben, ada, now=now - 190 * DAY)
    late = [
        Past(SessionState.CANCELLED, day, True, False, True, False, None, None, False)
        for day in range(1, 31)
    ]
    with transaction():
        write(late, ada, ben, exchange, now)
    queries.clear()
    first = records.record_of(ben, None, now)
    assert len(queries) == 5
    rest = records.record_of(ben, first.marks.after, now)
    found = [line.mark.starts_at for line in [*first.marks.rows, *rest.marks.rows]]
    assert found == [now - day * DAY for day in range(1, 31)]
    assert rest.marks.after is None
    assert {line.partner.name for line in first.marks.rows} == {"Ada Example"}
    assert records.record_of(ada, None, now).marks.rows == []
