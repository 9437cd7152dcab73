"""What do the main pages cost, as multiples of a bare Flask answer on the same server?

CPU seconds of the server's processes (from /proc) over many requests on one kept-alive
connection, divided by the same for an app that answers "ok". Both run in this call, in turns,
so a slow machine slows both. Usage: python bench/pages.py [PEOPLE [PAGE]...], where a PAGE is a
name of the table below, quoted; without one, all are measured.
"""

from __future__ import annotations

import http.client
import os
import re
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select

from bench import population
from skillswap import create_app
from skillswap.config import Settings
from skillswap.db import db, transaction, use_wal
from skillswap.domain import exchanges, learning_sessions, pitches
from skillswap.lib.clock import utcnow
from skillswap.models import Skill, User, UserSkill
from skillswap.models.skill import UserSkillKind
from tests.support.server import Site, server
from tools.prepare import command

REQUESTS, ROUNDS, WRITERS = 150, 5, 40
SECRET = "only-for-measuring-and-long-enough-to-be-one"
TICKS = os.sysconf("SC_CLK_TCK")
# multiples of ARCHITECTURE's speed budget: what must hold, what is aimed at
BUDGET = {
    "browse": (10, 6),
    "browse, one skill": (10, 6),
    "browse, fragment": (6, 4),
    "profile": (9, 6),
    "inbox": (9, 6),
    "home": (12, 7),
    "notifications": (9, 6),
    "sessions": (9, 6),
    "sessions, month": (9, 6),
    "session": (9, 6),
    "pitch POST": (6, 4),
}
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


class Cost(NamedTuple):
    """CPU milliseconds a request, and what came back."""

    cpu_ms: float
    statements: str
    kilobytes: float


def family(pid: int) -> list[int]:
    """A process and everything it started."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*"):
            try:
                waiting += [int(child) for child in (task / "children").read_text().split()]
            except OSError:
                continue
    return found


def cpu_seconds(site: Site) -> float:
    """User and system time of the server so far."""
    total = 0
    for pid in family(site.process.pid):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


class Visitor:
    """One kept-alive connection with a cookie."""

    def __init__(self, site: Site, cookie: str = "") -> None:
        parts = urlsplit(site.url)
        self.site = site
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        self.headers = {"Accept-Encoding": "gzip", "Host": parts.netloc}
        if cookie:
            self.headers["Cookie"] = f"skillswap={cookie}"

    def get(self, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        """GET it; anything but 200 ends the measurement."""
        self.connection.request("GET", path, headers=self.headers | headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}\n{self.site.printed()}")
        if kept := answer.headers.get("Set-Cookie"):  # as a browser does
            self.headers["Cookie"] = kept.split(";")[0]
        return answer, body

    def post(self, path: str, form: dict[str, str]) -> None:
        """POST a form; anything but 303 ends the measurement."""
        headers = self.headers | {"Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", path, urlencode(form), headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 303:
            raise SystemExit(f"{path} answered {answer.status}: {body[:2000]!r}")


def cost(visitor: Visitor, path: str, headers: dict[str, str]) -> Cost:
    """CPU of many GETs of one page."""
    answer, body = visitor.get(path, **headers)
    before = cpu_seconds(visitor.site)
    for _ in range(REQUESTS):
        visitor.get(path, **headers)
    spent = cpu_seconds(visitor.site) - before
    statements = answer.headers.get("X-SQL-Count", "-")
    return Cost(spent / REQUESTS * 1000, statements, len(body) / 1024)


def cookie_of(app: Flask, token: str) -> str:
    """The signed cookie of a sign-in."""
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return str(signer.dumps({"_user_id": token, "_fresh": True}))


def pitch_targets(app: Flask, learners: list[int]) -> list[tuple[str, str, str]]:
    """For each learner a cookie, a teacher's address, and a skill to ask for."""
    now, targets = utcnow(), []
    teachers = db.session.execute(
        select(User.id, User.username, Skill.slug)
        .join(UserSkill, UserSkill.user_id == User.id)
        .join(Skill, Skill.id == UserSkill.skill_id)
        .where(UserSkill.kind == UserSkillKind.OFFERED)
        .order_by(User.id.desc())
        .limit(len(learners) * 4)
    ).all()
    for learner, (_, username, slug) in zip(learners, teachers[::4], strict=False):
        cookie = cookie_of(app, population.sign_in(learner, now))
        targets.append((cookie, f"/people/{username}/pitch", slug))
    return targets


def pitch_cost(site: Site, targets: list[tuple[str, str, str]]) -> float:
    """CPU milliseconds of a POST that sends a pitch; the forms are fetched before the clock."""
    ready: list[Callable[[], None]] = []
    for cookie, path, slug in targets:
        visitor = Visitor(site, cookie)
        _, body = visitor.get(path, **{"Accept-Encoding": "identity"})
        token = re.search(rb'name="csrf_token" value="([^"]+)"', body)
        assert token is not None
        form = {
            "csrf_token": token[1].decode(),
            "skill": slug,
            "offered": "",
            "days": "14",
            "body": "I would love to learn this from you, an hour a week, until the summer.",
        }
        ready.append(lambda v=visitor, p=path, f=form: v.post(p, f))  # type: ignore[misc]
    before = cpu_seconds(site)
    for send in ready:
        send()
    return (cpu_seconds(site) - before) / len(ready) * 1000


