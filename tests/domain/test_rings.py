"""Three people who each teach the next: who may begin, who says what, and what comes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from skillswap.db import db, transaction
from skillswap.domain import exchanges, notifications, pitches, rings, safety
from skillswap.domain.limits import OPEN_RINGS, RINGS_A_DAY
from skillswap.errors import NotFound, Refused, WrongState
from skillswap.models import (
    Conversation,
    Event,
    Exchange,
    ExchangeLeg,
    HourMask,
    Level,
    Message,
    Pitch,
    PitchState,
    RingState,
    Skill,
    SwapRing,
    SwapRingMember,
    User,
    UserSkill,
    UserSkillKind,
    UserState,
)
from skillswap.models.swap_ring import ANSWER_WITHIN
from tests import people
from tests.conftest import empty_tables
from tests.crowd import make_crowd
from tests.support.steps import steps_counted
from tests.trios import WORDS, trio

SECOND = timedelta(seconds=1)
Three = tuple[User, User, User]


@pytest.fixture
def three(app: Any) -> Three:
    """Ada teaches ben watercolour, ben teaches cleo Spanish, cleo teaches ada Portuguese."""
    return trio()


def again(person: User) -> User:
    return db.session.get_one(User, person.id, populate_existing=True)


def start(three: Three, now: Any, body: str = WORDS) -> SwapRing:
    ada, ben, cleo = three
    with transaction():
        return rings.start_ring(
            again(ada),
            [ben.username, cleo.username],
            ["watercolour", "spanish", "portuguese"],
            body=body,
            now=now,
        )


def say(verb: Any, person: User, ring: SwapRing, now: Any, **typed: Any) -> SwapRing:
    with transaction():
        return verb(again(person), ring.public_id, now=now, **typed)


def accept(person: User, ring: SwapRing, now: Any) -> SwapRing:
    return say(rings.accept_ring, person, ring, now, body=f"{person.first_name}: {WORDS}")


def change(person: User, **columns: Any) -> None:
    with transaction():
        db.session.execute(update(User).where(User.id == person.id).values(columns))


def refusal(three: Three, now: Any, **typed: Any) -> str:
    with pytest.raises(Refused) as caught:
        start(three, now, **typed)
    assert db.session.scalars(select(SwapRing)).all() == []
    return caught.value.code


def told(person: User, now: Any) -> list[str]:
    """What this person's notifications about rings say, the newest first."""
    lines = notifications.page_of(again(person), None, now)
    return [line.text for line in lines if line.kind.startswith("ring.")]


def legs() -> set[tuple[int, int, str]]:
    rows = db.session.execute(
        select(ExchangeLeg.teacher_id, ExchangeLeg.learner_id, ExchangeLeg.skill_id)
    )
    return {tuple(row) for row in rows}


# -- from the first word to three exchanges -------------------------------------------------------


def test_three_yeses_open_three_exchanges_at_once(three: Three, now: Any) -> None:
    ada, ben, cleo = three
    ring = start(three, now)
    assert ring.respond_by == now + ANSWER_WITHIN
    accept(ben, ring, now)
    assert not db.session.scalars(select(Exchange)).all()
    assert accept(cleo, ring, now).state is RingState.ACCEPTED
    places = {one.user_id: one.skill_id for one in ring.members}
    assert legs() == {
        (ada.id, ben.id, places[ada.id]),
        (ben.id, cleo.id, places[ben.id]),
        (cleo.id, ada.id, places[cleo.id]),
    }
    for person in three:
        assert exchanges.places_taken(again(person), now) == 1
        view = rings.ring_of(person, ring.public_id, now)
        assert view.state is RingState.ACCEPTED
        assert [one.exchange is not None for one in view.members] == [True, False, True]


def test_everybody_is_told_at_every_step(three: Three, now: Any) -> None:
    ada, ben, cleo = three
    ring = start(three, now)
    assert "you teach Spanish and learn Watercolour. Answer by" in told(ben, now)[0]
    assert "you teach Portuguese and learn Spanish. Answer by" in told(cleo, now)[0]
    assert told(ada, now) == []
    accept(ben, ring, now)
    assert "said yes to the swap ring in which you learn Portuguese" in told(ada, now)[0]
    assert "in which you learn Spanish" in told(cleo, now)[0]
    accept(cleo, ring, now)
    for person in (ada, ben):
        assert "your ring is closed" in told(person, now)[0]


