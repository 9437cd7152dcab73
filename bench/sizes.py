"""Do the pages do the same work in a town of a thousand, ten thousand, a hundred thousand?

Makes a town of each size (`bench/town.py`, the same each time), asks for each page as several
people through the application, notes the statements it sent, and runs those again alone: how
many there are, how much work the database does (SQLite: steps of its machine; PostgreSQL:
buffers touched), how long they take. Then prints how the work grew from one size to the next.

Usage: python bench/sizes.py [SIZE...]; FULL=1 adds a million. With DATABASE_URL naming an empty
PostgreSQL database it measures there, one size a call.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flask import Flask
from sqlalchemy import event, select, text

from bench import population, town
from skillswap import create_app
from skillswap.config import Settings
from skillswap.db import db, use_wal
from skillswap.domain import name_words
from skillswap.lib.clock import utcnow
from skillswap.models import Skill, User
from tools.prepare import command

SIZES, LARGEST = (1_000, 10_000, 100_000), 1_000_000
SECRET = "only-for-measuring-and-long-enough-to-be-one"
TIMES = 5  # each reader's statements, after one run that is not counted
TICK = 20
NAMES = 120
FLAT = 1.5  # from one size to the next
ASIDE = ("SAVEPOINT", "RELEASE", "UPDATE", "INSERT", "BEGIN", "COMMIT", "PRAGMA")

# name, address for a reader, and how many statements it may be (beside the one of the frame)
PAGES: dict[str, tuple[str, int]] = {
    "browse": ("/teachers?skill={skill}&sort=rating", 4),
    "browse, everybody": ("/teachers?sort=rating", 4),
    "filtered browse": ("/teachers?skill={skill}&level=2&language=en&sort=rating", 4),
    "best fit": ("/teachers", 5),
    "best fit, one skill": ("/teachers?skill={skill}", 5),
    "search": ("/teachers?q={name}&sort=rating", 4),
    "feed": ("/feed", 4),
    "feed, for you": ("/feed?tab=for-you", 4),
    "profile": ("/people/{person}", 12),
    "inbox": ("/pitches", 4),
    "chat list": ("/chat", 4),
    "dashboard": ("/dashboard", 12),
    "home": ("/", 12),
}
FRAME = 1


class Sent(NamedTuple):
    """One statement as the driver was given it."""

    statement: str
    values: Any


class Figures(NamedTuple):
    """Of one page in one size."""

    statements: int
    work: float  # steps or buffers, the median over the readers
    worst: float
    p50: float  # milliseconds of the database for the whole page
    p99: float
    slowest: float  # p50 of its slowest statement


def main() -> None:
    """Measure and print."""
    sizes = [int(one) for one in sys.argv[1:]] or [
        *SIZES,
        *([LARGEST] if os.environ.get("FULL") == "1" else []),
    ]
    found: dict[int, dict[str, Figures]] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="skillswap-bench-") as folder:
            found[size] = measured(size, folder)
        report(size, found)


def measured(size: int, folder: str) -> dict[str, Figures]:
    """Make a town of this size and measure each page in it."""
    url = os.environ.get("DATABASE_URL", f"sqlite:///{folder}/bench.db")
    env = {
        "SKILLSWAP_ENV": "development",
        "SECRET_KEY": SECRET,
        "INSTANCE_PATH": folder,
        "DATABASE_URL": url,
        "FLOOD_LIMITS": "0",
        "EMBEDDED_WORKER": "0",
    }
    app = create_app(Settings.from_env(env))
    with app.app_context():
        if url.startswith("sqlite"):
            use_wal(db.engine)
        command(app, "db", "upgrade")
        now, began = utcnow(), time.perf_counter()
        readers = town.fill(size, now)
        db.session.execute(text("ANALYZE"))
        db.session.commit()
        print(f"\n{size:,} people, made in {time.perf_counter() - began:.0f} s", flush=True)
        print(misspelt(size))
        return {name: page(app, readers, size, name, now) for name in PAGES}


def misspelt(size: int) -> str:
    """How many names with one slip in them find their person among the first ten."""
    chance = random.Random(size)
    found, spent = 0, []
    for _ in range(NAMES):
        one = None
        while one is None:
            one = db.session.get(User, chance.randint(1, size))
        began = time.perf_counter()
        people = name_words.search_people(slipped(one.name, chance), None, 10)
        spent.append((time.perf_counter() - began) * 1000)
        found += one.name in {person.name for person in people}
        db.session.rollback()
    spent.sort()
    p50, p99 = spent[NAMES // 2], spent[NAMES * 99 // 100]
    return f"one slip: {found} of {NAMES} names found, p50 {p50:.1f} ms, p99 {p99:.1f} ms in all"


def slipped(name: str, chance: random.Random) -> str:
    """The name with a letter of one word left out, doubled, changed, or swapped with the next."""
    words = name.split()
    which = chance.randrange(len(words))
    word = words[which]
    place = chance.randrange(len(word))
    before, one, after = word[:place], word[place], word[place + 1 :]
    changed = chance.choice("aeiourst")
    ways = (before + after, before + one + one + after, before + changed + after)
    words[which] = chance.choice((*ways, before + after[:1] + one + after[1:]))
    return " ".join(words)


def page(app: Flask, readers: list[int], size: int, name: str, now: datetime) -> Figures:
    """What one page costs its readers."""
    chance = random.Random(size)
    counts, works, times, single = [], [], [], []
    for reader in readers:
        address = filled_in(PAGES[name][0], reader, chance)
        sent = statements_of(app, reader, address, now)
        counts.append(len(sent) - FRAME)
        raw = db.engine.raw_connection()
        try:
            work = steps_of if db.engine.dialect.name == "sqlite" else buffers_of
            works.append(sum(work(raw.driver_connection, one) for one in sent))
            each = [times_of(raw.driver_connection, one) for one in sent]
        finally:
            raw.close()
        times += [sum(turn) for turn in zip(*each, strict=True)]
        single.append(max(statistics.median(turns) for turns in each))
    times.sort()
    return Figures(
        max(counts),
        statistics.median(works),
        max(works),
        statistics.median(times),
        times[min(len(times) - 1, len(times) * 99 // 100)],
        statistics.median(single),
    )


def filled_in(address: str, reader: int, chance: random.Random) -> str:
    """The address with a skill that many know, somebody's name, and somebody."""
    skills = db.session.scalars(select(Skill.slug).order_by(Skill.id).limit(40)).all()
    last = db.session.scalar(select(User.id).order_by(User.id.desc()).limit(1)) or 1
    other = db.session.get(User, max(1, chance.randrange(last))) or db.session.get_one(User, reader)
    values = {"skill": chance.choice(skills), "name": other.last_name, "person": other.username}
    db.session.rollback()
    return address.format(**values)


