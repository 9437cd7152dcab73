"""How is a video service called? With a token, over a guarded connection.

Only services that the operator has named are called, under addresses from the settings; nothing a
person typed is ever fetched. No redirect is followed, no proxy of the environment is used, an
answer may take so long and be so big, and no more.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from skillswap.lib.clock import utcnow
from skillswap.lib.meeting import ProviderAway, ProviderSaysNo

MOST_BYTES = 512 * 1024  # of an answer
MOST_WAIT = 6 * 60 * 60.0  # seconds: the longest Retry-After that is honoured
TOKEN_SPARE = 60.0  # seconds before its end at which a token is not used any more


def retry_after(value: str | None, now: datetime) -> float | None:
    """The seconds a Retry-After asks for: a number, an HTTP date or an ISO one; at most 6 hours."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MOST_WAIT)
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            at = read(text)
        except ValueError:
            continue
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return min(max(0.0, (at - now).total_seconds()), MOST_WAIT)
    return None


# -- one call -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call may take, in seconds."""

    connect: float = 3.0  # for each address of a name
    read: float = 5.0  # between two bytes
    whole: float = 10.0  # from the connection to the last byte

    @classmethod
    def of(cls, seconds: float) -> Patience:
        """That long for an answer, twice as long for all of it."""
        return cls(min(3.0, seconds), seconds, 2 * seconds)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said."""

    status: int
    body: Any  # of its JSON; None when it is none
    retry_after: float | None

    def get(self, *path: str) -> Any:
        """What stands at that place in the body, or None."""
        found = self.body
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        return found


class Cut:
    """Ends a connection that takes too long, whatever it is doing."""

    def __init__(self, seconds: float) -> None:
        self.is_late = False
        self._sock: Any = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self.ends_at = time.monotonic() + seconds

    def __enter__(self) -> Cut:
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()

    def hold(self, sock: Any) -> None:
        """This is the connection. Ended at once when it came too late."""
        self._sock = sock
        if self.is_late:
            self._end()

    def _end(self) -> None:
        self.is_late = True
        if self._sock is not None:
            with suppress(OSError):  # it has ended by itself
                self._sock.shutdown(2)


class Adapter(HTTPAdapter):
    """Connections that a Cut holds: requests itself bounds the silence between two bytes only."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Pools whose connections report to the cut."""
        super().init_poolmanager(*args, **kwargs)
        cut = self._cut

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                cut.hold(self.sock)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                cut.hold(self.sock)

        plain = type("Pool", (HTTPConnectionPool,), {"ConnectionCls": Plain})
        secure = type("Pool", (HTTPSConnectionPool,), {"ConnectionCls": Secure})
        self.poolmanager.pool_classes_by_scheme = {"http": plain, "https": secure}


def call(
    method: str,
    url: str,
    *,
    name: str,
    patience: Patience,
    headers: Mapping[str, str] | None = None,
    **body: Any,
) -> Answer:
    """One request and its whole answer. Raises ProviderAway when it did not come in time.

    The errors name the service and the kind of trouble, never an address, a header or a body.
    """
    with Cut(patience.whole) as cut, requests.Session() as http:
        http.trust_env = False
        http.mount("https://", Adapter(cut))
        http.mount("http://", Adapter(cut))
        try:
            with http.request(
                method,
                url,
                headers={"Accept": "application/json", "Connection": "close", **(headers or {})},
                timeout=(patience.connect, patience.read),
                allow_redirects=False,
                stream=True,
                **body,
            ) as answer:
                raw = _read(answer, name)
                if cut.is_late:  # what was cut off looks like a short answer
                    raise requests.Timeout
                said = retry_after(answer.headers.get("Retry-After"), utcnow())
                return _sorted(name, Answer(answer.status_code, _json(raw), said))
        except (requests.RequestException, OSError) as error:
            how = "took too long" if cut.is_late else type(error).__name__
            raise ProviderAway(f"{name} did not answer: {how}") from None


def _read(answer: requests.Response, name: str) -> bytes:
    raw = b""
    for piece in answer.iter_content(16 * 1024):
        raw += piece
        if len(raw) > MOST_BYTES:
            raise ProviderSaysNo(f"{name} answered more than can be read")
    return raw


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _sorted(name: str, answer: Answer) -> Answer:
    """What is worth another try raises here; the rest is the caller's to read."""
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise ProviderAway(f"{name} answered {answer.status}", answer.retry_after)
    return answer


# -- calls with a token ---------------------------------------------------------------------------


class Service:
    """What services with OAuth have in common: a token, kept until a minute before its end, and
    asked for anew once when it is refused.
    """

    name = ""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self._token, self._until = "", 0.0

    def ask_token(self) -> Answer:
        """The request that gives a token."""
        raise NotImplementedError

    def ask(self, method: str, url: str, **body: Any) -> Answer:
        """One authorised request. Raises ProviderSaysNo when a fresh token is refused too."""
        for again in (True, False):
            headers = {"Authorization": f"Bearer {self._fresh() if again else self._new()}"}
            answer = call(
                method, url, name=self.name, patience=self.patience, headers=headers, **body
            )
            if answer.status != 401:
                return answer
        self._until = 0.0
        raise ProviderSaysNo(f"{self.name} does not take our credentials")

    def _fresh(self) -> str:
        return self._token if time.monotonic() < self._until else self._new()

    def _new(self) -> str:
        answer = self.ask_token()
        token, seconds = answer.get("access_token"), answer.get("expires_in")
        if answer.status != 200 or not isinstance(token, str) or not token.isascii():
            raise ProviderSaysNo(f"{self.name} gives no token: {answer.status}")
        kept = float(seconds) if isinstance(seconds, int | float) else 0.0
        self._token, self._until = token, time.monotonic() + max(0.0, kept - TOKEN_SPARE)
        return token
