"""What happens outside the database once a transaction is over?"""

from __future__ import annotations

import pytest

from skillswap.db import afterwards, db, transaction


def note(said: list[str]) -> None:
    afterwards(kept=lambda: said.append("kept"), undone=lambda: said.append("undone"))


def test_what_is_kept_is_kept_after_the_commit(app):
    said: list[str] = []
    with transaction():
        note(said)
        assert said == []
    assert said == ["kept"]


def test_what_is_undone_is_undone_after_the_rollback(app):
    said: list[str] = []

    def fail_late() -> None:
        with transaction():
            note(said)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()
    assert said == ["undone"]


def test_each_transaction_settles_only_its_own(app):
    said: list[str] = []
    with transaction():
        note(said)
    with pytest.raises(ZeroDivisionError), transaction():
        raise ZeroDivisionError
    assert said == ["kept"]
    assert "afterwards" not in db.session.info
