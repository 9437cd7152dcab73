"""A real push service on loopback that answers as it is told, and browsers that can read."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from skillswap.lib.push import Address, encoded


class Browser:
    """Keys as a browser makes them when it subscribes, and the endpoint it was given."""

    def __init__(self, endpoint: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = os.urandom(16)
        self.endpoint = endpoint

    @property
    def address(self) -> Address:
        """What it hands to the app."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Address(self.endpoint, encoded(point), encoded(self._secret))

    @property
    def form(self) -> dict[str, str]:
        """The same as the fields of its form."""
        address = self.address
        return {"endpoint": address.endpoint, "p256dh": address.p256dh, "auth": address.auth}

    def read(self, body: bytes) -> Any:
        """The message behind an encrypted body. Raises for one that was not meant for it."""
        plain = http_ece.decrypt(
            body, private_key=self._key, auth_secret=self._secret, version="aes128gcm"
        )
        return json.loads(plain)


@dataclass
class PushService:
    """What it was handed, as (path, headers, body), and what it answers: by path, or to all."""

    origin: str = ""
    status: int = 201
    statuses: dict[str, int] = field(default_factory=dict)
    taken: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    free: threading.Event = field(default_factory=threading.Event)  # ends what hangs

    def browser(self, name: str = "one") -> Browser:
        """One that subscribed here."""
        return Browser(f"{self.origin}/{name}")


HANGS = 0  # instead of a status: no answer at all


@contextmanager
def push_service() -> Iterator[PushService]:
    """Listen on a free port of the loopback address."""
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.asked.append(self.path)
            status = service.statuses.get(self.path, service.status)
            if status == HANGS:
                service.free.wait(30)
                self.close_connection = True
                return
            if status == 201:
                service.taken.append((self.path, dict(self.headers), body))
            self.send_response(status)
            if status == 307:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        service.free.set()
        server.shutdown()
        thread.join()
        server.server_close()
