"""What leaves the house, for whom, when, and who holds it meanwhile?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from skillswap.db import db, transaction
from skillswap.domain import deliveries, failures, letters, notifications, preferences
from skillswap.domain.deliveries import Claim
from skillswap.domain.preferences import Topic
from skillswap.domain.wording import WORDS
from skillswap.errors import WrongState
from skillswap.lib.tokens import token_hash
from skillswap.models import (
    Block,
    Channel,
    Delivery,
    DeliveryResult,
    Mute,
    Notification,
    Preference,
    PushSubscription,
    SignIn,
    User,
    UserState,
)
from tests import people

EMAIL = (Channel.EMAIL,)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def confirmed(ada: User, ben: User, now: datetime) -> None:
    """Both have confirmed their addresses."""
    with transaction():
        db.session.execute(update(User).values(email_confirmed_at=now))


def rows() -> list[Delivery]:
    return list(db.session.scalars(select(Delivery).order_by(Delivery.id)))


def take(now: datetime, owner: str = "one", limit: int = 10) -> list[Claim]:
    with transaction():
        return deliveries.claim(EMAIL, owner, now, limit)


def subscribe(person: User, now: datetime) -> None:
    here = select(SignIn.id).where(SignIn.token_hash == token_hash(people.sign_in(person)))
    with transaction():
        db.session.add(
            PushSubscription(
                user_id=person.id,
                sign_in_id=db.session.scalars(here).one(),
                endpoint=f"https://push.example/{person.username}",
                p256dh="x",
                auth="y",
                created_at=now,
            )
        )


# -- planning -------------------------------------------------------------------------------------


def test_a_pitch_is_mailed_to_its_teacher_a_minute_later(ada, ben, now):
    people.make_pitch(ben, ada, now=now)
    (row,) = rows()
    assert (row.user_id, row.channel, row.kind) == (ada.id, Channel.EMAIL, "pitch.sent")
    assert row.due_at == now + timedelta(minutes=1)
    assert row.done_at is None
    assert take(now) == []
    assert len(take(now + timedelta(minutes=1))) == 1


def test_planning_costs_two_statements(ada, ben, now, queries):
    people.make_skill("Watercolour")
    queries.clear()
    people.make_pitch(ben, ada, now=now)
    assert sum("deliveries" in statement for statement in queries) == 2


def test_push_is_planned_for_whoever_subscribed_and_not_at_night(ada, ben):
    evening = datetime(2026, 3, 3, 22, 30, tzinfo=UTC)  # London, where ada lives
    subscribe(ada, evening)
    people.make_pitch(ben, ada, now=evening)
    push = next(row for row in rows() if row.channel is Channel.PUSH)
    assert push.due_at == datetime(2026, 3, 4, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-07-01T12:00", "2026-07-01T12:00"),
        ("2026-07-01T19:59", "2026-07-01T19:59"),
        ("2026-07-01T20:00", "2026-07-02T06:00"),
        ("2026-07-02T03:00", "2026-07-02T06:00"),
        ("2026-07-02T06:00", "2026-07-02T06:00"),
        ("2026-10-24T23:00", "2026-10-25T07:00"),  # the night in which the clock goes back
    ],
)
def test_quiet_hours_are_those_of_the_readers_clock(at: str, due: str) -> None:
    found = deliveries.after_quiet_hours(
        datetime.fromisoformat(at).replace(tzinfo=UTC), "Europe/Berlin"
    )
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_an_address_nobody_confirmed_gets_no_mail(ada, ben, now):
    with transaction():
        db.session.execute(update(User).where(User.id == ada.id).values(email_confirmed_at=None))
    people.make_pitch(ben, ada, now=now)
    assert rows() == []


def test_what_is_switched_off_is_not_planned(ada, ben, now):
    with transaction():
        preferences.switch(ada.id, Topic.PITCHES, Channel.EMAIL, on=False)
    people.make_pitch(ben, ada, now=now)
    assert rows() == []


def test_a_withdrawn_pitch_is_told_in_the_app_alone(ada, ben, now):
    from skillswap.domain import pitches

    subscribe(ada, now)
    pitch = people.make_pitch(ben, ada, now=now)
    with transaction():
        pitches.withdraw_pitch(ben, pitch.public_id, now=now)
    assert {row.kind for row in rows()} == {"pitch.sent"}


def test_in_silence_the_app_alone_is_told(ada, ben, now):
    with deliveries.silence():
        people.make_pitch(ben, ada, now=now)
    assert rows() == []
    assert db.session.scalar(select(Notification.user_id)) == ada.id


def test_the_twenty_first_mail_of_a_day_is_left_to_the_digest(ada, ben, now):
    with transaction():
        for number in range(deliveries.MAILS_PER_DAY):
            row = deliveries.row_of(f"x{number}", ada.id, Channel.EMAIL, "pitch.sent", now, now)
            deliveries.add_new([row])
    people.make_pitch(ben, ada, now=now)
    counted = rows()[-1]
    assert counted.result is None  # mails about the account do not count
    note = db.session.scalar(select(Notification.id))
    with transaction():
        db.session.execute(update(Delivery).values(notification_id=note))
    people.make_pitch(ben, ada, "piano", now=now)
    over = rows()[-1]
    assert (over.result, over.error) == (DeliveryResult.DROPPED, deliveries.OVER_LIMIT)


def test_a_mail_about_the_account_is_due_at_once_and_forgets_its_link(ada, now):
    with transaction():
        deliveries.mail(ada, "account.reset", now=now, path="/password/reset/secret")
    (claim,) = take(now)
    assert letters.letter_for(claim, now).address == ada.email
    assert claim.payload["path"] == "/password/reset/secret"
    with transaction():
        assert deliveries.mark_sent(claim, now)
    db.session.expunge_all()
    assert rows()[0].payload == {}


def test_the_same_key_is_written_once(ada, now):
    row = deliveries.row_of("digest:1:2026", ada.id, Channel.DIGEST, "digest", now, now)
    with transaction():
        assert deliveries.add_new([row]) == 1
        assert deliveries.add_new([row | {"public_id": "another"}]) == 0


# -- claiming -------------------------------------------------------------------------------------


def plan(ada: User, now: datetime, count: int = 1) -> None:
    with transaction():
        for _ in range(count):
            deliveries.mail(ada, "account.password", now=now)


def test_two_workers_never_hold_the_same_row(ada, now):
    plan(ada, now, 5)
    one, two = take(now, "one", 3), take(now, "two", 3)
    assert (len(one), len(two)) == (3, 2)
    assert {claim.id for claim in one}.isdisjoint(claim.id for claim in two)
    assert take(now, "three") == []


def test_the_oldest_goes_first(ada, now):
    plan(ada, now)
    plan(ada, now - HOUR)
    assert [claim.created_at for claim in take(now)] == [now - HOUR, now]


def test_nothing_due_writes_nothing(ada, now, queries):
    plan(ada, now)
    queries.clear()
    assert take(now - HOUR) == []
    assert [query.split()[0] for query in queries] == ["SELECT"]


def test_what_a_dead_worker_held_is_free_after_its_lease(ada, now):
    plan(ada, now)
    (held,) = take(now, "dead")
    assert take(now + deliveries.LEASE - timedelta(seconds=1), "two") == []
    (again,) = take(now + deliveries.LEASE, "two")
    assert (again.id, again.attempts, again.public_id) == (held.id, 2, held.public_id)
    with transaction():
        assert not deliveries.mark_sent(held, now)  # it wakes up late: no longer its own
        assert deliveries.mark_sent(again, now)


def test_a_released_row_counts_no_attempt(ada, now):
    plan(ada, now)
    (claim,) = take(now)
    with transaction():
        deliveries.release(claim)
    (again,) = take(now)
    assert again.attempts == 1


def test_failures_wait_longer_and_longer_and_end_after_eight(ada, now):
    plan(ada, now)
    waits = []
    at = now
    for _ in range(deliveries.MOST_ATTEMPTS):
        (claim,) = take(at)
        with transaction():
            deliveries.mark_failed(claim, "421 come back later", at)
        db.session.expunge_all()
        waits.append(rows()[0].due_at - at)
        at = rows()[0].due_at
    assert waits[:-1] == sorted(waits[:-1])
    assert timedelta(minutes=1) <= waits[0] <= timedelta(minutes=1.2)
    assert waits[-2] == timedelta(hours=24)
    (row,) = rows()
    assert (row.result, row.error) == (DeliveryResult.FAILED, "421 come back later")
    assert take(at + timedelta(days=9)) == []


def test_a_failure_for_good_ends_at_once_and_staff_may_send_it_again(ada, mo, now):
    plan(ada, now)
    (claim,) = take(now)
    with transaction():
        deliveries.mark_failed(claim, "550 " + "no " * 500, now, for_good=True)
    (line,) = failures.failed(None)
    assert line.username == "ada"
    assert len(line.error) == deliveries.ERROR_LENGTH
    with transaction():
        failures.retry(mo, line.public_id, now)
    assert [again.attempts for again in take(now)] == [1]
    with pytest.raises(WrongState):
        failures.retry(mo, line.public_id, now)


def test_what_ended_long_ago_is_forgotten_and_what_waits_is_not(ada, now):
    long_ago = now - deliveries.KEPT
    plan(ada, long_ago, 2)
    plan(ada, now)
    (claim, _other) = take(long_ago)
    with transaction():
        deliveries.mark_sent(claim, long_ago)
        assert deliveries.forget_due(now, 10) == 1
        assert deliveries.forget_due(now, 10) == 0
    assert {row.done_at for row in rows()} == {None}


# -- rights when it is due ------------------------------------------------------------------------


def due(ada: User, ben: User, now: datetime) -> Claim:
    people.make_pitch(ben, ada, now=now)
    (claim,) = take(now + HOUR)
    return claim


def reason(claim: Claim, now: datetime) -> str:
    with pytest.raises(letters.Dropped) as dropped:
        letters.letter_for(claim, now + HOUR)
    return str(dropped.value)


def test_a_due_mail_says_who_did_what(ada, ben, now):
    letter = letters.letter_for(due(ada, ben, now), now + HOUR)
    assert (letter.address, letter.topic) == ("ada@example.org", Topic.PITCHES)
    assert letter.lines[0].actor.name == "Ben Example"


def test_what_was_read_meanwhile_is_dropped(ada, ben, now):
    claim = due(ada, ben, now)
    with transaction():
        notifications.read_all(ada, now)
    assert reason(claim, now) == "read meanwhile"


@pytest.mark.parametrize("state", [UserState.SUSPENDED, UserState.DELETED])
def test_a_suspended_or_deleted_reader_gets_nothing(ada, ben, now, state):
    claim = due(ada, ben, now)
    with transaction():
        db.session.execute(update(User).where(User.id == ada.id).values(state=state))
    assert reason(claim, now).startswith("the person")


def test_what_a_suspended_person_did_is_not_mailed(ada, ben, now):
    claim = due(ada, ben, now)
    with transaction():
        db.session.execute(update(User).where(User.id == ben.id).values(state=UserState.SUSPENDED))
    assert reason(claim, now) == "nothing to open any more"


def test_after_a_block_nothing_is_mailed(ada, ben, now):
    claim = due(ada, ben, now)
    with transaction():
        db.session.add(Block(blocker_id=ada.id, blocked_id=ben.id, created_at=now))
    assert reason(claim, now) == "nothing to open any more"


def test_after_muting_nothing_is_mailed(ada, ben, now):
    claim = due(ada, ben, now)
    with transaction():
        db.session.add(Mute(muter_id=ada.id, muted_id=ben.id, created_at=now))
    assert reason(claim, now) == "nothing to open any more"


def test_what_was_switched_off_meanwhile_is_dropped(ada, ben, now):
    claim = due(ada, ben, now)
    with transaction():
        preferences.switch(ada.id, Topic.PITCHES, Channel.EMAIL, on=False)
    assert reason(claim, now) == "switched off"


def test_an_address_that_is_no_longer_confirmed_gets_nothing(ada, ben, now):
    claim = due(ada, ben, now)
    with transaction():
        db.session.execute(update(User).where(User.id == ada.id).values(email_confirmed_at=None))
    assert reason(claim, now) == "the address is not confirmed"


def test_a_link_out_of_date_is_not_mailed(ada, now):
    with transaction():
        deliveries.mail(ada, "account.reset", now=now, until=now + HOUR / 2, path="/x")
    (claim,) = take(now + HOUR)
    assert reason(claim, now) == "its link is out of date"


# -- switches -------------------------------------------------------------------------------------


def test_every_event_kind_has_a_topic_of_its_noun():
    for kind in WORDS:
        noun = kind.partition(".")[0]
        assert kind in preferences.TOPIC_OF_KIND or noun in preferences.TOPIC_OF_NOUN, kind


def test_a_switch_moved_twice_stands_where_it_was_put(ada):
    for on in (False, False, True, True):
        with transaction():
            preferences.switch(ada.id, Topic.CHAT, Channel.EMAIL, on=on)
        assert preferences.wanted(ada.id, Topic.CHAT, Channel.EMAIL) is on
    assert db.session.scalars(select(Preference)).all() == []  # the default is no row


def test_a_locked_topic_cannot_be_switched_off(ada):
    with transaction():
        assert preferences.switch(ada.id, Topic.SECURITY, Channel.EMAIL, on=False)
    assert preferences.wanted(ada.id, Topic.SECURITY, Channel.EMAIL)


def test_the_table_of_switches_shows_what_was_moved(ada):
    with transaction():
        preferences.switch(ada.id, Topic.PEOPLE, Channel.EMAIL, on=True)
    table = preferences.switches(ada.id)
    assert len(table) == len(Topic) * len(Channel)
    moved = {key for key, on in table.items() if on != (key[1] in preferences.DEFAULTS[key[0]])}
    assert moved == {(Topic.PEOPLE, Channel.EMAIL)}
