"""How are documents kept so that nobody reads them who finds them?

Sealed before they reach any storage, under names that tell nothing, by a key that is used for
nothing else.
"""

from __future__ import annotations

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from skillswap.lib.media import new_name
from skillswap.lib.offload import off_the_loop
from skillswap.lib.storage import Storage

ENDING = ".sealed"
PURPOSE = "documents of claims"
NONCE = 12


class Unreadable(ValueError):
    """Sealed by another key, under another name, or changed since."""


class Vault:
    """Files in a storage, sealed with the first of some keys and opened with any of them.

    AES-256-GCM; a file's name is sealed with it, so that none can be put in another's place.
    """

    def __init__(self, storage: Storage, *keys: str) -> None:
        self.storage = storage
        digests = [hashlib.sha256(f"{PURPOSE}:{key}".encode()).digest() for key in keys]
        self._boxes = {_mark(digest): AESGCM(digest) for digest in digests}
        self.mark = _mark(digests[0])

    @property
    def marks(self) -> frozenset[str]:
        """By these the keys are told apart; they give nothing away."""
        return frozenset(self._boxes)

    def new_name(self) -> str:
        """Where a file will lie."""
        return new_name(ENDING)

    def seal(self, name: str, data: bytes) -> bytes:
        """What is stored under that name."""
        nonce = secrets.token_bytes(NONCE)
        sealed: bytes = off_the_loop(self._boxes[self.mark].encrypt, nonce, data, name.encode())
        return bytes.fromhex(self.mark) + nonce + sealed

    def open(self, name: str) -> bytes:
        """The file as it was. Raises KeyError when it is gone, OSError when the storage does not
        answer, Unreadable when no key fits or it was tampered with."""
        kept = self.storage.get(name)
        mark, rest = kept[: len(self.mark) // 2].hex(), kept[len(self.mark) // 2 :]
        if (box := self._boxes.get(mark)) is None:
            raise Unreadable("the key that sealed it is not given")
        try:
            data: bytes = off_the_loop(box.decrypt, rest[:NONCE], rest[NONCE:], name.encode())
        except (InvalidTag, ValueError):
            raise Unreadable("it is not what was sealed") from None
        return data


def _mark(digest: bytes) -> str:
    return hashlib.sha256(b"mark:" + digest).hexdigest()[:16]
