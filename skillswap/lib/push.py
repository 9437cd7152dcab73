"""How does a message reach a browser? Encrypted for it, signed by us, over a guarded connection.

The address was given by a person, so it is trusted with nothing: https only, a host of a known
push service, never an address of a private network, no redirect followed, five seconds.
"""

from __future__ import annotations

import base64
import binascii
import http.client
import ipaddress
import json
import os
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid

from skillswap.lib.sending import Away, NotSent

TIMEOUT = 5.0  # seconds for connecting, and for the answer
MOST_BYTES = 3_000  # of the message before encryption; services take 4,096 after it
KEPT_SECONDS = 24 * 60 * 60  # how long a service keeps it for a browser that is off
SIGNED_SECONDS = 12 * 60 * 60
KNOWN_HOSTS = (
    "fcm.googleapis.com",
    "*.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)


class Gone(NotSent):
    """The browser has ended its subscription: forget it."""


class BadSubscription(ValueError):
    """Not what a browser would have given us; the message is a sentence's code."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a browser's push service takes messages for it, and how they are encrypted."""

    endpoint: str
    p256dh: str
    auth: str


class PushKey:
    """The key by which push services know us."""

    def __init__(self, private: str) -> None:
        """Raises ValueError for anything but 32 bytes in base64url."""
        raw = decoded(private)
        if len(raw) != 32:
            raise ValueError("32 bytes in base64url")
        self._vapid = Vapid.from_raw(private.encode())

    @staticmethod
    def new() -> str:
        """A new private key, as a setting."""
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        return encoded(number.to_bytes(32, "big"))

    @property
    def public(self) -> str:
        """What a browser is given when it subscribes."""
        point = self._vapid.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return encoded(point)

    def authorization(self, audience: str, subject: str) -> str:
        """The header that says who sends: good for one push service, for half a day."""
        claims = {"aud": audience, "sub": subject, "exp": int(time.time()) + SIGNED_SECONDS}
        return str(self._vapid.sign(claims)["Authorization"])


def encoded(raw: bytes) -> str:
    """base64url without its padding, as browsers write it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes behind base64url, with or without padding. Raises ValueError."""
    try:
        bare = text.rstrip("=").encode("ascii")
        return base64.b64decode(bare + b"=" * (-len(bare) % 4), b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError("not base64url") from error


# -- whom we talk to ------------------------------------------------------------------------------


def check(address: Address, hosts: Sequence[str]) -> None:
    """Raises BadSubscription unless it is a push service of `hosts` and its keys are keys."""
    _check_endpoint(address.endpoint, hosts)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(address.p256dh))
        well = len(decoded(address.auth)) == 16
    except ValueError:
        well = False
    if not well:
        raise BadSubscription("push_keys")


def _check_endpoint(endpoint: str, hosts: Sequence[str]) -> SplitResult:
    """The parts of an address that may be called.

    An entry of `hosts` is a name, `*.` and a name, or for tests a whole origin.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadSubscription("push_host") from None
    if not endpoint.isascii() or any(sign <= " " or sign in "\\\x7f" for sign in endpoint):
        raise BadSubscription("push_host")
    if f"{parts.scheme}://{parts.netloc}" in hosts:
        return parts
    named = any(
        host == entry or (entry.startswith("*.") and host.endswith(entry[1:])) for entry in hosts
    )
    whole = parts.scheme == "https" and port in (None, 443) and "@" not in parts.netloc
    if not (named and whole):
        raise BadSubscription("push_host")
    return parts


def _public_addresses(host: str, port: int) -> list[str]:
    """Where that name leads, once for the check and the call. Raises Away when it leads inside."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Away(f"{host}: {error}") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not all(ipaddress.ip_address(one).is_global for one in addresses):
        raise Away(f"{host} leads to a private network")
    return addresses


# -- sending --------------------------------------------------------------------------------------


def message(facts: dict[str, str]) -> bytes:
    """The facts as JSON within what a push service takes: a long `body` is cut."""
    while len(raw := json.dumps(facts, ensure_ascii=False).encode()) > MOST_BYTES:
        body = facts["body"]
        if not body:
            raise ValueError("too long even without its body")
        keep = len(body) - max(2, (len(raw) - MOST_BYTES) // 4)
        facts = facts | {"body": body[: max(0, keep)].rstrip() + ("…" if keep > 0 else "")}
    return raw


def encrypt(raw: bytes, address: Address) -> bytes:
    """For that browser's eyes only (RFC 8291)."""
    sealed: bytes = http_ece.encrypt(
        raw,
        salt=os.urandom(16),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=decoded(address.p256dh),
        auth_secret=decoded(address.auth),
        version="aes128gcm",
    )
    return sealed


def send(
    raw: bytes, address: Address, *, key: PushKey, subject: str, hosts: Sequence[str], topic: str
) -> None:
    """Hand one message to the push service. Raises Gone, Away, NotSent; otherwise it was taken.

    A later message of the same topic replaces one that still waits there.
    """
    try:
        parts = _check_endpoint(address.endpoint, hosts)
    except BadSubscription as error:  # the list has changed since
        raise Gone("not a known push service", for_good=True) from error
    connection = _connection(parts, hosts)
    headers = {
        "Authorization": key.authorization(f"{parts.scheme}://{parts.netloc}", subject),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEPT_SECONDS),
        "Topic": topic,
        "Urgency": "normal",
    }
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    status = _post(connection, path or "/", encrypt(raw, address), headers)
    if status in (404, 410):
        raise Gone(f"{status} the subscription has ended", for_good=True)
    if not 200 <= status < 300:
        # a redirect is not followed; 4xx other than "too many" would be answered so again
        again = status in (408, 429) or status >= 500
        raise NotSent(f"{status} from {parts.hostname}", for_good=not again)


def _post(
    connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str]
) -> int:
    try:
        connection.request("POST", path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise Away(f"{connection.host}: {type(error).__name__}") from error
    finally:
        connection.close()


def _connection(parts: SplitResult, hosts: Sequence[str]) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if f"{parts.scheme}://{parts.netloc}" in hosts:  # named whole: a test's own
        return http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT)
    return Pinned(host, _public_addresses(host, 443))


class Pinned(http.client.HTTPSConnection):
    """Calls the addresses that were checked, whatever the name says a moment later."""

    def __init__(self, host: str, addresses: list[str]) -> None:
        self._tls = ssl.create_default_context()
        self._addresses = addresses
        super().__init__(host, 443, timeout=TIMEOUT, context=self._tls)

    def connect(self) -> None:
        """Connect to the first that answers, and check the certificate against the name."""
        plain = self._reach()
        try:
            self.sock: Any = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise

    def _reach(self) -> socket.socket:
        error: OSError = OSError("no address")
        for address in self._addresses[:2]:
            try:
                return socket.create_connection((address, 443), TIMEOUT)
            except OSError as failed:
                error = failed
        raise error
