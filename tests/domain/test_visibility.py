"""One rule for who may be seen, and that every read asks it for its reader."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import literal, select
from sqlalchemy.orm import aliased

from skillswap.config import ROOT
from skillswap.db import db, transaction
from skillswap.domain import safety
from skillswap.domain.visibility import person_named, visible
from skillswap.errors import NotFound
from skillswap.models import Pitch, User
from tests import people

CODE = ROOT / "skillswap"
# who has no reader: a picture is found by its unguessable name alone
NO_READER = {"domain/media.py"}


def usernames(condition) -> set[str]:
    return set(db.session.scalars(select(User.username).where(condition)))


def asked(path: Path) -> Iterator[ast.Call]:
    """Calls of the rule in a module, whatever it was imported as."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in {"visible", "person_named"}:
                yield node


def test_every_read_says_who_reads():
    silent = [
        f"{path.relative_to(CODE)}:{call.lineno}"
        for path in sorted(CODE.rglob("*.py"))
        if str(path.relative_to(CODE)) not in NO_READER
        for call in asked(path)
        if not any(keyword.arg == "to" for keyword in call.keywords)
    ]
    assert silent == []


def test_a_block_hides_both_and_nobody_else(ada, ben, cy, now):
    assert usernames(visible(to=ada.id)) == {"ada", "ben", "cy"}
    with transaction():
        safety.block(ada, "ben", now)
    assert usernames(visible(to=ada.id)) == {"ada", "cy"}
    assert usernames(visible(to=ben.id)) == {"ben", "cy"}
    assert usernames(visible(to=cy.id)) == {"ada", "ben", "cy"}
    assert usernames(visible()) == {"ada", "ben", "cy"}


def test_the_reader_may_be_a_column_or_a_subquery(ada, ben, cy, now):
    pitch = people.make_pitch(cy, ada, "piano")
    hidden = people.make_pitch(ben, ada, "piano")
    with transaction():
        safety.block(ben, "ada", now)
    learner = aliased(User)
    query = select(Pitch.id).join(learner, learner.id == Pitch.learner_id)
    shown = select(literal(ada.id)).scalar_subquery()
    for reader in (Pitch.teacher_id, shown, ada.id):
        assert db.session.scalars(query.where(visible(learner, to=reader))).all() == [pitch.id]
    two_down = Pitch.learner.has(visible(to=Pitch.teacher_id))
    assert db.session.scalars(select(Pitch.id).where(two_down)).all() == [pitch.id]
    assert hidden.id != pitch.id


@pytest.mark.parametrize("verb", ["suspend", "delete"])
def test_the_suspended_and_the_deleted_exist_for_nobody(ada, ben, now, verb):
    with transaction():
        if verb == "suspend":
            safety.suspend(ada, days=1, reason="", now=now)
        else:
            safety.delete_person(ada, now=now)
    assert usernames(visible()) == usernames(visible(to=ben.id)) == {"ben"}
    with pytest.raises(NotFound):
        person_named("ada", to=ben.id)


def test_the_limited_are_seen(ada, ben, now):
    with transaction():
        safety.limit(ada, days=1, reason="", now=now)
    assert person_named("ada", to=ben.id).id == ada.id