def test_the_event_of_a_closed_ring_names_all_three(three: Three, now: Any) -> None:
    ring = start(three, now)
    for person in three[1:]:
        accept(person, ring, now)
    done = db.session.scalars(select(Event).where(Event.kind == "ring.accepted")).one()
    ids = [person.id for person in three]
    assert sorted(done.audience) == sorted(done.facts["members"]) == sorted(ids)
    assert (done.subject_type, done.subject_id) == ("swap_rings", ring.id)


def test_what_was_said_stands_on_the_pitches_and_in_three_threads(three: Three, now: Any) -> None:
    ada, ben, cleo = three
    ring = start(three, now)
    for person in (ben, cleo):
        accept(person, ring, now)
    pitch = db.session.scalars(select(Pitch).where(Pitch.teacher_id == ada.id)).one()
    assert (pitch.learner_id, pitch.state) == (ben.id, PitchState.ACCEPTED)
    assert (pitch.body, pitch.answer_body) == (f"Ben: {WORDS}", WORDS)
    cards = select(Conversation.low_id, Conversation.high_id, Event.kind).join(
        Message, Message.conversation_id == Conversation.id
    )
    found = db.session.execute(cards.join(Event, Event.id == Message.event_id)).all()
    pairs = {(row[0], row[1]) for row in found if row[2] == "ring.linked"}
    ids = sorted(person.id for person in three)
    assert pairs == {(ids[0], ids[1]), (ids[0], ids[2]), (ids[1], ids[2])}


def test_a_ring_is_no_answer_to_a_pitch(three: Three, now: Any) -> None:
    """Nobody received one, so it says nothing of how often somebody answers."""
    ring = start(three, now)
    for person in three[1:]:
        accept(person, ring, now)
    people_now = [again(person) for person in three]
    assert {(one.answered_count, one.unanswered_count) for one in people_now} == {(0, 0)}


def test_a_pitch_that_asked_for_the_same_is_closed_without_blame(three: Three, now: Any) -> None:
    ada, ben, cleo = three
    ring = start(three, now)
    open_one = people.make_pitch(ben, ada, now=now)
    for person in (ben, cleo):
        accept(person, ring, now)
    found = db.session.get_one(Pitch, open_one.id, populate_existing=True)
    assert (found.state, found.close_reason) == (PitchState.CLOSED, "ring")


# -- or nothing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["decline", "withdraw"])
def test_one_no_ends_it_and_nobody_is_named(three: Three, now: Any, verb: str) -> None:
    ada, ben, cleo = three
    ring = start(three, now)
    if verb == "decline":
        ended = say(rings.decline_ring, cleo, ring, now)
        by, others = cleo, (ada, ben)
    else:
        ended = say(rings.withdraw_ring, ada, ring, now)
        by, others = ada, (ben, cleo)
    assert ended.state is {"decline": RingState.DECLINED}.get(verb, RingState.WITHDRAWN)
    assert not db.session.scalars(select(Exchange)).all()
    for person in others:
        assert "swap ring with" in told(person, now)[0]
        assert by.first_name not in told(person, now)[0]
    ends = select(Event).where(Event.kind == f"ring.{ended.state}")
    last = db.session.scalars(ends).one()
    assert last.actor_id is None
    assert by.id not in last.audience


def test_who_said_yes_may_take_it_back_while_one_has_not_answered(three: Three, now: Any) -> None:
    ring = start(three, now)
    accept(three[1], ring, now)
    assert say(rings.withdraw_ring, three[1], ring, now).state is RingState.WITHDRAWN


def test_it_lapses_after_seven_days_by_the_clock_and_by_the_sweep(three: Three, now: Any) -> None:
    ada, ben, _cleo = three
    ring = start(three, now)
    due = now + ANSWER_WITHIN
    with transaction():
        assert rings.lapse_due(due - SECOND, 100) == 0
    assert rings.ring_of(ben, ring.public_id, due).state is RingState.LAPSED
    assert rings.open_rings(ada, due) == []
    with pytest.raises(WrongState, match="lapsed"):
        accept(ben, ring, due)
    with transaction():
        assert rings.lapse_due(due, 100) == 1
    with transaction():
        assert rings.lapse_due(due, 100) == 0
    for person in three:
        assert "lapsed on" in told(person, due)[0]


