"""What does saying yes to a pitch open, and for whom is there room?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from skillswap.db import db
from skillswap.domain import events
from skillswap.domain.places import places_query
from skillswap.errors import Refused
from skillswap.models import Exchange, ExchangeLeg, Pitch, User


def lock_people(*user_ids: int) -> None:
    """Let nobody else decide about these people until the transaction ends.

    Always in the order of their ids, so that two verbs cannot wait for each other. `key_share`
    lets rows that merely refer to a person (an event, a notification) be written meanwhile:
    without it PostgreSQL's foreign keys deadlock with verbs that take no lock here.
    """
    db.session.execute(
        select(User.id)
        .where(User.id.in_(user_ids))
        .order_by(User.id)
        .with_for_update(key_share=True)
    )


def open_exchange(pitch: Pitch, now: datetime) -> Exchange:
    """Open the exchange an accepted pitch means: a leg for the skill, one for the return.

    Called by `accept_pitch`, which holds both people's locks. Raises Refused when a side that
    would teach has no free place.
    """
    check_places(pitch.teacher, now, "no_places", limit=pitch.teacher.places)
    legs = [
        ExchangeLeg(
            position=0,
            teacher_id=pitch.teacher_id,
            learner_id=pitch.learner_id,
            skill_id=pitch.skill_id,
        )
    ]
    if pitch.offered_skill_id is not None:
        check_places(pitch.learner, now, "partner_no_places", partner=pitch.learner.first_name)
        legs.append(
            ExchangeLeg(
                position=1,
                teacher_id=pitch.learner_id,
                learner_id=pitch.teacher_id,
                skill_id=pitch.offered_skill_id,
            )
        )
    exchange = Exchange(
        pitch=pitch,
        learner=pitch.learner,
        teacher=pitch.teacher,
        legs=legs,
        opened_at=now,
        quiet_since=now,
    )
    db.session.add(exchange)
    db.session.flush()
    events.record("exchange.opened", actor=pitch.teacher, subject=exchange, to=[], now=now)
    return exchange


def check_places(person: User, now: datetime, code: str, **params: Any) -> None:
    """Raises Refused with that code when this person teaches in as many as they have places."""
    if places_taken(person, now) >= person.places:
        raise Refused("body", code, **params)


def places_taken(person: User, now: datetime) -> int:
    """In how many active exchanges this person teaches. One that rests takes no place."""
    return db.session.scalar(places_query(person.id, now)) or 0
