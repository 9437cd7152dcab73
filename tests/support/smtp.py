"""A real mail server on loopback that behaves as well, or as badly, as it is told."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from skillswap.lib.mail import MailServer
from tests.support.processes import free_port

# how it may answer, and at which command it does so
ANSWERS = {
    "busy": ("RCPT", "451 Try again later"),
    "unknown": ("RCPT", "550 No such person here"),
    "sender": ("MAIL", "550 We do not take mail from you"),
    "full": ("DATA", "452 Out of storage"),
    "spam": ("DATA", "554 This looks like spam"),
}


class PostOffice:
    """What was handed in, and how it answers: `ok`, one of ANSWERS, or `hang`."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mode = "ok"
        self.mails: list[tuple[str, EmailMessage]] = []
        self.changed = threading.Condition()
        self.hanging = 0  # connections that wait for an answer
        self._controller: Controller | None = None
        self._free = asyncio.Event()

    @property
    def server(self) -> MailServer:
        """For the app: where this is."""
        return MailServer("127.0.0.1", self.port, "never", timeout=5)

    @property
    def url(self) -> str:
        """The same as a setting."""
        return f"smtp://127.0.0.1:{self.port}?starttls=never"

    @property
    def ids(self) -> Counter[str]:
        """Each Message-ID, and how often it came."""
        with self.changed:
            return Counter(str(mail["Message-ID"]) for _to, mail in self.mails)

    def open(self) -> None:
        """Listen."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def close(self) -> None:
        """Refuse every connection from now on."""
        controller, self._controller = self._controller, None
        if controller is not None:
            controller.loop.call_soon_threadsafe(self._free.set)
            controller.stop()

    def free(self) -> None:
        """Go on where it hung, and behave from now on."""
        self.mode = "ok"
        if self._controller is not None:
            self._controller.loop.call_soon_threadsafe(self._free.set)

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until something here is so; False when it took too long."""
        with self.changed:
            return self.changed.wait_for(condition, seconds)

    async def _answer(self, command: str) -> str | None:
        if self.mode == "hang":
            with self.changed:
                self.hanging += 1
                self.changed.notify_all()
            await self._free.wait()
        at, said = ANSWERS.get(self.mode, ("", ""))
        return said if at == command else None

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, _server: SMTP, _state: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Who it is from."""
        if said := await self._answer("MAIL"):
            return said
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _state: Any, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Whom it is for."""
        if said := await self._answer("RCPT"):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _state: Any, envelope: Envelope) -> str:  # noqa: N802
        """The mail itself."""
        if said := await self._answer("DATA"):
            return said
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=default)
        with self.changed:
            self.mails += [(to, mail) for to in envelope.rcpt_tos]
            self.changed.notify_all()
        return "250 OK"


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """One that listens until the block ends."""
    office = PostOffice()
    office.open()
    try:
        yield office
    finally:
        office.close()
