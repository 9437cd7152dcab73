"""Thousands of pages in one process: gevent, hand-made frames, nothing parsed that need not be."""

from __future__ import annotations

import os
import re
import struct
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import gevent
from gevent import socket
from gevent.lock import Semaphore

NUMBER = re.compile(rb"n-(\d+)-n")
LINES = re.compile(rb'<hx-partial hx-target="#messages-.*?</hx-partial>', re.DOTALL)
TICKS = os.sysconf("SC_CLK_TCK")
PING, CLOSE, TEXT = 9, 8, 1


def masked(opcode: int, payload: bytes) -> bytes:
    """A frame of a client; a mask of zeros leaves the payload as it is."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB4x", 0x80 | opcode, 0x80 | size) + payload
    return struct.pack("!BBH4x", 0x80 | opcode, 0x80 | 126, size) + payload


class Seat:
    """One open page."""

    def __init__(self, room: Room, number: int, cookie: str, path: str, buffer: int = 0) -> None:
        self.room, self.number = room, number
        self.code, self.torn, self.stalls = 0, False, False
        self.sock = socket.socket()
        if buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.connect(room.address)
        self.sock.sendall(
            f"GET /ws HTTP/1.1\r\nHost: {room.host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"Origin: {room.url}\r\nCookie: skillswap={cookie}\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            got = self.sock.recv(4096)
            if not got:
                raise SystemExit("the server closed a handshake")
            answer += got
        if not answer.startswith(b"HTTP/1.1 101"):
            raise SystemExit(f"a handshake was answered {answer[:60]!r}")
        self.sock.sendall(masked(TEXT, f'{{"after": {{}}, "here": "{path}"}}'.encode()))
        self.buffer = answer.partition(b"\r\n\r\n")[2]
        self.reader = gevent.spawn(self.read)

    def read(self) -> None:
        """Hear until the end. A frame that is none is a torn one."""
        try:
            while self.code == 0:
                while self.stalls:
                    gevent.sleep(0.05)
                data = self.sock.recv(65_536)
                if not data:
                    self.code = 1006
                    return
                self.buffer += data
                self.take()
        except OSError:
            self.code = self.code or 1006

    def take(self) -> None:
        """Every whole frame of what has come."""
        while len(self.buffer) >= 2 and self.code == 0:
            opcode, size, head = self.buffer[0] & 0x0F, self.buffer[1] & 0x7F, 2
            if (
                self.buffer[0] & 0x70
                or opcode not in (TEXT, PING, CLOSE, 10)
                or self.buffer[1] > 127
            ):
                self.torn, self.code = True, 1002
                return
            if size >= 126:
                head = 4 if size == 126 else 10
                if len(self.buffer) < head:
                    return
                size = int.from_bytes(self.buffer[2:head], "big")
            if len(self.buffer) < head + size:
                return
            payload = self.buffer[head : head + size]
            self.buffer = self.buffer[head + size :]
            if opcode == TEXT:
                self.room.heard(self, payload)
            elif opcode == PING:
                self.sock.sendall(masked(10, payload))
            elif opcode == CLOSE:
                self.code = int.from_bytes(payload[:2], "big") if payload else 1005
                self.sock.sendall(masked(CLOSE, payload[:2]))

    def leave(self) -> None:
        """Go without a word."""
        self.reader.kill()
        self.sock.close()


class Room:
    """The seats, and what was said and heard."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url, self.host = url, parts.netloc
        self.address = (parts.hostname or "", parts.port or 80)
        self.seats: list[Seat] = []
        self.sent: dict[int, float] = {}
        self.got: Counter[tuple[int, int]] = Counter()  # (seat, number)
        self.waits: list[float] = []
        self.gate = Semaphore(64)  # handshakes at a time

    def open(self, cookies: list[str], paths: list[str]) -> None:
        """A page for each cookie."""

        def enter(number: int, cookie: str, path: str) -> None:
            with self.gate:
                self.seats.append(Seat(self, number, cookie, path))

        first = len(self.seats)
        jobs = [
            gevent.spawn(enter, first + number, cookie, path)
            for number, (cookie, path) in enumerate(zip(cookies, paths, strict=True))
        ]
        gevent.joinall(jobs, raise_error=True)

    def heard(self, seat: Seat, payload: bytes) -> None:
        """Note when a number has come."""
        now = time.perf_counter()
        if payload.startswith(b"<"):  # the lines of a thread, not the list that quotes the last
            payload = b"".join(LINES.findall(payload))
        for found in set(NUMBER.findall(payload)):
            number = int(found)
            self.got[seat.number, number] += 1
            if number in self.sent:
                self.waits.append(now - self.sent[number])

    def forget(self) -> None:
        """Begin to count anew."""
        self.sent.clear()
        self.got.clear()
        self.waits.clear()


class Web:
    """Kept-alive connections for pages and forms."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.free: list[socket.socket] = []

    def ask(self, method: str, path: str, cookie: str = "", body: bytes = b"", **more: str) -> int:
        """One request; its status. The body is read and thrown away."""
        headers = {"Host": self.room.host, "Content-Length": str(len(body)), **more}
        if cookie:
            headers["Cookie"] = f"skillswap={cookie}"
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        request = "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + body
        link = self.free.pop() if self.free else socket.create_connection(self.room.address)
        link.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            got = link.recv(65_536)
            if not got:
                raise ConnectionError(path)
            answer += got
        head, _, rest = answer.partition(b"\r\n\r\n")
        size = re.search(rb"(?i)content-length: (\d+)", head)
        left = int(size[1]) - len(rest) if size else 0
        while left > 0:
            left -= len(link.recv(65_536))
        self.free.append(link)
        return int(head.split()[1])


def steadily(rate: float, seconds: float, do: Callable[[int], None]) -> list[gevent.Greenlet]:
    """Open loop: start `do(n)` so many times a second, whatever became of those before."""
    began, jobs = time.perf_counter(), []
    for n in range(int(rate * seconds)):
        wait = began + n / rate - time.perf_counter()
        gevent.sleep(max(0, wait))
        jobs.append(gevent.spawn(do, n))
    return jobs


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


def resident(pid: int) -> float:
    """MiB of master and worker."""
    total = 0
    for one in family(pid):
        status = Path(f"/proc/{one}/status").read_text()
        total += int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]
    return total / 1024


class Cores:
    """How much of the machine the server, we and everybody else used meanwhile."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.began = self.now()

    def now(self) -> tuple[float, float, float, float]:
        """Seconds: clock, the server's, our own, everybody's."""
        fields = [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
        everybody = (sum(fields[:8]) - fields[3] - fields[4]) / TICKS
        server = 0.0
        for one in family(self.pid):
            stat = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
            server += (int(stat[11]) + int(stat[12])) / TICKS
        return time.perf_counter(), server, time.process_time(), everybody

    def said(self) -> str:
        """Cores of the server, of the generator, and of others (above 0.3: measure again)."""
        clock, server, own, everybody = (b - a for a, b in zip(self.began, self.now(), strict=True))
        others = max(0.0, everybody - server - own) / clock
        return (
            f"cores: server {server / clock:.2f}, generator {own / clock:.2f}, other {others:.2f}"
        )


def spread(waits: list[float]) -> str:
    """Median, 95th and 99th of a hundred, in milliseconds."""
    if not waits:
        return "none"
    ordered = sorted(waits)
    at = [ordered[min(len(ordered) - 1, int(len(ordered) * part))] for part in (0.5, 0.95, 0.99)]
    return "p50 {:.1f}  p95 {:.1f}  p99 {:.1f} ms".format(*(one * 1000 for one in at))
