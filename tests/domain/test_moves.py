"""Does the agreed time stand until both agree on another one, whatever becomes of the asking?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import exchanges, frame, learning_sessions, notifications, safety
from skillswap.errors import NotFound, Refused, Taken, WrongState
from skillswap.lib.clock import from_wall, local, quarters
from skillswap.models import (
    BookedSlot,
    Event,
    Exchange,
    ExchangeState,
    LearningSession,
    OutcomeAnswer,
    Proposal,
    ProposalKind,
    ProposalState,
    SessionState,
    User,
)
from tests import people

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def move(person, key, starts, *, now, minutes=60, body=""):
    with transaction():
        return learning_sessions.propose_move(
            person, key, starts=starts, minutes=minutes, body=body, now=now
        )


def accept(person, key, start, now):
    with transaction():
        return learning_sessions.accept_times(person, key, start=start, now=now)


def decline(person, key, now):
    with transaction():
        return learning_sessions.decline_times(person, key, now=now)


def withdraw(person, key, now):
    with transaction():
        return learning_sessions.withdraw_times(person, key, now=now)


def cancel(person, key, now):
    with transaction():
        return learning_sessions.cancel_session(person, key, reason="A cold", now=now)


def lapse(now):
    with transaction():
        return learning_sessions.lapse_due(now, 99)


def slots_of(person: User) -> set[int]:
    return set(db.session.scalars(select(BookedSlot.slot).where(BookedSlot.user_id == person.id)))


def told(person: User, now: datetime) -> str:
    """The words of the newest line."""
    text: str = notifications.page_of(person, None, now).rows[0].text
    return text


def agreed(one: LearningSession) -> tuple[object, ...]:
    """What a refused move must not touch."""
    db.session.expire_all()
    row = db.session.get_one(LearningSession, one.id)
    return (
        row.public_id,
        row.state,
        row.starts_at,
        row.ends_at,
        row.minutes,
        row.sequence,
        row.remind_at,
        sorted(db.session.execute(select(BookedSlot.user_id, BookedSlot.slot)).all()),
    )


@pytest.fixture
def exchange(ada: User, ben: User, now: datetime) -> Exchange:
    """Ada teaches ben watercolour, ben teaches ada Spanish."""
    return people.make_exchange(ben, ada, offered="spanish", now=now)


@pytest.fixture
def start(now: datetime) -> datetime:
    return people.next_quarter(now + 2 * DAY)


@pytest.fixture
def meeting(ada: User, exchange: Exchange, start: datetime, now: datetime) -> LearningSession:
    return people.make_session(ada, exchange, start=start, now=now)


# -- asking ---------------------------------------------------------------------------------------


def test_the_agreed_time_stands_while_a_move_is_open(ada, ben, meeting, now, start):
    before = agreed(meeting)
    asked = move(ben, meeting.public_id, [start + DAY, start + HOUR], now=now, body=" A train ")
    last = asked.proposals[-1]
    assert (last.kind, last.starts, last.body) == (
        ProposalKind.MOVE,
        [start + HOUR, start + DAY],
        "A train",
    )
    assert agreed(meeting) == before
    assert asked.join_is_open(start)
    assert told(ada, now).startswith("would like to move Watercolour on")


def test_either_side_may_ask(ada, ben, meeting, now, start):
    for person in (ada, ben):
        move(person, meeting.public_id, [start + DAY], now=now)
        withdraw(person, meeting.public_id, now)


@pytest.mark.parametrize(
    ("starts", "minutes", "code"),
    [
        (lambda at: [], 60, "no_starts"),
        (lambda at: [at + n * HOUR for n in range(1, 5)], 60, "too_many_starts"),
        (lambda at: [at + HOUR, at + HOUR], 60, "twice_the_same"),
        (lambda at: [at + 5 * MINUTE], 60, "not_on_quarter"),
        (lambda at: [at - 40 * HOUR], 60, "too_soon"),
        (lambda at: [at + 56 * DAY], 60, "too_far"),
        (lambda at: [at + HOUR], 50, "length"),
        (lambda at: [at + HOUR, at], 60, "same_as_agreed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_rules_say_no_to(ben, meeting, now, start, starts, minutes, code):
    before = agreed(meeting)
    with pytest.raises(Refused) as refused:
        move(ben, meeting.public_id, starts(start), now=now, minutes=minutes)
    assert refused.value.code == code
    assert agreed(meeting) == before


def test_its_own_hours_are_not_in_the_way(ada, ben, meeting, now, start):
    move(ben, meeting.public_id, [start + 15 * MINUTE, start], now=now, minutes=90)
    accept(ada, meeting.public_id, start, now)
    assert slots_of(ben) == set(quarters(start, start + 1.5 * HOUR))


def test_nobody_is_asked_for_an_hour_given_away(ada, ben, cy, meeting, now, start):
    other = people.make_exchange(ben, cy, "javascript", now=now)
    people.make_session(cy, other, start=start + DAY, now=now)
    for person, code in ((ben, "you_are_held"), (ada, "partner_is_held")):
        with pytest.raises(Refused) as refused:
            move(person, meeting.public_id, [start + DAY], now=now)
        assert refused.value.code == code


def test_the_same_move_again_is_the_first_one(ben, meeting, now, start):
    first = move(ben, meeting.public_id, [start + DAY, start + HOUR], now=now)
    again = move(ben, meeting.public_id, [start + HOUR, start + DAY], now=now)
    assert again.proposals[-1].id == first.proposals[-1].id


def test_one_move_is_answered_before_another_is_asked(ada, ben, meeting, now, start):
    move(ben, meeting.public_id, [start + DAY], now=now)
    for person, state in ((ada, "theirs_open"), (ben, "mine_open")):
        with pytest.raises(WrongState) as wrong:
            move(person, meeting.public_id, [start + HOUR], now=now)
        assert (wrong.value.noun, wrong.value.state) == ("move", state)


def test_it_can_be_asked_until_an_hour_before(ben, meeting, now, start):
    assert learning_sessions.may_move(meeting, start - HOUR - MINUTE)
    assert not learning_sessions.may_move(meeting, start - HOUR)
    with pytest.raises(WrongState) as wrong:
        move(ben, meeting.public_id, [start + DAY], now=start - HOUR)
    assert (wrong.value.noun, wrong.value.state) == ("move", "too_late")
    move(ben, meeting.public_id, [start + DAY], now=start - HOUR - MINUTE)


def test_only_what_is_scheduled_is_moved(ada, ben, exchange, meeting, now, start):
    offered = people.make_proposal(ada, exchange, starts=[start + 2 * DAY], now=now)
    cancel(ben, meeting.public_id, now)
    for key, state in ((offered.public_id, "proposed"), (meeting.public_id, "cancelled")):
        with pytest.raises(WrongState) as wrong:
            move(ada, key, [start + 3 * DAY], now=now)
        assert (wrong.value.noun, wrong.value.state) == ("session", state)


@pytest.mark.parametrize(
    ("agreed_in", "asked_for", "stands"),
    [
        (20 * DAY, 30 * DAY, 7 * DAY),
        (20 * DAY, 3 * DAY, 3 * DAY - 2 * HOUR),
        (3 * DAY, 20 * DAY, 3 * DAY - HOUR),
        (HOUR + 2 * MINUTE, 3 * DAY, 31 * MINUTE),
    ],
    ids=["a week", "before the new start", "before the agreed start", "half of what is left"],
)
def test_until_when_a_move_can_be_answered(now, agreed_in, asked_for, stands):
    lapses = learning_sessions.lapse_of_move([now + asked_for], now + agreed_in, now)
    assert lapses == now + stands


# -- answering ------------------------------------------------------------------------------------


def test_an_accepted_move_changes_the_time_and_nothing_else(ada, ben, meeting, now, start):
    """The same row and address; the next number of its calendar entry; all hours swapped."""
    move(ben, meeting.public_id, [start + DAY, start + HOUR], now=now, minutes=90)
    moved = accept(ada, meeting.public_id, start + DAY, now)
    assert (moved.id, moved.public_id, moved.number) == (meeting.id, meeting.public_id, 1)
    assert (moved.state, moved.sequence) == (SessionState.SCHEDULED, 1)
    assert (moved.starts_at, moved.ends_at) == (start + DAY, start + DAY + 1.5 * HOUR)
    expected = set(quarters(start + DAY, start + DAY + 1.5 * HOUR))
    assert slots_of(ada) == slots_of(ben) == expected
    assert moved.remind_at == start
    assert moved.proposals[-1].state is ProposalState.ACCEPTED
    was, new = (local(at, ben.timezone).full for at in (start, start + DAY))
    assert told(ben, now) == f"agrees: Watercolour moves from {was} to {new}"


def test_a_second_move_counts_on(ada, ben, meeting, now, start):
    for number in (1, 2, 3):
        move(ben, meeting.public_id, [start + number * DAY], now=now)
        assert accept(ada, meeting.public_id, start + number * DAY, now).sequence == number


@pytest.mark.parametrize(
    ("answer", "kind", "state"),
    [
        (lambda ada, ben, key, now: decline(ada, key, now), "declined", ProposalState.DECLINED),
        (lambda ada, ben, key, now: withdraw(ben, key, now), "withdrawn", ProposalState.WITHDRAWN),
        (lambda ada, ben, key, now: lapse(now + 8 * DAY), "lapsed", ProposalState.LAPSED),
    ],
    ids=["declined", "withdrawn", "lapsed"],
)
def test_a_move_that_comes_to_nothing_changes_nothing(
    ada, ben, meeting, now, start, answer, kind, state
):
    before = agreed(meeting)
    move(ben, meeting.public_id, [start + DAY], now=now)
    answer(ada, ben, meeting.public_id, now)
    assert agreed(meeting) == before
    last = db.session.scalars(select(Proposal).order_by(Proposal.id.desc())).first()
    assert last.state is state
    event = db.session.scalars(select(Event).order_by(Event.id.desc())).first()
    assert event.kind == f"session.move_{kind}"
    reader = ada if kind == "withdrawn" else ben
    when = local(start, reader.timezone).full
    assert told(reader, now + 8 * DAY).endswith(f"so {when} stands")
    for verb in (decline, withdraw):
        with pytest.raises(WrongState) as wrong:
            verb(ada, meeting.public_id, now)
        assert (wrong.value.noun, wrong.value.state) == ("move", kind)


def test_one_does_not_answer_ones_own_move(ada, ben, meeting, now, start):
    move(ben, meeting.public_id, [start + DAY], now=now)
    with pytest.raises(NotFound):
        accept(ben, meeting.public_id, start + DAY, now)
    with pytest.raises(NotFound):
        decline(ben, meeting.public_id, now)
    with pytest.raises(NotFound):
        withdraw(ada, meeting.public_id, now)


def test_an_hour_taken_meanwhile_keeps_the_agreed_time(ada, ben, cy, meeting, now, start):
    move(ben, meeting.public_id, [start + DAY], now=now)
    other = people.make_exchange(ben, cy, "javascript", now=now)
    people.make_session(cy, other, start=start + DAY, now=now)
    before = agreed(meeting)
    with pytest.raises(Taken):
        accept(ada, meeting.public_id, start + DAY, now)
    assert agreed(meeting) == before


def test_a_full_day_does_not_count_the_session_itself(ada, ben, meeting, exchange, now, start):
    with transaction():
        db.session.merge(ada).daily_sessions = 1
    move(ben, meeting.public_id, [start + 15 * MINUTE], now=now)
    assert accept(ada, meeting.public_id, start + 15 * MINUTE, now).sequence == 1
    wall = local(start + 3 * DAY, ada.timezone).wall.replace(hour=12, minute=0, tzinfo=None)
    noon = from_wall(wall, ada.timezone)
    people.make_session(ada, exchange, start=noon, now=now)
    move(ben, meeting.public_id, [noon + 2 * HOUR], now=now)
    with pytest.raises(Refused) as refused:
        accept(ada, meeting.public_id, noon + 2 * HOUR, now)
    assert refused.value.code == "day_full"


def test_a_cancelled_session_closes_its_move(ada, ben, meeting, now, start):
    """The move of the one who cancels is withdrawn, one of the other's declined."""
    move(ben, meeting.public_id, [start + DAY], now=now)
    off = cancel(ada, meeting.public_id, now)
    assert (off.state, off.sequence, off.remind_at) == (SessionState.CANCELLED, 1, None)
    assert off.proposals[-1].state is ProposalState.DECLINED
    assert (slots_of(ada), slots_of(ben)) == (set(), set())
    with pytest.raises(WrongState) as wrong:
        accept(ada, meeting.public_id, start + DAY, now)
    assert (wrong.value.noun, wrong.value.state) == ("session", "cancelled")


