"""Google as its API is published: tokens by a refresh token, and the events of one calendar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from skillswap.lib.google_meet import GoogleMeet
from skillswap.lib.meeting import GoogleAccount
from skillswap.lib.service import Patience
from tests.support.video import Asked, Reply, VideoService, serving

SECRET, REFRESH = "secret-of-google", "refresh-of-google"
EVENTS = "/calendar/v3/calendars/primary/events"


def error(status: int, reason: str, **headers: str) -> Reply:
    """An error as the Calendar API words it."""
    body = {"error": {"code": status, "errors": [{"reason": reason}], "message": reason}}
    return Reply(status, body, **headers)


class GoogleService(VideoService):
    """Holds events by id; a deleted one stays as cancelled, and its id with it."""

    name = "Google Meet"
    token_path = "/token"

    def __init__(self) -> None:
        super().__init__()
        self.events: dict[str, dict[str, Any]] = {}
        self.room = "success"  # what becomes of a room that is asked for

    @property
    def settings(self) -> dict[str, str]:
        """For the environment of the app."""
        return {
            "GOOGLE_CLIENT_ID": "client",
            "GOOGLE_CLIENT_SECRET": SECRET,
            "GOOGLE_REFRESH_TOKEN": REFRESH,
            "GOOGLE_URL": self.origin,
        }

    def provider(self, patience: Patience) -> GoogleMeet:
        """The adapter under test."""
        return GoogleMeet(GoogleAccount("client", SECRET, REFRESH, url=self.origin), patience)

    @property
    def meetings(self) -> list[tuple[str, int]]:
        """Start and minutes of each that is there."""
        found = []
        for event in self.events.values():
            if event["status"] == "confirmed":
                start = event["start"]["dateTime"]
                length = datetime.fromisoformat(event["end"]["dateTime"]) - datetime.fromisoformat(
                    start
                )
                found.append((start, int(length.total_seconds() // 60)))
        return found

    def answer(self, asked: Asked) -> Reply:
        """By the API."""
        if asked.path == self.token_path:
            return self._token(asked)
        if asked.authorization.removeprefix("Bearer ") not in self.tokens:
            return error(401, "authError")
        if asked.query.get("conferenceDataVersion") != "1":
            return error(400, "the room would be ignored")
        if asked.path == EVENTS:
            return self._insert(asked.json)
        key = asked.path.removeprefix(f"{EVENTS}/")
        if key not in self.events:
            return error(404, "notFound")
        event = self.events[key]
        if asked.method == "DELETE":
            if event["status"] == "cancelled":
                return error(410, "deleted")
            event["status"] = "cancelled"
            return Reply(204)
        event |= {name: value for name, value in asked.json.items() if name != "conferenceData"}
        self._open(event, asked.json.get("conferenceData"))
        return Reply(200, event)

    def _token(self, asked: Asked) -> Reply:
        wanted = {
            "grant_type": "refresh_token",
            "refresh_token": REFRESH,
            "client_id": "client",
            "client_secret": SECRET,
        }
        if asked.form != wanted:
            return Reply(400, {"error": "invalid_grant"})
        token = {"access_token": self.new_token(), "token_type": "Bearer", "expires_in": 3599}
        return Reply(200, token)

    def _insert(self, event: dict[str, Any]) -> Reply:
        if not re.fullmatch(r"[a-v0-9]{5,1024}", event["id"]):
            return error(400, "invalid")
        if event["id"] in self.events:
            return error(409, "duplicate")
        room = event.pop("conferenceData")
        self.events[event["id"]] = event
        self._open(event, room)
        return Reply(200, event)

    def _open(self, event: dict[str, Any], room: dict[str, Any] | None) -> None:
        """Make the room that is asked for, unless that request has been seen."""
        had = event.get("conferenceData", {}).get("createRequest", {})
        if room and room["createRequest"]["requestId"] != had.get("requestId"):
            event["conferenceData"] = {"createRequest": room["createRequest"] | {"status": {}}}
            self.settle(event)

    def settle(self, event: dict[str, Any]) -> None:
        """What was asked for is made now, or still pending, or failed."""
        conference = event["conferenceData"]
        conference["createRequest"]["status"]["statusCode"] = self.room
        if self.room == "success":
            link = f"https://meet.google.com/{event['id'][:3]}-abcd-xyz"
            event["hangoutLink"] = link
            conference["entryPoints"] = [
                {"entryPointType": "phone", "uri": "tel:+1-555-0100"},
                {"entryPointType": "video", "uri": link},
            ]


@contextmanager
def google() -> Iterator[GoogleService]:
    """One that listens until the block ends."""
    service = GoogleService()
    with serving(service):
        yield service
