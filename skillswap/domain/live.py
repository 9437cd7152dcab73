"""Who is told at once what has just happened, and who is here?

An event names what happened, in a few words: whoever hears it reads the rows again, as the person
concerned. So a lost one costs time and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm.attributes import set_committed_value

from skillswap.db import afterwards, db
from skillswap.models import LivePerson, User

HERE_FOR = timedelta(seconds=60)  # rows are written every 25 seconds
FORGET_AFTER = timedelta(hours=1)
CHUNK = 500

Event = dict[str, Any]
Publish = Callable[[str, Event], None]
_outlet: Publish | None = None


def connect(publish: Publish | None) -> None:
    """Where events go from now on: the broker of this process. Without one they go nowhere."""
    global _outlet
    _outlet = publish


def channel_of(user_id: int) -> str:
    """Where a person's sockets listen."""
    return f"user:{user_id}"


def tell(user_ids: Iterable[int], kind: str, **facts: Any) -> None:
    """Once the open transaction is kept, let the open pages of these people know.

    `facts` are plain JSON values: ids, no words. Told twice within a transaction is told once.
    Undone is untold.
    """
    if _outlet is None:
        return
    told: dict[str, tuple[int, Event]] | None = db.session.info.get("told")
    if told is None:
        told = db.session.info["told"] = {}
        afterwards(kept=_say, undone=_forget)
    event = {"kind": kind, **facts}
    for user_id in user_ids:
        told.setdefault(repr((user_id, event)), (user_id, event))


def _say() -> None:
    told = db.session.info.pop("told", {})
    for user_id, event in told.values():
        if _outlet is not None:
            _outlet(channel_of(user_id), event)


def _forget() -> None:
    db.session.info.pop("told", None)


# -- who is here ----------------------------------------------------------------------------------


def note_here(user_ids: Sequence[int], now: datetime) -> None:
    """Write that these people have a page open: all of one process together, in few statements."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    ids = sorted(set(user_ids))  # in one order, so that two processes never wait for each other
    for start in range(0, len(ids), CHUNK):
        rows = [{"user_id": user_id, "seen_at": now} for user_id in ids[start : start + CHUNK]]
        statement = insert(LivePerson).values(rows)
        db.session.execute(
            statement.on_conflict_do_update(
                index_elements=["user_id"], set_={"seen_at": statement.excluded.seen_at}
            )
        )


def show_presence(person: User, *, shown: bool) -> None:
    """Show others when one is here, and see when they are; or neither. Harmless when repeated."""
    db.session.execute(
        update(User)
        .where(User.id == person.id)
        .values(shows_presence=shown)
        .execution_options(synchronize_session=False)
    )
    set_committed_value(person, "shows_presence", shown)


def is_here(user_id: int, now: datetime) -> bool:
    """Whether this person had a page open within the last minute, in whichever process."""
    row = exists().where(LivePerson.user_id == user_id, LivePerson.seen_at > now - HERE_FOR)
    return bool(db.session.scalar(select(row)))


def forget_due(now: datetime, limit: int) -> int:
    """Delete up to `limit` rows of people who left long ago; returns how many. For the sweep."""
    old = select(LivePerson.user_id).where(LivePerson.seen_at <= now - FORGET_AFTER).limit(limit)
    done = db.session.execute(
        delete(LivePerson)
        .where(LivePerson.user_id.in_(old))
        .execution_options(synchronize_session=False)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]  # a DELETE has one
