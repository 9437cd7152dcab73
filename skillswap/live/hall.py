"""Everybody who is here: the sockets of this process, and what is done with all of them."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterable

import gevent
from flask import Flask

from skillswap.db import transaction
from skillswap.domain import frame, live
from skillswap.lib.clock import utcnow
from skillswap.live.wire import Code, Socket, Told

log = logging.getLogger(__name__)
A_PERSON = 4  # sockets; the oldest makes room for the newest
PING_SECONDS = 25.0  # routers end what is silent for 55
STUCK_SECONDS = 25.0
ASK_SECONDS = 20.0  # between two looks at the rows of the sign-ins
NOTE_SECONDS = 25.0
DRAIN_SECONDS = 5.0
AT_ONCE = 400  # goodbyes, or questions, a second


class Hall:
    """The sockets by person. Everything here runs in one thread, between two switches."""

    def __init__(self) -> None:
        self.sockets: set[Socket] = set()
        self.of: dict[int, list[Socket]] = {}
        self.most = 5_000
        self.closing = False
        self.ask_at = 0.0

    @property
    def is_full(self) -> bool:
        """Whether nobody else is let in."""
        return self.closing or len(self.sockets) >= self.most

    def enter(self, socket: Socket) -> None:
        """From now on events reach it. A person's fifth socket closes their oldest."""
        socket.ping_at = time.monotonic() + random.uniform(0.2, 1) * PING_SECONDS  # noqa: S311
        self.sockets.add(socket)
        mine = self.of.setdefault(socket.user_id, [])
        mine.append(socket)
        for oldest in [one for one in mine if not one.leaving_at][:-A_PERSON]:
            oldest.leave(Code.NOT_ALLOWED, "too many open pages")

    def leave(self, socket: Socket) -> None:
        """It is gone."""
        self.sockets.discard(socket)
        mine = self.of.get(socket.user_id, [])
        if socket in mine:
            mine.remove(socket)
        if not mine:
            self.of.pop(socket.user_id, None)

    def deliver(self, channel: str, event: Told) -> None:
        """An event of the broker: to each socket of the person, or the end of some of them."""
        user_id = int(channel.removeprefix("user:"))
        for socket in list(self.of.get(user_id, ())):
            if event["kind"] != "signed_out":
                socket.push(event)
            elif event.get("only") in (None, socket.sign_in_id) and (
                event.get("but") != socket.sign_in_id
            ):
                socket.leave(Code.SIGN_IN)

    def missed_some(self) -> None:
        """Events of other processes may be lost: every page is asked what it has."""
        self.ask_at = 0.0
        gevent.spawn(self._ask_everybody)

    def _ask_everybody(self) -> None:
        for socket in spread(self.sockets):
            socket.ask_again()

    def drain(self) -> None:
        """The process ends: everybody is told to come back, over a few seconds."""
        self.closing = True
        for socket in spread(self.sockets):
            socket.leave(Code.RESTART)

    # -- what goes on all the time --

    def watch(self, app: Flask) -> None:
        """Ping, cut off who is gone, ask for ended sign-ins, note who is here. Never returns."""
        note_at = time.monotonic() + NOTE_SECONDS
        while True:
            gevent.sleep(min(1.0, PING_SECONDS / 4))
            try:
                now = time.monotonic()
                self.reap(now)
                if now >= self.ask_at:
                    self.ask_at = now + ASK_SECONDS
                    with app.app_context():
                        self.end_signed_out()
                if now >= note_at:
                    note_at = now + NOTE_SECONDS
                    with app.app_context():
                        self.note_people()
            except Exception:
                log.exception("the hall goes on after trouble")

    def reap(self, now: float) -> None:
        """Ping each socket once a round, and cut those that do not answer or cannot be written."""
        for socket in list(self.sockets):
            if socket.leaving_at:
                if now > socket.leaving_at:
                    socket.cut()
            elif socket.since and now - socket.since > STUCK_SECONDS:
                socket.cut()
            elif now >= socket.ping_at:
                if not socket.answered:
                    socket.cut()
                    continue
                socket.ping(now + PING_SECONDS)
                if socket.missed:
                    socket.missed = False
                    socket.ask_again()

    def end_signed_out(self) -> None:
        """Close the sockets whose sign-in is over: ended elsewhere, too old, suspended."""
        here = {socket.sign_in_id for socket in self.sockets}
        over = here - frame.lasting(here, utcnow()) if here else here
        for socket in list(self.sockets):
            if socket.sign_in_id in over:
                socket.leave(Code.SIGN_IN)

    def note_people(self) -> None:
        """Write who is here, for the processes that ask before they send push."""
        if self.of:
            with transaction():
                live.note_here(list(self.of), utcnow())


def spread(sockets: Iterable[Socket]) -> Iterable[Socket]:
    """One after the other, so many a second, all within a few seconds."""
    everybody = list(sockets)
    at_once = max(AT_ONCE / 10, len(everybody) / DRAIN_SECONDS / 10)
    for number, socket in enumerate(everybody, start=1):
        yield socket
        if number % round(at_once) == 0:
            gevent.sleep(0.1)


HALL = Hall()
