"""What the video services of the tests have in common: real HTTP on loopback, in any mood."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

OK = "ok"
# how a request is answered instead; `lost` does what was asked and then says nothing,
# `silent` does it and keeps the client waiting
MOODS = ("hang", "drip", "garbage", "huge", "lost", "redirect", "silent")


class Reply(Exception):
    """An answer: status, JSON, headers."""

    def __init__(self, status: int, body: Any = None, **headers: str) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers


class Asked:
    """One request as it came in."""

    def __init__(self, method: str, target: str, headers: Any, raw: bytes) -> None:
        parts = urlsplit(target)
        self.method, self.path = method, parts.path
        self.query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.authorization = headers.get("Authorization", "")
        self.raw = raw

    @property
    def json(self) -> Any:
        """Its body."""
        return json.loads(self.raw)

    @property
    def form(self) -> dict[str, str]:
        """Its body, where it is a form."""
        return {name: values[0] for name, values in parse_qs(self.raw.decode()).items()}

    def __repr__(self) -> str:
        return f"{self.method} {self.path}"


class VideoService:
    """Answers by the published API of one service; `moods` say how the next requests fare.

    A mood is "ok", one of MOODS, or a Reply. `asked` is everything that came in, `left` how many
    clients hung up while they waited.
    """

    token_path = ""

    def __init__(self) -> None:
        self.origin = ""
        self.moods: list[str | Reply] = []
        self.token_moods: list[str | Reply] = []
        self.mood: str | Reply = OK  # once the list is used up
        self.asked: list[Asked] = []
        self.tokens: set[str] = set()
        self.given = 0  # how many tokens
        self.left = 0
        self.waiting = 0  # for an answer to what has been done
        self.changed = threading.Condition()
        self.free = threading.Event()

    def new_token(self) -> str:
        """One that is good until `tokens` is emptied."""
        self.given += 1
        token = f"token-{secrets.token_hex(8)}"
        self.tokens.add(token)
        return token

    def answer(self, asked: Asked) -> Reply:
        """By the API."""
        raise NotImplementedError

    def calls(self, method: str) -> list[Asked]:
        """What was asked by that method, without the tokens."""
        return [one for one in self.asked if one.method == method and one.path != self.token_path]

    def note(self, what: str) -> None:
        """One more has left, or waits."""
        with self.changed:
            setattr(self, what, getattr(self, what) + 1)
            self.changed.notify_all()

    def wait_until(self, what: str, count: int = 1, seconds: float = 20) -> bool:
        """Whether so many clients have left, or wait."""
        with self.changed:
            return bool(self.changed.wait_for(lambda: getattr(self, what) >= count, seconds))


class Handler(BaseHTTPRequestHandler):
    """One request."""

    service: VideoService
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """All methods are alike here."""
        length = int(self.headers.get("Content-Length") or 0)
        asked = Asked(self.command, self.path, self.headers, self.rfile.read(length))
        service = self.service
        service.asked.append(asked)
        moods = service.token_moods if asked.path == service.token_path else service.moods
        plain = OK if moods is service.token_moods else service.mood
        mood = moods.pop(0) if moods else plain
        if isinstance(mood, Reply):
            self._say(mood)
        elif mood in (OK, "lost", "silent"):
            reply = service.answer(asked)
            if mood == OK:
                self._say(reply)
            elif mood == "silent":
                service.note("waiting")
                self._hang()
        else:
            getattr(self, f"_{mood}")()
        self.close_connection = True

    do_GET = do_PATCH = do_DELETE = do_POST  # noqa: N815 - their names there

    def _say(self, reply: Reply) -> None:
        raw = b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _hang(self) -> None:
        """Say nothing until the client hangs up."""
        self.connection.settimeout(30)
        with suppress(OSError):
            self.connection.recv(1)
        self.service.note("left")

    def _drip(self) -> None:
        """One byte of a header now and then: never silent, never done."""
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.service.free.wait(0.02):
                self.wfile.write(b"x")
        self.service.note("left")

    def _garbage(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "20")
        self.end_headers()
        self.wfile.write(b"<html>{]not json at ")

    def _redirect(self) -> None:
        self._say(Reply(307, None, Location=f"{self.service.origin}/elsewhere"))

    def _huge(self) -> None:
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            while not self.service.free.is_set():
                self.wfile.write(b" " * 65_536)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@contextmanager
def serving(service: VideoService) -> Iterator[None]:
    """Let it listen on a free port of the loopback address until the block ends."""
    handler = type("Handler", (Handler,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    service.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        service.free.set()
        server.shutdown()
        thread.join()
        server.server_close()
