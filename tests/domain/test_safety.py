"""Two who have blocked each other, and people whom the place keeps out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import (
    exchanges,
    frame,
    learning_sessions,
    notifications,
    pitches,
    safety,
)
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.clock import utcnow
from skillswap.models import (
    Block,
    BookedSlot,
    Event,
    ExchangeState,
    Mute,
    Notification,
    Pitch,
    PitchState,
    Proposal,
    ProposalState,
    SessionState,
    SignIn,
    User,
    UserState,
)
from tests import people

DAY = timedelta(days=1)


def blocked(one: User, other: User, now) -> None:
    with transaction():
        safety.block(one, other.username, now)


def fresh(thing):
    db.session.refresh(thing)
    return thing


def bell(person: User, now) -> tuple[int, list[notifications.Line]]:
    """The count of the bell as the frame reads it, and the lines behind it."""
    now = max(now, utcnow())  # what was told a moment ago is due by then
    signed_in = frame.signed_in(people.sign_in(person), now)
    lines = notifications.page_of(person, None, now, unread_only=True).rows
    return (signed_in.unread_notifications if signed_in else 0), list(lines)


# -- block ----------------------------------------------------------------------------------------


def test_a_block_closes_pitches_both_ways_and_counts_against_nobody(ada, ben, now):
    there = people.make_pitch(ben, ada)
    back = people.make_pitch(ada, people.make_person("rui", offers=("Portuguese",)), "portuguese")
    blocked(ada, ben, now)
    assert (fresh(there).state, there.close_reason) == (PitchState.CLOSED, "block")
    assert fresh(back).state is PitchState.PENDING


def test_a_block_ends_the_exchange_and_frees_every_hour(ada, ben, now):
    exchange = people.make_exchange(ben, ada, offered="spanish", now=now - 5 * DAY)
    ahead = people.make_session(ada, exchange, now=now)
    later = people.next_quarter(now + 4 * DAY)
    offered = people.make_proposal(ben, exchange, starts=[later], now=now)
    blocked(ben, ada, now)
    assert fresh(exchange).state is ExchangeState.CANCELLED
    assert (exchange.ended_at, exchange.end_reason) == (now, "")
    for one in (ahead, offered):
        assert fresh(one).state is SessionState.CANCELLED
        assert (one.cancelled_by_id, one.cancelled_late, one.cancel_reason) == (None, False, "")
    assert db.session.scalars(select(Proposal.state)).all().count(ProposalState.OPEN) == 0
    assert db.session.scalar(select(func.count()).select_from(BookedSlot)) == 0


def test_a_session_that_has_begun_is_left_to_its_clock(ada, ben, now):
    exchange = people.make_exchange(ben, ada, now=now - 5 * DAY)
    start = people.next_quarter(now - timedelta(minutes=30))
    running = people.make_session(ada, exchange, start=start, now=now - 3 * DAY)
    blocked(ada, ben, now)
    assert fresh(running).state is SessionState.SCHEDULED
    with pytest.raises(NotFound):
        learning_sessions.session_of(ben, running.public_id)


def test_a_pitch_that_was_due_has_expired_instead(ada, ben, now):
    late = people.make_pitch(ben, ada, now=now - 20 * DAY)
    blocked(ada, ben, now)
    assert fresh(late).state is PitchState.EXPIRED


def test_a_pitch_that_raced_a_block_is_not_sent(ada, ben, now):
    blocked(ada, ben, now)  # after ben's page was loaded
    with pytest.raises(NotFound):
        people.make_pitch(ben, ada)


def test_neither_sees_what_was_between_them(ada, ben, now):
    pitch = people.make_pitch(ben, ada, "piano")
    exchange = people.make_exchange(ben, ada, now=now)
    session = people.make_session(ada, exchange, now=now)
    blocked(ada, ben, now)
    for person in (ada, ben):
        for read, key in (
            (pitches.pitch_of, pitch.public_id),
            (exchanges.exchange_of, exchange.public_id),
            (learning_sessions.session_of, session.public_id),
        ):
            with pytest.raises(NotFound):
                read(person, key)


def test_the_blocked_hear_that_it_is_closed_and_can_open_each_line(ada, ben, now):
    people.make_pitch(ben, ada, "piano")
    exchange = people.make_exchange(ben, ada, now=now)
    people.make_session(ada, exchange, now=now)
    blocked(ada, ben, now)
    count, lines = bell(ben, now)
    assert count == len(lines) == 3
    assert {line.text.partition(" ")[0] for line in lines} >= {"The", "Your"}
    for line in lines:
        assert (line.actor, line.public_id) == (None, "")
        assert "Ada" not in line.text
    assert bell(ada, now) == (0, [])  # who blocks knows


def test_the_system_s_own_lines_about_the_two_go_too(ada, ben, now):
    late = people.make_pitch(ben, ada, now=now - 20 * DAY)
    with transaction():
        pitches.expire_if_due(pitches.pitch_of(ada, late.public_id), now)
    assert bell(ada, now)[0] > 0
    blocked(ben, ada, now)
    assert bell(ada, now) == (0, [])
    with transaction():
        safety.unblock(ben, "ada", now)
    count, lines = bell(ada, now)
    assert count == len(lines) > 0


def test_a_third_person_notices_nothing(ada, ben, cy, now):
    pitch = people.make_pitch(cy, ada, "piano")
    people.make_pitch(ben, ada, "piano")
    blocked(ada, ben, now)
    assert pitches.pitch_of(ada, pitch.public_id).state is PitchState.PENDING
    assert pitches.pitch_of(cy, pitch.public_id).state is PitchState.PENDING
    assert bell(ada, now)[0] == 1


def test_blocking_twice_and_unblocking_twice_is_harmless(ada, ben, now):
    blocked(ada, ben, now)
    blocked(ada, ben, now)
    assert db.session.scalar(select(func.count()).select_from(Block)) == 1
    for _again in range(2):
        with transaction():
            safety.unblock(ada, "ben", now)
    assert db.session.scalar(select(func.count()).select_from(Block)) == 0
    kinds = select(Event.kind).where(Event.kind.startswith("person.")).order_by(Event.id)
    events = db.session.scalars(kinds).all()
    assert events == ["person.blocked", "person.unblocked"]


def test_what_a_block_closed_stays_closed_afterwards(ada, ben, now):
    exchange = people.make_exchange(ben, ada, now=now)
    blocked(ada, ben, now)
    with transaction():
        safety.unblock(ada, "ben", now)
    assert exchanges.exchange_of(ben, exchange.public_id).state is ExchangeState.CANCELLED
    people.make_pitch(ben, ada)  # and a new beginning is possible


def test_nobody_blocks_oneself_nobodies_or_who_has_blocked_them(ada, ben, now):
    blocked(ada, ben, now)
    for person, username in ((ada, "ada"), (ada, "nobody-here"), (ben, "ada")):
        with pytest.raises(NotFound):
            safety.block(person, username, now)


# -- mute -----------------------------------------------------------------------------------------


def test_a_mute_silences_one_way_and_nothing_is_lost(ada, ben, now):
    with transaction():
        safety.mute(ada, "ben", now)
    pitch = people.make_pitch(ben, ada)
    assert bell(ada, now) == (0, [])
    assert [card.public_id for card in pitches.inbox(ada, None, now).rows] == [pitch.public_id]
    with transaction():
        pitches.accept_pitch(ada, pitch.public_id, now=now)
    assert bell(ben, now)[0] == 1  # the muted one is told as ever


def test_muting_twice_is_harmless_and_unmuting_brings_the_words_back(ada, ben, now):
    for _again in range(2):
        with transaction():
            safety.mute(ada, "ben", now)
    assert safety.has_muted(ada, ben.id)
    for _again in range(2):
        with transaction():
            safety.unmute(ada, "ben", now)
    assert db.session.scalar(select(func.count()).select_from(Mute)) == 0
    people.make_pitch(ben, ada)
    assert bell(ada, now)[0] == 1


def test_the_two_lists_name_who_is_kept_away(ada, ben, cy, now):
    blocked(ada, ben, now)
    with transaction():
        safety.mute(ada, "cy", now + DAY)
    kept = safety.kept_away(ada)
    assert [(one.kind, one.username) for one in kept] == [("muted", "cy"), ("blocked", "ben")]
    assert safety.kept_away(ben) == []


# -- the states of a person -----------------------------------------------------------------------


def test_a_suspension_signs_out_hides_and_closes(ada, ben, now):
    token = people.sign_in(ada)
    pitch = people.make_pitch(ben, ada, "piano")
    exchange = people.make_exchange(ben, ada, now=now)
    with transaction():
        safety.suspend(ada, days=30, reason="Asked for money", now=now)
    assert frame.signed_in(token, now) is None
    assert db.session.scalars(select(SignIn.revoked_at)).all() == [now]
    assert fresh(pitch).state is PitchState.CLOSED
    assert fresh(exchange).state is ExchangeState.CANCELLED
    count, lines = bell(ben, now)
    assert count == len(lines) == 2
    with pytest.raises(NotFound):
        pitches.pitch_of(ben, pitch.public_id)


def test_a_suspension_ends_by_itself_and_once(ada, now):
    with transaction():
        safety.suspend(ada, days=7, reason="A week off", now=now)
    with transaction():
        assert safety.restore_due(now + 6 * DAY, 100) == 0
    assert ada.state_at(now + 7 * DAY) is UserState.ACTIVE
    with transaction():
        assert safety.restore_due(now + 7 * DAY, 100) == 1
    with transaction():
        assert safety.restore_due(now + 7 * DAY, 100) == 0
    assert (fresh(ada).state, ada.state_until, ada.state_body) == (UserState.ACTIVE, None, "")


def test_one_without_an_end_stays_until_somebody_restores_it(ada, now):
    with transaction():
        safety.suspend(ada, days=None, reason="", now=now)
    with transaction():
        assert safety.restore_due(now + 400 * DAY, 100) == 0
    with transaction():
        safety.restore(ada, now=now)
    assert fresh(ada).state is UserState.ACTIVE
    with pytest.raises(WrongState):
        safety.restore(ada, now=now)


def test_the_deleted_come_back_by_no_verb(ada, ben, now):
    pitch = people.make_pitch(ben, ada)
    with transaction():
        safety.delete_person(ada, now=now)
    assert fresh(pitch).state is PitchState.CLOSED
    for verb in (
        lambda: safety.delete_person(ada, now=now),
        lambda: safety.restore(ada, now=now),
        lambda: safety.suspend(ada, days=1, reason="", now=now),
        lambda: safety.limit(ada, days=1, reason="", now=now),
    ):
        with pytest.raises(WrongState):
            verb()
        db.session.rollback()


def test_the_limited_neither_pitch_nor_accept_nor_propose(ada, ben, cy, now):
    exchange = people.make_exchange(ben, ada, now=now)
    key = people.make_pitch(ben, ada, "piano").public_id
    with transaction():
        safety.limit(ada, days=7, reason="Too many at once", now=now)
    for verb in (
        lambda: pitches.accept_pitch(ada, key, now=now),
        lambda: pitches.send_pitch(ada, cy, skill="javascript", body=people.BODY, now=now),
        lambda: people.make_proposal(ada, exchange, now=now),
    ):
        with pytest.raises(Refused, match="limited"), transaction():
            verb()
    assert pitches.pitch_of(ben, key).teacher.username == "ada"  # still to be seen
    later = now + 7 * DAY
    with transaction():
        pitches.accept_pitch(ada, key, now=later)


def test_nothing_of_it_is_half_done(ada, ben, now, monkeypatch):
    """A consequence that breaks takes the block back with it."""
    people.make_pitch(ben, ada)

    def broken(*_args, **_kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(safety.events, "record", broken)
    with pytest.raises(RuntimeError), transaction():
        safety.block(ada, "ben", now)
    assert db.session.scalar(select(func.count()).select_from(Block)) == 0
    assert db.session.scalars(select(Pitch.state)).one() is PitchState.PENDING
    assert db.session.scalar(select(func.count()).select_from(Notification)) == 1
