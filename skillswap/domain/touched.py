"""Of whom has this unit of work changed what lists are made of? Asked before it is kept."""

from __future__ import annotations

from skillswap.db import db

KEY = "touched"


def touch(*user_ids: int) -> None:
    """The rows derived of these people are made anew before the transaction is kept.

    For what is written by a statement; a row that the unit of work flushes is noticed by itself.
    """
    db.session.info.setdefault(KEY, set()).update(user_ids)


def take() -> list[int]:
    """Who was touched, in the order of their ids; from then on nobody is."""
    return sorted(db.session.info.pop(KEY, ()))
