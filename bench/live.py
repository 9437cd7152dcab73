"""What do open sockets cost, and how quickly does what happens reach them?

python bench/live.py                       # everything, with 5,000 sockets
python bench/live.py --sockets 1000 --rate 50 --seconds 10 --only idle chat

The server is the real one with the window of tests/live/served.py; the load comes from this
process, open loop. `other` is what the rest of the machine used meanwhile: above 0.3 cores the
times of that line say little.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import gevent
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import insert, select

from bench import population
from bench.sockets import Cores, Room, Seat, Web, resident, spread, steadily
from skillswap import create_app
from skillswap.config import Settings
from skillswap.db import db, new_public_id, transaction, use_wal
from skillswap.lib.clock import utcnow
from skillswap.lib.tokens import token_hash
from skillswap.models import Conversation, ConversationMember, SignIn
from tests.support.server import server
from tools.prepare import command

SECRET = "only-for-measuring-and-long-enough-to-be-one"
PHASES = ("idle", "events", "chat", "stalled", "torn", "stop")
CSRF = secrets.token_hex(20)


class Town:
    """The people, their cookies, and the conversation of each with their neighbour."""

    def __init__(self, app: Flask, count: int) -> None:
        now = utcnow()
        self.ids = population.people(count, now)
        tokens = [secrets.token_urlsafe(32) for _ in self.ids]
        self.threads = [new_public_id() for _ in self.ids[::2]]
        with transaction():
            db.session.execute(
                insert(SignIn), [_sign_in(*one, now) for one in zip(self.ids, tokens, strict=True)]
            )
            pairs = list(zip(self.ids[::2], self.ids[1::2], self.threads, strict=True))
            db.session.execute(insert(Conversation), [_conversation(*pair, now) for pair in pairs])
            members = []
            for row in db.session.execute(
                select(Conversation.id, Conversation.low_id, Conversation.high_id)
            ):
                members += [
                    {"conversation_id": row.id, "user_id": one, "last_message_at": now}
                    for one in (row.low_id, row.high_id)
                ]
            db.session.execute(insert(ConversationMember), members)
        signer = SecureCookieSessionInterface().get_signing_serializer(app)
        assert signer is not None
        self.cookies = [
            str(signer.dumps({"_user_id": token, "_fresh": True, "csrf_token": CSRF}))
            for token in tokens
        ]
        self.csrf = str(URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token").dumps(CSRF))

    def path(self, number: int) -> str:
        """The page this person has open: their one conversation."""
        return f"/chat/{self.threads[number // 2]}"


def _sign_in(user_id: int, token: str, now) -> dict:
    return {
        "user_id": user_id,
        "token_hash": token_hash(token),
        "device": "",
        "created_at": now,
        "seen_at": now + timedelta(hours=1),  # so that no request stops to note the minute
        "expires_at": now + timedelta(days=30),
    }


def _conversation(low: int, high: int, public_id: str, now) -> dict:
    return {
        "low_id": low,
        "high_id": high,
        "public_id": public_id,
        "created_at": now,
        "let_in_at": now,
    }


class Bench:
    """One running server, and the phases."""

    def __init__(self, site, town: Town, options: argparse.Namespace) -> None:
        self.site, self.town, self.options = site, town, options
        self.room = Room(site.url)
        self.web = Web(self.room)
        self.pages: list[float] = []

    def idle(self) -> None:
        """Memory at each step, and by the socket."""
        most, before = self.options.sockets, None
        for count in sorted({0, min(1_000, most), min(5_000, most), most}):
            self.fill(count)
            gevent.sleep(3)
            memory = resident(self.site.process.pid)
            slope = ""
            if before is not None and count - before[0]:
                slope = f"  {(memory - before[1]) * 1024 / (count - before[0]):.1f} KiB a socket"
            print(f"idle     {count:6} sockets  {memory:6.0f} MiB{slope}", flush=True)
            before = (count, memory)

    def fill(self, count: int) -> None:
        """Open pages until there are so many."""
        here = range(len(self.room.seats), count)
        cookies = [self.town.cookies[n % len(self.town.ids)] for n in here]
        self.room.open(cookies, [self.town.path(n % len(self.town.ids)) for n in here])

    def events(self) -> None:
        """Numbered events to one person each, without any chat: the socket by itself."""
        self.measure("events", self.tell, each=1)

    def tell(self, number: int) -> None:
        """One event to one person, after a commit."""
        to = self.town.ids[number * 7 % len(self.room.seats)]
        self.post_tell([to], number)

    def post_tell(self, to: list[int], number: int, filling: str = "") -> None:
        """One event to these people."""
        facts = {"mark": f"n-{number}-n", "filling": filling}
        body = json.dumps({"to": to, "facts": facts}).encode()
        self.room.sent[number] = time.perf_counter()
        status = self.web.ask("POST", "/test/tell", "", body, Content_Type="application/json")
        assert status == 200, status

    def chat(self) -> None:
        """Messages by the form of a thread; both of the two have it open."""
        self.measure("chat", self.write, each=2)

    def write(self, number: int) -> None:
        """One message of one person to the other."""
        sender = number * 7 % len(self.room.seats)
        form = {"csrf_token": self.town.csrf, "body": f"n-{number}-n", "client_key": f"k{number}"}
        self.room.sent[number] = time.perf_counter()
        status = self.web.ask(
            "POST",
            self.town.path(sender) + "/messages",
            self.town.cookies[sender],
            urlencode(form).encode(),
            Content_Type="application/x-www-form-urlencoded",
            HX_Request="true",
            HX_Request_Type="partial",
            HX_Current_URL=self.room.url + self.town.path(sender),
        )
        assert status == 200, status

    def page(self, number: int) -> None:
        """One page of the site."""
        began = time.perf_counter()
        cookie = self.town.cookies[number % len(self.town.ids)]
        status = self.web.ask("GET", "/teachers", cookie, Accept_Encoding="gzip")
        assert status == 200, status
        self.pages.append(time.perf_counter() - began)

    def measure(self, name: str, do, *, each: int) -> None:
        """Messages at the rate asked for while 10 pages a second answer."""
        rate, seconds = self.options.rate, self.options.seconds
        self.room.forget()
        self.pages.clear()
        cores = Cores(self.site.process.pid)
        before = cores.now()[1]
        beside = gevent.spawn(steadily, 10, seconds, self.page)
        jobs = steadily(rate, seconds, do)
        gevent.joinall([*jobs, *beside.get()], raise_error=True, timeout=60)
        self.settle(len(jobs) * each)
        spent = (cores.now()[1] - before) * 1000 / len(jobs)
        heard, wanted = self.room.got, len(jobs) * each
        again = sum(count - 1 for count in heard.values())
        print(
            f"{name:8} {rate}/s to {len(self.room.seats)} sockets: {wanted} wanted, "
            f"{len(heard)} heard, {again} twice"
        )
        print(f"         messages {spread(self.room.waits)}")
        print(f"         pages    {spread(self.pages)}")
        print(
            f"         {cores.said()}; {spent:.1f} ms each, with a share of the pages", flush=True
        )

    def settle(self, wanted: int) -> None:
        """Until everything was heard, or nothing has come for a while."""
        for _ in range(200):
            if len(self.room.got) >= wanted:
                break
            gevent.sleep(0.1)

    def stalled(self) -> None:
        """Twenty people hear 2 KB events, first alone, then each with a page that never reads."""
        twenty = list(range(20))
        people = [self.town.ids[n] for n in twenty]
        for name in ("without", "with 20"):
            self.room.forget()
            if name != "without":
                late = [
                    Seat(self.room, 10**6 + n, self.town.cookies[n], "/", 4_096) for n in twenty
                ]
                for seat in late:
                    seat.stalls = True
            cores = Cores(self.site.process.pid)
            jobs = steadily(10, 20, lambda n: self.post_tell(people, n, "x" * 2_000))
            gevent.joinall(jobs, raise_error=True)
            gevent.sleep(1)
            live = sum(1 for seat, _ in self.room.got if seat < 10**6)
            print(
                f"stalled  {name:8} {live} of {len(jobs) * 20} heard  {spread(self.room.waits)}  "
                f"{cores.said()}",
                flush=True,
            )
        for seat in late:
            seat.leave()

    def torn(self) -> None:
        """Twenty readers stall, come back, and must find whole frames."""
        self.room.forget()
        seats = [Seat(self.room, 10**6 + n, self.town.cookies[n], "/", 4_096) for n in range(20)]
        for seat in seats:
            seat.stalls = True
        for number in range(60):
            self.post_tell([self.town.ids[n] for n in range(20)], number, "x" * 4_000)
        gevent.sleep(4)
        for seat in seats:
            seat.stalls = False
        gevent.sleep(4)
        whole = sum(all(self.room.got[seat.number, n] == 1 for n in range(60)) for seat in seats)
        print(f"torn     {sum(seat.torn for seat in seats)} of 20 torn, {whole} of 20 heard all 60")
        for seat in seats:
            seat.leave()

    def stop(self) -> None:
        """SIGTERM: everybody is told 1012, and the process is gone."""
        for seat in self.room.seats[2_000:]:
            seat.leave()
        seats = self.room.seats[:2_000]
        gevent.sleep(2)
        began = time.perf_counter()
        self.site.process.send_signal(signal.SIGTERM)
        gevent.joinall([seat.reader for seat in seats], timeout=20)
        told = time.perf_counter() - began
        while self.site.process.poll() is None and time.perf_counter() - began < 30:
            gevent.sleep(0.05)
        closed = sum(seat.code == 1012 for seat in seats)
        gone = time.perf_counter() - began
        print(
            f"stop     {closed} of {len(seats)} closed with 1012, the last after {told:.1f} s; "
            f"gone after {gone:.1f} s"
        )


def main() -> None:
    """Make the town, serve it, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=5_000)
    parser.add_argument("--rate", type=int, default=200, help="messages a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--only", nargs="+", choices=PHASES, default=PHASES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="skillswap-bench-") as folder:
        env = {
            "SKILLSWAP_ENV": "development",
            "SECRET_KEY": SECRET,
            "INSTANCE_PATH": folder,
            "DATABASE_URL": os.environ.get("DATABASE_URL", f"sqlite:///{folder}/bench.db"),
            "FLOOD_LIMITS": "0",
            "LIVE_SOCKETS": str(options.sockets + 100),
            "EMBEDDED_WORKER": os.environ.get("EMBEDDED_WORKER", "1"),
            "LOG_LEVEL": "warning",
        }
        app = create_app(Settings.from_env(env))
        with app.app_context():
            use_wal(db.engine)
            command(app, "db", "upgrade")
            town = Town(app, min(options.sockets, 5_000) // 2 * 2)
            db.session.remove()
            db.engine.dispose()
        with server(env, app="tests.live.served:app") as site:
            bench = Bench(site, town, options)
            if "idle" not in options.only:
                bench.fill(options.sockets)
            for phase in PHASES:
                if phase in options.only:
                    getattr(bench, phase)()


if __name__ == "__main__":
    main()
