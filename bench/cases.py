"""What does the staff's queue cost while ten thousand cases wait? Statements and CPU milliseconds.

Its pages are asked for as a browser does: all free, half of them taken by a colleague, all taken,
and of one kind that is rare. Usage: python bench/cases.py; with DATABASE_URL naming an empty
PostgreSQL database it measures there.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flask import Flask
from sqlalchemy import event, insert, update

from skillswap import create_app
from skillswap.config import Settings
from skillswap.db import db, new_public_id, transaction, use_wal
from skillswap.lib.clock import utcnow
from skillswap.models import Case, CaseKind, Report, ReportCategory, StaffRole, User
from tests import people

PEOPLE, CASES = 2_000, 10_000
ROUNDS = 30
STATEMENTS, BUDGET_MS = 5, 25
RARE = CaseKind.APPEAL
KINDS = [*(kind for kind in CaseKind if kind is not RARE)]


def fill(now: datetime) -> None:
    """People and what waits about them, always the same."""
    rng = random.Random(10)
    columns = {"password_hash": "-", "timezone": "UTC", "birth_year": 1990}
    with transaction():
        db.session.execute(
            insert(User),
            [
                {
                    "username": f"p{number}",
                    "email": f"p{number}@example.org",
                    "first_name": f"P{number}",
                    "name_key": f"p{number}",
                    "created_at": now,
                    "last_seen_at": now,
                    **columns,
                }
                for number in range(PEOPLE)
            ],
        )
    ids = list(db.session.scalars(db.select(User.id).where(User.username != "mo")))
    with transaction():
        db.session.execute(insert(Case), [_case(rng, ids, number, now) for number in range(CASES)])
        db.session.execute(insert(Report), list(_reports(ids, now)))


def _case(rng: random.Random, ids: list[int], number: int, now: datetime) -> dict[str, Any]:
    person, other = rng.sample(ids, 2)
    opened = now - timedelta(minutes=number * 5)
    return {
        "public_id": new_public_id(),
        "kind": RARE if number % 500 == 499 else rng.choice(KINDS),
        "subject_type": "users",
        "subject_id": number,
        "person_id": person,
        "other_id": other,
        "rank": int(number % 20 != 0),
        "opened_on": opened.toordinal(),
        "doubt": rng.randrange(101),
        "facts": {"category": "spam", "name": "Piano"},
        "opened_at": opened,
    }


def _reports(ids: list[int], now: datetime) -> Any:
    """Three for each case, as many people report."""
    for case_id in db.session.scalars(db.select(Case.id)).all():
        for nth in range(3):
            yield {
                "public_id": new_public_id(),
                "reporter_id": ids[(case_id * 7 + nth) % len(ids)],
                "person_id": ids[case_id % len(ids)],
                "subject_type": "users",
                "subject_id": case_id * 3 + nth,
                "category": ReportCategory.SPAM,
                "created_at": now,
                "case_id": case_id,
            }


def signed_in(app: Flask, person: User) -> Any:
    """A browser of that person."""
    client, token = app.test_client(), people.sign_in(person)
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def measure(app: Flask) -> bool:
    """Print the figures; whether they are within the budget."""
    now = utcnow()
    mo = people.make_person("mo", staff_role=StaffRole.MODERATOR)
    other = people.make_person("max", staff_role=StaffRole.MODERATOR)
    fill(now)
    client, sent = signed_in(app, mo), []
    event.listen(
        db.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_rest: sent.append(statement),
    )
    by_kind = [f"/moderation?kind={kind}" for kind in (KINDS[0], RARE)]
    urls = ("/moderation", *by_kind, "/moderation/cases/next", "/help")
    fits = True
    for words, share in (("all free", 0), ("half taken", 2), ("all taken", 1)):
        if share:
            with transaction():
                mine = Case.id % share == 0
                taken = {"claimed_by_id": other.id, "claimed_until": now + timedelta(hours=24)}
                db.session.execute(update(Case).where(mine).values(**taken))
        print(words)
        for url in urls:
            fits = _one(app, client, url, sent) and fits
    return fits


def _one(app: Flask, client: Any, url: str, sent: list[str]) -> bool:
    """One address, many times, each in a context of its own: one keeps who asks."""
    taken = []
    for _round in range(ROUNDS + 1):  # the first is not counted
        db.session.rollback()
        with app.app_context():
            sent.clear()
            began = time.process_time()
            answer = client.get(url)
            taken.append((time.process_time() - began) * 1000)
        if answer.status_code not in (200, 302):
            raise RuntimeError(f"{url} answered {answer.status_code}")
    count, middle = len(sent), statistics.median(taken[1:])
    print(f"  {url:28} {count} statements, {middle:6.1f} ms, at most {max(taken[1:]):6.1f} ms")
    return count <= STATEMENTS and middle < BUDGET_MS


def main() -> int:
    """In a database of its own, which is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{Path(folder, 'bench.db').as_posix()}"
        app = create_app(
            Settings.from_env(
                {
                    "SKILLSWAP_ENV": "test",
                    "SECRET_KEY": "only-for-measuring-and-long-enough-to-be-one",
                    "DATABASE_URL": url,
                    "INSTANCE_PATH": folder,
                    "FLOOD_LIMITS": "0",
                }
            )
        )
        with app.app_context():
            use_wal(db.engine)
            db.create_all()
            fits = measure(app)
            db.session.remove()
            db.engine.dispose()
    print("within the budget" if fits else "TOO MUCH")
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
