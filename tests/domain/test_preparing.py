"""What is to be prepared for a session: who may write it, until when, and who hears of it?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db, transaction
from skillswap.domain import learning_sessions, notifications
from skillswap.errors import NotFound, Refused, Taken, WrongState
from skillswap.models import Delivery, Notification
from tests import people

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def exchange(ada, ben, now):
    return people.make_exchange(ben, ada, now=now - 20 * DAY)


@pytest.fixture
def key(ada, exchange, now):
    return people.make_session(ada, exchange, now=now).public_id


def prepare(person, key, body, now, version=0):
    with transaction():
        learning_sessions.prepare_session(person, key, body=body, version=version, now=now)


def standing(person, key):
    db.session.rollback()
    return learning_sessions.preparation_of(learning_sessions.session_of(person, key))


def test_either_of_the_two_writes_and_both_read_who_wrote_last(ada, ben, key, now):
    assert standing(ben, key).version == 0
    prepare(ada, key, "A round brush\r\nand paper ", now)
    first = standing(ben, key)
    assert (first.body, first.writer_id) == ("A round brush\nand paper", ada.id)
    prepare(ben, key, "Both brushes", now, first.version)
    assert standing(ada, key).writer_id == ben.id


def test_the_slower_of_the_two_is_told_and_overwrites_nothing(ada, ben, key, now):
    prepare(ada, key, "A brush", now)
    with pytest.raises(Taken):
        prepare(ben, key, "Paper", now, version=0)
    assert standing(ben, key).body == "A brush"
    before = standing(ben, key).version
    prepare(ada, key, "Two brushes", now, before)
    prepare(ada, key, "A brush", now, standing(ada, key).version)
    with pytest.raises(Taken):  # the same words again, but written anew
        prepare(ben, key, "Paper", now, before)


def test_the_same_text_again_tells_nobody(ada, key, now):
    prepare(ada, key, "A brush", now)
    told = len(db.session.scalars(select(Notification)).all())
    prepare(ada, key, "A brush", now, version=12345)
    assert len(db.session.scalars(select(Notification)).all()) == told


def test_it_can_be_written_while_times_are_on_offer_but_not_once_they_are_gone(ada, exchange, now):
    made = people.make_proposal(ada, exchange, now=now)
    prepare(ada, made.public_id, "A brush", now)
    with transaction():
        learning_sessions.withdraw_times(ada, made.public_id, now=now)
    with pytest.raises(WrongState):
        prepare(ada, made.public_id, "Paper", now, standing(ada, made.public_id).version)


def test_nothing_is_prepared_once_it_has_begun_or_is_off(ada, exchange, key, now):
    start = learning_sessions.session_of(ada, key).starts_at
    prepare(ada, key, "A brush", start - timedelta(minutes=1))
    with pytest.raises(WrongState, match="begun"):
        prepare(ada, key, "Paper", start, standing(ada, key).version)
    with transaction():
        learning_sessions.cancel_session(ada, key, reason="A cold", now=now)
    with pytest.raises(WrongState, match="cancelled"):
        prepare(ada, key, "Paper", now, standing(ada, key).version)


def test_a_thousand_characters_and_no_more(ada, key, now):
    prepare(ada, key, "x" * 1_000, now)
    with pytest.raises(Refused, match="too_long"):
        prepare(ada, key, "x" * 1_001, now, standing(ada, key).version)


def test_a_stranger_finds_nothing(cy, key, now):
    with pytest.raises(NotFound):
        prepare(cy, key, "A brush", now)


def test_the_partner_reads_it_in_the_bell_as_one_line_and_gets_no_mail(ada, ben, key, now):
    db.session.execute(Notification.__table__.delete())
    db.session.execute(Delivery.__table__.delete())
    db.session.commit()
    for number in range(3):
        prepare(ada, key, f"{number} brushes", now, standing(ada, key).version)
    lines = notifications.page_of(ben, None, now).rows
    assert len(lines) == 1
    assert lines[0].text.startswith("wrote what to prepare for Watercolour on ")
    assert notifications.page_of(ada, None, now).rows == []
    assert db.session.scalars(select(Delivery)).all() == []
