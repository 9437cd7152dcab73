"""How much work is it for SQLite? Its machine counts, and always the same for the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from skillswap.db import db


@contextmanager
def steps_counted() -> Iterator[Callable[[], int]]:
    """How many steps its machine takes meanwhile, to the next hundred."""
    raw: Any = db.session.connection().connection.driver_connection
    taken = [0]

    def tick() -> None:
        taken[0] += 100

    raw.set_progress_handler(tick, 100)
    yield lambda: taken[0]
    raw.set_progress_handler(None, 0)
