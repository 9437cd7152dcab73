"""Who is let in at /ws? Asked before the upgrade; afterwards Flask has left the room.

The view hands a ticket to the WSGI layer around the app. So while a socket is open no request and
no database connection is: sixty idle sockets would otherwise hold all there are.
"""

from __future__ import annotations

import logging
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, g, request

from skillswap.config import LOCAL_HOSTS, Settings
from skillswap.domain.frame import SignedIn
from skillswap.live.hall import HALL
from skillswap.live.parts import Stage
from skillswap.live.wire import Socket, acceptance
from skillswap.web import csrf_token

log = logging.getLogger(__name__)
PATH = "/ws"
TICKET = "skillswap.ticket"
VERSION, KEY_BYTES = "13", 16
DEFAULT_PORTS = {"http": 80, "https": 443}
bp = Blueprint("live", __name__)


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whoever may come in."""

    user_id: int
    sign_in_id: int
    csrf: str
    key: str


def origins(settings: Settings) -> frozenset[str]:
    """The Origin headers of our own pages, as browsers write them."""
    url = urlsplit(settings.public_url)
    hosts = [url.hostname or ""] if settings.production else [url.hostname or "", *LOCAL_HOSTS]
    port = "" if url.port in (None, DEFAULT_PORTS.get(url.scheme)) else f":{url.port}"
    return frozenset(f"{url.scheme}://{host}{port}" for host in hosts)


@bp.route(PATH, websocket=True)
def enter() -> Response:
    """The gate: our own page (403), signed in (401), a whole handshake (400), room (503)."""
    here: SignedIn | None = g.get("signed_in")
    key = handshake_key()
    if request.headers.get("Origin") not in current_app.config["LIVE_ORIGINS"]:
        return said(403, "This comes from another site.")
    if here is None:
        return said(401, "Log in first.")
    if key is None:
        return said(400, "This is no WebSocket handshake.")
    if HALL.is_full or "gunicorn.socket" not in request.environ:
        return said(503, "No room for another live connection.")
    ticket = Ticket(here.user.id, here.sign_in.id, csrf_token(), key)
    request.environ[TICKET] = ticket
    return Response(status=204)


def said(status: int, text: str) -> Response:
    """No page: nobody looks at the answer to a handshake."""
    answer = Response(text + "\n", status, mimetype="text/plain")
    if status == 503:
        answer.headers["Retry-After"] = "10"
    return answer


def handshake_key() -> str | None:
    """The key of the request, if it is a handshake as RFC 6455 has it."""
    headers = request.headers
    key = headers.get("Sec-WebSocket-Key", "")
    if request.method != "GET" or headers.get("Sec-WebSocket-Version") != VERSION:
        return None
    if headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in headers:
        return None
    try:
        return key if len(b64decode(key, validate=True)) == KEY_BYTES else None
    except (NotBase64, ValueError):
        return None


class Entrance:
    """Around the app: when the gate has given a ticket, the connection becomes a socket."""

    def __init__(self, inner: Callable[..., Iterable[bytes]], stage: Stage) -> None:
        self.inner, self.stage = inner, stage

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = self.inner(environ, start_response)
        ticket = environ.pop(TICKET, None)
        if ticket is None:
            return answer
        raw = environ["gunicorn.socket"]
        environ.clear()  # kilobytes, for as long as the socket is open
        self.serve(raw, ticket)
        raise StopIteration  # by which gunicorn knows that the connection is over

    def serve(self, raw: Any, ticket: Ticket) -> None:
        """Answer the handshake and listen until the end. Raises nothing: gunicorn would write an
        error page into the stream.
        """
        socket = None
        try:
            socket = Socket(
                raw,
                user_id=ticket.user_id,
                sign_in_id=ticket.sign_in_id,
                csrf=ticket.csrf,
                word=self.stage.word,
            )
            HALL.enter(socket)
            raw.sendall(acceptance(ticket.key))
            for text in socket.messages():
                self.stage.take(socket, text)
        except OSError:
            pass  # the other side is gone
        except Exception:
            log.exception("a socket ended with an error")
        finally:
            if socket is not None:
                socket.end()
                HALL.leave(socket)


def init_live(app: Flask, settings: Settings) -> None:
    """Put the gate into the app and the entrance around it."""
    app.config["LIVE_ORIGINS"] = origins(settings)
    HALL.most = settings.live_sockets
    app.register_blueprint(bp)
    app.wsgi_app = Entrance(app.wsgi_app, Stage(app))  # type: ignore[method-assign]
