"""How does Google hold a meeting for us? An event with a Meet room, on the operator's calendar.

An event's id is ours to choose, made from the session's public id: a request that is sent twice
makes one event. The room may be made a moment later than its event; until then there is no address,
and the next try reads it.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from skillswap.lib.meeting import (
    GoogleAccount,
    Made,
    ProviderAway,
    ProviderSaysNo,
    Wanted,
    checked_link,
)
from skillswap.lib.service import Answer, Patience, Service, call

HOSTS = ("meet.google.com",)
ROOM_SECONDS = 30.0  # a room that is being made is asked for again so soon
TOO_MANY = ("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded")


def event_id(public_id: str) -> str:
    """The event's id for a session: always the same, of the letters Google takes (0-9, a-v)."""
    return hashlib.sha256(f"skillswap:{public_id}".encode()).hexdigest()[:40]


class GoogleMeet(Service):
    """Meetings at Google. A Provider."""

    name = "Google Meet"

    def __init__(self, account: GoogleAccount, patience: Patience) -> None:
        super().__init__(patience)
        self._account = account
        own = urlsplit(account.url).hostname
        self._hosts = (*HOSTS, own) if own else HOSTS

    def ask_token(self) -> Answer:
        """By the operator's refresh token."""
        account = self._account
        return call(
            "POST",
            account.token_url,
            name=self.name,
            patience=self.patience,
            data={
                "grant_type": "refresh_token",
                "refresh_token": account.refresh_token,
                "client_id": account.client_id,
                "client_secret": account.client_secret,
            },
        )

    def create(self, wanted: Wanted) -> Made:
        """Insert the event; where it is there already, as after a lost answer, change that."""
        key = event_id(wanted.public_id)
        answer = self._ask(
            "POST", self._account.events_url, _event(wanted) | {"id": key} | _room(key)
        )
        if answer.status == 409:
            return self._revive(wanted)
        return self._made(answer, wanted)

    def change(self, wanted: Wanted) -> Made:
        """The same event at another time; a new one where somebody has deleted it."""
        answer = self._ask("PATCH", self._of_event(wanted), _event(wanted))
        if answer.status in (404, 410):
            return self.create(wanted)
        return self._made(answer, wanted)

    def remove(self, wanted: Wanted) -> None:
        """Delete the event, whether or not we learnt that it is there."""
        answer = self._ask("DELETE", self._of_event(wanted), None)
        if answer.status not in (200, 204, 404, 410):
            raise ProviderSaysNo(f"Google does not delete its event: {answer.status}")

    def _revive(self, wanted: Wanted) -> Made:
        """A deleted event keeps its id: it is confirmed again, with its room or a new one."""
        answer = self._ask("PATCH", self._of_event(wanted), _event(wanted))
        return self._made(answer, wanted)

    def _of_event(self, wanted: Wanted) -> str:
        return f"{self._account.events_url}/{event_id(wanted.public_id)}"

    def _ask(self, method: str, url: str, event: dict[str, Any] | None) -> Answer:
        query = {"conferenceDataVersion": "1", "sendUpdates": "none"}
        answer = self.ask(method, url, params=query, **({"json": event} if event else {}))
        if answer.status == 403:  # both "not allowed" and "too many"
            errors = answer.get("error", "errors")
            first = errors[0] if isinstance(errors, list) and errors else None
            if isinstance(first, dict) and first.get("reason") in TOO_MANY:
                raise ProviderAway("Google answered 403: too many", answer.retry_after)
        return answer

    def _made(self, answer: Answer, wanted: Wanted) -> Made:
        """The event with its room; asked for once more when there was none, or making it failed."""
        if answer.status != 200 or answer.get("id") != event_id(wanted.public_id):
            raise ProviderSaysNo(f"Google holds no event: {answer.status}")
        if (url := _address(answer)) is None and not _is_pending(answer):
            key = event_id(wanted.public_id)
            again = _room(f"{key}-{wanted.tries}")
            answer = self._ask("PATCH", self._of_event(wanted), again)
            url = _address(answer) if answer.status == 200 else None
        if url is None:
            raise ProviderAway("Google has not made the room yet", ROOM_SECONDS)
        return Made(event_id(wanted.public_id), checked_link(url, self._hosts))


def _address(answer: Answer) -> Any:
    """The video address of the event, or None while there is none."""
    if answer.get("hangoutLink"):
        return answer.get("hangoutLink")
    entries = answer.get("conferenceData", "entryPoints")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("entryPointType") == "video":
            return entry.get("uri")
    return None


def _is_pending(answer: Answer) -> bool:
    status = answer.get("conferenceData", "createRequest", "status", "statusCode")
    return bool(status == "pending")


def _event(wanted: Wanted) -> dict[str, Any]:
    ends_at = wanted.starts_at + timedelta(minutes=wanted.minutes)
    return {
        "summary": wanted.topic,
        "description": f"SkillSwap session {wanted.public_id}",
        "start": {"dateTime": f"{wanted.starts_at:%Y-%m-%dT%H:%M:%SZ}", "timeZone": "UTC"},
        "end": {"dateTime": f"{ends_at:%Y-%m-%dT%H:%M:%SZ}", "timeZone": "UTC"},
        "status": "confirmed",
        "visibility": "private",
        "guestsCanInviteOthers": False,
    }


def _room(request_id: str) -> dict[str, Any]:
    """Google ignores a request for a room whose id it has seen."""
    return {
        "conferenceData": {
            "createRequest": {
                "requestId": request_id,
                "conferenceSolutionKey": {"type": "hangoutsMeet"},
            }
        }
    }