def test_when_the_exchange_ends_or_one_goes_the_move_does_too(ada, ben, meeting, now, start):
    move(ben, meeting.public_id, [start + DAY], now=now)
    with transaction():
        safety.block(ben, "ada", now)
    db.session.expire_all()
    row = db.session.get_one(LearningSession, meeting.id)
    assert (row.state, row.sequence, row.cancelled_by_id) == (SessionState.CANCELLED, 1, None)
    states = db.session.scalars(select(Proposal.state)).all()
    assert ProposalState.OPEN not in states
    assert slots_of(ada) == set()


def test_a_lapsed_move_makes_room_for_the_next_one(ada, ben, exchange, now):
    """Also before a sweep has written its end; the one who asked is told of it."""
    start = people.next_quarter(now + 20 * DAY)
    key = people.make_session(ada, exchange, start=start, now=now).public_id
    move(ben, key, [start + DAY], now=now)
    later = now + 8 * DAY
    asked = move(ada, key, [start + 2 * DAY], now=later)
    assert [one.state for one in asked.proposals[1:]] == [ProposalState.LAPSED, ProposalState.OPEN]
    kinds = db.session.scalars(select(Event.kind).order_by(Event.id)).all()
    assert kinds[-2:] == ["session.move_lapsed", "session.move_proposed"]
    assert lapse(later) == 0


