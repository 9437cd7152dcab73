"""Zoom as its API is published: server-to-server OAuth, and the meetings of one user."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from skillswap.lib.meeting import ZoomAccount
from skillswap.lib.service import Patience
from skillswap.lib.zoom import Zoom
from tests.support.video import Asked, Reply, VideoService, serving

SECRET = "secret-of-zoom"
GONE = Reply(404, {"code": 3001, "message": "Meeting does not exist."})


class ZoomService(VideoService):
    """Holds meetings by number."""

    name = "Zoom"
    token_path = "/oauth/token"

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[int, dict[str, Any]] = {}
        self.lists = True  # whether we may read the list

    @property
    def settings(self) -> dict[str, str]:
        """For the environment of the app."""
        return {
            "ZOOM_ACCOUNT_ID": "account",
            "ZOOM_CLIENT_ID": "client",
            "ZOOM_CLIENT_SECRET": SECRET,
            "ZOOM_URL": self.origin,
        }

    def provider(self, patience: Patience) -> Zoom:
        """The adapter under test."""
        account = ZoomAccount("account", "client", SECRET, url=self.origin)
        return Zoom(account, patience)

    @property
    def meetings(self) -> list[tuple[str, int]]:
        """Start and minutes of each that is there."""
        return [(one["start_time"], one["duration"]) for one in self.held.values()]

    def answer(self, asked: Asked) -> Reply:
        """By the API."""
        if asked.path == self.token_path:
            return self._token(asked)
        if asked.authorization.removeprefix("Bearer ") not in self.tokens:
            return Reply(401, {"code": 124, "message": "Access token is expired."})
        if asked.path == "/v2/users/me/meetings":
            return self._create(asked) if asked.method == "POST" else self._list(asked)
        match = re.fullmatch(r"/v2/meetings/(\d+)", asked.path)
        if match is None or int(match[1]) not in self.held:
            return GONE
        number = int(match[1])
        if asked.method == "GET":
            return Reply(200, self.held[number])
        if asked.method == "PATCH":
            self.held[number] |= asked.json
        else:
            del self.held[number]
        return Reply(204)

    def _token(self, asked: Asked) -> Reply:
        basic = base64.b64encode(f"client:{SECRET}".encode()).decode()
        wanted = {"grant_type": "account_credentials", "account_id": "account"}
        if asked.authorization != f"Basic {basic}" or asked.form != wanted:
            return Reply(400, {"reason": "Invalid client", "error": "invalid_client"})
        token = {"access_token": self.new_token(), "token_type": "bearer", "expires_in": 3599}
        return Reply(200, token)

    def _create(self, asked: Asked) -> Reply:
        number = 81_000_000_000 + len(self.calls("POST"))
        join = f"https://us05web.zoom.us/j/{number}?pwd=x.1"
        self.held[number] = asked.json | {"id": number, "join_url": join, "status": "waiting"}
        return Reply(201, self.held[number])

    def _list(self, asked: Asked) -> Reply:
        if not self.lists:
            return Reply(400, {"code": 4711, "message": "Invalid access token, no such scope."})
        shown = ("id", "topic", "agenda", "type", "start_time", "duration", "join_url")
        every = [{name: one[name] for name in shown} for one in self.held.values()]
        first = int(asked.query.get("next_page_token", "0"))
        more = str(first + 1) if first + 1 < len(every) else ""
        return Reply(200, {"meetings": every[first : first + 1], "next_page_token": more})


@contextmanager
def zoom() -> Iterator[ZoomService]:
    """One that listens until the block ends."""
    service = ZoomService()
    with serving(service):
        yield service
