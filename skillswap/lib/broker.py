"""How does an event reach the sockets of every process?

In this process at once; in the others through one Redis channel. Losing Redis loses no event for
good: whoever may have missed one is told to look into the database (`on_gap`).
"""

from __future__ import annotations

import json
import logging
import queue
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)
Event = dict[str, Any]
Deliver = Callable[[str, Event], None]

REDIS_CHANNEL = "skillswap"
WAITING_MOST = 10_000  # events on their way to Redis
SEND_SECONDS = 1.0
HEARTBEAT_SECONDS = 15.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 3.0
TROUBLE = (RedisError, OSError)


class Broker(Protocol):
    """What carries events from where something happened to whoever has a page open."""

    def start(self) -> None:
        """Begin to carry. Returns at once."""

    def publish(self, channel: str, event: Event) -> None:
        """Hand an event on, after the commit. Never raises, never waits for the network."""

    def stop(self) -> None:
        """Carry no more."""


def hand_over(deliver: Deliver, channel: str, event: Event) -> None:
    """Deliver here; what goes wrong is logged, since the rows are written and nothing is lost."""
    try:
        deliver(channel, event)
    except Exception:
        log.exception("a live event could not be delivered here")


class LocalBroker:
    """One process: whoever is told is here."""

    def __init__(self, deliver: Deliver) -> None:
        self.deliver = deliver

    def start(self) -> None:
        """Nothing to begin."""

    def publish(self, channel: str, event: Event) -> None:
        """Deliver it."""
        hand_over(self.deliver, channel, event)

    def stop(self) -> None:
        """Nothing to end."""


class RedisBroker:
    """Several processes: here at once, elsewhere through Redis.

    `on_gap` is called whenever events of other processes may have been missed: after each new
    subscription, and when another process says that it could not send some of its own.
    """

    def __init__(self, deliver: Deliver, on_gap: Callable[[], None], url: str) -> None:
        self.deliver, self.on_gap = deliver, on_gap
        self.node = secrets.token_hex(8)
        alone = Retry(NoBackoff(), 0)  # we try again ourselves, and say what was missed
        self.speaker = Redis.from_url(
            url, retry=alone, socket_timeout=SEND_SECONDS, socket_connect_timeout=SEND_SECONDS
        )
        # waits for the next event however long it takes
        self.hearer = Redis.from_url(
            url,
            retry=alone,
            socket_timeout=None,
            socket_connect_timeout=2 * SEND_SECONDS,
            socket_keepalive=True,
        )
        self.waiting: queue.Queue[str | None] = queue.Queue(WAITING_MOST)
        self.dropped = False  # some never left this process: the others have to be told so
        self.stopped = threading.Event()

    def start(self) -> None:
        """Speak and hear, each by a thread of its own (a greenlet under gevent)."""
        for name, work in (("speak", self._speak), ("hear", self._hear)):
            threading.Thread(target=work, name=f"broker-{name}", daemon=True).start()

    def stop(self) -> None:
        """End both; what still waits is not sent."""
        self.stopped.set()
        self._put(None)
        self.hearer.connection_pool.disconnect()  # or it would wait for another heartbeat

    def publish(self, channel: str, event: Event) -> None:
        """Deliver it here, and leave it for the others."""
        hand_over(self.deliver, channel, event)
        try:
            self._put(json.dumps([self.node, channel, event]))
        except (TypeError, ValueError):
            log.exception("a live event is not JSON")

    def _put(self, said: str | None) -> None:
        try:
            self.waiting.put_nowait(said)
        except queue.Full:
            self.dropped = True  # `_speak` has logged why, and makes it known

    # -- speaking --

    def _speak(self) -> None:
        while not self.stopped.is_set():
            said = self.waiting.get()
            if said is not None and not self._send(said):
                self.dropped = True
                self._wait_for_redis()
            if self.dropped and not self.stopped.is_set():
                self.dropped = not self._send(json.dumps([self.node, None, None]))
        self.speaker.close()

    def _send(self, said: str) -> bool:
        try:
            self.speaker.publish(REDIS_CHANNEL, said)
        except TROUBLE as error:
            log.warning("Redis does not take live events: %s", error)
            return False
        return True

    def _wait_for_redis(self) -> None:
        pause = FIRST_PAUSE
        while not self.stopped.wait(pause):
            try:
                self.speaker.ping()
            except TROUBLE:
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                log.warning("Redis takes live events again")
                return

    # -- hearing --

    def _hear(self) -> None:
        pause = FIRST_PAUSE
        while not self.stopped.is_set():
            began = time.monotonic()
            try:
                self._listen()
            except TROUBLE as error:
                if not self.stopped.is_set():
                    log.warning("Redis says nothing any more: %s", error)
            except Exception:
                if not self.stopped.is_set():
                    log.exception("the ear of the broker")
            if time.monotonic() - began > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            self.stopped.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _listen(self) -> None:
        """Hear until the connection breaks. Two heartbeats without an answer are a break."""
        with self.hearer.pubsub() as heard:  # type: ignore[no-untyped-call]
            heard.subscribe(REDIS_CHANNEL)
            asked = False
            while not self.stopped.is_set():
                message = heard.get_message(timeout=HEARTBEAT_SECONDS)
                if message is None:
                    if asked:
                        raise ConnectionError("no answer to a heartbeat")
                    asked = True
                    heard.ping()
                    continue
                asked = False
                if message["type"] == "subscribe":
                    self._missed()
                elif message["type"] == "message":
                    self._take(message["data"])

    def _take(self, data: bytes) -> None:
        try:
            node, channel, event = json.loads(data)
        except ValueError:
            log.warning("something that is no event came through Redis")
            return
        if node == self.node:
            return
        if channel is None:
            self._missed()
        else:
            hand_over(self.deliver, channel, event)

    def _missed(self) -> None:
        try:
            self.on_gap()
        except Exception:
            log.exception("what was missed could not be asked for")
