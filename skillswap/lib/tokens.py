"""How is a secret made that only its holder knows?"""

from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """256 random bits in 43 characters that fit an address."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What a table keeps of a token: enough to know it again, useless to a thief."""
    return hashlib.sha256(token.encode()).hexdigest()
