"""One open socket: frames in, frames out, and nothing that can harm the others.

One greenlet reads. Another is started when there is something to write and ends when all is
written, so an idle socket costs one, and two never write at once. What is written goes out whole
(`sendall`: a plain `send` under gevent writes a part and tears the frame).
"""

from __future__ import annotations

import logging
import socket as sockets
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from enum import IntEnum
from typing import Any

import gevent
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage
from wsproto.utilities import LocalProtocolError, generate_accept_token

log = logging.getLogger(__name__)
Told = dict[str, Any]  # an event as it was told: {"kind": …, …}

FRAME_MOST = 16 * 1024
FRAMES_MOST, FRAMES_WITHIN = 20, 10.0  # of what a page sends
OUTBOX_MOST = 64  # events that wait for one page
SEND_BUFFER = 65_536  # of the kernel; without it a dead reader holds megabytes
RECEIVED_AT_ONCE = 4_096
GOODBYE_SECONDS = 2.0
SLOW_SECONDS = 1.0  # in one write: somebody does not read

AGAIN: Told = {"kind": "again"}


class Code(IntEnum):
    """Why a socket was closed. htmx comes back after 1001, 1005, 1006 and 1011 to 1014."""

    UNSUPPORTED, NOT_ALLOWED, TOO_BIG, RESTART = 1003, 1008, 1009, 1012
    SIGN_IN = 4401  # the sign-in is over: static/js/live.js leads to the log-in page


def acceptance(key: str) -> bytes:
    """The answer that makes a WebSocket of a connection. It offers no compression: each of its
    compressors would hold 100 KiB.
    """
    token = generate_accept_token(key.encode()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {token}\r\n\r\n"
    ).encode()


