"""Is the row there or not? Marks of one person on one thing, set and taken off without harm."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from skillswap.db import db
from skillswap.models import Bookmark, CommentLike, PostLike, SavedTeacher

Marking = type[PostLike] | type[CommentLike] | type[Bookmark] | type[SavedTeacher]


def put(table: Marking, **columns: Any) -> bool:
    """Write the row; False when it was there already, whoever of two was quicker."""
    dialect = postgresql if db.session.get_bind().dialect.name == "postgresql" else sqlite
    written = db.session.execute(
        dialect.insert(table.__table__)
        .values(**columns)
        .on_conflict_do_nothing()
        .returning(table.__table__.c.created_at)
    )
    return written.first() is not None


def take_off(table: Marking, **keys: int) -> bool:
    """Delete the row; False when there was none."""
    done = db.session.execute(
        delete(table).filter_by(**keys).execution_options(synchronize_session=False)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]  # a DELETE has one
