"""How does a mark come off a record: forgiven, agreed to, decided by staff, let go by the clock?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import (
    contests,
    deciding,
    learning_sessions,
    notifications,
    records,
    reliability,
    safety,
)
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.models import Contest, LearningSession, OutcomeAnswer, StaffRole
from tests import people

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def mo(app):
    return people.mo()


@pytest.fixture
def exchange(ada, ben, now):
    return people.make_exchange(ben, ada, now=now - 20 * DAY)


@pytest.fixture
def missed(ada, ben, exchange, now):
    """Ben is noted as absent, because ada said so three days ago and he was silent."""
    return missed_session(ada, exchange, now - 4 * DAY)


def missed_session(waits, exchange, at):
    """The one who waits said so an hour after it; the other never answered. Settled 72 h later."""
    start = people.next_quarter(at)
    key = people.make_session(waits, exchange, start=start, now=at - 3 * DAY).public_id
    with transaction():
        said = start + HOUR
        learning_sessions.give_outcome(waits, key, answer=OutcomeAnswer.THEY_DID_NOT_COME, now=said)
    with transaction():
        learning_sessions.settle_due(said + 3 * DAY, 99)
    return key


def late(person, exchange, now):
    """A session in about five hours that this person has just cancelled."""
    start = people.next_quarter(now + 5 * HOUR)
    key = people.make_session(person, exchange, start=start, now=now - 2 * DAY).public_id
    with transaction():
        learning_sessions.cancel_session(person, key, reason="A cold", now=now)
    return key


def contest(person, key, at, body="The tram stood still for an hour."):
    with transaction():
        return contests.contest(person, key, body=body, now=at).public_id


def forgive(person, key, at):
    with transaction():
        contests.forgive(person, key, now=at)


def decide(staff, key, at, *, upheld, decision="You both opened the call."):
    with transaction():
        deciding.decide(staff, key, upheld=upheld, decision=decision, now=at)


def halves(person, at):
    return reliability.of([person.id], at)[person.id].halves


def bell(person, at):
    return notifications.page_of(person, None, at).rows[0]


# -- forgiving ------------------------------------------------------------------------------------


def test_the_partner_can_forgive_what_was_missed(ada, ben, missed, now):
    assert halves(ben, now) == 2
    forgive(ada, missed, now)
    assert halves(ben, now) == 0
    line = bell(ben, now)
    assert (line.actor.name, line.text.startswith("forgave you")) == ("Ada Example", True)
    for again in (forgive, contest):
        with pytest.raises(WrongState) as wrong:
            again(ada if again is forgive else ben, missed, now)
        assert (wrong.value.noun, wrong.value.state) == ("mark", "forgiven")


def test_the_partner_can_forgive_a_late_cancellation(ada, ben, exchange, now):
    key = late(ben, exchange, now)
    assert halves(ben, now) == 1
    forgive(ada, key, now)
    assert halves(ben, now) == 0


def test_nobody_forgives_themselves_nor_what_left_no_mark(ada, ben, cy, exchange, missed, now):
    kept = people.make_session(ada, exchange, now=now).public_id
    for person, key in ((ben, missed), (cy, missed), (ada, kept)):
        with pytest.raises(NotFound):
            forgive(person, key, now)


def test_what_silence_has_decided_can_be_forgiven_before_any_sweep(ada, ben, exchange, now):
    start = people.next_quarter(now - 5 * DAY)
    key = people.make_session(ada, exchange, start=start, now=now - 8 * DAY).public_id
    with transaction():
        learning_sessions.give_outcome(
            ada, key, answer=OutcomeAnswer.THEY_DID_NOT_COME, now=start + HOUR
        )
    assert halves(ben, now) == 2
    forgive(ada, key, now)
    one = learning_sessions.session_of(ben, key)
    assert (one.state, one.absent_user_id, one.forgiven_at) == ("no_show", ben.id, now)
    assert halves(ben, now) == 0


def test_a_mark_fades_after_180_days(ada, ben, missed, now):
    starts_at = learning_sessions.session_of(ada, missed).starts_at
    fades = starts_at + 180 * DAY
    assert [halves(ben, at) for at in (fades - HOUR, fades)] == [2, 0]
    with pytest.raises(WrongState) as wrong:
        forgive(ada, missed, fades)
    assert wrong.value.state == "old"


# -- contesting -----------------------------------------------------------------------------------


def test_while_a_contest_is_open_its_mark_does_not_count(ada, ben, missed, now):
    contest(ben, missed, now)
    assert halves(ben, now) == 0
    line = bell(ada, now)
    assert "contests the mark for Watercolour" in line.text
    assert line.public_id == missed
    with pytest.raises(WrongState) as wrong:
        contest(ben, missed, now)
    assert wrong.value.state == "open"


def test_only_its_owner_contests_a_mark_in_words_within_30_days(ada, ben, cy, missed, now):
    for person in (ada, cy):
        with pytest.raises(NotFound):
            contest(person, missed, now)
    for body, code in (
        ("  ", "required"),
        ("x" * 1_001, "too_long"),
        ("\x00", "control_characters"),
    ):
        with pytest.raises(Refused) as refused:
            contest(ben, missed, now, body)
        assert (refused.value.field, refused.value.code) == ("body", code)
    settled = learning_sessions.session_of(ada, missed).ended_at
    with pytest.raises(WrongState) as wrong:
        contest(ben, missed, settled + 30 * DAY)
    assert wrong.value.state == "old"
    contest(ben, missed, settled + 30 * DAY - HOUR)


def test_the_partner_may_agree_that_it_was_a_misunderstanding(ada, ben, missed, now):
    contest(ben, missed, now)
    forgive(ada, missed, now)
    found = db.session.scalars(select(Contest)).one()
    assert (found.state, found.decided_at) == ("agreed", now)
    assert halves(ben, now) == 0
    assert "agrees with you about Watercolour" in bell(ben, now).text


@pytest.mark.parametrize(
    ("upheld", "left", "words"),
    [(True, 0, "A moderator has taken your mark"), (False, 2, "Your mark stays")],
    ids=["upheld", "dismissed"],
)
def test_a_moderator_decides(ada, ben, mo, missed, now, upheld, left, words):
    key = contest(ben, missed, now)
    assert [line.public_id for line in deciding.queue(mo, None, now).rows] == [key]
    decide(mo, key, now, upheld=upheld)
    assert halves(ben, now) == left
    assert words in bell(ben, now).text
    assert "mark" in bell(ada, now).text
    assert deciding.queue(mo, None, now).rows == []
    with pytest.raises(WrongState):
        decide(mo, key, now, upheld=upheld)
    with pytest.raises(WrongState) as wrong:  # once per mark
        contest(ben, missed, now)
    assert wrong.value.state == ("upheld" if upheld else "dismissed")


def test_after_a_moderators_no_the_partner_can_still_forgive(ada, ben, mo, missed, now):
    decide(mo, contest(ben, missed, now), now, upheld=False)
    forgive(ada, missed, now)
    assert halves(ben, now) == 0


def test_a_contest_nobody_decides_lets_the_mark_go(ada, ben, mo, missed, now):
    key = contest(ben, missed, now)
    by = now + 14 * DAY
    assert deciding.queue(mo, None, by).rows == []
    with pytest.raises(WrongState) as wrong:
        decide(mo, key, by, upheld=False)
    assert wrong.value.state == "lapsed"
    with transaction():
        assert contests.lapse_due(by - HOUR, 9) == 0
    with transaction():
        assert contests.lapse_due(by, 9) == 1
    with transaction():
        assert contests.lapse_due(by, 9) == 0
    assert halves(ben, by) == 0
    for person in (ada, ben):
        assert "Nobody decided about Watercolour" in bell(person, by).text


@pytest.mark.parametrize("who", ["ada", "ben", "knows ben"])
def test_staff_who_are_involved_do_not_decide(request, ada, ben, mo, missed, now, who):
    key = contest(ben, missed, now)
    staff = mo
    if who == "knows ben":
        with transaction():
            db.session.merge(mo).learning = True
        dee = people.make_person("dee", offers=("Origami",), staff_role=StaffRole.MODERATOR)
        people.make_exchange(ben, dee, "origami", now=now - DAY)
        staff = dee
    else:
        staff = request.getfixturevalue(who)
        with transaction():
            staff = db.session.merge(staff)
            staff.staff_role = StaffRole.MODERATOR
    assert deciding.queue(staff, None, now).rows == []
    assert db.session.scalar(deciding.open_count(staff.id, now)) == 0
    assert db.session.scalar(deciding.open_count(mo.id, now)) == 1
    for verb in (
        lambda: deciding.case_of(staff, key, now),
        lambda: decide(staff, key, now, upheld=True),
    ):
        with pytest.raises(NotFound):
            verb()


def test_a_case_shows_both_statements_and_who_opened_the_call(ada, ben, mo, exchange, now):
    start = people.next_quarter(now - 5 * DAY)
    key = people.make_session(ada, exchange, start=start, now=now - 8 * DAY).public_id
    with transaction():
        learning_sessions.join_session(ada, key, jitsi_url="https://meet.example", now=start)
    with transaction():
        learning_sessions.give_outcome(
            ada, key, answer=OutcomeAnswer.THEY_DID_NOT_COME, now=start + HOUR
        )
    case = deciding.case_of(mo, contest(ben, key, now), now)
    owner, partner = case.sides
    assert (owner.person.id, owner.answer, owner.joined_at) == (ben.id, None, None)
    assert (partner.answer, partner.joined_at) == ("they_did_not_come", start)
    assert (case.mark.kind, case.contest.body[:8]) == ("missed", "The tram")


def test_a_decision_needs_a_choice_and_a_word(ben, mo, missed, now):
    key = contest(ben, missed, now)
    for upheld, word, field in ((None, "Yes", "verdict"), (True, " ", "decision")):
        with pytest.raises(Refused) as refused:
            decide(mo, key, now, upheld=upheld, decision=word)
        assert refused.value.field == field


def test_a_block_takes_nobody_the_way_to_their_own_record(ada, ben, mo, missed, now):
    with transaction():
        safety.block(ada, "ben", now)
    page = records.record_of(ben, None, now)
    assert [(mark.public_id, mark.partner) for mark in page.marks.rows] == [(missed, None)]
    contest(ben, missed, now)
    assert halves(ben, now) == 0
    assert [line.partner for line in deciding.queue(mo, None, now).rows] == ["Ada Example"]


def test_the_queue_is_in_the_order_of_its_deadlines_and_costs_one_statement(
    queries, ada, ben, mo, exchange, now
):
    keys = [missed_session(ada, exchange, now - days * DAY) for days in (9, 7, 5)]
    made = [contest(ben, key, now - n * HOUR) for n, key in enumerate(keys)]
    queries.clear()
    assert [line.public_id for line in deciding.queue(mo, None, now).rows] == made[::-1]
    assert len(queries) == 1


def test_the_state_of_a_mark_follows_a_dispute_and_its_end(ada, ben, exchange, now):
    start = people.next_quarter(now - DAY)
    key = people.make_session(ada, exchange, start=start, now=now - 4 * DAY).public_id
    for person, answer in (
        (ada, OutcomeAnswer.THEY_DID_NOT_COME),
        (ben, OutcomeAnswer.HAPPENED),
    ):
        with transaction():
            learning_sessions.give_outcome(person, key, answer=answer, now=now)
    assert db.session.scalars(select(LearningSession.state)).one() == "disputed"
    assert halves(ben, now) == halves(ben, now + 8 * DAY) == 0
    with pytest.raises(NotFound):
        contest(ben, key, now)
