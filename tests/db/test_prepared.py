"""Are the statements of every request prepared once, or anew at each execution?"""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import conversations, frame
from skillswap.models import Conversation, SignIn
from tests import people


def signed_in(person, now):
    sign_in = db.session.scalars(select(SignIn).where(SignIn.user_id == person.id)).one()
    return frame.counted(sign_in.token_hash, now)


def line(person, now):
    return conversations.line_of(person, db.session.scalar(select(Conversation.public_id)), 1, now)


def thread(person, now):
    return conversations.thread_of(person, db.session.scalar(select(Conversation.public_id)), now)


@pytest.mark.only_on("sqlite")  # PostgreSQL prepares by its own rules
@pytest.mark.parametrize("read", [signed_in, line, thread], ids=lambda read: read.__name__)
def test_another_reader_does_not_have_a_statement_prepared_anew(ada, ben, now, read):
    raw = db.session.connection().connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    people.make_exchange(ben, ada)
    for person in (ada, ben):
        people.sign_in(person)
    asked = []
    raw.set_authorizer(lambda *what: asked.append(what) or sqlite3.SQLITE_OK)  # while preparing
    try:
        read(ada, now)
        assert asked
        asked.clear()
        read(ben, now + timedelta(minutes=1))
        assert asked == []
    finally:
        raw.set_authorizer(None)