def fill(app: Flask, count: int) -> tuple[str, dict[str, tuple[str, dict[str, str]]], list]:
    """Make the town; returns the reader's cookie, the pages to measure, the pitches to send."""
    now = utcnow()
    ids = population.people(count, now)
    reader = db.session.get_one(User, ids[0])
    reader.pitch_cap = 99
    taught = db.session.scalars(
        select(Skill.slug)
        .join(UserSkill, UserSkill.skill_id == Skill.id)
        .where(UserSkill.user_id == reader.id, UserSkill.kind == UserSkillKind.OFFERED)
    ).all()
    from skillswap.db import transaction

    for learner in ids[1:31]:
        with transaction():
            pitches.send_pitch(
                db.session.get_one(User, learner),
                reader,
                skill=taught[0],
                body=population.BIO,
                now=now,
            )
    pages: dict[str, tuple[str, dict[str, str]]] = {
        "browse": ("/teachers", {}),
        "browse, one skill": (f"/teachers?skill={taught[0]}", {}),
        "browse, fragment": ("/teachers", FRAGMENT),
        "profile": (f"/people/p{count // 2}", {}),
        "inbox": ("/pitches", {}),
        "home": ("/", {}),
        "notifications": ("/notifications", {}),
    }
    key = sessions_of(reader, ids[31:41], taught[0], now)
    pages |= {
        "sessions": ("/sessions", {}),
        "sessions, month": ("/sessions/month", {}),
        "session": (f"/sessions/{key}", {}),
    }
    targets = pitch_targets(app, ids[100 : 100 + WRITERS * ROUNDS])
    return cookie_of(app, population.sign_in(reader.id, now)), pages, targets


def sessions_of(reader: User, learners: list[int], skill: str, now: datetime) -> str:
    """Give the reader two sessions ahead with each of ten learners; returns the key of one."""
    with transaction():
        reader.places, reader.daily_sessions = 99, 99
    first = (now + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    key = ""
    for number, learner_id in enumerate(learners):
        learner = db.session.get_one(User, learner_id)
        with transaction():
            pitch = pitches.send_pitch(learner, reader, skill=skill, body=population.BIO, now=now)
        with transaction():
            exchange = pitches.accept_pitch(reader, pitch.public_id, now=now)
        leg_id = exchanges.exchange_of(reader, exchange.public_id).legs[0].id
        for turn in range(2):
            start = first + timedelta(days=number % 5 + 7 * turn, hours=2 * (number // 5))
            with transaction():
                made = learning_sessions.propose_times(
                    reader, exchange.public_id, leg_id=leg_id, starts=[start], minutes=60, now=now
                )
            with transaction():
                learning_sessions.accept_times(learner, made.public_id, start=start, now=now)
            key = made.public_id
    return key


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    wanted = sys.argv[2:] or list(BUDGET)
    with tempfile.TemporaryDirectory(prefix="skillswap-bench-") as folder:
        env = {
            "SKILLSWAP_ENV": "development",
            "SECRET_KEY": SECRET,
            "INSTANCE_PATH": folder,
            "DATABASE_URL": os.environ.get("DATABASE_URL", f"sqlite:///{folder}/bench.db"),
            "FLOOD_LIMITS": "0",
            "SQL_COUNT": "1",
        }
        app = create_app(Settings.from_env(env))
        with app.app_context():
            use_wal(db.engine)
            command(app, "db", "upgrade")
            cookie, pages, targets = fill(app, count)
            targets = targets if "pitch POST" in wanted else []
            pages = {name: page for name, page in pages.items() if name in wanted}
            db.session.remove()
            db.engine.dispose()
        with server(env) as site, server(env, app="bench.bare:app") as bare:
            report(count, site, bare, cookie, pages, targets)


def report(
    count: int,
    site: Site,
    bare: Site,
    cookie: str,
    pages: dict[str, tuple[str, dict[str, str]]],
    targets: list[tuple[str, str, str]],
) -> None:
    """Take turns between the two servers, then print medians."""
    reader, passer = Visitor(site, cookie), Visitor(bare)
    for path, headers in pages.values():  # both are warm before anything is counted
        reader.get(path, **headers)
    multiples: dict[str, list[float]] = {}
    costs: dict[str, Cost] = {}
    for turn in range(ROUNDS):
        yard = cost(passer, "/", {}).cpu_ms
        for name, (path, headers) in pages.items():
            costs[name] = cost(reader, path, headers)
            multiples.setdefault(name, []).append(costs[name].cpu_ms / yard)
        if not targets:
            continue
        written = pitch_cost(site, targets[turn * WRITERS : (turn + 1) * WRITERS])
        costs["pitch POST"] = Cost(written, "-", 0)
        multiples.setdefault("pitch POST", []).append(written / yard)
    print(f"{count} people; CPU of the server, median of {ROUNDS} turns of {REQUESTS} requests")
    print(f"bare Flask answer: {yard:.3f} ms\n")
    print(f"{'page':<20}{'× bare':>8}{'hold':>6}{'aim':>5}{'ms':>8}{'SQL':>5}{'KB gzip':>9}")
    for name, turns in multiples.items():
        hold, aim = BUDGET[name]
        one = costs[name]
        times = statistics.median(turns)
        print(
            f"{name:<20}{times:>8.1f}{hold:>6}{aim:>5}{one.cpu_ms:>8.2f}"
            f"{one.statements:>5}{one.kilobytes:>9.1f}"
        )


if __name__ == "__main__":
    main()
