"""What becomes of a session afterwards: two answers, one answer, none, and second thoughts?"""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, learning_sessions, notifications
from skillswap.errors import WrongState
from skillswap.models import BookedSlot, LearningSession, OutcomeAnswer
from skillswap.models.learning_session import BESIDE, VERDICTS, verdict
from tests import people

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HAPPENED, MISSED, COULD_NOT, AGREED = OutcomeAnswer

# (who answers first, who answers then) -> state, who is absent, by their own word.
# After "I could not come" the second is too late: it was settled at once.
PAIRS = {
    (HAPPENED, HAPPENED): ("completed", None, False),
    (HAPPENED, MISSED): ("disputed", None, False),
    (HAPPENED, COULD_NOT): ("disputed", None, False),
    (HAPPENED, AGREED): ("disputed", None, False),
    (MISSED, HAPPENED): ("disputed", None, False),
    (MISSED, MISSED): ("disputed", None, False),
    (MISSED, COULD_NOT): ("no_show", "second", True),
    (MISSED, AGREED): ("disputed", None, False),
    (COULD_NOT, HAPPENED): ("no_show", "first", True),
    (COULD_NOT, MISSED): ("no_show", "first", True),
    (COULD_NOT, COULD_NOT): ("no_show", "first", True),
    (COULD_NOT, AGREED): ("no_show", "first", True),
    (AGREED, HAPPENED): ("disputed", None, False),
    (AGREED, MISSED): ("disputed", None, False),
    (AGREED, COULD_NOT): ("cancelled", None, False),
    (AGREED, AGREED): ("cancelled", None, False),
}
ALONE = {
    HAPPENED: ("completed", None),
    MISSED: ("no_show", "second"),
    COULD_NOT: ("no_show", "first"),
    AGREED: ("cancelled", None),
}


@pytest.fixture
def exchange(ada, ben, now):
    return people.make_exchange(ben, ada, now=now - 8 * DAY)


@pytest.fixture
def over(ada, exchange, now):
    """A session that ended about a day ago; nobody has said anything."""
    start = people.next_quarter(now - DAY)
    return people.make_session(ada, exchange, start=start, now=now - 3 * DAY).public_id


def say(person, key, answer, at):
    with transaction():
        return learning_sessions.give_outcome(person, key, answer=answer, now=at)


def run(step, at):
    with transaction():
        return step(at, 9)


def texts(person, at):
    """What the bell says to this person, newest first."""
    return [line.text for line in notifications.page_of(person, None, at).rows]


def hours_held(key):
    one = select(LearningSession.id).filter_by(public_id=key).scalar_subquery()
    return db.session.scalar(select(func.count()).where(BookedSlot.learning_session_id == one))


def test_two_answers_come_to_the_same_whoever_speaks_first():
    for one, other in product(OutcomeAnswer, repeat=2):
        assert verdict(one, other) is verdict(other, one)
    assert set(VERDICTS) == set(OutcomeAnswer) == set(BESIDE) - {None}


@pytest.mark.parametrize("teacher_first", [True, False], ids=["teacher", "learner"])
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_two_answers(ada, ben, over, now, pair, teacher_first):
    first, second = (ada, ben) if teacher_first else (ben, ada)
    state, absent, admitted = PAIRS[pair]
    say(first, over, pair[0], now)
    if pair[0] is COULD_NOT:
        with pytest.raises(WrongState) as wrong:
            say(second, over, pair[1], now)
        assert wrong.value.state == "no_show"
    else:
        say(second, over, pair[1], now + HOUR)
    one = learning_sessions.session_of(ada, over)
    assert one.state == one.state_at(now + HOUR) == state
    assert one.absent_user_id == {"first": first.id, "second": second.id}.get(absent)
    assert one.absent_admitted is admitted
    assert bool(hours_held(over)) is (state != "cancelled")
    if state == "disputed":
        assert one.confirm_by == now + HOUR + 7 * DAY


@pytest.mark.parametrize("answer", ALONE, ids=str)
def test_one_answer_and_72_hours_of_silence(ada, ben, over, now, answer):
    state, absent = ALONE[answer]
    say(ada, over, answer, now)
    by = now + 72 * HOUR
    absent_id = {"first": ada.id, "second": ben.id}.get(absent)
    if answer is not COULD_NOT:
        before = learning_sessions.session_of(ben, over)
        assert before.state_at(by - MINUTE) == "scheduled"
        # computed on read, in every list and count, before anything is written
        assert before.state_at(by) == state
        assert before.absent_id_at(by) == absent_id
        assert learning_sessions.past(ben, None, by).rows[0].state_at(by) == state
        assert [len(learning_sessions.needing(ben, at, 9)) for at in (by - MINUTE, by)] == [1, 0]
        with pytest.raises(WrongState) as wrong:
            say(ben, over, HAPPENED, by)
        assert wrong.value.state == state
        assert run(learning_sessions.settle_due, by - MINUTE) == 0
        assert run(learning_sessions.settle_due, by) == 1
    assert run(learning_sessions.settle_due, by) == 0
    one = learning_sessions.session_of(ben, over)
    assert (one.state, one.absent_user_id) == (state, absent_id)
    assert one.absent_admitted is (answer is COULD_NOT)
    assert one.ended_at == (now if answer is COULD_NOT else by)
    assert bool(hours_held(over)) is (state != "cancelled")
    kept = exchanges.leg_lines([one.exchange_id], ada, by)[one.exchange_id][0].kept
    assert kept == (state == "completed")


