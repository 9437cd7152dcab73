"""When has somebody said enough of themselves? It is noted once, the first time."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from skillswap.db import db
from skillswap.domain import events
from skillswap.domain.limits import BIO_TO_PITCH
from skillswap.models import Event, User, UserSkill


def note(person: User, now: datetime) -> None:
    """A bio of 60 characters and a skill, which is what a pitch asks for, make a profile whole.

    Flushes first, so that what was just written is looked at.
    """
    db.session.flush()
    if len(person.bio.strip()) < BIO_TO_PITCH:
        return
    known = exists().where(
        Event.subject_type == User.__tablename__,
        Event.subject_id == person.id,
        Event.kind == "profile.completed",
    )
    listed = exists().where(UserSkill.user_id == person.id)
    if db.session.scalar(select(listed & ~known)):
        events.record("profile.completed", actor=person, subject=person, to=[], now=now)
