"""What may be a password, how is an address spelled, and is this somebody's own password?"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email

from skillswap.domain import attempts
from skillswap.errors import Refused
from skillswap.lib.passwords import check_password
from skillswap.lib.text import search_key
from skillswap.models import User

PASSWORD_LEAST, PASSWORD_MOST = 10, 128
SHORTEST_PART = 4  # a password may well hold "al" or "mo" by chance
SITE = "skillswap"
COMMON = Path(__file__).resolve().parent.parent / "data" / "common_passwords.txt"


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text(encoding="utf-8").split())


def same_everywhere(password: str) -> str:
    """One form for what two keyboards compose differently."""
    return normalize("NFC", password)


def check_new_password(password: str, email: str, *names: str, where: str = "password") -> None:
    """Raises Refused for one that is too short, too long, well known, or easily guessed."""
    password = same_everywhere(password)
    if len(password) < PASSWORD_LEAST:
        raise Refused(where, "password_short")
    if len(password) > PASSWORD_MOST:
        raise Refused(where, "password_long")
    folded = password.casefold()
    if folded in _common():
        raise Refused(where, "password_common")
    plain = search_key(password).replace(" ", "")
    parts = (search_key(part).replace(" ", "") for part in (email.split("@")[0], *names, SITE))
    if email in folded or any(len(part) >= SHORTEST_PART and part in plain for part in parts):
        raise Refused(where, "password_personal")


def fold_address(email: str) -> str:
    """The one spelling under which an address is kept and found: small letters throughout."""
    try:
        known = validate_email(email.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return email.strip().lower()
    return known.normalized.lower()


def fits(stored: str | None, typed: str) -> bool:
    """Whether a typed password is the one behind the hash. Takes the same time for no account."""
    typed = same_everywhere(typed)
    return check_password(stored, typed) and len(typed) <= PASSWORD_MOST


def count_check(person: User, field: str, now: datetime) -> list[int]:
    """Count a try at one's own password: a borrowed device must not become a place to guess.

    Commit it before `own_password`; what that leaves is refunded there. Raises TooMany.
    """
    return attempts.spend((attempts.PASSWORD_AGAIN, str(person.id)), field=field, now=now)


def own_password(person: User, typed: str, counted: list[int], *, field: str) -> None:
    """The password, asked once more before something that matters. Raises Refused.

    Call it first in its transaction: it checks a hash.
    """
    if not fits(person.password_hash, typed):
        raise Refused(field, "wrong_password")
    attempts.refund(counted)
