"""What becomes of open pitches when somebody stops teaching, and of hours when they move?

The lists and the profile know nothing of pitches and hours; these verbs know all of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skillswap.domain import availability, completing, exchanges, pitches, profiles, skills
from skillswap.models import Pitch, User, UserSkillKind


def remove_skill(person: User, kind: UserSkillKind, slug: str, *, now: datetime) -> None:
    """Take a skill off a list. Open pitches that asked this person to teach it, and those in which
    they offered it in return, are closed; that counts against nobody.
    """
    skill_id = skills.remove_skill(person, kind, slug)
    if kind is not UserSkillKind.OFFERED:
        return
    asked = (Pitch.teacher_id == person.id) & (Pitch.skill_id == skill_id)
    given = (Pitch.learner_id == person.id) & (Pitch.offered_skill_id == skill_id)
    exchanges.lock_people(person.id, *pitches.teachers_of(asked | given))
    pitches.close_open(asked | given, reason="skill", by=person, now=now)


def edit_profile(person: User, *, now: datetime, hours: str = "", **facts: Any) -> None:
    """Take over a profile. Who stops teaching has no pitches to answer any more: they are closed,
    against nobody. `hours` says what becomes of one's hours in another zone. Raises Refused as
    `profiles.edit_profile` and `availability.change_zone` do.
    """
    taught, zone = person.teaching, person.timezone
    profiles.edit_profile(person, **facts)
    completing.note(person, now)
    if person.timezone != zone:
        availability.change_zone(person, zone, person.timezone, hours, now)
    if taught and not person.teaching:
        exchanges.lock_people(person.id)
        pitches.close_open(Pitch.teacher_id == person.id, reason="teaching", by=person, now=now)
