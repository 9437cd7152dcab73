"""When the last two say yes in the same instant, are there three exchanges, and only three?"""

from __future__ import annotations

from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import pitches, rings, safety
from skillswap.errors import WrongState
from skillswap.models import Event, Exchange, Notification, RingState, SwapRing, SwapRingMember
from tests import people
from tests.race.racing import again, races, winners
from tests.trios import SKILLS, WORDS, make_ring, trio


def count(table, *which):
    return db.session.scalar(select(func.count()).select_from(table).where(*which))


def state():
    db.session.rollback()
    return db.session.scalar(select(SwapRing.state))


def linked():
    return count(SwapRingMember, SwapRingMember.exchange_id.is_not(None))


def test_two_last_yeses_open_it_once(app, now):
    """Each of the two presses in four tabs."""
    ada, ben, cleo = trio()
    key = make_ring(ada, ben, cleo, now=now).public_id
    verbs = [
        lambda who=who: rings.accept_ring(again(who), key, body=WORDS, now=now)
        for who in (ben, cleo)
    ]
    for answers in races(app, verbs * 4):
        assert len(winners(answers)) == 2
        assert all(isinstance(one, WrongState) for one in answers if one not in winners(answers))
        assert (state(), count(Exchange), linked()) == (RingState.ACCEPTED, 3, 3)
        assert count(Event, Event.kind == "ring.accepted") == 1
        told = select(Event.id).where(Event.kind.startswith("ring."))
        assert count(Notification, Notification.event_id.in_(told)) == 2 + 2 + 2


def test_a_last_yes_and_a_change_of_mind_leave_one_of_them(app, now):
    ada, ben, cleo = trio()
    key = make_ring(ada, ben, cleo, now=now).public_id
    with transaction():
        rings.accept_ring(ben, key, body=WORDS, now=now)
    for answers in races(
        app,
        [
            lambda: rings.accept_ring(again(cleo), key, body=WORDS, now=now),
            lambda: rings.withdraw_ring(again(ada), key, now=now),
            lambda: rings.decline_ring(again(cleo), key, now=now),
            lambda: safety.block(again(ada), "ben", now),
        ],
    ):
        ended = state()
        assert len(winners(answers)) in (1, 2)  # a block is never refused
        open_ones = 3 if ended is RingState.ACCEPTED else 0
        assert (count(Exchange), linked()) == (open_ones, open_ones)
        assert ended is not RingState.PROPOSED


def test_the_last_place_goes_to_one_of_a_ring_and_a_pitch(app, now):
    """Ben's only place: three exchanges with it, or the pitch's one without the ring."""
    ada, ben, cleo = trio()
    with transaction():
        ben.places = 1
    zed = people.make_person("zed", wants=("Spanish",))
    key = make_ring(ada, ben, cleo, now=now).public_id
    pitch = people.make_pitch(zed, ben, "spanish", now=now).public_id
    with transaction():
        rings.accept_ring(again(ben), key, body=WORDS, now=now)
    for answers in races(
        app,
        [
            lambda: rings.accept_ring(again(cleo), key, body=WORDS, now=now),
            lambda: pitches.accept_pitch(again(ben), pitch, now=now),
        ],
    ):
        won = winners(answers)
        ended = state()
        assert len(won) in (1, 2)
        if ended is RingState.ACCEPTED:
            assert (count(Exchange), linked()) == (3, 3)
        else:
            assert (ended, count(Exchange), linked()) == (RingState.CLOSED, 1, 0)


def test_the_same_ring_is_begun_once(app, now):
    """By each of the three at once."""
    three = trio()

    def begin(turn):
        people_ = [*three[turn:], *three[:turn]]
        skills = [*SKILLS[turn:], *SKILLS[:turn]]
        others = [one.username for one in people_[1:]]
        return rings.start_ring(again(people_[0]), others, skills, body=WORDS, now=now)

    for answers in races(app, [lambda turn=turn: begin(turn) for turn in range(3)]):
        assert len(winners(answers)) == 1
        assert count(SwapRing) == 1
