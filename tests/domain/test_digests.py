"""Who gets a digest, when on their clock, and with what in it?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from skillswap.db import db, transaction
from skillswap.domain import deliveries, digests, events, letters, notifications, preferences
from skillswap.domain.preferences import Topic
from skillswap.lib.clock import from_wall
from skillswap.models import Channel, Delivery, DeliveryResult, Notification, User
from tests import people

DAY = timedelta(days=1)
EVENING = datetime(2026, 3, 3, 19, tzinfo=UTC)
EIGHT = datetime(2026, 3, 4, 8, tzinfo=UTC)  # in London, where ada lives; ben's night


@pytest.fixture(autouse=True)
def told(ada: User, ben: User) -> None:
    """Ada has one unread line of a topic that goes into the digest; ben has none."""
    with transaction():
        db.session.execute(update(User).values(email_confirmed_at=EVENING))
    tell(ben, ada, EVENING)


def tell(ben: User, ada: User, at: datetime) -> None:
    """Ben completes an exchange: told by digest."""
    exchange = people.make_exchange(ben, ada, now=at)
    with transaction():
        db.session.execute(update(Notification).values(read_at=at))
        events.record(
            "exchange.completed", actor=ben, subject=exchange, to=[ada], now=at, skill="Watercolour"
        )


def plan(now: datetime, limit: int = 100) -> int:
    with transaction():
        return digests.plan_due(now, limit)


def the_digests() -> list[Delivery]:
    return list(db.session.scalars(select(Delivery).where(Delivery.channel == Channel.DIGEST)))


def send(now: datetime) -> letters.Letter:
    with transaction():
        (claim,) = deliveries.claim((Channel.DIGEST,), "one", now, 10)
    letter = letters.letter_for(claim, now)
    with transaction():
        deliveries.mark_sent(claim, now)
    return letter


def test_it_comes_at_eight_on_the_readers_clock_and_once_a_day(ada):
    assert plan(EIGHT - timedelta(minutes=1)) == 0
    assert plan(EIGHT) == 1
    assert plan(EIGHT) == 0
    assert plan(EIGHT + timedelta(hours=1)) == 0
    (row,) = the_digests()
    assert (row.user_id, row.key, row.due_at) == (ada.id, f"digest:{ada.id}:2026-03-04", EIGHT)


def test_a_late_worker_still_sends_it_in_the_morning():
    assert plan(EIGHT + timedelta(hours=2)) == 1
    assert the_digests()[0].due_at == EIGHT


def test_after_the_morning_it_waits_for_the_next():
    assert plan(EIGHT + timedelta(hours=3)) == 0
    assert plan(EIGHT + DAY) == 1


def test_it_names_what_is_unread_and_the_next_one_does_not_repeat_it(ada, ben):
    plan(EIGHT)
    letter = send(EIGHT)
    assert letter.address == "ada@example.org"
    assert [line.subject_type for line in letter.lines] == ["exchanges"]
    assert plan(EIGHT + DAY) == 0


def test_it_is_never_empty(ada):
    with transaction():
        notifications.read_all(ada, EVENING)
    assert plan(EIGHT) == 0


def test_when_all_was_read_before_it_left_it_is_dropped(ada):
    plan(EIGHT)
    with transaction():
        notifications.read_all(ada, EIGHT)
        (claim,) = deliveries.claim((Channel.DIGEST,), "one", EIGHT, 10)
    with pytest.raises(letters.Dropped, match="read meanwhile"):
        letters.letter_for(claim, EIGHT)


def test_what_came_after_eight_waits_for_tomorrow(ada, ben):
    with transaction():
        db.session.execute(
            update(Notification)
            .where(Notification.read_at.is_(None))
            .values(due_at=EIGHT + timedelta(minutes=1))
        )
    assert plan(EIGHT + timedelta(hours=1)) == 0
    assert plan(EIGHT + DAY) == 1


def test_who_switched_the_topic_off_gets_none(ada):
    with transaction():
        preferences.switch(ada.id, Topic.AFTERWARDS, Channel.DIGEST, on=False)
    assert plan(EIGHT) == 0


def test_a_mail_too_many_stands_in_it_instead(ada, ben):
    """A pitch is no matter for a digest, unless its mail was one too many."""
    with transaction():
        db.session.execute(update(Notification).values(read_at=EVENING))
    people.make_pitch(ben, ada, "piano", now=EVENING)
    assert plan(EIGHT) == 0
    with transaction():
        db.session.execute(
            update(Delivery)
            .where(Delivery.kind == "pitch.sent")
            .values(result=DeliveryResult.DROPPED, error=deliveries.OVER_LIMIT, done_at=EVENING)
        )
    assert plan(EIGHT) == 1
    assert [line.subject_type for line in send(EIGHT).lines] == ["pitches"]


def test_one_batch_takes_as_many_as_it_may(ada, ben):
    with transaction():
        db.session.execute(update(User).values(timezone="Europe/London"))
        db.session.execute(update(Notification).values(read_at=None))
        preferences.switch(ben.id, Topic.PITCHES, Channel.DIGEST, on=True)
    assert [plan(EIGHT, 1) for _ in range(3)] == [1, 1, 0]


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Pacific/Apia", "America/St_Johns"])
def test_every_zone_has_its_own_eight(ada, zone):
    with transaction():
        db.session.execute(update(User).values(timezone=zone))
    eight = from_wall(datetime(2026, 3, 5, 8), zone)  # noqa: DTZ001 - on a wall
    around = [eight + timedelta(minutes=15 * step) for step in range(-12, 12)]
    assert [at for at in around if plan(at)] == [eight]
    assert the_digests()[0].due_at == eight
