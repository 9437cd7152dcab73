"""What do the common free times of two people cost? CPU milliseconds and statements.

Two busy people in zones that change their clocks, with windows every day, other days and sessions,
over four weeks and over the eight that may be offered. Usage: python bench/free_time.py
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import event

from skillswap import create_app
from skillswap.config import Settings
from skillswap.db import db, transaction, use_wal
from skillswap.domain import free_time
from skillswap.lib.clock import utcnow
from skillswap.models import AvailabilityException, User
from skillswap.models.availability import ExceptionKind
from tests import people

ROUNDS = 200
BUDGET_MS = 5
DAY = timedelta(days=1)


def busy_pair(now: datetime) -> tuple[User, User]:
    """Ana in Berlin teaches Ben in New York; both have two windows a day and much booked."""
    ana = people.make_person("ana", offers=("Watercolour",), timezone="Europe/Berlin")
    ben = people.make_person("ben", wants=("Watercolour",), timezone="America/New_York")
    people.make_hours(ana, "every day 9-12, 14-21")
    people.make_hours(ben, "every day 6-11, 13-22")
    with transaction():
        for person in (ana, ben):
            db.session.add_all(
                AvailabilityException(
                    user_id=person.id,
                    kind=ExceptionKind.BUSY,
                    first_on=now.date() + number * 5 * DAY,
                    last_on=now.date() + number * 5 * DAY,
                    start_minute=600,
                    end_minute=900,
                )
                for number in range(10)
            )
    exchange = people.make_exchange(ben, ana, now=now)
    for number in range(20):
        start = people.next_quarter(now + (2 + number) * DAY)
        people.make_session(ana, exchange, start=start, now=now)
    return ana, ben


def cpu_ms(work: Callable[[], object]) -> float:
    """The median of many calls."""
    work()
    taken = []
    for _round in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append((time.process_time() - began) * 1000)
    return statistics.median(taken)


def measure() -> bool:
    """Print the figures; whether they are within the budget."""
    now = utcnow()
    ana, ben = busy_pair(now)
    sent: list[str] = []
    event.listen(
        db.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_rest: sent.append(statement),
    )
    pair = free_time.pair_of(ana, ben, now)
    statements = len(sent)
    fits = statements <= 3
    print(f"statements: {statements}")
    reading = cpu_ms(lambda: free_time.pair_of(ana, ben, now))
    print(f"reading them, with the database: {reading:.2f} ms")
    for weeks in (1, 4, 8):
        found = pair.common_starts(teacher=ana, minutes=60, days=weeks * 7)
        count = sum(len(day.starts) for day in found.days)
        taken = cpu_ms(
            lambda weeks=weeks: pair.common_starts(teacher=ana, minutes=60, days=weeks * 7)
        )
        fits = fits and (weeks > 4 or taken < BUDGET_MS)
        print(f"{weeks} weeks: {taken:.2f} ms, {count} starts")
    empty = pair.common_starts
    taken = cpu_ms(lambda: empty(teacher=ana, minutes=60, first_on=now.date(), days=1))
    print(f"one day, and the next that has some: {taken:.2f} ms")
    return fits


def main() -> int:
    """In a database of its own, which is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            Settings.from_env(
                {
                    "SKILLSWAP_ENV": "test",
                    "SECRET_KEY": "only-for-measuring-and-long-enough-to-be-one",
                    "DATABASE_URL": f"sqlite:///{Path(folder, 'bench.db').as_posix()}",
                    "INSTANCE_PATH": folder,
                }
            )
        )
        with app.app_context():
            use_wal(db.engine)
            db.create_all()
            fits = measure()
            db.session.remove()
            db.engine.dispose()
    print("within the budget" if fits else f"over the budget of {BUDGET_MS} ms and 3 statements")
    return 0 if fits else 1


if __name__ == "__main__":
    raise SystemExit(main())
