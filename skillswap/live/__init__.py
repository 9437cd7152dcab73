"""Live: one small socket for each open page. Pages write by POST; the socket only tells.

door.py lets in, wire.py is one connection, hall.py all of them, parts.py what is said on it.
"""

from __future__ import annotations

import gevent
from flask import Flask

from skillswap.config import Settings
from skillswap.domain import live
from skillswap.lib.broker import Broker, LocalBroker, RedisBroker
from skillswap.live.door import init_live
from skillswap.live.hall import HALL
from skillswap.live.parts import CATCH_UP, FRAMES, PARTS

__all__ = ["CATCH_UP", "FRAMES", "PARTS", "drain", "init_live", "speak", "start"]


def start(app: Flask) -> None:
    """In a server process: hear events, and keep an eye on the sockets."""
    settings: Settings = app.config["SETTINGS"]
    broker: Broker = LocalBroker(HALL.deliver)
    if settings.redis_url:
        broker = RedisBroker(HALL.deliver, HALL.missed_some, settings.redis_url)
    broker.start()
    live.connect(broker.publish)
    gevent.spawn(HALL.watch, app)


def speak(app: Flask) -> None:
    """In a process without pages: let those of others hear.

    Without Redis it says nothing, and open pages see what it did when they look again.
    """
    settings: Settings = app.config["SETTINGS"]
    if settings.redis_url:
        broker = RedisBroker(lambda *_: None, lambda: None, settings.redis_url)
        broker.start()
        live.connect(broker.publish)


def drain() -> None:
    """The process ends: every page is told to come back."""
    HALL.drain()
