"""What does the coach say to a pitch that is being written?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import coach, pitch_rules
from skillswap.domain.coach import About, HintKind
from skillswap.domain.pitch_rules import Draft
from skillswap.models import Pitch, User

COMPARED = 20  # of my pitches, the newest


def look_over(
    learner: User, teacher: User, draft: Draft, *, skill: str, body: str, now: datetime
) -> Sequence[HintKind]:
    """Hints for this text, which is not kept. Two statements."""
    mine = select(Pitch.body).where(Pitch.learner_id == learner.id)
    others = db.session.scalars(mine.order_by(Pitch.id.desc()).limit(COMPARED)).all()
    wanted = draft.lists.taught.get(skill)
    about = About(
        skill=wanted.name if wanted else "",
        has_picture=learner.avatar is not None,
        bio_length=len(learner.bio.strip()),
        room=pitch_rules.room_of(teacher, now),
        places_free=draft.places_free,
    )
    return coach.hints(body, about, others)
