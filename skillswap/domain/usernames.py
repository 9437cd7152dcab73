"""What may a person be called? One rule for signing up and for changing it later."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator

from skillswap.errors import Refused
from skillswap.lib.text import Unprintable, clean_line, mixes_alphabets, search_key

SHAPE = re.compile(r"[a-z][a-z0-9-]{2,29}")
# names that would look like the house speaking, or like a part of an address
RESERVED = frozenset(
    """
    about abuse account accounts admin administrator admins anonymous api app badges billing blog
    board bookmarks bot calendar chat contact copyright dashboard deleted demo dev edit email
    everybody everyone exchange exchanges explore feed feeds followers following guest healthz help
    helpdesk home info invite leaderboard legal login logout mail me media member members
    messages metrics mod moderation moderator moderators mods new news nobody none notifications
    null offline official owner password people pitch pitches points post posts postmaster press
    privacy profile push readyz report root safety saved search security session sessions settings
    signin signout signup skill skills skillswap skillswap-team somebody staff static status strikes
    support system teacher teachers team terms test trust undefined unsubscribe user username users
    verification verified verify webmaster welcome wishes www
    """.split()
)
# what nobody may be called who does not run the place
STAFF = frozenset("admin administrator moderator official staff support team skillswap".split())
NAME_LENGTH, NAME_KEY_LENGTH = 60, 130
LONGEST_BASE = 24  # leaves room for a number behind
FALLBACK = "member"
NOT_PLAIN = re.compile(r"[^a-z0-9]+")


def check_username(username: str) -> str:
    """The username as it is kept, in small letters. Raises Refused for its shape or a kept name.

    Whether somebody has it already is for the unique index to say.
    """
    username = username.strip().lower()
    if not SHAPE.fullmatch(username):
        raise Refused("username", "username_shape")
    if username in RESERVED or username.replace("-", "") in RESERVED:
        raise Refused("username", "username_reserved")
    return username


def clean_name(where: str, typed: str) -> str:
    """A first or last name as it is kept; may be empty. Raises Refused beside `where`."""
    try:
        name = clean_line(typed)
    except Unprintable:
        raise Refused(where, "control_characters") from None
    if len(name) > NAME_LENGTH:
        raise Refused(where, "too_long", limit=NAME_LENGTH)
    if mixes_alphabets(name):
        raise Refused(where, "two_alphabets")
    return name


def name_key(first_name: str, last_name: str) -> str:
    """What a search for a name is compared with."""
    return search_key(f"{first_name} {last_name}")[:NAME_KEY_LENGTH]


def reads_like_staff(name: str) -> bool:
    """Whether a shown name is a title of those who run the place: "Support", "SkillSwap Team"."""
    words = re.sub(r"[^a-z]+", " ", search_key(name)).split()
    return bool(words) and (set(words) <= STAFF or "".join(words).startswith("skillswap"))


def username_base(first_name: str, last_name: str) -> str:
    """`ines-duarte` for Inês Duarte; `member` where nothing plain is left of a name."""
    plain = NOT_PLAIN.sub("-", search_key(f"{first_name} {last_name}")).strip("-")
    base = re.sub(r"^[^a-z]+", "", plain)[:LONGEST_BASE].rstrip("-")
    try:
        return check_username(base)
    except Refused:
        return FALLBACK


def candidates(first_name: str, last_name: str) -> Iterator[str]:
    """Usernames to try one after the other: the plain one, then ever longer numbers behind it."""
    base = username_base(first_name, last_name)
    if base != FALLBACK:
        yield base
    for digits in (2, 2, 3, 3, 4, 4, 5, 5, 5):
        yield f"{base}-{secrets.randbelow(9 * 10 ** (digits - 1)) + 10 ** (digits - 1)}"
