"""May this pitch be sent, answered, taken back? Every rule, in its order and at its border."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from skillswap.db import db, transaction
from skillswap.domain import consequences, notifications, pitch_rules, pitches
from skillswap.domain.limits import MEMBER, NEW, TRUSTED
from skillswap.domain.pitches import Box
from skillswap.errors import NotFound, Refused, TooMany, WrongState
from skillswap.lib.clock import utcnow
from skillswap.models import (
    DeclineReason,
    Event,
    Exchange,
    LearningSession,
    Notification,
    Pitch,
    PitchState,
    SessionState,
    User,
    UserSkill,
    UserState,
)
from tests import people

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def again(person: User) -> User:
    """The person as the database has them."""
    return db.session.get_one(User, person.id, populate_existing=True)


def change(person: User, **columns: Any) -> None:
    with transaction():
        db.session.execute(update(User).where(User.id == person.id).values(columns))


def send(learner: User, teacher: User, *, now: Any, **typed: Any) -> Pitch:
    typed = {"skill": "watercolour", "body": people.BODY} | typed
    with transaction():
        return pitches.send_pitch(again(learner), again(teacher), now=now, **typed)


def refusal(learner: User, teacher: User, **typed: Any) -> str:
    """The code a pitch is refused with; nothing of it is left behind."""
    before = count(Pitch), count(Event), count(Notification)
    with pytest.raises(Refused) as caught:
        send(learner, teacher, **typed)
    assert (count(Pitch), count(Event), count(Notification)) == before
    return caught.value.code


def count(table: Any, *which: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*which)) or 0


def state_of(pitch: Pitch) -> PitchState:
    return db.session.scalars(select(Pitch.state).where(Pitch.id == pitch.id)).one()


def answer(verb: str, person: User, pitch: Pitch, now: Any, **more: Any) -> Any:
    if verb == "decline":
        more.setdefault("reason", DeclineReason.NO_TIME)
    with transaction():
        return getattr(pitches, f"{verb}_pitch")(again(person), pitch.public_id, now=now, **more)


# -- sending --------------------------------------------------------------------------------------


def test_a_pitch_is_pending_for_as_long_as_its_learner_gives(ada, ben, now):
    pitch = send(ben, ada, offered="spanish", days=7, body=f"  {people.BODY}\r\n", now=now)
    assert (pitch.state, pitch.respond_by) == (PitchState.PENDING, now + 7 * DAY)
    assert pitch.body == people.BODY
    assert (pitch.skill.name, pitch.offered_skill.name) == ("Watercolour", "Spanish")
    assert db.session.scalars(select(Notification.user_id)).all() == [ada.id]
    told = db.session.scalar(select(Event.facts).where(Event.kind == "pitch.sent"))
    assert told["public_id"] == pitch.public_id


def test_the_rules_say_no_in_their_order(ada, ben, now):
    """Everything is wrong at once; each mending uncovers the next rule."""
    answer("decline", ada, send(ben, ada, now=now - 9 * DAY), now - DAY)
    others = [people.make_person(f"other{n}", offers=("Chess",)) for n in range(3)]
    waiting = [send(ben, other, skill="chess", now=now) for other in others]
    lines = db.session.scalars(select(UserSkill).where(UserSkill.user_id == ben.id)).all()
    with transaction():
        for line in lines:
            db.session.delete(line)
    change(ben, learning=False, bio="x" * 59)
    change(ada, teaching=False, pitch_cap=0)
    long_link = "https://www.example.org/" + "x" * 2_000
    typed = {"skill": "chess", "offered": "chess", "body": "\x07", "days": 2, "now": now}

    assert refusal(ben, ben, **typed) == "to_yourself"
    assert refusal(ben, ada, **typed) == "not_learning"
    change(ben, learning=True)
    assert refusal(ben, ada, **typed) == "not_teaching"
    change(ada, teaching=True)
    assert refusal(ben, ada, **typed) == "needs_bio"
    change(ben, bio="x" * 60)
    assert refusal(ben, ada, **typed) == "needs_skill"
    with transaction():
        spanish = {"user_id": ben.id, "skill_id": people.make_skill("Spanish").id}
        db.session.add(UserSkill(**spanish, kind="offered", level=1, created_at=now))
    assert refusal(ben, ada, **typed) == "not_taught"
    typed |= {"skill": "watercolour", "offered": "watercolour"}
    assert refusal(ben, ada, **typed) == "offers_the_same"
    typed["offered"] = "sourdough"
    assert refusal(ben, ada, **typed) == "not_offered"
    typed["offered"] = "spanish"
    assert refusal(ben, ada, **typed) == "control_characters"
    typed["body"] = " too  short "
    assert refusal(ben, ada, **typed) == "body_short"
    typed["body"] = long_link
    assert refusal(ben, ada, **typed) == "body_long"
    typed["body"] = long_link[:2_000]
    assert refusal(ben, ada, **typed) == "respond_days"
    typed["days"] = 3
    assert refusal(ben, ada, **typed) == "cooling_down"
    typed["skill"] = "piano"
    assert refusal(ben, ada, **typed) == "no_links"
    typed["body"] = people.BODY
    assert refusal(ben, ada, **typed) == "teacher_full"
    change(ada, pitch_cap=1)
    assert refusal(ben, ada, **typed) == "too_many_open"
    for pitch in waiting:
        answer("withdraw", ben, pitch, now)
    assert refusal(ben, ada, **typed) == "too_many_today"
    typed["now"] = now + DAY + SECOND
    assert send(ben, ada, **typed).state is PitchState.PENDING
    assert refusal(ben, ada, **typed) == "already_open"


@pytest.mark.parametrize(
    ("body", "code"),
    [("x" * 19, "body_short"), ("x" * 20, ""), ("x" * 2_000, ""), ("x" * 2_001, "body_long")],
)
def test_a_body_holds_20_to_2000_characters(ada, ben, now, body, code):
    if code:
        assert refusal(ben, ada, body=body, now=now) == code
    else:
        assert send(ben, ada, body=body, now=now).body == body


@pytest.mark.parametrize("days", [2, 15, 0, -3])
def test_a_teacher_gets_3_to_14_days(ada, ben, now, days):
    assert refusal(ben, ada, days=days, now=now) == "respond_days"


def test_who_does_not_teach_cannot_offer_a_return(ada, ben, now):
    change(ben, teaching=False)
    assert refusal(ben, ada, offered="spanish", now=now) == "not_offered"


def test_a_teacher_without_a_skill_is_not_teaching(mo, ben, now):
    assert refusal(ben, mo, now=now) == "not_teaching"


def test_the_database_holds_one_open_pitch_for_the_three(ada, ben, now):
    first = send(ben, ada, now=now)
    columns = {
        name: getattr(first, name)
        for name in ("learner_id", "teacher_id", "skill_id", "body", "sent_at", "respond_by")
    }
    with pytest.raises(IntegrityError), transaction():
        db.session.add(Pitch(**columns))


def test_a_pitch_that_expired_makes_way_for_a_new_one_and_both_are_told(ada, ben, now):
    first = send(ben, ada, days=3, now=now)
    later = first.respond_by
    second = send(ben, ada, now=later)
    assert (state_of(first), state_of(second)) == (PitchState.EXPIRED, PitchState.PENDING)
    told = select(Notification.user_id).join(Event).where(Event.kind == "pitch.expired")
    assert sorted(db.session.scalars(told)) == [ada.id, ben.id]


def test_a_refusal_undoes_the_expiry_it_found_on_its_way(ada, ben, now):
    first = send(ben, ada, days=3, now=now)
    change(ada, pitch_cap=0)
    assert refusal(ben, ada, now=first.respond_by) == "teacher_full"
    assert state_of(first) is PitchState.PENDING


def test_after_a_decline_the_same_skill_rests_for_30_days(ada, ben, now):
    pitch = send(ben, ada, now=now)
    answer("decline", ada, pitch, now)
    assert refusal(ben, ada, now=now + 30 * DAY - SECOND) == "cooling_down"
    assert send(ben, ada, skill="piano", now=now + DAY).state is PitchState.PENDING
    assert send(ben, ada, now=now + 30 * DAY).state is PitchState.PENDING


def test_what_was_withdrawn_may_be_asked_again(ada, ben, now):
    answer("withdraw", ben, send(ben, ada, now=now), now)
    assert send(ben, ada, now=now).state is PitchState.PENDING


def test_a_teacher_takes_as_many_open_pitches_as_the_cap_says(ada, ben, cy, now):
    change(ada, pitch_cap=1)
    first = send(ben, ada, days=3, now=now)
    assert refusal(cy, ada, now=now) == "teacher_full"
    assert send(cy, ada, now=first.respond_by).state is PitchState.PENDING


# -- quotas ---------------------------------------------------------------------------------------


def keep_sessions(learner: User, teacher: User, how_many: int, now: Any) -> None:
    """So many sessions of these two that took place long ago."""
    exchange = people.make_exchange(learner, teacher, now=now - 100 * DAY)
    leg = exchange.legs[0]
    with transaction():
        for _number in range(how_many):
            db.session.add(
                LearningSession(
                    exchange_id=exchange.id,
                    leg_id=leg.id,
                    teacher_id=teacher.id,
                    learner_id=learner.id,
                    skill_id=leg.skill_id,
                    state=SessionState.COMPLETED,
                    starts_at=now - 90 * DAY,
                    ends_at=now - 90 * DAY + timedelta(hours=1),
                    minutes=60,
                    created_at=now - 95 * DAY,
                )
            )


@pytest.mark.parametrize(
    ("joined", "kept", "limits"),
    [
        (timedelta(days=7) - SECOND, 9, NEW),
        (timedelta(days=7), 0, NEW),
        (timedelta(days=7), 1, MEMBER),
        (timedelta(days=100), 4, MEMBER),
        (timedelta(days=100), 5, TRUSTED),
    ],
)
def test_standing_gives_more_room(ada, ben, now, joined, kept, limits):
    keep_sessions(ben, ada, kept, now)
    change(ada, created_at=now - joined)
    teachers = [people.make_person(f"t{n}", offers=("Chess",)) for n in range(limits.open_pitches)]
    for teacher in teachers:
        send(ada, teacher, skill="chess", now=now)
    quota = pitch_rules.quota_of(again(ada), now)
    assert (quota.limits, quota.open_left) == (limits, 0)
    one_more = people.make_person("onemore", offers=("Chess",))
    with pytest.raises(TooMany) as caught:
        send(ada, one_more, skill="chess", now=now)
    assert caught.value.code == "too_many_open"


def test_the_day_s_quota_counts_what_was_withdrawn_and_says_when_the_next_is_free(ada, ben, now):
    teachers = [people.make_person(f"t{n}", offers=("Chess",)) for n in range(4)]
    for hours, teacher in enumerate(teachers[:3]):
        at = now + timedelta(hours=hours)
        answer("withdraw", ben, send(ben, teacher, skill="chess", now=at), at)
    later = now + timedelta(hours=4)
    with pytest.raises(TooMany) as caught:
        send(ben, teachers[3], skill="chess", now=later)
    assert (caught.value.code, caught.value.params["when"]) == ("too_many_today", "in 20 hours")
    assert caught.value.retry_seconds == 20 * 3600 + 1
    assert send(ben, teachers[3], skill="chess", now=now + DAY).state is PitchState.PENDING


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("https://www.example.org and http://example.org/a?b=c", ""),
        ("www.a.example https://b.example HTTP://c.example", "too_many_links"),
    ],
)
def test_a_member_s_pitch_holds_two_links(ada, ben, now, words, code):
    keep_sessions(ben, ada, 1, now)
    body = f"{people.BODY} {words}"
    if code:
        assert refusal(ben, ada, skill="piano", body=body, now=now) == code
    else:
        assert send(ben, ada, skill="piano", body=body, now=now).state is PitchState.PENDING


# -- answering ------------------------------------------------------------------------------------


def test_accepting_opens_the_exchange_and_tells_the_learner(ada, ben, now):
    pitch = send(ben, ada, offered="spanish", now=now)
    exchange = answer("accept", ada, pitch, now, body=" See you soon. ")
    assert state_of(pitch) is PitchState.ACCEPTED
    seen = pitches.pitch_of(again(ben), pitch.public_id)
    assert (seen.answer_body, seen.answered_at) == ("See you soon.", now)
    assert pitches.exchange_of(seen) == exchange.public_id
    assert [line.text for line in notifications.page_of(again(ben), None, utcnow())] == [
        "accepted your pitch for Watercolour. Propose times next"
    ]


def test_without_a_free_place_nothing_is_accepted(ada, ben, cy, now):
    change(ada, places=1)
    people.make_exchange(cy, ada, now=now)
    pitch = send(ben, ada, now=now)
    with pytest.raises(Refused, match="no_places"):
        answer("accept", ada, pitch, now)
    assert state_of(pitch) is PitchState.PENDING


def test_a_return_needs_a_place_of_the_learner(ada, ben, cy, now):
    change(ben, places=1)
    people.make_exchange(cy, ben, "spanish", now=now)
    pitch = send(ben, ada, offered="spanish", now=now)
    with pytest.raises(Refused, match="partner_no_places"):
        answer("accept", ada, pitch, now)
    assert state_of(pitch) is PitchState.PENDING


def test_a_decline_needs_a_reason_but_first_a_pitch_that_can_be_declined(ada, ben, now):
    pitch = send(ben, ada, now=now)
    with pytest.raises(Refused, match="decline_reason"):
        answer("decline", ada, pitch, now, reason=None)
    answer("withdraw", ben, pitch, now)
    with pytest.raises(WrongState):
        answer("decline", ada, pitch, now, reason=None)


@pytest.mark.parametrize("verb", ["accept", "decline"])
def test_words_beside_an_answer_are_at_most_1000(ada, ben, now, verb):
    pitch = send(ben, ada, now=now)
    with pytest.raises(Refused, match="too_long"):
        answer(verb, ada, pitch, now, body="x" * 1_001)
    answer(verb, ada, pitch, now, body="x" * 1_000)


def test_ignoring_hides_the_pitch_from_its_teacher_alone_and_may_be_repeated(ada, ben, now):
    pitch = send(ben, ada, now=now)
    answer("ignore", ada, pitch, now)
    answer("ignore", ada, pitch, now + DAY)
    assert db.session.scalar(select(Pitch.ignored_at)) == now
    assert list(pitches.inbox(again(ada), None, now)) == []
    [mine] = pitches.closed(again(ada), None, now)
    assert (mine.ignored, mine.state) == (True, PitchState.PENDING)
    assert count(Notification, Notification.user_id == ben.id) == 0
    [theirs] = pitches.sent(again(ben), None, now)
    assert theirs.state is PitchState.PENDING
    assert answer("accept", ada, pitch, now)


@pytest.mark.parametrize("verb", ["accept", "decline", "ignore", "withdraw"])
@pytest.mark.parametrize("ending", ["accept", "decline", "withdraw", "expire"])
def test_what_is_over_stays_as_it_is(ada, ben, now, verb, ending):
    pitch = send(ben, ada, days=3, now=now)
    at = now
    if ending == "expire":
        at = pitch.respond_by
    else:
        answer(ending, ben if ending == "withdraw" else ada, pitch, now)
    before = count(Event), count(Notification), count(Exchange), state_of(pitch)
    with pytest.raises(WrongState):
        answer(verb, ben if verb == "withdraw" else ada, pitch, at)
    assert (count(Event), count(Notification), count(Exchange), state_of(pitch)) == before


@pytest.mark.parametrize("verb", ["accept", "decline", "ignore", "withdraw"])
def test_only_the_right_one_of_the_two_may(ada, ben, cy, now, verb):
    pitch = send(ben, ada, now=now)
    for wrong in (cy, ada if verb == "withdraw" else ben):
        with pytest.raises(NotFound):
            answer(verb, wrong, pitch, now)


def test_a_consequence_that_raises_leaves_the_pitch_unanswered(ada, ben, now, monkeypatch):
    pitch = send(ben, ada, now=now)
    before = count(Event), count(Notification)

    def breaks(event: Event) -> None:
        raise ZeroDivisionError

    follows = {"pitch.accepted": [notifications.notify, breaks]}
    monkeypatch.setitem(consequences.FOLLOWS, "pitch.accepted", follows["pitch.accepted"])
    with pytest.raises(ZeroDivisionError):
        answer("accept", ada, pitch, now)
    assert state_of(pitch) is PitchState.PENDING
    assert (count(Event), count(Notification), count(Exchange)) == (*before, 0)


# -- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [UserState.SUSPENDED, UserState.DELETED])
def test_with_one_of_the_two_the_pitch_is_gone(ada, ben, now, state):
    pitch = send(ben, ada, now=now)
    change(ben, state=state)
    with pytest.raises(NotFound):
        pitches.pitch_of(again(ada), pitch.public_id)
    with pytest.raises(NotFound):
        answer("accept", ada, pitch, now)
    assert list(pitches.inbox(again(ada), None, now)) == []


def test_each_pitch_stands_in_one_list_of_each_side(ada, ben, now):
    pending, ignored, over = (
        send(ben, ada, now=now),
        send(ben, ada, skill="piano", now=now),
        send(ada, ben, skill="spanish", days=3, now=now - 4 * DAY),
    )
    answer("ignore", ada, ignored, now)
    wanted = {
        ada: {Box.INBOX: {pending}, Box.SENT: set(), Box.CLOSED: {ignored, over}},
        ben: {Box.INBOX: set(), Box.SENT: {pending, ignored}, Box.CLOSED: {over}},
    }
    for person, boxes in wanted.items():
        for name, members in boxes.items():
            found = {card.public_id for card in pitches.box(name, again(person), None, now)}
            assert found == {pitch.public_id for pitch in members}
            for key in found:
                seen = pitches.pitch_of(again(person), key)
                assert pitches.box_of(seen, person, now) is name
                [card] = [c for c in pitches.box(name, person, None, now) if c.public_id == key]
                opened = pitches.card_of(seen, person, now)
                assert {**_plain(opened), "is_new": None} == {**_plain(card), "is_new": None}


def _plain(card: pitches.PitchCard) -> dict[str, Any]:
    return {name: getattr(card, name) for name in card.__slots__}


def test_the_inbox_goes_on_where_the_page_ended(ada, now):
    change(ada, pitch_cap=99)
    learners = [people.make_person(f"l{n}", offers=("Chess",)) for n in range(23)]
    sent = [send(learner, ada, now=now).public_id for learner in learners]
    first = pitches.inbox(again(ada), None, now)
    rest = pitches.inbox(again(ada), first.after, now)
    assert [card.public_id for card in [*first, *rest]] == sent[::-1]
    assert (len(first), rest.after) == (20, None)


def test_a_new_pitch_is_marked_until_its_page_was_seen(ada, ben, now):
    pitch = send(ben, ada, now=now)
    [card] = pitches.inbox(again(ada), None, now)
    assert card.is_new
    with transaction():
        notifications.read_about(again(ada), "pitches", pitch.public_id, now)
    [card] = pitches.inbox(again(ada), None, now)
    assert not card.is_new


# -- the page for a new pitch ---------------------------------------------------------------------


def test_a_draft_offers_what_the_two_lists_hold(ada, ben, now):
    with transaction():
        wants = {"user_id": ada.id, "skill_id": people.make_skill("Spanish").id}
        db.session.add(UserSkill(**wants, kind="wanted", level=1, created_at=now))
    draft = pitch_rules.draft(again(ben), again(ada), now)
    assert list(draft.lists.taught) == ["piano", "watercolour"]
    assert list(draft.lists.returns) == ["sourdough", "spanish"]
    assert draft.wanted_in_return == ["Spanish"]
    assert (draft.places_free, list(draft.obstacles)) == (3, [])


def test_a_draft_names_everything_that_stands_in_the_way(ada, mo, now):
    change(mo, learning=False, bio="")
    draft = pitch_rules.draft(again(mo), again(ada), now)
    assert [o.code for o in draft.obstacles] == ["not_learning", "needs_bio", "needs_skill"]


def test_a_draft_knows_what_was_asked_already(ada, ben, now):
    first = send(ben, ada, days=3, now=now)
    assert list(pitch_rules.draft(again(ben), again(ada), now).earlier) == ["watercolour"]
    send(ben, ada, skill="piano", now=now)
    obstacles = pitch_rules.draft(again(ben), again(ada), now).obstacles
    assert [obstacle.code for obstacle in obstacles] == ["all_asked"]
    later = pitch_rules.draft(again(ben), again(ada), first.respond_by)
    assert (list(later.earlier), list(later.obstacles)) == (["piano"], [])


def test_a_draft_says_when_a_quota_is_used_up(ada, ben, cy, now):
    for skill in ("watercolour", "piano"):
        send(ben, ada, skill=skill, now=now)
    send(ben, cy, skill="javascript", now=now)
    dee = people.make_person("dee", offers=("Chess",))
    codes = [o.code for o in pitch_rules.draft(again(ben), dee, now).obstacles]
    assert codes == ["too_many_open", "too_many_today"]
