"""Whatever three people do to one another in whatever order: nobody ever meets a dead end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import (
    exchanges,
    frame,
    learning_sessions,
    notifications,
    pitches,
    profiles,
    safety,
)
from skillswap.errors import DomainError, NotFound
from skillswap.lib.clock import utcnow
from skillswap.models import (
    Block,
    BookedSlot,
    Exchange,
    LearningSession,
    Pitch,
    SessionState,
    User,
    UserState,
)
from skillswap.models.pitch import OPEN
from tests import people
from tests.conftest import empty_tables

NAMES = ("ada", "ben", "cy")
PAGES = {
    "pitches": pitches.pitch_of,
    "exchanges": exchanges.exchange_of,
    "learning_sessions": learning_sessions.session_of,
}
VERBS = ("pitch", "accept", "propose", "pick", "block", "unblock", "mute", "suspend", "restore")
steps = st.tuples(st.sampled_from(VERBS), st.permutations(NAMES))


def do(verb: str, one: User, other: User, now: datetime) -> None:
    """One step of a history; what the rules forbid does not happen."""
    if not one.is_active and verb != "restore":
        return  # the suspended cannot sign in
    acts: dict[str, Callable[[], object]] = {
        "pitch": lambda: people.make_pitch(one, other, "chess", now=now),
        "accept": lambda: accept(one, now),
        "propose": lambda: propose(one, now),
        "pick": lambda: pick(one, now),
        "block": lambda: safety.block(one, other.username, now),
        "unblock": lambda: safety.unblock(one, other.username, now),
        "mute": lambda: safety.mute(one, other.username, now),
        "suspend": lambda: safety.suspend(one, days=1, reason="", now=now),
        "restore": lambda: safety.restore(one, now=now),
    }
    try:
        if verb in ("pitch", "propose"):
            acts[verb]()  # commits by itself
        else:
            with transaction():
                acts[verb]()
    except DomainError:
        db.session.rollback()


def accept(teacher: User, now: datetime) -> None:
    for card in pitches.inbox(teacher, None, now).rows[:1]:
        pitches.accept_pitch(teacher, card.public_id, now=now)


def propose(person: User, now: datetime) -> None:
    for card in exchanges.exchanges_of(person, None, now).rows[:1]:
        exchange = exchanges.exchange_of(person, card.public_id)
        people.make_proposal(person, exchange, now=now)


def pick(person: User, now: datetime) -> None:
    for card in learning_sessions.to_agree(person, None, now).rows:
        if not card.i_proposed:
            learning_sessions.accept_times(
                person, card.public_id, start=card.first_offered, now=now
            )
            return


def check(crowd: list[User], now: datetime) -> None:
    """What must hold wherever a history stops."""
    blocks = {tuple(row) for row in db.session.execute(select(Block.blocker_id, Block.blocked_id))}
    for person in crowd:
        if person.is_active:
            check_bell(person, now)
            check_lists(person, now)
        for other in crowd:
            if person is other:
                continue
            apart = bool({(person.id, other.id), (other.id, person.id)} & blocks)
            assert sees(person, other, now) is (other.is_active and not apart)
            if apart or not other.is_active:
                check_closed(person, other, now)


def check_bell(person: User, now: datetime) -> None:
    """The badge counts lines, and each leads to a page that opens or names nobody."""
    here = frame.signed_in(people.sign_in(person), now)
    lines = notifications.page_of(person, None, now, unread_only=True).rows
    assert here is not None
    assert here.unread_notifications == len(lines)
    for line in lines:
        if line.public_id:
            PAGES[line.subject_type](person, line.public_id)
        else:
            assert line.actor is None


def check_lists(person: User, now: datetime) -> None:
    for box in pitches.Box:
        for card in pitches.box(box, person, None, now).rows:
            pitches.pitch_of(person, card.public_id)
    for card in exchanges.exchanges_of(person, None, now).rows:
        exchanges.exchange_of(person, card.public_id)
    for read in (learning_sessions.upcoming, learning_sessions.to_agree, learning_sessions.past):
        for card in read(person, None, now).rows:
            learning_sessions.session_of(person, card.public_id)


def sees(person: User, other: User, now: datetime) -> bool:
    try:
        profiles.profile_of(other.username, person, now)
    except NotFound:
        return False
    return True


def check_closed(one: User, other: User, now: datetime) -> None:
    """Nothing stays open between two who cannot see each other, and no hour stays taken."""
    pair = (one.id, other.id)
    for table, is_open in (
        (Pitch, Pitch.state.in_(OPEN)),
        (Exchange, Exchange.state.in_(("active", "dormant"))),
    ):
        both = table.learner_id.in_(pair) & table.teacher_id.in_(pair)
        assert db.session.scalar(select(func.count()).where(both, is_open)) == 0
    held = (
        select(func.count())
        .select_from(BookedSlot)
        .join(LearningSession, LearningSession.id == BookedSlot.learning_session_id)
        .where(LearningSession.state == SessionState.CANCELLED)
    )
    assert db.session.scalar(held) == 0


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(history=st.lists(steps, min_size=6, max_size=12))
def test_whatever_happens_nobody_meets_a_dead_end(app, history):
    empty_tables()
    now = utcnow()
    crowd = [
        people.make_person(name, offers=("Chess",), wants=("Chess",), places=9, daily_sessions=9)
        for name in NAMES
    ]
    named = dict(zip(NAMES, crowd, strict=True))
    moment = now
    for number, (verb, order) in enumerate(history):
        moment = now + timedelta(minutes=number)
        do(verb, named[order[0]], named[order[1]], moment)
        for person in crowd:
            if person not in db.session:
                db.session.add(person)
            db.session.refresh(person)
    check(crowd, moment)
    assert {person.state for person in crowd} <= {UserState.ACTIVE, UserState.SUSPENDED}