@pytest.mark.parametrize(
    "moment", [["ben"], ["ben", "cleo"]], ids=["one has answered", "all have answered"]
)
def test_what_is_over_cannot_be_answered(three: Three, now: Any, moment: list[str]) -> None:
    ring = start(three, now)
    named = dict(zip(("ada", "ben", "cleo"), three, strict=True))
    for name in moment:
        accept(named[name], ring, now)
    with pytest.raises(WrongState):
        accept(three[1], ring, now)
    with pytest.raises(WrongState):
        say(rings.decline_ring, three[1], ring, now)
    if len(moment) == 2:
        with pytest.raises(WrongState, match="accepted"):
            say(rings.withdraw_ring, three[0], ring, now)


def test_who_has_not_said_yes_has_nothing_to_take_back(three: Three, now: Any) -> None:
    ring = start(three, now)
    with pytest.raises(WrongState, match="waiting"):
        say(rings.withdraw_ring, three[2], ring, now)


# -- when one of them cannot any more -------------------------------------------------------------


def teaches_elsewhere(person: User, now: Any) -> None:
    """Their only place is taken."""
    change(person, places=1)
    other = people.make_person("zed", wants=("Spanish",))
    people.make_exchange(other, again(person), "spanish", now=now)


def stops_teaching_it(person: User, _now: Any) -> None:
    with transaction():
        for line in db.session.scalars(select(UserSkill).where(UserSkill.user_id == person.id)):
            db.session.delete(line)


BREAKS = {
    "on a break": lambda person, now: pitches.pause(person, until=None, now=now),
    "full": teaches_elsewhere,
    "teaches it no more": stops_teaching_it,
    "limited": lambda person, now: safety.limit(person, days=3, reason="", now=now),
    "not learning": lambda person, _now: change(person, learning=False),
}


@pytest.mark.parametrize("by", ["the sweep", "the next yes"])
@pytest.mark.parametrize("why", BREAKS)
def test_a_ring_that_cannot_be_opened_is_closed(three: Three, now: Any, why: str, by: str) -> None:
    ada, ben, cleo = three
    ring = start(three, now)
    accept(ben, ring, now)
    if why in ("full", "teaches it no more", "not learning"):
        BREAKS[why](again(ben), now)
    else:
        with transaction():
            BREAKS[why](again(ben), now)
    if by == "the sweep":
        with transaction():
            assert rings.close_due(now, 100) == 1
    else:
        assert accept(cleo, ring, now).state is RingState.CLOSED
    view = rings.ring_of(ada, ring.public_id, now)
    assert view.state is RingState.CLOSED
    assert "It counts against nobody" in told(ada, now)[0]
    ringed = select(SwapRingMember).where(SwapRingMember.exchange_id.is_not(None))
    assert not db.session.scalars(ringed).all()


def test_who_parts_from_one_leaves_the_ring(three: Three, now: Any) -> None:
    """A block is told to nobody; the ring is closed as if by itself."""
    ada, ben, cleo = three
    ring = start(three, now)
    with transaction():
        safety.block(again(ben), "cleo", now)
    assert rings.ring_of(ada, ring.public_id, now).state is RingState.CLOSED
    mine = rings.ring_of(ben, ring.public_id, now)
    hidden = next(one for one in mine.members if one.user_id == cleo.id)
    assert (hidden.person, hidden.body) == (None, "")
    with pytest.raises(WrongState):
        accept(cleo, ring, now)


def test_who_is_suspended_leaves_the_ring(three: Three, now: Any) -> None:
    ada, ben, _cleo = three
    ring = start(three, now)
    with transaction():
        safety.suspend(again(ben), days=3, reason="", now=now)
    view = rings.ring_of(ada, ring.public_id, now)
    assert view.state is RingState.CLOSED
    assert [one.person is None for one in view.members] == [False, True, False]


