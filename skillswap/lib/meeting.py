"""What do we ask of a video service? The one interface behind which Zoom and Google stand, their
accounts, and which links may be shown. How they are called is in `service.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

URL_LENGTH = 1_000
# where people's own links may lead; an entry stands for itself and the names below it
KNOWN_HOSTS = (
    "zoom.us",
    "zoom.com",
    "meet.google.com",
    "teams.microsoft.com",
    "teams.live.com",
    "webex.com",
    "whereby.com",
    "meet.jit.si",
    "8x8.vc",
    "skype.com",
    "signal.link",
    "bigbluebutton.org",
)


class ProviderAway(Exception):
    """No answer, or "not now": another try may help, after `retry_after` seconds if it said so."""

    def __init__(self, said: str, retry_after: float | None = None) -> None:
        super().__init__(said)
        self.retry_after = retry_after


class ProviderSaysNo(Exception):
    """An answer that will be the same the next time: wrong credentials, not allowed, garbage."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The meeting a session wants. Names nobody: a service learns a skill and a time."""

    public_id: str
    topic: str
    starts_at: datetime
    minutes: int
    external_id: str  # as the service knows it; "" when we do not know of one
    tries: int  # 1 for the first; from the second on an earlier one may have come through


@dataclass(frozen=True, slots=True)
class Made:
    """A meeting that is there."""

    external_id: str
    join_url: str


class Provider(Protocol):
    """A video service. Every call ends in time, with an answer or one of the two errors."""

    def create(self, wanted: Wanted) -> Made:
        """A meeting for it: the one an earlier try has made, or a new one."""

    def change(self, wanted: Wanted) -> Made:
        """Let its meeting be at its present time; made anew where it is gone."""

    def remove(self, wanted: Wanted) -> None:
        """Let there be no meeting for it. Harmless when there is none."""


def fits_host(host: str, allowed: Sequence[str]) -> bool:
    """Whether a host is one of those allowed, or below one: never merely ends with its letters."""
    host = host.lower().rstrip(".")
    return any(host == one or host.endswith("." + one) for one in allowed)


def checked_link(url: Any, hosts: Sequence[str]) -> str:
    """A join address as a service gave it. Raises ProviderSaysNo for anything else."""
    if not isinstance(url, str) or len(url) > URL_LENGTH or not url.isascii():
        raise ProviderSaysNo("its answer holds no address to join at")
    parts = urlsplit(url)
    plain = not any(sign <= " " or sign in "\"'<>\\\x7f" for sign in url)
    if parts.scheme != "https" or not plain or not fits_host(parts.hostname or "", hosts):
        raise ProviderSaysNo("its answer leads to an address that is not its own")
    return url


# -- accounts -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ZoomAccount:
    """A server-to-server app of the operator, and whose meetings they are."""

    account_id: str
    client_id: str
    client_secret: str = field(repr=False)
    user: str = "me"
    url: str = ""  # instead of Zoom's own addresses; for tests

    @property
    def token_url(self) -> str:
        """Where tokens are given."""
        return f"{self.url or 'https://zoom.us'}/oauth/token"

    @property
    def api_url(self) -> str:
        """Where its API begins."""
        return f"{self.url or 'https://api.zoom.us'}/v2"


@dataclass(frozen=True, slots=True)
class GoogleAccount:
    """The operator's consent to an app of theirs, and the calendar the events go to."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)
    calendar_id: str = "primary"
    url: str = ""  # instead of Google's own addresses; for tests

    @property
    def token_url(self) -> str:
        """Where tokens are given."""
        return f"{self.url or 'https://oauth2.googleapis.com'}/token"

    @property
    def events_url(self) -> str:
        """Where the calendar's events are."""
        base = f"{self.url or 'https://www.googleapis.com'}/calendar/v3"
        return f"{base}/calendars/{quote(self.calendar_id, safe='')}/events"
