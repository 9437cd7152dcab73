"""The app with a window into its sockets: what the tests serve, and nobody else.

`POST /test/tell` tells people something after a commit, `GET /test/counts` says what is open.
Intervals are short where the environment says so.
"""

from __future__ import annotations

import gc
import os
import threading
from datetime import datetime, timedelta
from typing import Any

import gevent
from flask import request
from sqlalchemy import select

from skillswap import create_app, live
from skillswap.db import db, transaction
from skillswap.domain import accounts, cases, conversations, reports, safety, sign_ins, strikes
from skillswap.domain import live as told
from skillswap.extensions import csrf
from skillswap.lib.clock import utcnow
from skillswap.live import hall as halls
from skillswap.live.hall import HALL
from skillswap.models import Case, ReportCategory, SignIn, User

for name in ("PING_SECONDS", "STUCK_SECONDS", "ASK_SECONDS", "NOTE_SECONDS"):
    setattr(halls, name, float(os.environ.get(f"TEST_{name}", getattr(halls, name))))

kept: dict[str, list[int]] = {}  # what was "said" on a channel of the tests, to be caught up with


def said(event: dict[str, Any]) -> dict[str, Any]:
    """A part of the tests: its facts come out again."""
    return {key: value for key, value in event.items() if key != "kind"}


def broken(_event: dict[str, Any]) -> str:
    """A part with an error."""
    raise ZeroDivisionError


def newer(after: dict[str, int]) -> list[str]:
    """What was said on a channel after the last that the page has."""
    return [
        f'{{"line": "{line}", "n": {n}}}'
        for line, last in after.items()
        for n in kept.get(line, [])
        if n > last
    ]


live.PARTS |= {"said": said, "broken": broken}
live.CATCH_UP.append(newer)
app = create_app()


@app.post("/test/tell")
@csrf.exempt
def tell() -> dict[str, Any]:
    """Tell people; with `line` and `n` it is kept as well, as a message is."""
    asked = request.get_json()
    facts = asked.get("facts", {})
    with transaction():
        if "line" in facts:
            kept.setdefault(facts["line"], []).append(facts["n"])
        for _ in range(asked.get("times", 1)):
            told.tell(asked["to"], asked.get("kind", "said"), **facts)
    return {}


@app.post("/test/flood")
@csrf.exempt
def flood() -> dict[str, Any]:
    """So many different events to one person, with a breath after each."""
    asked = request.get_json()
    for n in range(asked["count"]):
        with transaction():
            told.tell([asked["to"]], "said", n=n, filling="x" * asked.get("size", 10))
        gevent.sleep(asked.get("pause", 0))
    return {}


@app.post("/test/write")
@csrf.exempt
def write() -> dict[str, Any]:
    """So many messages of one person in one thread, a second apart on the clock of the rows."""
    asked, now = request.get_json(), utcnow()
    for n in range(asked["first"], asked["first"] + asked["count"]):
        with transaction():
            person = db.session.get_one(User, asked["who"])
            conversations.send_message(
                person,
                asked["thread"],
                body=f"{asked['word']} {n}",
                client_key="",
                now=now + timedelta(seconds=n),
            )
        gevent.sleep(0)
    return {}


@app.post("/test/do")
@csrf.exempt
def do() -> dict[str, Any]:
    """One verb of the domain on one person, in this process."""
    asked, now = request.get_json(), utcnow()
    with transaction():
        person = db.session.get_one(User, asked["who"])
        first = select(SignIn).where(SignIn.user_id == person.id).order_by(SignIn.id).limit(1)
        match asked["verb"]:
            case "suspend":
                safety.suspend(person, days=7, reason="", now=now)
            case "delete":
                safety.delete_person(person, now=now)
            case "end_all":
                sign_ins.end_all(person, now)
            case "end_others":
                sign_ins.end_others(person, db.session.scalars(first).one(), now)
            case "log_out":
                accounts.log_out(db.session.scalars(first).one(), now)
            case "block":
                safety.block(person, asked["whom"], now)
            case "report":
                _report(person, asked["whom"], now)
            case "dismiss":
                key = db.session.scalars(select(Case.public_id)).one()
                cases.claim(person, key, now)
                strikes.dismiss(person, key, now=now)
    return {}


def _report(person: User, username: str, now: datetime) -> None:
    subject = reports.subject_of(person, reports.SubjectKind.PERSON, username, now)
    reports.make_report(
        person, subject, category=ReportCategory.SAFETY, body="", also_block=False, now=now
    )


@app.get("/test/counts")
def counts() -> dict[str, Any]:
    """What is open in this process."""
    gc.collect()
    greenlets = [one for one in gc.get_objects() if isinstance(one, gevent.Greenlet) and one]
    return {
        "sockets": len(HALL.sockets),
        "people": len(HALL.of),
        "greenlets": len(greenlets),
        "threads": threading.active_count(),
        "files": len(os.listdir("/proc/self/fd")),
    }
