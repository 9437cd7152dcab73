"""Does the sweep do everything, in small steps, and survive a step that fails?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from skillswap.config import ROOT
from skillswap.db import db
from skillswap.domain import sweep
from skillswap.domain.attempts import TOO_YOUNG, lock
from skillswap.models import Attempt


def deadlines() -> Iterator[tuple[str, str]]:
    """Every function of the domain that moves what is due: `…_due(now, limit)`, and its module."""
    for path in (ROOT / "skillswap" / "domain").rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and node.name.endswith("_due"):
                taken = [arg.arg for arg in node.args.args]
                if taken == ["now", "limit"]:
                    yield path.relative_to(ROOT).with_suffix("").as_posix(), node.name


def test_every_deadline_of_the_domain_is_swept():
    swept = {(step.__module__.replace(".", "/"), step.__name__) for _name, step in sweep.STEPS}
    assert set(deadlines()) == swept


def tries() -> int:
    return db.session.scalar(select(func.count()).select_from(Attempt)) or 0


def test_a_sweep_with_nothing_due_moves_and_writes_nothing(app, ada, now, queries):
    sweep.sweep(now)  # which counts what was never counted
    queries.clear()
    assert set(sweep.sweep(now).values()) == {0}
    assert {statement.split()[0] for statement in queries} <= {"SELECT", "WITH", "DELETE"}
    assert len(queries) <= 1.25 * len(sweep.STEPS)  # it happens every minute


def test_a_step_runs_batch_after_batch_until_nothing_is_left(app, now):
    left = [2 * sweep.BATCH + 5]

    def step(_now: datetime, limit: int) -> int:
        done = min(limit, left[0])
        left[0] -= done
        return done

    assert sweep.run("test", step, now) == 2 * sweep.BATCH + 5
    assert left == [0]


def test_a_step_that_fails_is_logged_undone_and_the_others_go_on(
    app, now, monkeypatch: pytest.MonkeyPatch, caplog
):
    def broken(at: datetime, _limit: int) -> int:
        lock(TOO_YOUNG, "somebody", at)
        raise RuntimeError("out of order")

    def sound(at: datetime, _limit: int) -> int:
        lock(TOO_YOUNG, "another", at)
        return 1

    monkeypatch.setattr(sweep, "STEPS", [("broken", broken), ("sound", sound)])
    assert sweep.sweep(now) == {"broken": 0, "sound": 1}
    assert tries() == 1
    assert "out of order" in caplog.text
    assert "broken" in caplog.text


def test_what_a_full_batch_moved_stays_when_the_next_one_fails(app, now):
    calls = []

    def step(at: datetime, limit: int) -> int:
        calls.append(limit)
        if len(calls) == 2:
            raise RuntimeError("out of order")
        lock(TOO_YOUNG, "somebody", at)
        return limit

    assert sweep.run("test", step, now + timedelta(seconds=1)) == sweep.BATCH
    assert tries() == 1