def test_each_answer_has_its_moment(ada, ben, exchange, now):
    start = people.next_quarter(now + 3 * DAY)
    key = people.make_session(ada, exchange, start=start, now=now).public_id

    def may_say(at):
        return set(learning_sessions.answers_open(learning_sessions.session_of(ada, key), at))

    assert may_say(start - MINUTE) == set()
    assert may_say(start) == {COULD_NOT, AGREED}
    assert may_say(start + 10 * MINUTE) == {COULD_NOT, AGREED, MISSED}
    assert may_say(start + HOUR) == set(OutcomeAnswer)
    with pytest.raises(WrongState) as wrong:
        say(ada, key, MISSED, start + 9 * MINUTE)
    assert wrong.value.state == "early"
    # said while it runs, the other still has 72 hours from its end, and may contradict then
    say(ada, key, MISSED, start + 10 * MINUTE)
    one = learning_sessions.session_of(ben, key)
    assert one.confirm_by == start + HOUR + 72 * HOUR
    at = start + 20 * MINUTE
    assert [card.public_id for card in learning_sessions.needing(ben, at, 9)] == [key]
    assert say(ben, key, HAPPENED, start + HOUR).state == "disputed"


def test_an_answer_may_change_while_nothing_is_settled(ada, ben, over, now):
    say(ada, over, MISSED, now)
    assert "says you did not come" in texts(ben, now)[0]
    with pytest.raises(WrongState) as wrong:
        say(ada, over, MISSED, now)
    assert wrong.value.state == "answered"
    say(ada, over, AGREED, now + HOUR)
    one = learning_sessions.session_of(ben, over)
    assert (one.said, one.confirm_by) == (AGREED, now + 73 * HOUR)
    assert "says you agreed not to hold" in texts(ben, now + HOUR)[0]
    assert say(ben, over, AGREED, now + 2 * HOUR).state == "cancelled"
    assert "did not take place. Nobody has a mark" in texts(ada, now + 2 * HOUR)[0]


def test_who_remember_it_differently_have_7_days_to_agree(ada, ben, over, now):
    say(ada, over, HAPPENED, now)
    say(ben, over, MISSED, now)
    by = now + 7 * DAY
    for person in (ada, ben):  # it waits for both
        assert [card.public_id for card in learning_sessions.needing(person, now, 9)] == [over]
        assert learning_sessions.needing(person, by, 9) == []
        assert learning_sessions.tab_counts(person, now).past == 1
    assert "remembers Watercolour" in texts(ada, now)[0]
    say(ben, over, AGREED, now + DAY)  # something else, and still not the same
    one = learning_sessions.session_of(ada, over)
    assert (one.state, one.confirm_by) == ("disputed", by)
    assert "says you agreed not to hold" in texts(ada, now + DAY)[0]
    done = say(ben, over, HAPPENED, now + 2 * DAY)
    assert (done.state, done.ended_at) == ("completed", now + 2 * DAY)
    with pytest.raises(WrongState):
        say(ada, over, MISSED, now + 3 * DAY)


def test_two_who_each_could_not_come_have_no_marks(ada, ben, over, now):
    """Reached by second thoughts alone: the first to say so would settle it."""
    say(ada, over, HAPPENED, now)
    say(ben, over, COULD_NOT, now)
    done = say(ada, over, COULD_NOT, now)
    assert (done.state, done.absent_user_id) == ("cancelled", None)


def test_in_a_dispute_giving_in_is_admitting(ada, ben, over, now):
    say(ada, over, MISSED, now)
    say(ben, over, HAPPENED, now)
    done = say(ben, over, COULD_NOT, now + DAY)
    assert (done.state, done.absent_user_id, done.absent_admitted) == ("no_show", ben.id, True)
    assert "says they could not come" in texts(ada, now + DAY)[0]


def test_in_a_dispute_the_one_who_waited_may_give_in_as_well(ada, ben, over, now):
    say(ada, over, HAPPENED, now)
    say(ben, over, COULD_NOT, now)
    done = say(ada, over, MISSED, now)
    assert (done.state, done.absent_user_id, done.absent_admitted) == ("no_show", ben.id, True)
    assert "agrees that you could not come" in texts(ben, now)[0]


def test_a_dispute_nobody_settles_counts_for_nobody(ada, ben, over, now):
    say(ada, over, HAPPENED, now)
    say(ben, over, MISSED, now)
    by = now + 7 * DAY
    for person in (ada, ben):
        with pytest.raises(WrongState) as wrong:
            say(person, over, AGREED, by)
        assert wrong.value.state == "unconfirmed"
    assert learning_sessions.past(ada, None, by).rows[0].state_at(by) == "unconfirmed"
    assert run(learning_sessions.settle_due, by - MINUTE) == 0
    assert run(learning_sessions.settle_due, by) == 1
    assert learning_sessions.session_of(ada, over).state == "unconfirmed"
    for person in (ada, ben):
        assert "You two did not agree how" in texts(person, by)[0]


def test_a_missed_session_is_told_to_each_in_their_own_words(ada, ben, over, now):
    say(ada, over, MISSED, now)
    by = now + 72 * HOUR
    run(learning_sessions.settle_due, by)
    assert "You are noted as absent" in texts(ben, by)[0]
    assert "counts as missed. You can forgive it" in texts(ada, by)[0]


def test_what_did_not_take_place_leaves_room_for_something_else(ada, ben, exchange, now):
    start = people.next_quarter(now - 2 * HOUR)
    key = people.make_session(ada, exchange, start=start, now=now - 3 * DAY).public_id
    say(ada, key, AGREED, now)
    say(ben, key, AGREED, now)
    again = people.make_session(ada, exchange, start=start, now=now - 3 * DAY)
    assert again.state == "scheduled"
