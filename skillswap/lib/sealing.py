"""How is a small secret kept so that the table alone is worth nothing to a thief?"""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Sealer:
    """Seals with the first of some secrets and opens with any of them, each for one purpose.

    AES-128-CBC with an HMAC (Fernet); the keys are SHA-256 of purpose and secret, so that what
    is sealed for one purpose opens for no other.
    """

    def __init__(self, *secrets: str, purpose: str) -> None:
        keys = [hashlib.sha256(f"{purpose}:{secret}".encode()).digest() for secret in secrets]
        self._box = MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])

    def seal(self, text: str) -> str:
        """The text, readable for nobody without the secrets."""
        return self._box.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """What was sealed. Raises ValueError for what these secrets never sealed."""
        try:
            return self._box.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise ValueError("sealed by another key, or not at all") from None