class Socket:
    """A connection that has been let in.

    Nothing but a goodbye is written before the page has said what it has (`catch_up`), so what
    is newer always follows what was missed.
    """

    __slots__ = (
        "answered",
        "csrf",
        "deaf",
        "frames",
        "heard",
        "heard_since",
        "held",
        "here",
        "leaving_at",
        "missed",
        "outbox",
        "ping_at",
        "raw",
        "sign_in_id",
        "since",
        "user_id",
        "word",
        "writing",
    )

    def __init__(
        self,
        raw: sockets.socket,
        *,
        user_id: int,
        sign_in_id: int,
        csrf: str,
        word: Callable[[Socket, Told], Iterable[str]],
    ) -> None:
        self.raw = raw
        self.user_id, self.sign_in_id, self.csrf = user_id, sign_in_id, csrf
        self.word = word  # an event as text for whoever this is
        self.here = ""  # the path of the open page
        self.frames = Connection(ConnectionType.SERVER)
        self.outbox: list[Told | bytes] = []
        self.held, self.writing, self.deaf, self.missed = True, False, False, False
        self.since = 0.0  # the present write began then
        self.leaving_at = 0.0  # no longer open; cut at the latest then
        self.answered, self.ping_at = True, 0.0
        self.heard, self.heard_since = 0, 0.0
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, SEND_BUFFER)

    # -- in --

    def messages(self) -> Iterator[str]:
        """What the page says, frame by frame, until the connection ends."""
        parts: list[str] = []
        for event in self._events():
            if isinstance(event, TextMessage):
                parts.append(event.data)
                if sum(map(len, parts)) > FRAME_MOST:
                    self.leave(Code.TOO_BIG)
                elif event.message_finished:
                    yield "".join(parts)
                    parts.clear()
            elif isinstance(event, BytesMessage):
                self.leave(Code.UNSUPPORTED)
            elif isinstance(event, Ping):
                self._send(self.frames.send(event.response()))
            elif isinstance(event, Pong):
                self.answered = True

    def _events(self) -> Iterator[Event]:
        """Frames and parts of frames; once we are leaving, only the other's goodbye is awaited."""
        while data := self.raw.recv(RECEIVED_AT_ONCE):
            if self.deaf:
                continue
            self.frames.receive_data(data)
            for event in self.frames.events():
                if isinstance(event, CloseConnection):
                    if self._said_goodbye(event):
                        return
                elif not self.leaving_at and self._count(event):
                    yield event

    def _said_goodbye(self, event: CloseConnection) -> bool:
        """Whether both sides have closed now. A frame that is none comes as a goodbye too."""
        if self.frames.state is ConnectionState.CLOSED:
            return True
        if self.frames.state is ConnectionState.REMOTE_CLOSING:
            self.leaving_at = time.monotonic() + GOODBYE_SECONDS
            self.outbox[:] = [self.frames.send(event.response())]
            self._wake()
            while self.writing and time.monotonic() < self.leaving_at:
                gevent.sleep(0.01)
            return True
        self.deaf = True
        self.leave(event.code)
        return False

    def _count(self, event: Event) -> bool:
        """Whether this is still within what a page may send. A part of a frame counts nothing."""
        if not getattr(event, "frame_finished", True):
            return True
        now = time.monotonic()
        if now - self.heard_since > FRAMES_WITHIN:
            self.heard, self.heard_since = 0, now
        self.heard += 1
        if self.heard > FRAMES_MOST:
            self.leave(Code.NOT_ALLOWED)
        return self.heard <= FRAMES_MOST

    # -- out --

    def push(self, event: Told) -> None:
        """Leave an event to be worded and written.

        When too many wait, whoever does not read is cut off. If it is the server that lags, they
        are let go, and the page is asked what it lacks.
        """
        if self.leaving_at or event in self.outbox:
            return
        if len(self.outbox) < OUTBOX_MOST:
            self._send(event)
        elif self.since and time.monotonic() - self.since > SLOW_SECONDS:
            log.info("a socket of person %s reads too slowly", self.user_id)
            self.cut()
        else:
            self.outbox[:] = [one for one in self.outbox if isinstance(one, bytes)]
            self._send(AGAIN)

    def catch_up(self, event: Told) -> None:
        """The page has said what it has: first what it lacks, then what has come since."""
        self.held = False
        self.outbox.insert(0, event)
        self._wake()

    def ask_again(self) -> None:
        """Something may have been missed: let the page say what it has, and write nothing else."""
        if not self.held and not self.leaving_at and AGAIN not in self.outbox:
            self.outbox.insert(0, AGAIN)
            self._wake()

    def ping(self, at: float) -> None:
        """Ask whether anybody is there; the next time is `at`."""
        self.answered, self.ping_at = False, at
        with suppress(LocalProtocolError):
            self._send(self.frames.send(Ping()))

    def leave(self, code: int, reason: str = "") -> None:
        """Say goodbye: nothing else is written or heard from now on."""
        if self.leaving_at:
            return
        now = time.monotonic()
        self.leaving_at = now + GOODBYE_SECONDS
        self.outbox.clear()
        if self.since and now - self.since > SLOW_SECONDS:
            self.cut()
            return
        try:
            self._send(self.frames.send(CloseConnection(code, reason)))
        except LocalProtocolError:
            self.cut()

    def end(self) -> None:
        """Nothing is written any more; whoever holds the connection closes it."""
        self.leaving_at = self.leaving_at or time.monotonic()
        self.outbox.clear()

    def cut(self) -> None:
        """End it now. The kernel forgets what the other side has not read."""
        self.end()
        with suppress(OSError):
            self.raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
            self.raw.shutdown(sockets.SHUT_RDWR)

    def _send(self, what: Told | bytes) -> None:
        self.outbox.append(what)
        self._wake()

    def _wake(self) -> None:
        if self.outbox and not self.writing and (self.leaving_at or not self.held):
            self.writing = True
            gevent.spawn(self._write)

    def _write(self) -> None:
        try:
            while self.outbox and (self.leaving_at or not self.held):
                what = self.outbox.pop(0)
                for frame in (what,) if isinstance(what, bytes) else self._worded(what):
                    self.since = time.monotonic()
                    self.raw.sendall(frame)
                    self.since = 0.0
                if what is AGAIN:
                    self.held = True
        except OSError:
            self.cut()
        finally:
            self.since, self.writing = 0.0, False

    def _worded(self, event: Told) -> Iterator[bytes]:
        for text in self.word(self, event):
            if self.leaving_at:
                return
            yield self.frames.send(TextMessage(text))
