"""What an event looks like to the person who hears it, and what an open page may say.

A module that has something to show registers here, once, when it is imported:

    PARTS["message"] = message        # (event) -> HTML, a dict for the script, or None
    FRAMES["typing"] = typing         # (what the page said) -> None
    CATCH_UP.append(newer_messages)   # ({public id: last seq}) -> pieces of HTML; g.missed

All of them run as a view does: `web.me()` is the person, templates have their frame, and what a
person may not see raises NotFound, which is silence here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, g, render_template
from sqlalchemy import select
from werkzeug.test import create_environ

from skillswap.config import Settings
from skillswap.db import db
from skillswap.domain import frame as frames
from skillswap.domain.visibility import visible
from skillswap.errors import DomainError
from skillswap.lib.clock import utcnow
from skillswap.live.wire import Code, Socket, Told
from skillswap.models import User
from skillswap.web import me

log = logging.getLogger(__name__)
Part = Callable[[Told], str | dict[str, Any] | None]
PATH_MOST = 300
THREADS_MOST = 20  # of which one page may ask what is newer

PARTS: dict[str, Part] = {}
FRAMES: dict[str, Callable[[Any], None]] = {}
CATCH_UP: list[Callable[[dict[str, int]], Iterable[str]]] = []


class Stage:
    """Where parts are made for the person behind a socket, each in a unit of work of its own."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.config["SETTINGS"]
        self.app = app
        self.environ = create_environ(
            base_url=settings.public_url,
            headers={"HX-Request": "true", "HX-Request-Type": "partial"},
        )

    @contextmanager
    def of(self, socket: Socket) -> Iterator[bool]:
        """As that person; false when their sign-in is over. No connection is kept afterwards."""
        environ = {**self.environ, "HTTP_HX_CURRENT_URL": socket.here}
        with self.app.request_context(environ):
            g.csrf = socket.csrf
            g.signed_in = frames.standing(socket.sign_in_id, utcnow())
            yield g.signed_in is not None

    def word(self, socket: Socket, event: Told) -> Iterable[str]:
        """An event as the texts that are sent. What cannot be made is asked for again later."""
        if event["kind"] == "again":
            return ['{"again": true}']
        try:
            with self.of(socket) as signed_in:
                if signed_in:
                    return [
                        made if isinstance(made, str) else json.dumps(made)
                        for made in _made(event)
                        if made
                    ]
            socket.leave(Code.SIGN_IN)
        except DomainError:
            pass  # not there for this person, or no longer
        except Exception:
            log.exception("the part %s could not be made", event["kind"])
            socket.missed = True
        return []

    def take(self, socket: Socket, text: str) -> None:
        """What the page says: `after` (what it has), `here` (its path), and what FRAMES names."""
        said = _parsed(text)
        if said is None:
            socket.leave(Code.NOT_ALLOWED)
            return
        if "here" in said:
            socket.here = said["here"]
        if "after" in said:
            again = bool(said.get("again"))
            socket.catch_up({"kind": "catch_up", "after": said["after"], "again": again})
        for name in FRAMES.keys() & said.keys():
            try:
                with self.of(socket) as signed_in:
                    if signed_in:
                        FRAMES[name](said[name])
                    else:
                        socket.leave(Code.SIGN_IN)
            except DomainError:
                socket.push({"kind": "refused", "what": name})


def _made(event: Told) -> Iterator[str | dict[str, Any] | None]:
    if event["kind"] != "catch_up":
        part = PARTS.get(event["kind"])
        if part is None:  # of another process, which is newer
            log.info("nobody words live events of the kind %s", event["kind"])
        else:
            yield part(event)
        return
    g.missed = event["again"]  # whether the page has been away, or was only just loaded
    for newer in CATCH_UP:
        yield from newer(event["after"])
    if event["again"]:
        yield bell(event)


def _parsed(text: str) -> dict[str, Any] | None:
    """What a page said, or None for what no page of ours says."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or not said.keys() <= {"after", "again", "here", *FRAMES}:
        return None
    here, after = said.get("here", "/"), said.get("after", {})
    if not isinstance(here, str) or not here.startswith("/") or len(here) > PATH_MOST:
        return None
    if not isinstance(after, dict) or len(after) > THREADS_MOST:
        return None
    if not all(isinstance(seq, int) and 0 <= seq < 2**63 for seq in after.values()):
        return None
    return said


def bell(_event: Told) -> str:
    """The bell and the main entries, with their numbers as they stand now."""
    g.signed_in = frames.counted(g.signed_in.sign_in.token_hash, utcnow())
    if g.signed_in is None:
        return ""
    return render_template("_counts_beside.html", bell=True, entries=True)


def changed(event: Told) -> dict[str, Any] | None:
    """Something that a page may be showing has changed: the page fetches it again.

    Unless it is between two who do not exist for each other by now.
    """
    others = [one for one in event.get("between", ()) if one != me().id]
    seen = select(User.id).where(User.id.in_(others), visible(to=me().id))
    if len(db.session.scalars(seen).all()) < len(others):
        return None
    return {"changed": event["subject"]}


def refused(event: Told) -> dict[str, Any]:
    """What the page said was not for this person to say."""
    return {"refused": event["what"]}


PARTS |= {"bell": bell, "changed": changed, "refused": refused}
