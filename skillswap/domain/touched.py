"""Of whom has this unit of work changed what lists are made of? Asked before it is kept."""

from __future__ import annotations

from skillswap.db import db

KEY = "touched"  # of whom lists of teachers are made anew
DEEDS = "deeds"  # who did something about a skill


def touch(*user_ids: int) -> None:
    """The rows derived of these people are made anew before the transaction is kept.

    For what is written by a statement; a row that the unit of work flushes is noticed by itself.
    """
    for key in (KEY, DEEDS):
        db.session.info.setdefault(key, set()).update(user_ids)


def take(key: str = KEY) -> list[int]:
    """Who was touched, in the order of their ids; from then on nobody is."""
    return sorted(db.session.info.pop(key, ()))
