"""Which files does no row name? They go, some at a time.

A server that was killed between a file and its row leaves one, and so does a storage that did not
answer when one was to go.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from weakref import WeakKeyDictionary

from sqlalchemy import select, union_all

from skillswap.db import EPOCH, afterwards, db
from skillswap.domain import media
from skillswap.lib.storage import Storage
from skillswap.models import ClaimFile, Media

log = logging.getLogger(__name__)
LEFT_FOR = timedelta(hours=24)  # by then whatever wrote a file has written its row, or never will
ROUND = timedelta(hours=24)  # from the end of one look at all files to the next
LISTED = 1_000  # files looked at each minute


@dataclass(slots=True)
class Look:
    """How far this process has looked through the files of a storage."""

    after: str = ""
    begins_at: datetime = EPOCH


_looks: WeakKeyDictionary[Storage, Look] = WeakKeyDictionary()


def remove_due(now: datetime, limit: int) -> int:
    """Remove files that no row names, a day after they were written; how many it were.

    The next thousand by name are looked at; after the last the look rests for a day.
    """
    store = media.store()
    look = _looks.setdefault(store, Look())
    if now < look.begins_at:
        return 0
    try:
        page = store.listed(look.after, LISTED)  # before any statement: it may take a while
    except OSError as error:
        log.warning("the files could not be listed: %s", error)
        return 0
    old = [file.name for file in page if file.at <= now - LEFT_FOR]
    left = sorted(set(old) - _named(old))[:limit]
    for name in left:
        afterwards(kept=partial(media.forget, store, name))
    if not page:
        look.begins_at = now + ROUND
    look.after = left[-1] if len(left) == limit else page[-1].name if page else ""
    return len(left)


def _named(names: list[str]) -> set[str]:
    """Those of them that a row names."""
    columns = (Media.name, Media.small_name, ClaimFile.name)
    found = union_all(*(select(column).where(column.in_(names)) for column in columns))
    return {name for name in db.session.scalars(found) if name}
