"""How do two people come to a time, and what becomes of it?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, frame, learning_sessions
from skillswap.errors import NotFound, Refused, Taken, WrongState
from skillswap.lib.clock import quarters, utcnow
from skillswap.models import (
    BookedSlot,
    Event,
    LearningSession,
    Notification,
    OutcomeAnswer,
    Presence,
    ProposalState,
    SessionState,
    UserState,
)
from tests import people
from tests.conftest import empty_tables

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
JITSI = "https://meet.example"


def propose(person, exchange, starts, *, now, minutes=60, leg=0, body=""):
    legs = exchanges.exchange_of(person, exchange.public_id).legs
    with transaction():
        return learning_sessions.propose_times(
            person,
            exchange.public_id,
            leg_id=legs[leg].id,
            starts=starts,
            minutes=minutes,
            body=body,
            now=now,
        )


def accept(person, key, start, now):
    with transaction():
        return learning_sessions.accept_times(person, key, start=start, now=now)


def happened(person, key, now):
    with transaction():
        return learning_sessions.give_outcome(person, key, answer=OutcomeAnswer.HAPPENED, now=now)


def cancel(person, key, now, reason="A cold"):
    with transaction():
        return learning_sessions.cancel_session(person, key, reason=reason, now=now)


def slots_of(person):
    return set(db.session.scalars(select(BookedSlot.slot).where(BookedSlot.user_id == person.id)))


def told(person):
    """What this person is told, the newest first, as kinds of events; due or not."""
    rows = select(Event.kind).join(Notification, Notification.event_id == Event.id)
    return db.session.scalars(
        rows.where(Notification.user_id == person.id).order_by(Event.id.desc())
    ).all()


@pytest.fixture
def exchange(ada, ben, now):
    """Ada teaches ben watercolour, ben teaches ada Spanish."""
    return people.make_exchange(ben, ada, offered="spanish", now=now)


@pytest.fixture
def start(now):
    return people.next_quarter(now + 2 * DAY)


# -- proposing ------------------------------------------------------------------------------------


def test_an_offer_holds_its_starts_in_order_and_tells_the_other(ada, ben, exchange, now, start):
    offered = propose(ada, exchange, [start + DAY, start], now=now, minutes=45, body=" Brushes ")
    proposal = learning_sessions.session_of(ben, offered.public_id).proposals[0]
    assert proposal.starts == [start, start + DAY]
    assert (proposal.minutes, proposal.body, offered.number) == (45, "Brushes", 1)
    assert offered.state is SessionState.PROPOSED
    assert told(ben)[0] == "session.proposed"
    assert told(ada)[0] != "session.proposed"


@pytest.mark.parametrize(
    ("starts", "minutes", "code", "index"),
    [
        (lambda at: [], 60, "no_starts", None),
        (lambda at: [at + n * HOUR for n in range(4)], 60, "too_many_starts", None),
        (lambda at: [at, at + HOUR, at], 60, "twice_the_same", 2),
        (lambda at: [at, at + timedelta(minutes=5)], 60, "not_on_quarter", 1),
        (lambda at: [at + DAY, at - 2 * DAY + 11 * HOUR], 60, "too_soon", 1),
        (lambda at: [at + 8 * WEEK], 60, "too_far", 0),
        (lambda at: [at], 50, "length", None),
        (lambda at: [at], 0, "length", None),
    ],
)
def test_what_the_rules_say_no_to(ada, exchange, now, start, starts, minutes, code, index):
    with pytest.raises(Refused) as refused:
        propose(ada, exchange, starts(start), now=now, minutes=minutes)
    assert (refused.value.code, refused.value.params.get("index")) == (code, index)
    assert db.session.scalar(select(func.count(LearningSession.id))) == 0


def test_the_notice_is_the_teachers_own(ada, ben, exchange, now):
    with transaction():
        db.session.merge(ada).notice_hours = 48
    soon = people.next_quarter(now + 30 * HOUR)
    with pytest.raises(Refused) as refused:
        propose(ben, exchange, [soon], now=now)
    assert (refused.value.code, refused.value.params["hours"]) == ("too_soon", 48)
    assert propose(ben, exchange, [soon], now=now, leg=1).teacher_id == ben.id  # ben's is 12


def test_exactly_at_the_notice_and_at_the_horizon_is_in_time(ada, exchange):
    now = people.next_quarter(utcnow())
    offered = propose(ada, exchange, [now + 12 * HOUR, now + 8 * WEEK], now=now)
    assert len(learning_sessions.session_of(ada, offered.public_id).proposals[0].starts) == 2


def test_only_a_leg_of_the_exchange_can_be_meant(ada, ben, cy, exchange, now, start):
    other = people.make_exchange(ben, cy, "javascript", now=now)
    with pytest.raises(Refused) as refused, transaction():
        learning_sessions.propose_times(
            ada,
            exchange.public_id,
            leg_id=exchanges.exchange_of(cy, other.public_id).legs[0].id,
            starts=[start],
            minutes=60,
            now=now,
        )
    assert refused.value.code == "unknown_leg"


def test_the_same_offer_again_is_the_first_one(ada, ben, exchange, now, start):
    first = propose(ada, exchange, [start, start + DAY], now=now)
    assert propose(ada, exchange, [start + DAY, start], now=now).id == first.id
    assert propose(ada, exchange, [start], now=now).id != first.id
    assert propose(ben, exchange, [start, start + DAY], now=now).id != first.id
    assert told(ben).count("session.proposed") == 2


def test_a_partner_is_not_buried_in_offers(ada, ben, exchange, now, start):
    for number in range(6):
        propose(ada, exchange, [start + number * DAY], now=now)
    with pytest.raises(Refused) as refused:
        propose(ada, exchange, [start + 9 * DAY], now=now)
    assert refused.value.code == "too_many_offers"
    assert propose(ben, exchange, [start + 9 * DAY], now=now).number == 7


def test_nobody_offers_an_hour_that_is_given_away(ada, ben, cy, exchange, now, start):
    other = people.make_exchange(ben, cy, "javascript", now=now)
    people.make_session(cy, other, start=start, now=now)
    for person, code in ((ben, "you_are_held"), (ada, "partner_is_held")):
        with pytest.raises(Refused) as refused:
            propose(person, exchange, [start + DAY, start + 45 * timedelta(minutes=1)], now=now)
        assert (refused.value.code, refused.value.params["index"]) == (code, 1)
    assert propose(ada, exchange, [start + HOUR], now=now)


def test_for_a_stranger_there_is_no_exchange(cy, exchange, now, start):
    with pytest.raises(NotFound), transaction():
        learning_sessions.propose_times(
            cy, exchange.public_id, leg_id=1, starts=[start], minutes=60, now=now
        )


def test_an_ended_exchange_takes_no_offers(ada, ben, exchange, now, start):
    with transaction():
        exchanges.cancel_exchange(ben, exchange.public_id, reason="We moved", now=now)
    with pytest.raises(WrongState) as wrong:
        propose(ada, exchange, [start], now=now)
    assert (wrong.value.noun, wrong.value.state) == ("exchange", "cancelled")


# -- lapsing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "stands"),
    [
        (20 * DAY, 7 * DAY),
        (2 * DAY, 2 * DAY - 2 * HOUR),
        (12 * HOUR, 10 * HOUR),
        (4 * HOUR, 2 * HOUR),
        (HOUR, 30 * timedelta(minutes=1)),  # where a teacher takes such short notice
    ],
)
def test_an_offer_stands_seven_days_or_until_shortly_before(now, ahead, stands):
    assert learning_sessions.lapse_of([now + ahead + DAY, now + ahead], now) == now + stands


def test_a_lapse_is_read_from_the_clock(ada, ben, exchange, now, start):
    offered = propose(ada, exchange, [start], now=now)
    lapsed = start - HOUR
    found = learning_sessions.session_of(ben, offered.public_id)
    assert found.proposals[0].state_at(lapsed) is ProposalState.LAPSED
    assert found.proposals[0].state is ProposalState.OPEN  # reading wrote nothing
    assert learning_sessions.to_agree(ben, None, lapsed).rows == []
    assert [card.state_at(lapsed) for card in learning_sessions.past(ben, None, lapsed)] == [
        "lapsed"
    ]
    for verb in (learning_sessions.decline_times, learning_sessions.withdraw_times):
        with pytest.raises(WrongState) as wrong, transaction():
            verb(ben, offered.public_id, now=lapsed)
        assert (wrong.value.noun, wrong.value.state) == ("proposal", "lapsed")
    with pytest.raises(WrongState):
        accept(ben, offered.public_id, start, lapsed)


# -- picking --------------------------------------------------------------------------------------


def test_a_pick_books_every_quarter_for_both(ada, ben, exchange, now, start):
    offered = propose(ada, exchange, [start, start + DAY], now=now, minutes=90)
    agreed = accept(ben, offered.public_id, start + DAY, now)
    assert agreed.state is SessionState.SCHEDULED
    assert (agreed.starts_at, agreed.ends_at) == (start + DAY, start + DAY + 1.5 * HOUR)
    expected = set(quarters(start + DAY, start + DAY + 1.5 * HOUR))
    assert slots_of(ada) == slots_of(ben) == expected
    assert len(expected) == 6
    assert told(ada)[0] == "session.scheduled"


def test_one_does_not_answer_ones_own_offer(ada, ben, exchange, now, start):
    offered = propose(ada, exchange, [start], now=now)
    with pytest.raises(NotFound):
        accept(ada, offered.public_id, start, now)
    with pytest.raises(NotFound), transaction():
        learning_sessions.decline_times(ada, offered.public_id, now=now)
    with pytest.raises(NotFound), transaction():
        learning_sessions.withdraw_times(ben, offered.public_id, now=now)


def test_only_an_offered_start_can_be_picked(ben, ada, exchange, now, start):
    offered = propose(ada, exchange, [start], now=now)
    for other in (start + HOUR, None):
        with pytest.raises(Refused) as refused:
            accept(ben, offered.public_id, other, now)
        assert refused.value.code == "not_a_start"


@pytest.mark.parametrize("shift", [timedelta(), timedelta(minutes=45), -timedelta(minutes=45)])
def test_nobody_is_booked_twice_across_exchanges(ada, ben, cy, exchange, now, start, shift):
    other = people.make_exchange(ben, cy, "javascript", now=now)
    mine = propose(ada, exchange, [start, start + DAY], now=now)
    theirs = propose(cy, other, [start + shift], now=now)
    accept(ben, theirs.public_id, start + shift, now)
    before = slots_of(ada), slots_of(ben)
    with pytest.raises(Taken) as taken:
        accept(ben, mine.public_id, start, now)
    assert taken.value.status == 409
    assert (slots_of(ada), slots_of(ben)) == before
    found = learning_sessions.session_of(ben, mine.public_id)
    assert (found.state, found.proposals[0].state) == ("proposed", "open")
    left = learning_sessions.offered_starts(ben, found, now)
    assert [one.is_free for one in left] == [False, True]
    for reader in (ada, ben):
        first, second = learning_sessions.offered_starts(reader, found, now)
        assert first.clash
        assert (first.clash.person.id, first.clash.day_is_full) == (ben.id, False)
        assert second.clash is None
    assert accept(ben, mine.public_id, start + DAY, now).starts_at == start + DAY


def test_sessions_may_touch(ada, ben, exchange, now, start):
    first = propose(ada, exchange, [start], now=now, minutes=30)
    second = propose(ada, exchange, [start + timedelta(minutes=30)], now=now, minutes=30)
    accept(ben, first.public_id, start, now)
    accept(ben, second.public_id, start + timedelta(minutes=30), now)
    assert len(slots_of(ada)) == 4


def test_the_days_maximum_is_each_ones_own_in_their_own_zone(ada, ben, exchange, now):
    """Mexico City is six hours behind London: one day there is two days here."""
    with transaction():
        db.session.merge(ben).daily_sessions = 2
    day = (
        (now + 3 * DAY)
        .astimezone(ZoneInfo("America/Mexico_City"))
        .replace(hour=0, minute=0, second=0, microsecond=0)
    )
    starts = [(day + hours * HOUR).astimezone(UTC) for hours in (1, 20, 22)]
    for at in starts[:2]:
        accept(ben, propose(ada, exchange, [at], now=now).public_id, at, now)
    third = propose(ada, exchange, [starts[2], starts[2] + 4 * HOUR], now=now)
    with pytest.raises(Refused) as refused:
        accept(ben, third.public_id, starts[2], now)
    assert refused.value.code == "day_full"
    assert refused.value.params == {"person": "Ben", "limit": 2}
    assert accept(ben, third.public_id, starts[2] + 4 * HOUR, now)  # two in the morning there


def test_a_day_on_which_the_clocks_go_back_is_one_day_from_end_to_end(ada, ben):
    now = datetime(2030, 10, 20, 12, tzinfo=UTC)
    exchange = people.make_exchange(ben, ada, now=now)
    with transaction():
        db.session.merge(ada).daily_sessions = 1
    people.make_session(ada, exchange, start=datetime(2030, 10, 26, 23, tzinfo=UTC), now=now)
    late = datetime(2030, 10, 27, 23, 30, tzinfo=UTC)  # 24 hours and a half later, the same day
    with pytest.raises(Refused, match="day_full"):
        people.make_session(ada, exchange, start=late, now=now)


def test_a_kept_session_still_takes_its_place_in_the_day(ada, ben, exchange, now):
    with transaction():
        db.session.merge(ada).daily_sessions = 1
    start = people.next_quarter(now + 2 * DAY).replace(hour=9, minute=0)
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    for person in (ada, ben):
        happened(person, key, start + 2 * HOUR)
    late = start + 12 * HOUR
    with transaction():
        db.session.merge(ada).notice_hours = 1
    offered = propose(ben, exchange, [late], now=start + 2 * HOUR)
    with pytest.raises(Refused) as refused:
        accept(ada, offered.public_id, late, start + 3 * HOUR)
    assert refused.value.code == "day_full"


def test_a_pick_is_final(ada, ben, exchange, now, start):
    offered = propose(ada, exchange, [start, start + DAY], now=now)
    accept(ben, offered.public_id, start, now)
    with pytest.raises(WrongState) as wrong:
        accept(ben, offered.public_id, start + DAY, now)
    assert (wrong.value.noun, wrong.value.state) == ("session", "scheduled")
    for person, verb in (
        (ben, learning_sessions.decline_times),
        (ada, learning_sessions.withdraw_times),
    ):
        with pytest.raises(WrongState), transaction():
            verb(person, offered.public_id, now=now)


@pytest.mark.parametrize(
    ("verb", "by", "state"),
    [
        (learning_sessions.decline_times, "ben", "declined"),
        (learning_sessions.withdraw_times, "ada", "withdrawn"),
    ],
)
def test_an_offer_that_comes_to_nothing(ada, ben, exchange, now, start, verb, by, state):
    person, other = (ben, ada) if by == "ben" else (ada, ben)
    offered = propose(ada, exchange, [start], now=now)
    with transaction():
        verb(person, offered.public_id, now=now)
    found = learning_sessions.session_of(ada, offered.public_id)
    assert (found.state, found.proposals[0].state) == ("cancelled", state)
    assert told(other)[0] == f"session.{state}"
    assert learning_sessions.past(ada, None, now).rows[0].state_at(now) == state
    with pytest.raises(WrongState) as wrong, transaction():
        verb(person, offered.public_id, now=now)
    assert (wrong.value.noun, wrong.value.state) == ("proposal", state)


# -- cancelling -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "late"), [(12 * HOUR, False), (11.9 * HOUR, True)])
def test_a_cancelled_session_frees_its_hours(ada, ben, exchange, now, start, before, late):
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    off = cancel(ben, key, start - before, reason="  A cold ")
    assert (off.state, off.cancel_reason, off.cancelled_late) == ("cancelled", "A cold", late)
    assert (off.cancelled_by_id, off.sequence) == (ben.id, 1)
    assert slots_of(ada) == slots_of(ben) == set()
    assert told(ada)[0] == "session.cancelled"
    again = propose(ada, exchange, [start + DAY], now=now)
    assert accept(ben, again.public_id, start + DAY, now)


def test_why_it_is_cancelled_must_be_said(ada, exchange, now, start):
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    for reason, code in (("  ", "reason_needed"), ("x" * 301, "too_long")):
        with pytest.raises(Refused) as refused:
            cancel(ada, key, now, reason)
        assert (refused.value.field, refused.value.code) == ("reason", code)


def test_what_has_begun_is_not_cancelled(ada, exchange, now, start):
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    with pytest.raises(WrongState) as wrong:
        cancel(ada, key, start)
    assert wrong.value.state == "started"
    cancel(ada, key, now)
    with pytest.raises(WrongState) as wrong:
        cancel(ada, key, now)
    assert wrong.value.state == "cancelled"


# -- the call and the outcome ---------------------------------------------------------------------


def test_the_call_is_open_from_a_quarter_before_until_the_end(ada, ben, exchange, now, start):
    key = people.make_session(ada, exchange, start=start, now=now).public_id

    def join(person, at):
        with transaction():
            return learning_sessions.join_session(person, key, jitsi_url=JITSI, now=at).url

    def seen(at):
        one = learning_sessions.session_of(ada, key)
        return learning_sessions.gathering_of(ada, one, jitsi_url=JITSI, now=at).call

    opens = start - timedelta(minutes=15)
    for at in (opens - timedelta(seconds=1), start + HOUR):
        with pytest.raises(WrongState) as wrong:
            join(ada, at)
        assert wrong.value.state == "closed"
        assert seen(at) is None
    assert seen(opens) is None
    room = f"{JITSI}/SkillSwap-{exchanges.exchange_of(ada, exchange.public_id).room}"
    assert join(ada, opens) == join(ben, start) == join(ada, start) == room
    assert seen(start).url == room
    assert seen(start + HOUR) is None
    first = select(Presence.joined_at).where(Presence.user_id == ada.id)
    assert db.session.scalars(first).all() == [opens]


def test_both_say_it_happened(ada, ben, exchange, now, start):
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    over = start + HOUR
    with pytest.raises(WrongState) as wrong:
        happened(ada, key, over - timedelta(seconds=1))
    assert wrong.value.state == "early"
    first = happened(ada, key, over)
    assert (first.state, first.confirm_by) == ("scheduled", over + 72 * HOUR)
    assert told(ben)[0] == "session.outcome_given"
    with pytest.raises(WrongState) as wrong:
        happened(ada, key, over)
    assert wrong.value.state == "answered"
    second = happened(ben, key, over + HOUR)
    assert (second.state, second.ended_at) == ("completed", over + HOUR)
    assert "session.completed" in told(ada)
    with pytest.raises(WrongState) as wrong:
        happened(ben, key, over + HOUR)
    assert wrong.value.state == "completed"


def test_silence_counts_after_three_days(ada, ben, exchange, now, start):
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    happened(ada, key, start + HOUR)
    due = start + HOUR + 72 * HOUR

    def minutes(at):
        legs = exchanges.leg_lines([exchange.id], ben, at)[exchange.id]
        return sum(leg.minutes for leg in legs)

    found = learning_sessions.session_of(ben, key)
    assert found.state_at(due - HOUR) is SessionState.SCHEDULED
    assert found.state_at(due) is SessionState.COMPLETED
    assert (minutes(due - HOUR), minutes(due)) == (0, 60)
    assert learning_sessions.tab_counts(ben, due - HOUR).past == 1
    assert learning_sessions.tab_counts(ben, due).past == 0
    assert learning_sessions.past(ben, None, due).rows[0].state_at(due) == "completed"


def test_for_a_stranger_there_is_no_session(ada, cy, exchange, now, start):
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    verbs: list[Callable[[], object]] = [
        lambda: learning_sessions.session_of(cy, key),
        lambda: learning_sessions.accept_times(cy, key, start=start, now=now),
        lambda: learning_sessions.decline_times(cy, key, now=now),
        lambda: learning_sessions.withdraw_times(cy, key, now=now),
        lambda: learning_sessions.cancel_session(cy, key, reason="", now=now),
        lambda: learning_sessions.join_session(cy, key, jitsi_url=JITSI, now=start),
        lambda: learning_sessions.give_outcome(
            cy, key, answer=OutcomeAnswer.HAPPENED, now=start + HOUR
        ),
    ]
    for verb in verbs:
        with pytest.raises(NotFound), transaction():
            verb()


def test_with_a_suspended_partner_it_is_gone(ada, ben, exchange, now, start):
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    with transaction():
        db.session.merge(ben).state = UserState.SUSPENDED
    with pytest.raises(NotFound):
        learning_sessions.session_of(ada, key)
    with pytest.raises(NotFound):
        exchanges.exchange_of(ada, exchange.public_id)
    assert learning_sessions.upcoming(ada, None, now).rows == []
    assert exchanges.exchanges_of(ada, None, now).rows == []


# -- lists and counts -----------------------------------------------------------------------------


def test_each_session_stands_in_one_list(ada, ben, exchange, now, start):
    soon = people.make_session(ada, exchange, start=start + HOUR, now=now)
    sooner = people.make_session(ada, exchange, start=start, now=now)
    offered = propose(ben, exchange, [start + DAY], now=now)
    later_offer = propose(ada, exchange, [start + 4 * DAY], now=now)
    off = people.make_session(ada, exchange, start=start + 3 * DAY, now=now)
    cancel(ada, off.public_id, now)

    def ids(read):
        return [card.id for card in read(ada, None, now)]

    assert ids(learning_sessions.upcoming) == [sooner.id, soon.id]
    assert ids(learning_sessions.to_agree) == [offered.id, later_offer.id]  # by their deadline
    assert ids(learning_sessions.past) == [off.id]
    first = learning_sessions.to_agree(ada, None, now).rows[0]
    assert (first.i_proposed, first.offered, first.first_offered) == (False, 1, start + DAY)


def test_what_waits_is_counted_for_the_one_who_asks(ada, ben, cy, exchange, now, start):
    """Everybody is signed in, ben twice: each counts only what waits for them."""
    tokens = [people.sign_in(person) for person in (ada, ben, ben, cy)]
    propose(ada, exchange, [start], now=now)
    propose(ada, exchange, [start + DAY], now=now)
    over = people.make_session(ada, exchange, start=people.next_quarter(now - DAY), now=now - WEEK)
    happened(ben, over.public_id, now)
    seen = [frame.signed_in(token, now) for token in tokens]
    assert [one and one.waiting_sessions for one in seen] == [1, 2, 2, 0]
    for person, waiting in ((ada, (0, 1)), (ben, (2, 0)), (cy, (0, 0))):
        counts = learning_sessions.tab_counts(person, now)
        assert (counts.to_agree, counts.past) == waiting
        assert len(learning_sessions.needing(person, now, 9)) == sum(waiting)


def test_a_long_list_is_read_in_pages(ada, ben, exchange, now):
    for number in range(45):
        at = people.next_quarter(now - (number + 1) * DAY)
        people.make_session(ada, exchange, start=at, now=at - 2 * DAY)
    seen, cursor = [], None
    while True:
        found = learning_sessions.past(ben, cursor, now)
        seen += [card.starts_at for card in found]
        if not (cursor := found.after):
            break
    assert len(seen) == 45
    assert all(one > other for one, other in pairwise(seen))


# -- whatever they do -----------------------------------------------------------------------------

moves = st.lists(
    st.tuples(
        st.sampled_from(
            ("propose", "accept", "accept", "decline", "withdraw", "cancel", "happened", "wait")
        ),
        st.integers(0, 2),  # who
        st.integers(0, 40),  # which session, or which start
        st.sampled_from((30, 45, 60, 90)),
    ),
    min_size=5,
    max_size=30,
)


@settings(max_examples=60)
@given(moves)
def test_whatever_three_people_do_nobody_is_in_two_places(app, history):
    empty_tables()
    db.session.expunge_all()
    now = people.next_quarter(utcnow())
    crowd = [
        people.make_person(name, offers=("Spanish",), daily_sessions=5, timezone=zone)
        for name, zone in (("ada", "Europe/London"), ("ben", "Asia/Seoul"), ("cy", "Asia/Beirut"))
    ]
    opened = [
        people.make_exchange(crowd[one], crowd[other], "spanish", now=now)
        for one, other in ((0, 1), (1, 2), (2, 0))
    ]
    keys: list[str] = []
    for what, who, number, minutes in history:
        if what == "wait":
            now += timedelta(hours=number)
            continue
        before = picture()
        try:
            done = move(what, crowd[who], number, minutes, opened, keys, now)
        except (Refused, WrongState, NotFound):
            assert picture() == before, "what is refused changes nothing"
        else:
            if what == "propose" and done not in keys:
                keys.append(done)
        check(crowd)


def move(what, person, number, minutes, opened, keys, now):
    if what == "propose":
        starts = [now + DAY + timedelta(minutes=15 * n) for n in (number, number + 3)]
        mine = [one for one in opened if person.id in (one.learner_id, one.teacher_id)]
        return propose(person, mine[number % 2], starts, now=now, minutes=minutes).public_id
    if not keys:
        return None
    key = keys[number % len(keys)]
    if what == "accept":
        found = learning_sessions.session_of(person, key)
        return accept(person, key, found.proposals[0].starts[number % 2], now)
    if what == "cancel":
        return cancel(person, key, now)
    if what == "happened":
        return happened(person, key, now)
    verb = getattr(learning_sessions, f"{what}_times")
    with transaction():
        return verb(person, key, now=now)


def picture():
    """Everything about sessions, to compare with."""
    db.session.expunge_all()  # before the rollback, or the people would expire
    db.session.rollback()
    tables = ("learning_sessions", "proposals", "booked_slots", "outcomes", "events")
    return {
        name: sorted(map(repr, db.session.execute(select(db.metadata.tables[name])).all()))
        for name in tables
    }


def check(crowd):
    rows = db.session.scalars(
        select(LearningSession).execution_options(populate_existing=True)
    ).all()
    held = [one for one in rows if one.state in (SessionState.SCHEDULED, SessionState.COMPLETED)]
    for person in crowd:
        mine = sorted(
            (one.starts_at, one.ends_at)
            for one in held
            if person.id in (one.teacher_id, one.learner_id)
        )
        assert all(one[1] <= other[0] for one, other in pairwise(mine)), "in two places at once"
        union = {slot for start, end in mine for slot in quarters(start, end)}
        assert slots_of(person) == union, "the held hours are those of the sessions"
    for one in rows:
        has_time = one.starts_at is not None
        assert has_time or one.state in (SessionState.PROPOSED, SessionState.CANCELLED)
