"""Questions, replies, undo, last words, deadlines and pauses: does each keep its promise?"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from skillswap.db import db, transaction
from skillswap.domain import answering, notifications, pitches, teaching
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.lib.clock import utcnow
from skillswap.models import (
    DeclineReason,
    Delivery,
    Event,
    Notification,
    PauseKind,
    Pitch,
    PitchState,
    PitchTurn,
    User,
    UserSkillKind,
)
from skillswap.models.pitch import UNDO_WITHIN
from tests import people

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
NO = DeclineReason.NO_TIME


def do(verb: str, person: User, pitch: Pitch, now: datetime, **more: object) -> Pitch:
    person = db.session.get_one(User, person.id)
    with transaction():
        return getattr(pitches, verb)(person, pitch.public_id, now=now, **more)


def again(pitch: Pitch) -> Pitch:
    return db.session.get_one(Pitch, pitch.id, populate_existing=True)


def fresh(person: User) -> User:
    return db.session.get_one(User, person.id, populate_existing=True)


def told(person: User, now: datetime) -> list[str]:
    return [line.text for line in notifications.page_of(person, None, now)]


def counts(person: User) -> tuple[int, int, int | None]:
    person = fresh(person)
    return person.answered_count, person.unanswered_count, person.reply_minutes


def ask(ada: User, pitch: Pitch, now: datetime) -> Pitch:
    return do("ask", ada, pitch, now, body="Which pieces?")


def rows() -> tuple[int, ...]:
    return tuple(
        db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in (Event, Notification, PitchTurn)
    )


# -- ask and reply --------------------------------------------------------------------------------


def test_a_question_gives_the_learner_seven_days_and_counts_as_an_answer(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now - DAY)
    ask(ada, pitch, now)
    found = again(pitch)
    assert (found.state, found.respond_by) == (PitchState.CLARIFYING, now + 7 * DAY)
    assert found.first_answered_at == now
    assert counts(ada) == (1, 0, 24 * 60)
    assert told(ben, now)[0].startswith("asks about your pitch for Watercolour")
    assert [card.public_id for card in pitches.inbox(ben, None, now)] == [pitch.public_id]


def test_a_reply_hands_it_back_for_seven_days(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now - DAY)
    ask(ada, pitch, now)
    do("reply", ben, pitch, now + DAY, body="The easy ones.")
    found = again(pitch)
    assert (found.state, found.respond_by) == (PitchState.PENDING, now + 8 * DAY)
    turns = pitches.pitch_of(ada, pitch.public_id).turns
    assert [turn.body for turn in turns] == ["Which pieces?", "The easy ones."]
    assert told(ada, now + DAY)[0].startswith("replied about Watercolour")
    assert len(pitches.inbox(ben, None, now + DAY)) == 0


def test_silence_after_a_question_counts_against_nobody(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now)
    ask(ada, pitch, now)
    with transaction():
        assert pitches.expire_due(now + 7 * DAY, 10) == 1
    assert again(pitch).state is PitchState.EXPIRED
    assert counts(ada) == (1, 0, 0)


def test_silence_after_a_reply_counts_against_the_teacher(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now)
    ask(ada, pitch, now)
    do("reply", ben, pitch, now, body="The easy ones.")
    with transaction():
        pitches.expire_due(now + 7 * DAY, 10)
    assert counts(ada) == (0, 1, None)


@pytest.mark.parametrize("body", ["", "  ", "x" * 1_001, "\x07"])
def test_words_are_needed_and_have_an_end(ada, ben, now, body):
    pitch = people.make_pitch(ben, ada, now=now)
    before = rows()
    with pytest.raises(Refused):
        do("ask", ada, pitch, now, body=body)
    assert again(pitch).state is PitchState.PENDING
    assert rows() == before


@pytest.mark.parametrize(
    ("verb", "who"), [("ask", "ben"), ("reply", "ada"), ("undo_decline", "ben"), ("ask", "cy")]
)
def test_each_verb_belongs_to_one_side(request, ada, ben, cy, now, verb, who):
    pitch = people.make_pitch(ben, ada, now=now)
    more = {} if verb == "undo_decline" else {"body": "Words"}
    with pytest.raises(NotFound):
        do(verb, request.getfixturevalue(who), pitch, now, **more)


# -- undo -----------------------------------------------------------------------------------------


def test_a_decline_is_told_after_ten_minutes(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now - DAY)
    do("decline_pitch", ada, pitch, now, reason=NO)
    late = now + UNDO_WITHIN
    found = again(pitch)
    assert found.state_for(ben.id, late - SECOND) is PitchState.PENDING
    assert found.state_for(ada.id, now) is PitchState.DECLINED
    assert told(ben, late - SECOND) == []
    assert told(ben, late) == ["declined your pitch for Watercolour"]
    assert found.state_for(ben.id, late) is PitchState.DECLINED
    assert [c.state for c in pitches.sent(ben, None, now)] == [PitchState.PENDING]
    assert len(pitches.closed(ben, None, now)) == 0
    assert len(pitches.sent(ben, None, late)) == 0
    assert len(pitches.closed(ben, None, late)) == 1


def test_what_is_not_told_yet_cannot_be_read(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now - DAY)
    do("decline_pitch", ada, pitch, now, reason=NO)
    with transaction():
        assert notifications.read_all(fresh(ben), now) == 0
    assert db.session.scalar(notifications.unread_count(ben.id, now)) == 0
    assert db.session.scalar(notifications.unread_count(ben.id, now + UNDO_WITHIN)) == 1


def test_within_ten_minutes_a_decline_is_undone_without_a_trace_for_the_learner(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now - DAY)
    do("decline_pitch", ada, pitch, now, reason=NO, body="Sorry")
    do("undo_decline", ada, pitch, now + UNDO_WITHIN - SECOND)
    found = again(pitch)
    assert found.state is PitchState.PENDING
    assert found.respond_by == pitch.respond_by
    assert (found.decline_reason, found.answer_body, found.answered_at) == (None, "", None)
    assert told(ben, now + DAY) == []
    to_ben = select(func.count()).where(Delivery.user_id == ben.id, Delivery.done_at.is_(None))
    assert db.session.scalar(to_ben) == 0
    assert counts(ada) == (0, 0, None)
    do("accept_pitch", ada, pitch, now + DAY)


@pytest.mark.parametrize("late", [UNDO_WITHIN, DAY])
def test_after_ten_minutes_a_decline_stands(ada, ben, now, late):
    pitch = people.make_pitch(ben, ada, now=now - DAY)
    do("decline_pitch", ada, pitch, now, reason=NO)
    with pytest.raises(WrongState):
        do("undo_decline", ada, pitch, now + late)
    assert again(pitch).state is PitchState.DECLINED


def test_a_decline_is_not_undone_past_the_deadline_of_the_pitch(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now)
    do("decline_pitch", ada, pitch, pitch.respond_by - SECOND, reason=NO)
    with pytest.raises(WrongState):
        do("undo_decline", ada, pitch, pitch.respond_by)


def test_the_learner_cannot_learn_of_a_decline_by_what_is_refused(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now - DAY)
    do("decline_pitch", ada, pitch, now, reason=NO)
    with pytest.raises(WrongState) as said:
        do("withdraw_pitch", ben, pitch, now)
    assert said.value.state == "answering"
    with pytest.raises(Refused) as refused:
        people.make_pitch(fresh(ben), fresh(ada), now=now)
    assert refused.value.code == "already_open"


# -- last words -----------------------------------------------------------------------------------


def test_each_side_has_one_last_word_after_a_no(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now - DAY)
    do("decline_pitch", ada, pitch, now, reason=NO)
    later = now + DAY
    for person in (ada, ben):
        do("last_word", person, pitch, later, body="All the best.")
        with pytest.raises(WrongState):
            do("last_word", person, pitch, later, body="And more.")
    assert "wrote a last word about Watercolour" in told(ada, later)
    assert "wrote a last word about Watercolour" in told(ben, later)


def test_a_last_word_has_seven_days(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now - 14 * DAY)
    with transaction():
        pitches.expire_due(now, 10)
    with pytest.raises(WrongState):
        do("last_word", ben, pitch, again(pitch).respond_by + 7 * DAY, body="A pity.")
    do("last_word", ben, pitch, now + 6 * DAY, body="A pity.")


@pytest.mark.parametrize("verb", ["accept_pitch", "withdraw_pitch", None])
def test_there_is_no_last_word_where_nothing_was_refused(ada, ben, now, verb):
    pitch = people.make_pitch(ben, ada, now=now - DAY)
    if verb:
        do(verb, ada if verb == "accept_pitch" else ben, pitch, now)
    with pytest.raises(WrongState):
        do("last_word", ben, pitch, now + DAY, body="Words")


# -- the clock ------------------------------------------------------------------------------------


def test_a_teacher_is_reminded_on_the_third_and_the_tenth_day_and_not_of_what_they_ignore(
    ada, ben, cy, now
):
    pitch = people.make_pitch(ben, ada, now=now)
    hidden = people.make_pitch(cy, ada, now=now)
    do("ignore_pitch", ada, hidden, now)
    moved = []
    for day in range(14):
        for _twice in range(2):
            with transaction():
                moved.append((day, pitches.remind_due(now + day * DAY, 10)))
    assert [day for day, count in moved if count] == [3, 10]
    assert again(pitch).reminders_sent == 2
    lines = [text for text in told(ada, now + 13 * DAY) if "still waits" in text]
    assert len(lines) == 2


def test_expiry_in_batches_moves_each_once(ada, ben, cy, now):
    for learner in (ben, cy):
        people.make_pitch(learner, ada, now=now)
    done = []
    for _batch in range(3):
        with transaction():
            done.append(pitches.expire_due(now + 14 * DAY, 1))
    assert done == [1, 1, 0]
    assert counts(ada) == (0, 2, None)
    assert len(told(ben, now + 14 * DAY)) == 1


def test_the_third_silence_in_a_row_pauses_and_one_click_returns(ada, ben, cy, now):
    dee = people.make_person("dee", wants=("Piano",))
    silent = [people.make_pitch(one, ada, now=now) for one in (ben, cy, dee)]
    last = people.make_pitch(ben, ada, "piano", now=now + DAY)
    late = now + 14 * DAY
    with transaction():
        pitches.expire_due(late, 10)
    assert {again(pitch).state for pitch in silent} == {PitchState.EXPIRED}
    assert again(last).state is PitchState.CLOSED
    assert again(last).close_reason == "pause"
    assert fresh(ada).paused is PauseKind.UNANSWERED
    assert any("Three pitches in a row" in text for text in told(ada, late))
    with transaction():
        pitches.resume(fresh(ada), now=late)
    assert fresh(ada).paused is None
    one_more = people.make_pitch(fresh(ben), fresh(ada), "piano", now=late)
    with transaction():
        pitches.expire_due(late + 15 * DAY, 10)
    assert again(one_more).state is PitchState.EXPIRED
    assert fresh(ada).paused is None  # the first in a row since the return


def test_an_answer_breaks_the_row(ada, ben, cy, now):
    dee = people.make_person("dee", wants=("Piano",))
    first, second = (people.make_pitch(one, ada, now=now) for one in (ben, cy))
    answered = people.make_pitch(dee, ada, now=now + DAY)
    with transaction():
        pitches.expire_due(now + 14 * DAY, 10)
    do("decline_pitch", ada, answered, now + 14 * DAY, reason=NO)
    late = people.make_pitch(fresh(ben), fresh(ada), "piano", now=now + 14 * DAY)
    with transaction():
        pitches.expire_due(now + 28 * DAY, 10)
    assert again(late).state is PitchState.EXPIRED
    assert fresh(ada).paused is None
    assert (again(first).state, again(second).state) == (PitchState.EXPIRED, PitchState.EXPIRED)


# -- pauses and endings ---------------------------------------------------------------------------


def test_a_pause_closes_what_is_open_and_keeps_new_pitches_out(ada, ben, now):
    pitch = people.make_pitch(ben, ada, now=now)
    with transaction():
        pitches.pause(ada, until=(now + 9 * DAY).date(), now=now)
    assert again(pitch).state is PitchState.CLOSED
    assert counts(ada) == (0, 0, None)
    assert told(ben, now) == ["The pitch for Watercolour was closed. It counts against nobody"]
    with pytest.raises(Refused) as said:
        people.make_pitch(fresh(ben), fresh(ada), now=now)
    assert said.value.code == "teacher_paused_until"
    people.make_pitch(fresh(ben), fresh(ada), now=now + 10 * DAY)  # also before any sweep
    with transaction():
        assert pitches.resume_due(now + 10 * DAY, 10) == 1
    assert fresh(ada).paused is None


@pytest.mark.parametrize("days", [-1, 0, 400])
def test_a_pause_ends_on_a_day_to_come(ada, now, days):
    with pytest.raises(Refused), transaction():
        pitches.pause(ada, until=(now + days * DAY).date(), now=now)


def test_a_skill_taken_off_the_list_closes_its_pitches_alone(ada, ben, cy, now):
    paint = people.make_pitch(ben, ada, now=now)
    piano = people.make_pitch(cy, ada, "piano", now=now)
    with transaction():
        teaching.remove_skill(fresh(ada), UserSkillKind.OFFERED, "watercolour", now=now)
    assert (again(paint).state, again(paint).close_reason) == (PitchState.CLOSED, "skill")
    assert again(piano).state is PitchState.PENDING


def test_a_yes_offers_to_take_back_the_others(ada, ben, now):
    dee = people.make_person("dee", offers=("Watercolour", "Piano"))
    mine, other = (people.make_pitch(ben, one, now=now) for one in (ada, dee))
    different = people.make_pitch(ben, dee, "piano", now=now)
    with pytest.raises(WrongState):
        do("withdraw_siblings", ben, mine, now)
    do("accept_pitch", ada, mine, now)
    do("withdraw_siblings", ben, mine, now)
    assert again(other).state is PitchState.WITHDRAWN
    assert again(different).state is PitchState.PENDING
    do("withdraw_siblings", ben, mine, now)  # harmless


def test_answers_older_than_180_days_are_let_go(ada, ben, now):
    do("decline_pitch", ada, people.make_pitch(ben, ada, now=now), now, reason=NO)
    assert counts(ada) == (1, 0, 0)
    with transaction():
        assert answering.recount_due(now + 179 * DAY, 10) == 0
    with transaction():
        assert answering.recount_due(now + 180 * DAY, 10) == 1
    assert counts(ada) == (0, 0, None)


@pytest.mark.parametrize(
    ("numbers", "seen"),
    [
        ((2, 0, 5), None),
        ((2, 1, 1_440), (2, 3, "day")),
        ((3, 0, 1_441), (3, 3, "three_days")),
        ((3, 0, 10_080), (3, 3, "week")),
        ((3, 0, 10_081), (3, 3, "longer")),
        ((0, 3, None), (0, 3, None)),
    ],
)
def test_answers_are_a_fact_from_three_on(numbers, seen):
    fact = answering.shown(*numbers)
    assert (fact and (fact.answered, fact.asked, fact.pace)) == seen


# -- every edge of the machine --------------------------------------------------------------------

VERBS = {
    "accept_pitch": ("ada", {}),
    "decline_pitch": ("ada", {"reason": NO}),
    "ignore_pitch": ("ada", {}),
    "ask": ("ada", {"body": "Which?"}),
    "undo_decline": ("ada", {}),
    "withdraw_pitch": ("ben", {}),
    "reply": ("ben", {"body": "This."}),
    "last_word": ("ben", {"body": "Thank you."}),
    "withdraw_siblings": ("ben", {}),
}
ANSWERS = {"accept_pitch", "decline_pitch", "ignore_pitch", "withdraw_pitch"}
ALLOWED = {
    "pending": ANSWERS | {"ask"},
    "clarifying": ANSWERS | {"reply"},
    "accepted": {"withdraw_siblings"},
    "declined": {"undo_decline"},  # a moment ago
    "told": {"last_word"},  # declined an hour ago
    "withdrawn": set(),
    "due": {"last_word"},  # expired by the clock, no sweep has been
    "expired": {"last_word"},
    "closed": set(),
}


def reach(state: str, ada: User, ben: User, now: datetime) -> Pitch:
    """A pitch in that state."""
    pitch = people.make_pitch(ben, ada, now=now - (14 if state in ("due", "expired") else 1) * DAY)
    hour_ago = now - timedelta(hours=1)
    match state:
        case "clarifying":
            ask(ada, pitch, now)
        case "accepted":
            do("accept_pitch", ada, pitch, now)
        case "declined":
            do("decline_pitch", ada, pitch, now, reason=NO)
        case "told":
            do("decline_pitch", ada, pitch, hour_ago, reason=NO)
        case "withdrawn":
            do("withdraw_pitch", ben, pitch, now)
        case "expired":
            with transaction():
                pitches.expire_due(now, 10)
        case "closed":
            with transaction():
                pitches.close_open(Pitch.id == pitch.id, reason="pause", by=None, now=now)
    return pitch


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", ALLOWED)
def test_each_edge_is_allowed_or_answers_409_and_changes_nothing(request, ada, ben, state, verb):
    now = utcnow()
    pitch = reach(state, ada, ben, now)
    who, more = VERBS[verb]
    before, numbers, kept = rows(), counts(ada), again(pitch).state
    if verb in ALLOWED[state]:
        do(verb, request.getfixturevalue(who), pitch, now, **more)
        return
    with pytest.raises(WrongState):
        do(verb, request.getfixturevalue(who), pitch, now, **more)
    assert (rows(), counts(ada), again(pitch).state) == (before, numbers, kept)
