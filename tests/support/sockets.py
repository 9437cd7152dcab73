"""A page's end of the live socket, for tests: plain, blocking, and able to misbehave.

with Page(site.url, cookie) as page:
    page.say(after={})
    assert page.hear() == '{"changed": "pitches/abc"}'
"""

from __future__ import annotations

import json
import secrets
import socket
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

PATIENCE = 15.0  # seconds


class Refused(Exception):
    """The handshake was answered with something else than 101."""

    def __init__(self, status: int, headers: str) -> None:
        super().__init__(status)
        self.status, self.headers = status, headers


class Closed(Exception):
    """The server has said goodbye, with a code; 1006 when it just went."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def handshake(url: str, cookie: str = "", **changes: str | None) -> dict[str, str]:
    """The headers of a handshake from our own page; `Origin=None` leaves one out."""
    headers: dict[str, str | None] = {
        "Host": urlsplit(url).netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": b64encode(secrets.token_bytes(16)).decode(),
        "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
        "Origin": url,
        "Cookie": f"skillswap={cookie}" if cookie else None,
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    return {name: value for name, value in headers.items() if value is not None}


class Page:
    """One open socket. Without `after` in a first `say` the server tells nothing."""

    def __init__(
        self,
        url: str,
        cookie: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        buffer: int = 0,
    ) -> None:
        parts = urlsplit(url)
        self.raw = socket.socket()
        if buffer:
            self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.raw.settimeout(PATIENCE)
        self.raw.connect((parts.hostname or "", parts.port or 80))
        lines = [f"{name}: {value}" for name, value in (headers or handshake(url, cookie)).items()]
        self.raw.sendall("\r\n".join(["GET /ws HTTP/1.1", *lines, "", ""]).encode())
        self.headers, rest = self._answer()
        self.frames = Connection(ConnectionType.CLIENT, trailing_data=rest)
        self.parts: list[str] = []

    def _answer(self) -> tuple[str, bytes]:
        got = b""
        while b"\r\n\r\n" not in got:
            data = self.raw.recv(4096)
            if not data:
                raise Closed(1006)
            got += data
        head, _, rest = got.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        if status != 101:
            self.raw.close()
            raise Refused(status, head.decode())
        return head.decode(), rest

    # -- speaking --

    def say(self, **frame: Any) -> None:
        """Send one frame as the script of a page does."""
        self.shout(json.dumps(frame))

    def shout(self, text: str) -> None:
        """Send any text."""
        self.raw.sendall(self.frames.send(TextMessage(text)))

    def throw(self, data: bytes) -> None:
        """Send bytes that may be no frame at all."""
        self.raw.sendall(data)

    # -- hearing --

    def hear(self, seconds: float = PATIENCE) -> str:
        """The next text. Raises Closed, or TimeoutError."""
        until = monotonic() + seconds
        while True:
            for event in self.frames.events():
                if isinstance(event, TextMessage):
                    self.parts.append(event.data)
                    if event.message_finished:
                        text, self.parts = "".join(self.parts), []
                        return text
                elif isinstance(event, Ping):
                    with suppress(OSError):
                        self.raw.sendall(self.frames.send(event.response()))
                elif isinstance(event, CloseConnection):
                    self._goodbye(event)
                else:
                    assert not isinstance(event, BytesMessage), "the server sends text only"
            self.raw.settimeout(max(until - monotonic(), 0.001))
            try:
                data = self.raw.recv(65_536)
            except ConnectionError:
                data = b""
            if not data:
                raise Closed(1006)
            self.frames.receive_data(data)

    def _goodbye(self, event: CloseConnection) -> None:
        with suppress(OSError):
            self.raw.sendall(self.frames.send(event.response()))
        raise Closed(int(event.code))

    def hear_facts(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """The next text, which is JSON."""
        facts: dict[str, Any] = json.loads(self.hear(seconds))
        return facts

    def hear_until(self, wanted: Callable[[str], bool], seconds: float = PATIENCE) -> list[str]:
        """Every text up to the first that is wanted."""
        heard = [self.hear(seconds)]
        while not wanted(heard[-1]):
            heard.append(self.hear(seconds))
        return heard

    def end(self, seconds: float = PATIENCE) -> int:
        """Hear until the server closes; the code."""
        try:
            while True:
                self.hear(seconds)
        except Closed as closed:
            return closed.code

    def hears_nothing(self, seconds: float = 0.3) -> bool:
        """Whether nothing comes for a while."""
        try:
            self.hear(seconds)
        except TimeoutError:
            return True
        return False

    # -- going --

    def leave(self) -> None:
        """Close the connection without a word, as a phone in a tunnel does."""
        self.raw.close()

    def __enter__(self) -> Page:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()
