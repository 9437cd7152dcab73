"""Which usernames may a person have? One rule for signing up and for changing it later."""

from __future__ import annotations

import re

from skillswap.errors import Refused

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