# -- who may begin --------------------------------------------------------------------------------


def test_only_its_three_see_it(three: Three, now: Any) -> None:
    ring = start(three, now)
    stranger = people.cy()
    for verb in (rings.decline_ring, rings.withdraw_ring):
        with pytest.raises(NotFound):
            say(verb, stranger, ring, now)
    with pytest.raises(NotFound):
        rings.ring_of(stranger, ring.public_id, now)


SELF = {
    "needs_bio": {"bio": ""},
    "ring_not_able": {"learning": False},
    "limited": {"state": UserState.LIMITED},
}


@pytest.mark.parametrize("code", SELF)
def test_what_keeps_somebody_from_beginning(three: Three, now: Any, code: str) -> None:
    change(three[0], **SELF[code])
    assert refusal(three, now) == code


def test_words_have_a_least_and_a_most(three: Three, now: Any) -> None:
    assert refusal(three, now, body="Too short") == "ring_words_short"
    assert refusal(three, now, body="x" * 501) == "too_long"


OTHERS = {
    "a break": {"paused": "own"},
    "no place": {"places": 0},
    "not teaching": {"teaching": False},
}


@pytest.mark.parametrize("what", OTHERS)
def test_the_others_must_be_able_to(three: Three, now: Any, what: str) -> None:
    change(three[1], **OTHERS[what])
    assert refusal(three, now) == "ring_changed"


def test_two_of_the_others_may_not_have_parted(three: Three, now: Any) -> None:
    with transaction():
        safety.block(again(three[1]), "cleo", now)
    assert refusal(three, now) == "ring_taken"


def test_each_must_want_what_they_get(three: Three, now: Any) -> None:
    line = select(UserSkill).where(UserSkill.user_id == three[2].id).order_by(UserSkill.kind)
    with transaction():
        for one in db.session.scalars(line):
            if one.kind == "wanted":
                db.session.delete(one)
    assert refusal(three, now) == "ring_changed"


def test_what_was_asked_already_needs_no_ring(three: Three, now: Any) -> None:
    people.make_pitch(three[1], three[0], now=now)
    assert refusal(three, now) == "ring_taken"


def test_the_same_ring_is_not_proposed_again_for_thirty_days(three: Three, now: Any) -> None:
    ring = start(three, now)
    say(rings.decline_ring, three[2], ring, now)
    skills = ["spanish", "portuguese", "watercolour"]

    def turned(days: int) -> SwapRing:
        """Ben begins what ada did."""
        later = now + timedelta(days=days)
        with transaction():
            return rings.start_ring(again(three[1]), ["cleo", "ada"], skills, body=WORDS, now=later)

    with pytest.raises(Refused, match="ring_tried"):
        turned(29)
    assert turned(31).state is RingState.PROPOSED