def statements_of(app: Flask, reader: int, address: str, now: datetime) -> list[Sent]:
    """What the page of this reader asks of the database."""
    client = app.test_client()
    token = population.sign_in(reader, now)
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    db.session.remove()  # nothing of what was made is in memory
    sent: list[Sent] = []
    with noted(sent), app.app_context():
        answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    db.session.remove()
    return sent


@contextmanager
def noted(sent: list[Sent]) -> Iterator[None]:
    """Keep each statement that is sent meanwhile."""

    def note(_conn: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if not statement.startswith(ASIDE):
            sent.append(Sent(statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    yield
    event.remove(db.engine, "before_cursor_execute", note)


def steps_of(raw: Any, one: Sent) -> float:
    """Steps of SQLite's machine, to the next twenty."""
    taken = [0]

    def tick() -> None:
        taken[0] += TICK

    raw.set_progress_handler(tick, TICK)
    raw.execute(*one).fetchall()
    raw.set_progress_handler(None, 0)
    return taken[0]


def buffers_of(raw: Any, one: Sent) -> float:
    """Pages PostgreSQL touched, found in memory or not."""
    plan = raw.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {one.statement}", one.values)
    top = plan.fetchone()[0][0]["Plan"]
    raw.rollback()
    return float(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


def times_of(raw: Any, one: Sent) -> list[float]:
    """Milliseconds, once for each time after the first."""
    spent = []
    for _ in range(TIMES + 1):
        began = time.perf_counter()
        raw.execute(*one).fetchall()
        spent.append((time.perf_counter() - began) * 1000)
    return spent[1:]


def report(size: int, found: dict[int, dict[str, Figures]]) -> None:
    """Print a table for this size, beside the one before."""
    smaller = [one for one in found if one < size]
    before = found[max(smaller)] if smaller else {}
    head = f"{'page':22}{'queries':>8}{'work':>10}{'worst':>10}{'growth':>8}"
    print(f"{head}{'p50 ms':>9}{'p99 ms':>9}{'slowest':>9}")
    for name, one in found[size].items():
        growth = one.work / before[name].work if name in before and before[name].work else 0
        marks = ["queries"] if one.statements > PAGES[name][1] else []
        marks += ["growth"] if growth > FLAT else []
        print(
            f"{name:22}{one.statements:>8}{one.work:>10,.0f}{one.worst:>10,.0f}"
            f"{f'{growth:.2f}' if growth else '-':>8}{one.p50:>9.2f}{one.p99:>9.2f}"
            f"{one.slowest:>9.2f}  {' '.join(marks)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
