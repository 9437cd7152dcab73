"""Who is told outside the app that somebody wrote, when, and how often?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import conversations, deliveries, letters, live, preferences, safety
from skillswap.domain.letters import Dropped
from skillswap.domain.preferences import Topic
from skillswap.models import Channel, Conversation, Delivery, PushSubscription, SignIn
from tests import people

MINUTE = timedelta(minutes=1)


@pytest.fixture
def noon(now):
    """An hour at which nobody of the two sleeps in London."""
    return now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)


@pytest.fixture
def partners(ada, ben, now):
    people.make_exchange(ben, ada, now=now - timedelta(days=3))
    token = people.sign_in(ada)
    with transaction():
        db.session.query(Delivery).delete()
        here = db.session.scalars(select(SignIn).order_by(SignIn.id.desc())).first()
        db.session.add(
            PushSubscription(
                user_id=ada.id,
                sign_in_id=here.id,
                endpoint=f"https://fcm.googleapis.com/wp/{token}",
                p256dh="x",
                auth="y",
                created_at=now,
            )
        )
    return ada, ben


def say(person, other, body, now):
    with transaction():
        return conversations.send_to(person, other.username, body=body, client_key="", now=now)


def planned():
    rows = db.session.scalars(select(Delivery).order_by(Delivery.due_at)).all()
    return {row.channel: row for row in rows if row.kind == conversations.TOLD}


def letter(channel, now):
    return letters.letter_for(deliveries.claim_of(planned()[channel]), now)


def test_a_push_waits_a_minute_and_a_mail_ten(partners, noon):
    ada, ben = partners
    say(ben, ada, "A secret", noon)
    rows = planned()
    assert rows[Channel.PUSH].due_at == noon + MINUTE
    assert rows[Channel.EMAIL].due_at == noon + 10 * MINUTE
    told = letter(Channel.EMAIL, noon + 10 * MINUTE)
    assert told.lines[0].actor.name == ben.name
    assert told.lines[0].text == "sent you a message"
    assert "secret" not in str(told)


def test_a_thread_is_told_once_until_it_is_read(partners, noon):
    ada, ben = partners
    for minute in range(3):
        _message, public_id = say(ben, ada, "Hello", noon + minute * MINUTE)
    assert len(planned()) == 2
    assert letter(Channel.EMAIL, noon + 10 * MINUTE).lines[0].text == "sent you 3 messages"
    with transaction():
        conversations.read_to(ada, public_id, 99, noon)
    say(ben, ada, "Hello again", noon + timedelta(hours=1))
    assert len(db.session.scalars(select(Delivery)).all()) == 4


@pytest.mark.parametrize("why", ["read", "muted", "blocked", "off", "deleted", "frozen"])
def test_what_is_settled_meanwhile_is_told_no_more(partners, noon, why):
    ada, ben = partners
    message, public_id = say(ben, ada, "Hello", noon)
    with transaction():
        match why:
            case "read":
                conversations.read_to(ada, public_id, 99, noon)
            case "muted":
                safety.mute(ada, "ben", noon)
            case "blocked":
                safety.block(ada, "ben", noon)
            case "off":
                for channel in (Channel.EMAIL, Channel.PUSH):
                    preferences.switch(ada.id, Topic.CHAT, channel, on=False)
            case "deleted":
                conversations.delete_message(ben, message.public_id, store=None, now=noon)
            case "frozen":
                thread = conversations.thread_of(ada, public_id, noon)
                db.session.get_one(Conversation, thread.id).frozen_at = noon
    for channel in (Channel.EMAIL, Channel.PUSH):
        with pytest.raises(Dropped):
            letter(channel, noon + 10 * MINUTE)


def test_no_push_for_who_has_a_page_open_and_the_mail_still_comes(partners, noon):
    ada, ben = partners
    say(ben, ada, "Hello", noon)
    with transaction():
        live.note_here([ada.id], noon + 40 * timedelta(seconds=1))
    with pytest.raises(Dropped):
        letter(Channel.PUSH, noon + MINUTE)
    assert letter(Channel.EMAIL, noon + 10 * MINUTE).lines


def test_a_stranger_wakes_nobody_and_nor_does_the_muted(ada, cy, ben, noon, now):
    say(cy, ada, "Hello", noon)
    assert planned() == {}
    people.make_exchange(ben, ada, now=now - timedelta(days=3))
    with transaction():
        safety.mute(ada, "ben", noon)
    say(ben, ada, "Hello", noon)
    assert planned() == {}
