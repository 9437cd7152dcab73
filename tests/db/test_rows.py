"""Are all tables empty when a test begins, whoever wrote, and does a scene come back whole?"""

from __future__ import annotations

from flask import Flask
from sqlalchemy import create_engine, func, select

from skillswap.db import db, transaction
from skillswap.models import Skill, User
from tests import people
from tests.support import rows


def counted() -> dict[str, int]:
    """How many rows each table holds, where there are any: asked in the plainest way."""
    db.session.rollback()
    numbers = {
        table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in db.metadata.sorted_tables
    }
    return {name: number for name, number in numbers.items() if number}


def test_every_test_begins_with_empty_tables(app: Flask) -> None:
    assert counted() == {}


def test_what_others_wrote_is_emptied_too(app: Flask, now) -> None:
    ada = people.ada()
    people.make_session(ada, people.make_exchange(people.ben(), ada))
    somebody = create_engine(db.engine.url)
    with somebody.begin() as theirs:
        theirs.execute(
            Skill.__table__.insert().values(slug="x", name="X", category="", created_at=now)
        )
    somebody.dispose()
    assert set(rows.full()) == set(counted()) > {"skills", "users", "learning_sessions"}
    rows.empty()
    assert counted() == {}


def test_a_scene_comes_back_as_it_was(app: Flask) -> None:
    ada, ben = people.ada(), people.ben()
    exchange = people.make_exchange(ben, ada)
    begun, told = rows.scene(), counted()
    people.make_session(ada, exchange)
    with transaction():
        ada.headline = "Something else"
    people.cy()
    assert counted() != told
    begun.again()
    assert counted() == told
    assert db.session.get_one(User, ada.id).headline == "Ada learns and teaches"
    assert rows.scene().rows == begun.rows
    people.cy()  # new rows still find a number
