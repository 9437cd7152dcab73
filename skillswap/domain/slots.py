"""Who holds which quarter hour? The one place that writes and reads `booked_slots`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.errors import Taken
from skillswap.lib.clock import quarters
from skillswap.models import BookedSlot, LearningSession


def book(learning_session: LearningSession) -> None:
    """Hold every quarter hour of a session for both. The key (user, slot) decides.

    Raises Taken when one of them holds one of them already.
    """
    if learning_session.starts_at is None or learning_session.ends_at is None:
        raise ValueError("book a session that has a time")
    slots = quarters(learning_session.starts_at, learning_session.ends_at)
    people = sorted((learning_session.teacher_id, learning_session.learner_id))
    try:
        with db.session.begin_nested():
            db.session.add_all(
                BookedSlot(user_id=user_id, slot=slot, learning_session_id=learning_session.id)
                for user_id in people
                for slot in slots
            )
    except IntegrityError:
        raise Taken("start", "slot_taken") from None


def rebook(learning_session: LearningSession) -> None:
    """Give the hours of a session back and hold those of its new time, both or nothing.

    Its old hours are not in its way. Raises Taken when one of the two holds a new one otherwise.
    """
    free([learning_session])
    book(learning_session)


def free(learning_sessions: Sequence[LearningSession]) -> None:
    """Give both their hours back.

    Flushes first: the version of each session decides who was quicker, before an hour is free.
    """
    db.session.flush()
    db.session.execute(
        delete(BookedSlot)
        .where(BookedSlot.learning_session_id.in_([one.id for one in learning_sessions]))
        .execution_options(synchronize_session=False)
    )


def held(
    user_ids: Collection[int], starts: Sequence[datetime], minutes: int, but: int | None = None
) -> set[tuple[int, datetime]]:
    """Which of these people hold something within `minutes` of which of these starts.

    The hours of the session with the id `but` are not in its own way.
    """
    length = timedelta(minutes=minutes)
    covered = {start: quarters(start, start + length) for start in starts}
    slots = {slot for span in covered.values() for slot in span}
    query = select(BookedSlot.user_id, BookedSlot.slot).where(
        BookedSlot.user_id.in_(user_ids), BookedSlot.slot.in_(slots)
    )
    if but is not None:
        query = query.where(BookedSlot.learning_session_id != but)
    rows = db.session.execute(query).all()
    return {
        (user_id, start)
        for user_id, slot in rows
        for start, span in covered.items()
        if slot in span
    }