def test_the_quiet_of_an_exchange_follows_the_move(ada, ben, meeting, exchange, now, start):
    move(ben, meeting.public_id, [start + 9 * DAY], now=now)
    accept(ada, meeting.public_id, start + 9 * DAY, now)
    assert exchanges.exchange_of(ada, exchange.public_id).quiet_since == start + 9 * DAY + HOUR
    move(ben, meeting.public_id, [start + DAY], now=now)
    accept(ada, meeting.public_id, start + DAY, now)
    assert exchanges.exchange_of(ada, exchange.public_id).quiet_since == start + DAY + HOUR


def test_who_goes_does_not_cancel_what_silence_has_completed(ada, ben, exchange, now):
    """Seven days of silence agreed that it is complete; no sweep has written it when one blocks."""
    kept = people.make_session(ada, exchange, start=people.next_quarter(now + DAY), now=now)
    later = now + 2 * DAY
    for person in (ada, ben):
        with transaction():
            learning_sessions.give_outcome(
                person, kept.public_id, answer=OutcomeAnswer.HAPPENED, now=later
            )
    with transaction():
        exchanges.complete_exchange(ada, exchange.public_id, now=later)
    with transaction():
        safety.block(ben, "ada", later + 8 * DAY)
    with transaction():
        exchanges.settle_due(later + 8 * DAY, 99)
    db.session.expire_all()
    assert db.session.get_one(Exchange, exchange.id).state is ExchangeState.COMPLETED


