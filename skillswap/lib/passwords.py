"""How is a password kept and checked?"""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from skillswap.lib.offload import off_the_loop

# 19 MiB, two passes, one lane: OWASP's first choice for Argon2id; 21 ms a check when measured
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_at_once = threading.BoundedSemaphore(4)  # so a burst of log-ins holds at most 76 MiB
# checked when the address is unknown, so that both answers take the same time
_nobody = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    """An Argon2id hash with its parameters and salt in it."""
    with _at_once:
        return off_the_loop(_hasher.hash, password)


def check_password(stored: str | None, password: str) -> bool:
    """Whether the password fits; None (no such account) costs the same time and says no."""
    try:
        with _at_once:
            off_the_loop(_hasher.verify, stored or _nobody, password)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether a stored hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)