def test_nobody_is_in_more_than_five(app: Any, now: Any) -> None:
    ada = people.make_person("ada", offers=("Watercolour",), wants=("Portuguese",), places=9)
    ben = people.make_person("ben", offers=("Spanish",), wants=("Watercolour",), places=9)
    codes = []
    for number in range(OPEN_RINGS + 2):
        name = f"cleo{number}"
        people.make_person(name, offers=("Portuguese",), wants=("Spanish",))
        at = now + timedelta(hours=13 * (number // RINGS_A_DAY * 2))
        try:
            with transaction():
                rings.start_ring(
                    again(ada),
                    [ben.username, name],
                    ["watercolour", "spanish", "portuguese"],
                    body=WORDS,
                    now=at,
                )
        except Refused as error:
            codes.append(error.code)
    assert codes == ["ring_enough", "ring_enough"]


def test_a_fourth_ring_within_a_day_waits(app: Any, now: Any) -> None:
    ada = people.make_person("ada", offers=("Watercolour",), wants=("Portuguese",), places=9)
    people.make_person("ben", offers=("Spanish",), wants=("Watercolour",), places=9)
    for number in range(RINGS_A_DAY + 1):
        name = f"cleo{number}"
        people.make_person(name, offers=("Portuguese",), wants=("Spanish",))
        typed = (["ben", name], ["watercolour", "spanish", "portuguese"])
        if number < RINGS_A_DAY:
            with transaction():
                rings.start_ring(again(ada), *typed, body=WORDS, now=now)
        else:
            with pytest.raises(Refused, match="too_many_rings"), transaction():
                rings.start_ring(again(ada), *typed, body=WORDS, now=now)


def test_a_ring_has_three_people_and_three_skills(three: Three, now: Any) -> None:
    ada = three[0]
    wrong = [
        (["ben", "ben"], ["watercolour", "spanish", "portuguese"]),
        (["ben", "ada"], ["watercolour", "spanish", "portuguese"]),
        (["ben", "cleo"], ["watercolour", "spanish", "spanish"]),
        (["ben", "cleo"], ["watercolour", "spanish", "nothing"]),
        (["ben", "nobody"], ["watercolour", "spanish", "portuguese"]),
    ]
    for others, skills in wrong:
        with pytest.raises(NotFound):
            rings.round_of(ada, others, skills)


# -- finding them ---------------------------------------------------------------------------------


def found(person: User, now: Any) -> list[tuple[str, str]]:
    return [
        (one.second.person.username, one.third.person.username)
        for one in rings.possible_rings(again(person), now)
    ]


def test_each_of_the_three_finds_the_ring_from_their_side(three: Three, now: Any) -> None:
    ada, ben, cleo = three
    assert found(ada, now) == [("ben", "cleo")]
    assert found(ben, now) == [("cleo", "ada")]
    assert found(cleo, now) == [("ada", "ben")]
    one = rings.possible_rings(again(ada), now)[0]
    assert (one.skill, one.second.skill, one.third.skill) == (
        "Watercolour",
        "Spanish",
        "Portuguese",
    )
    assert one.hours > 0


@pytest.mark.parametrize("what", ["hours", "language", "block", "pitch", "ring", "break", "full"])
def test_a_ring_that_cannot_be_is_not_shown(three: Three, now: Any, what: str) -> None:
    ada, ben, cleo = three
    match what:
        case "hours":
            people.make_hours(again(cleo), "Sun 3-4")
        case "language":
            with transaction():
                again(cleo).language_mask = 2
        case "block":
            with transaction():
                safety.block(again(cleo), "ben", now)
        case "pitch":
            people.make_pitch(ben, ada, now=now)
        case "ring":
            start(three, now)
        case "break":
            with transaction():
                pitches.pause(again(cleo), until=None, now=now)
        case "full":
            with transaction():
                again(ben).places = 0
    assert found(ada, now) == []


def test_what_the_third_would_learn_of_me_needs_no_ring(app: Any, now: Any) -> None:
    """Cleo wants Spanish, which ada teaches too: the two can swap."""
    ada = trio()[0]
    spanish = db.session.scalars(select(Skill.id).where(Skill.slug == "spanish")).one()
    with transaction():
        line = {"kind": UserSkillKind.OFFERED, "level": Level.BEGINNER, "created_at": now}
        db.session.add(UserSkill(user_id=ada.id, skill_id=spanish, **line))
    assert found(ada, now) == []


# -- what finding costs ---------------------------------------------------------------------------


@pytest.mark.only_on("sqlite")  # counts the steps of its machine
def test_looking_costs_the_same_among_many(app: Any, now: Any) -> None:
    """Everybody is free all week, so that everything there is gets looked at."""
    taken = {}
    for count in (150, 1_200):
        empty_tables()
        make_crowd(count, skills=12)
        ids = db.session.scalars(select(User.id)).all()
        week = {"hours_0": 2**56 - 1, "hours_1": 2**56 - 1, "hours_2": 2**56 - 1}
        with transaction():
            db.session.execute(insert(HourMask), [{"user_id": one, **week} for one in ids])
        reader = people.make_person("rea", offers=("Craft 1", "Craft 2"), wants=("Craft 3",))
        people.make_hours(reader, "every day 0-24")
        with steps_counted() as steps:
            rings_found = rings.possible_rings(reader, now)
            taken[count] = steps()
        assert len(rings_found) == 6
    assert taken[1_200] < 1.5 * taken[150] + 2_000, taken
    assert taken[1_200] < 70_000, taken