@pytest.mark.parametrize("by", ["ada", "ben", "block"])
def test_an_offer_ends_in_one_way_when_its_exchange_does(ada, ben, exchange, now, start, by):
    """Withdrawn by who offered, declined by the other, lapsed when it is nobody's doing."""
    people.make_proposal(ada, exchange, starts=[start], now=now)
    with transaction():
        if by == "block":
            safety.block(ben, "ada", now)
        else:
            person = ada if by == "ada" else ben
            exchanges.cancel_exchange(person, exchange.public_id, reason="We moved", now=now)
    ends = {"ada": "withdrawn", "ben": "declined", "block": "lapsed"}
    assert db.session.scalars(select(Proposal.state)).one() == ends[by]
    assert db.session.scalars(select(LearningSession.state)).one() is SessionState.CANCELLED


# -- where it waits -------------------------------------------------------------------------------


def test_an_open_move_waits_like_new_times(ada, ben, meeting, exchange, now, start):
    tokens = [people.sign_in(person) for person in (ada, ben)]
    move(ben, meeting.public_id, [start + DAY], now=now)
    seen = [frame.signed_in(token, now) for token in tokens]
    assert [one.waiting_sessions for one in seen] == [1, 0]
    for person, waits in ((ada, 1), (ben, 0)):
        assert learning_sessions.tab_counts(person, now).to_agree == waits
        assert len(learning_sessions.offered_to(person, now, 9)) == waits
        assert len(learning_sessions.offers_of(person, now, 9)) == 1 - waits
        assert len(learning_sessions.needing(person, now, 9)) == waits
        ahead, open_ones = (
            read(person, None, now).rows
            for read in (learning_sessions.upcoming, learning_sessions.to_agree)
        )
        assert [card.moves(now) for card in (*ahead, *open_ones)] == [True, True]
        assert learning_sessions.past(person, None, now).rows == []
        following = exchanges.next_sessions([exchange.id], person, now)[exchange.id]
        assert following.moves
        assert following.waits_for_me(now) is bool(waits)
    decline(ada, meeting.public_id, now)
    assert frame.signed_in(tokens[0], now).waiting_sessions == 0


def test_a_move_takes_no_place_among_the_offers(ada, ben, exchange, meeting, now, start):
    move(ada, meeting.public_id, [start + DAY], now=now)
    for number in range(6):
        people.make_proposal(ada, exchange, starts=[start + (number + 2) * DAY], now=now)


def test_for_a_stranger_there_is_no_session(cy, meeting, now, start):
    verbs: list[Callable[[], object]] = [
        lambda: move(cy, meeting.public_id, [start + DAY], now=now),
        lambda: accept(cy, meeting.public_id, start, now),
    ]
    for verb in verbs:
        with pytest.raises(NotFound):
            verb()
