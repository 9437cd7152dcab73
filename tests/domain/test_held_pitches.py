"""Nearly the same words again and again: told at the second, held at the fourth, and then?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import audit, cases, notifications, pitches, safety, taxonomy
from skillswap.domain.audit import Filters
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.models import CaseKind, HeldPitch, HeldState, Pitch, User
from tests import people
from tests.holding import hold, key_of, send, take, teacher, thrice

DAY = timedelta(days=1)


@pytest.fixture
def three(ben, now) -> list[Pitch]:
    """Ben has sent the same three times this week, and the last waits for its answer."""
    return thrice(ben, now)


@pytest.fixture
def held(ben, now) -> HeldPitch:
    return hold(ben, teacher("lea"), now, offered="spanish", days=7)


def told(person: User, now) -> list[str]:
    return [line.kind for line in notifications.page_of(person, None, now).rows]


def test_the_second_is_counted_and_the_fourth_in_seven_days_is_held(ben, three, now):
    fourth = send(ben, teacher("lea"), now)
    assert (fourth.pitch, fourth.alike) == (None, 3)
    assert fourth.held is not None
    assert fourth.held.state is HeldState.HELD
    assert db.session.scalar(select(func.count()).select_from(Pitch)) == 3
    assert told(fourth.held.teacher, now) == []


def test_how_many_were_alike_is_said(ben, now):
    told = [send(ben, teacher(name), now).alike for name in ("ida", "jon", "kim")]
    assert told == [0, 1, 2]


def test_other_words_are_sent_and_a_week_later_the_same_are_too(ben, three, now):
    other = "The Sicilian defence beats me every time. Could we look at three of my games?"
    assert send(ben, teacher("lea"), now, body=other).pitch
    assert send(ben, teacher("max"), now + 6 * DAY).pitch


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("教えてくださいお願いします。よろしくお願いいたします。", id="no spaces"),
        pytest.param("Pleeeeeeeeease-teeeeach", id="two words"),
    ],
)
def test_what_has_no_runs_of_words_is_compared_whole(ben, now, body):
    thrice(ben, now, body)
    assert send(ben, teacher("lea"), now, body=body + "!").held


def test_a_held_one_obeys_the_rules_of_a_pitch(ben, held, now):
    lea = held.teacher
    with pytest.raises(Refused, match="already_held"):
        send(ben, lea, now)
    with pytest.raises(Refused, match="not_offered"):
        send(ben, teacher("max"), now, offered="piano")
    with pytest.raises(Refused, match="already_open"):
        send(ben, db.session.scalars(select(User).where(User.username == "kim")).one(), now)
    for name in ("nia", "oto"):
        assert send(ben, teacher(name), now).held
    with pytest.raises(Refused, match="too_many_held"):
        send(ben, teacher("pia"), now)


def test_quotas_hold_for_what_is_held(ben, three, now):
    for name in ("ria", "sol"):
        people.make_pitch(ben, teacher(name), "chess", now=now)
    with pytest.raises(Refused, match="too_many_open"):
        send(ben, teacher("lea"), now)


def test_staff_send_it_and_both_are_told(ben, mo, held, now):
    key = take(mo, held, now)
    later = now + timedelta(hours=1)
    with transaction():
        pitches.release(mo, key, now=later)
    pitch = db.session.get_one(Pitch, held.pitch_id)
    assert (held.state, pitch.body, pitch.sent_at) == (HeldState.RELEASED, held.body, later)
    assert pitch.respond_by == later + 7 * DAY
    assert pitch.offered_skill is not None
    assert told(held.teacher, later) == ["pitch.sent"]
    assert told(ben, later)[0] == "pitch.released"
    (entry, *_) = audit.entries(Filters(action="pitch.released"), None).rows
    assert (entry.by, entry.person) == ("Mo Example", "Ben Example")
    with pytest.raises(WrongState):
        pitches.release(mo, key, now=later)


def test_a_skill_that_was_merged_meanwhile_is_followed(mo, held, now):
    into = people.make_skill("Board games")
    with transaction():
        taxonomy.merge(mo, "chess", "board-games", now)
    key = take(mo, held, now)
    with transaction():
        pitches.release(mo, key, now=now)
    assert held.state is HeldState.RELEASED
    assert db.session.get_one(Pitch, held.pitch_id).skill_id == into.id


def test_what_a_rule_refuses_meanwhile_lapses_and_its_learner_reads_why(ben, mo, held, now):
    with transaction():
        held.teacher.teaching = False
    key = take(mo, held, now)
    with transaction():
        pitches.release(mo, key, now=now)
    assert (held.state, held.refusal) == (HeldState.LAPSED, "not_teaching")
    assert held.refusal_facts == {"teacher": "Lea"}
    assert told(ben, now)[0] == "pitch.lapsed"
    assert told(held.teacher, now) == []
    assert [one.id for one in pitches.held_of(ben, now)] == [held.id]


def test_staff_keep_it_back_with_words(ben, mo, held, now):
    key = take(mo, held, now)
    with pytest.raises(Refused, match="required"):
        pitches.keep_back(mo, key, words=" ", now=now)
    with transaction():
        pitches.keep_back(mo, key, words="Write to each of them.", now=now)
    (shown,) = pitches.held_of(ben, now)
    assert (shown.state, shown.decision_body) == (HeldState.REFUSED, "Write to each of them.")
    assert told(ben, now)[0] == "pitch.kept_back"
    assert told(held.teacher, now) == []
    assert pitches.held_of(ben, now + timedelta(days=31)) == []


def test_nobody_decides_without_taking_it_nor_the_one_who_is_asked(mo, ben, three, now):
    max_ = people.make_person("max", staff_role="moderator", offers=("Chess",))
    held = send(ben, max_, now).held
    key = key_of(held)
    with pytest.raises(WrongState):
        pitches.release(mo, key, now=now)
    with pytest.raises(NotFound):
        cases.claim(max_, key, now)
    with pytest.raises(NotFound):
        pitches.release(ben, key, now=now)


def test_its_learner_takes_it_back_and_nobody_else_does(ben, cy, mo, held, now):
    with pytest.raises(NotFound):
        pitches.withdraw_held(cy, held.public_id, now=now)
    with pytest.raises(NotFound):
        pitches.withdraw_held(held.teacher, held.public_id, now=now)
    key = take(mo, held, now)
    with transaction():
        pitches.withdraw_held(ben, held.public_id, now=now)
    assert held.state is HeldState.WITHDRAWN
    assert pitches.held_of(ben, now) == []
    with pytest.raises(WrongState):
        pitches.release(mo, key, now=now)
    with pytest.raises(WrongState):
        pitches.withdraw_held(ben, held.public_id, now=now)


@pytest.mark.parametrize("who", ["learner", "teacher"])
def test_a_block_ends_it_and_its_case(ben, mo, held, now, who):
    one, other = (ben, held.teacher) if who == "learner" else (held.teacher, ben)
    with transaction():
        safety.block(one, other.username, now)
    assert held.state is HeldState.CLOSED
    assert pitches.held_of(ben, now) == []
    assert cases.queue(mo, CaseKind.PITCH, None, now).rows == []
    assert told(held.teacher, now) == []
    assert told(ben, now)[:1] == (["pitch.closed"] if who == "teacher" else ["pitch.closed"][1:])


def test_staff_read_what_it_is_like(held):
    assert [one.teacher for one in pitches.alike_of(held)] == ["Kim", "Jon", "Ida"]
