"""What does an accepted pitch open, how does it stand, and how does it end?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, learning_sessions
from skillswap.domain.exchanges import LegLine, Turn, turn_of
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.models import BookedSlot, Event, Notification, OutcomeAnswer
from tests import people

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def exchange(ada, ben, now):
    """Ada teaches ben watercolour, ben teaches ada Spanish; opened 20 days ago."""
    return people.make_exchange(ben, ada, offered="spanish", now=now - 20 * DAY)


def kept(proposer, exchange, now, *, days=3, answers=2, leg=0):
    """A session some days ago that both (or one) say happened."""
    start = people.next_quarter(now - days * DAY)
    legs = exchanges.exchange_of(proposer, exchange.public_id).legs
    with transaction():
        offered = learning_sessions.propose_times(
            proposer,
            exchange.public_id,
            leg_id=legs[leg].id,
            starts=[start],
            minutes=45,
            now=start - 2 * DAY,
        )
    partner = exchange.partner_of(proposer)
    with transaction():
        learning_sessions.accept_times(partner, offered.public_id, start=start, now=start - 2 * DAY)
    for person in (proposer, partner)[:answers]:
        with transaction():
            learning_sessions.give_outcome(
                person, offered.public_id, answer=OutcomeAnswer.HAPPENED, now=start + HOUR
            )
    return offered.public_id


def cancel(person, exchange, now, reason="We moved to another town"):
    with transaction():
        return exchanges.cancel_exchange(person, exchange.public_id, reason=reason, now=now)


def complete(person, exchange, now):
    with transaction():
        return exchanges.complete_exchange(person, exchange.public_id, now=now)


def complete_both(one, other, exchange, now):
    complete(one, exchange, now)
    return complete(other, exchange, now)


def told(person):
    """The kinds of what a person was told, the last first, due or not."""
    rows = select(Event.kind).join(Notification, Notification.event_id == Event.id)
    return db.session.scalars(
        rows.where(Notification.user_id == person.id).order_by(Event.id.desc())
    ).all()


# -- standing -------------------------------------------------------------------------------------


def test_a_return_opens_a_second_leg(ada, ben, exchange, now):
    legs = exchanges.leg_lines([exchange.id], ben, now)[exchange.id]
    assert [(leg.skill, leg.i_teach) for leg in legs] == [("Watercolour", False), ("Spanish", True)]
    assert [
        (leg.skill, leg.i_teach)
        for leg in exchanges.leg_lines([exchange.id], ada, now)[exchange.id]
    ] == [
        ("Spanish", False),
        ("Watercolour", True),
    ]
    assert (exchanges.places_taken(ada, now), exchanges.places_taken(ben, now)) == (1, 1)


def test_kept_minutes_count_for_their_leg(ada, ben, exchange, now):
    kept(ada, exchange, now, days=4)
    kept(ben, exchange, now, days=3)
    kept(ben, exchange, now, days=2, leg=1)
    kept(ada, exchange, now, days=1, answers=1)  # the other has time to answer
    legs = exchanges.leg_lines([exchange.id], ben, now)[exchange.id]
    assert [(leg.minutes, leg.kept) for leg in legs] == [(90, 2), (45, 1)]
    assert turn_of(legs) == Turn(mine=True, minutes=45)
    assert turn_of(exchanges.leg_lines([exchange.id], ada, now)[exchange.id]) == Turn(False, 45)


def test_nobodys_turn_while_even_or_one_way():
    learn, teach = LegLine(1, "Piano", False, 45, 1), LegLine(2, "Spanish", True, 45, 1)
    assert turn_of([learn, teach]) is None
    assert turn_of([learn]) is None


def test_others_do_not_see_it(cy, exchange, now):
    for verb in (
        lambda: exchanges.exchange_of(cy, exchange.public_id),
        lambda: exchanges.cancel_exchange(cy, exchange.public_id, reason="", now=now),
        lambda: exchanges.complete_exchange(cy, exchange.public_id, now=now),
    ):
        with pytest.raises(NotFound), transaction():
            verb()


# -- ending ---------------------------------------------------------------------------------------


def test_cancelling_frees_hours_and_places_and_tells_the_other(ada, ben, exchange, now):
    ahead = people.make_session(ada, exchange, now=now).public_id
    near = people.make_session(
        ben, exchange, start=people.next_quarter(now + 6 * HOUR), now=now - DAY
    )
    over = kept(ada, exchange, now, answers=0)
    later = [people.next_quarter(now + 5 * DAY)]
    mine = people.make_proposal(ada, exchange, starts=later)
    theirs = people.make_proposal(ben, exchange, starts=later)
    cancel(ada, exchange, now, reason=" We moved ")
    found = exchanges.exchange_of(ben, exchange.public_id)
    assert (found.state, found.end_reason, found.ended_at) == ("cancelled", "We moved", now)
    assert (exchanges.places_taken(ada, now), exchanges.places_taken(ben, now)) == (0, 0)

    def stands(key):
        one = learning_sessions.session_of(ben, key)
        return one.state, one.proposals[-1].state, one.cancelled_late

    assert stands(ahead) == ("cancelled", "accepted", False)
    assert stands(near.public_id) == ("cancelled", "accepted", True)
    assert stands(mine.public_id) == ("cancelled", "withdrawn", False)
    assert stands(theirs.public_id) == ("cancelled", "declined", False)
    assert stands(over) == ("scheduled", "accepted", False)  # both may still say how it went
    held = select(func.count()).select_from(BookedSlot)
    assert db.session.scalar(held) == 2 * 3  # of the one that is over
    assert told(ben)[0] == "exchange.cancelled"
    assert told(ben).count("session.cancelled") == 0  # one thing is told once
    assert "exchange.cancelled" not in told(ada)
    with transaction():
        learning_sessions.give_outcome(ben, over, answer=OutcomeAnswer.HAPPENED, now=now)


def test_a_running_session_is_not_called_off(ada, ben, exchange, now):
    start = people.next_quarter(now - 30 * timedelta(minutes=1))
    key = people.make_session(ada, exchange, start=start, now=now - DAY).public_id
    cancel(ben, exchange, now)
    assert learning_sessions.session_of(ada, key).state == "scheduled"


def test_why_must_be_said(ada, exchange, now):
    for reason, code in ((" ", "reason_needed"), ("x" * 301, "too_long")):
        with pytest.raises(Refused) as refused:
            cancel(ada, exchange, now, reason)
        assert (refused.value.field, refused.value.code) == ("reason", code)


def test_it_ends_once(ada, ben, exchange, now):
    kept(ada, exchange, now)
    complete_both(ada, ben, exchange, now)
    for verb in (cancel, complete):
        with pytest.raises(WrongState) as wrong:
            verb(ben, exchange, now)
        assert (wrong.value.noun, wrong.value.state) == ("exchange", "completed")
    assert told(ben).count("exchange.completion_proposed") == 1
    assert told(ada).count("exchange.completed") == 1


# -- completing takes both ------------------------------------------------------------------------


def test_completing_needs_a_session_that_was_kept(ada, exchange, now):
    people.make_proposal(ada, exchange, now=now - 9 * DAY)  # lapsed
    kept(ada, exchange, now, days=1, answers=1)
    with pytest.raises(WrongState) as wrong:
        complete(ada, exchange, now)
    assert wrong.value.state == "nothing_kept"
    silent = now + 3 * DAY  # the other has not answered in time: it counts
    assert complete(ada, exchange, silent).complete_by == silent + 7 * DAY


def test_completing_waits_for_what_lies_ahead(ada, ben, exchange, now):
    kept(ada, exchange, now)
    key = people.make_session(ada, exchange, now=now).public_id
    with pytest.raises(WrongState) as wrong:
        complete(ben, exchange, now)
    assert wrong.value.state == "session_ahead"
    with transaction():
        learning_sessions.cancel_session(ada, key, reason="Enough", now=now)
    offer = people.make_proposal(ada, exchange, now=now).public_id
    complete_both(ben, ada, exchange, now)
    assert learning_sessions.session_of(ada, offer).proposals[0].state == "withdrawn"
    assert told(ben)[0] == "exchange.completed"
    assert told(ada)[0] == "exchange.completion_proposed"
    assert exchanges.places_taken(ada, now) == 0
    for person in (ada, ben):  # nothing waits for an answer any more
        assert exchanges.exchanges_of(person, None, now).rows[0].completion == ""


def test_nobody_agrees_with_themselves(ada, exchange, now):
    kept(ada, exchange, now)
    complete(ada, exchange, now)
    with pytest.raises(WrongState) as wrong:
        complete(ada, exchange, now)
    assert wrong.value.state == "completion_proposed"


@pytest.mark.parametrize("picks", [False, True], ids=["proposing", "picking"])
def test_times_take_it_back(ada, ben, exchange, now, picks):
    kept(ada, exchange, now)
    start = people.next_quarter(now + 3 * DAY)
    offer = people.make_proposal(ada, exchange, starts=[start], now=now) if picks else None
    complete(ben, exchange, now)
    if offer:
        with transaction():
            learning_sessions.accept_times(ben, offer.public_id, start=start, now=now)
    else:
        people.make_proposal(ada, exchange, now=now)
    found = exchanges.exchange_of(ada, exchange.public_id)
    assert (found.completion_by_id, found.complete_by) == (None, None)
    assert found.is_active_at(now + 8 * DAY)
    assert exchanges.settle_due(now + 8 * DAY, 9) == 0


def test_seven_days_of_silence_complete_it(ada, ben, exchange, now):
    kept(ada, exchange, now)
    complete(ada, exchange, now)
    by = now + 7 * DAY
    assert exchanges.exchange_of(ben, exchange.public_id).is_active_at(by - HOUR)
    # it takes effect when it is read, before any sweep
    found = exchanges.exchange_of(ben, exchange.public_id)
    assert (found.state_at(by, kept=True), found.over_at) == ("completed", by)
    assert exchanges.exchanges_of(ben, None, by).rows[0].state == "completed"
    assert exchanges.places_taken(ada, by) == 0
    for verb in (cancel, complete):
        with pytest.raises(WrongState) as wrong:
            verb(ben, exchange, by)
        assert wrong.value.state == "completed"
    with transaction():
        assert exchanges.settle_due(by + HOUR, 9) == 1
    found = exchanges.exchange_of(ben, exchange.public_id)
    assert (found.state, found.ended_at) == ("completed", by)
    assert told(ada)[0] == told(ben)[0] == "exchange.completed"
    with transaction():
        assert exchanges.settle_due(by + HOUR, 9) == 0


# -- resting and waking ---------------------------------------------------------------------------


@pytest.fixture
def quiet(ada, ben, now):
    """Opened now; nothing was ever scheduled."""
    return people.make_exchange(ben, ada, offered="spanish", now=now)


def rest(now):
    with transaction():
        return exchanges.rest_due(now, 9)


def nudge(now):
    with transaction():
        return exchanges.nudge_due(now, 9)


def settle(now):
    with transaction():
        return exchanges.settle_due(now, 9)


def wake(person, exchange, now):
    with transaction():
        return exchanges.wake_exchange(person, exchange.public_id, now=now)


def state_of(person, exchange, now):
    return exchanges.stands(exchanges.exchange_of(person, exchange.public_id), now)


def test_thirty_quiet_days_let_it_rest_and_free_the_places(ada, ben, quiet, now):
    late = now + 30 * DAY
    assert rest(late - HOUR) == 0
    assert state_of(ada, quiet, late - HOUR) == "active"
    # computed on read
    assert state_of(ada, quiet, late) == "dormant"
    assert exchanges.places_taken(ada, late) == exchanges.places_taken(ben, late) == 0
    with pytest.raises(WrongState) as wrong:
        people.make_proposal(ada, quiet, now=late)
    assert wrong.value.state == "dormant"
    assert (rest(late + HOUR), rest(late + HOUR)) == (1, 0)
    found = exchanges.exchange_of(ada, quiet.public_id)
    assert (found.state, found.dormant_at, found.wake_by) == ("dormant", late, late + 90 * DAY)
    assert told(ada)[0] == told(ben)[0] == "exchange.rested"
    for verb in (cancel, complete):
        with pytest.raises(WrongState) as wrong:
            verb(ada, quiet, late + HOUR)
        assert wrong.value.state == "dormant"


def test_nudges_come_on_day_10_and_day_20(ada, ben, quiet, now):
    sent = [nudge(now + hours * HOUR) for hours in (239, 240, 241, 479, 480, 481, 719, 720)]
    assert sent == [0, 1, 0, 0, 1, 0, 0, 0]
    assert told(ada).count("exchange.nudged") == told(ben).count("exchange.nudged") == 2


def test_a_late_sweep_sends_one_nudge_not_two(ada, quiet, now):
    assert nudge(now + 21 * DAY) == 1
    assert nudge(now + 22 * DAY) == 0
    assert told(ada).count("exchange.nudged") == 1


def test_times_on_offer_keep_it_awake_and_unnudged(ada, ben, quiet, now):
    people.make_proposal(ada, quiet, now=now + 29 * DAY)
    assert nudge(now + 29 * DAY) == 0
    lapse = now + 29 * DAY + 2 * DAY - 2 * HOUR
    assert state_of(ada, quiet, lapse - HOUR) == "active"
    assert state_of(ada, quiet, lapse + HOUR) == "dormant"


def test_the_quiet_begins_when_the_last_session_ends(ada, ben, quiet, now):
    start = people.next_quarter(now + 40 * DAY)
    later = people.make_session(ada, quiet, start=start, now=now)
    end = start + HOUR
    assert state_of(ada, quiet, end + 30 * DAY - HOUR) == "active"
    assert state_of(ada, quiet, end + 30 * DAY) == "dormant"
    sooner = people.make_session(ada, quiet, start=start - 20 * DAY, now=now)
    with transaction():
        learning_sessions.cancel_session(ben, later.public_id, reason="Ill", now=now + DAY)
    assert state_of(ada, quiet, end + 10 * DAY - HOUR) == "active"
    assert state_of(ada, quiet, end + 10 * DAY) == "dormant"
    with transaction():
        learning_sessions.cancel_session(ben, sooner.public_id, reason="Ill", now=now + 2 * DAY)
    assert state_of(ada, quiet, now + 32 * DAY - HOUR) == "active"
    assert state_of(ada, quiet, now + 32 * DAY) == "dormant"


@pytest.mark.parametrize("swept", [True, False], ids=["swept", "unswept"])
def test_either_wakes_it_within_90_days(ada, ben, quiet, now, swept):
    late = now + 119 * DAY
    if swept:
        rest(now + 31 * DAY)
    assert wake(ben, quiet, late).state == "active"
    assert told(ada)[:2] == ["exchange.woken", "exchange.rested"]
    assert "exchange.rested" in told(ben)
    assert state_of(ada, quiet, late + 29 * DAY) == "active"
    assert nudge(late + 10 * DAY) == 1
    with pytest.raises(WrongState):
        wake(ada, quiet, late)


def test_it_wakes_only_where_there_is_room(ada, ben, now):
    with transaction():
        db.session.merge(ada).places = db.session.merge(ben).places = 1
    quiet = people.make_exchange(ben, ada, offered="spanish", now=now)
    late = now + 31 * DAY
    kim = people.make_person("kim", offers=("Chess",))
    other = people.make_exchange(kim, ada, now=late)  # the place is free while it rests
    with pytest.raises(Refused) as refused:
        wake(ada, quiet, late)
    assert refused.value.code == "wake_no_places"
    with pytest.raises(Refused) as refused:
        wake(ben, quiet, late)
    assert refused.value.code == "wake_partner_full"
    cancel(ada, other, late)
    assert wake(ben, quiet, late).state == "active"


@pytest.mark.parametrize("swept", [True, False], ids=["swept", "unswept"])
@pytest.mark.parametrize("sessions", [0, 1])
def test_after_90_days_of_rest_it_ends(ada, ben, exchange, now, swept, sessions):
    if sessions:
        kept(ada, exchange, now, days=10)
    end = exchanges.exchange_of(ada, exchange.public_id).wake_by
    state = "completed" if sessions else "cancelled"
    if swept:
        rest(now + 60 * DAY)
    assert state_of(ada, exchange, end - HOUR) == "dormant"
    assert state_of(ada, exchange, end) == state
    assert exchanges.exchanges_of(ada, None, end).rows[0].state == state
    with pytest.raises(WrongState) as wrong:
        wake(ada, exchange, end)
    assert wrong.value.state == state
    rest(end)
    assert (settle(end + HOUR), settle(end + HOUR)) == (1, 0)
    found = exchanges.exchange_of(ada, exchange.public_id)
    assert (found.state, found.ended_at) == (state, end)
    assert told(ada)[0] == told(ben)[0] == f"exchange.{state}"


def test_waking_is_not_for_what_is_awake_or_over(ada, ben, cy, exchange, now):
    with pytest.raises(WrongState) as wrong:
        wake(ada, exchange, now)
    assert wrong.value.state == "active"
    with pytest.raises(NotFound):
        wake(cy, exchange, now)
    cancel(ada, exchange, now)
    with pytest.raises(WrongState):
        wake(ben, exchange, now)


def test_a_proposal_to_complete_keeps_it_from_resting(ada, exchange, now):
    kept(ada, exchange, now, days=15)
    asked = now + 14 * DAY  # the 30 days are nearly over
    complete(ada, exchange, asked)
    assert rest(asked + 6 * DAY) == nudge(asked + 6 * DAY) == 0
    assert state_of(ada, exchange, asked + 6 * DAY) == "active"
    assert state_of(ada, exchange, asked + 7 * DAY) == "completed"


# -- the list -------------------------------------------------------------------------------------


def next_of(person, now):
    return exchanges.exchanges_of(person, None, now).rows[0].next


def test_a_card_names_what_waits_first(ada, ben, exchange, now):
    assert next_of(ada, now) is None
    people.make_proposal(ada, exchange, starts=[people.next_quarter(now + 5 * DAY)], now=now)
    assert (next_of(ada, now).i_proposed, next_of(ada, now).waits_for_me(now)) == (True, False)
    assert next_of(ben, now).waits_for_me(now)
    ahead = people.make_session(ada, exchange, now=now)
    assert next_of(ada, now).public_id == ahead.public_id  # a time agreed before one on offer
    assert next_of(ben, now).i_proposed is False  # but first what I am asked
    over = kept(ada, exchange, now, days=2, answers=1)  # ada has answered
    assert next_of(ben, now).public_id == over
    assert next_of(ada, now).public_id == ahead.public_id
    assert next_of(ada, now).some_ahead
    assert next_of(ben, now).some_ahead
    with transaction():
        learning_sessions.cancel_session(ada, ahead.public_id, reason="A cold", now=now)
    assert not next_of(ben, now).some_ahead


def test_active_ones_stand_first(ada, now):
    learners = [people.make_person(f"learner{n}", offers=("Spanish",)) for n in range(3)]
    opened = [people.make_exchange(learner, ada, now=now - 9 * DAY) for learner in learners]
    cancel(ada, opened[2], now)
    found = exchanges.exchanges_of(ada, None, now)
    assert [card.username for card in found] == ["learner1", "learner0", "learner2"]
    assert [card.is_open for card in found] == [True, True, False]


def test_many_are_read_in_pages(app, now):
    ada = people.make_person("ada", offers=("Watercolour",), places=99, pitch_cap=99)
    for number in range(25):
        learner = people.make_person(f"learner{number}", offers=("Spanish",))
        exchange = people.make_exchange(learner, ada, now=now)
        if number % 3 == 0:
            cancel(ada, exchange, now)
    first = exchanges.exchanges_of(ada, None, now)
    second = exchanges.exchanges_of(ada, first.after, now)
    ids = [card.id for card in [*first, *second]]
    assert (len(first), len(second), len(set(ids)), second.after) == (20, 5, 25, None)
    states = [card.is_open for card in [*first, *second]]
    assert states == sorted(states, reverse=True)


def test_an_exchange_costs_the_same_for_2_and_50(queries, ben, now):
    ada = people.make_person(
        "ada", offers=("Watercolour",), places=99, pitch_cap=99, daily_sessions=99
    )

    def add(first, last):
        for number in range(first, last):
            learner = people.make_person(f"learner{number}", offers=("Spanish",))
            exchange = people.make_exchange(learner, ada, offered="spanish", now=now)
            start = people.next_quarter(now + 2 * DAY + number * HOUR)
            people.make_session(ada, exchange, start=start, now=now)

    def cost():
        queries.clear()
        exchanges.exchanges_of(ada, None, now)
        return len(queries)

    add(0, 2)
    few = cost()
    add(2, 50)
    assert cost() == few == 3
