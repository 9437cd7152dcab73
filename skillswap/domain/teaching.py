"""What becomes of open pitches when somebody stops teaching a skill, or stops teaching?

The lists and the profile know nothing of pitches; these verbs know both.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skillswap.domain import exchanges, pitches, profiles, skills
from skillswap.models import Pitch, User, UserSkillKind


def remove_skill(person: User, kind: UserSkillKind, slug: str, *, now: datetime) -> None:
    """Take a skill off a list. Open pitches that asked this person to teach it, and those in which
    they offered it in return, are closed; that counts against nobody.
    """
    skill_id = skills.remove_skill(person, kind, slug)
    if kind is not UserSkillKind.OFFERED:
        return
    exchanges.lock_people(person.id)
    asked = (Pitch.teacher_id == person.id) & (Pitch.skill_id == skill_id)
    given = (Pitch.learner_id == person.id) & (Pitch.offered_skill_id == skill_id)
    pitches.close_open(asked | given, reason="skill", by=person, now=now)


def edit_profile(person: User, *, now: datetime, **facts: Any) -> None:
    """Take over a profile. Who stops teaching has no pitches to answer any more: they are closed,
    against nobody. Raises Refused as `profiles.edit_profile` does.
    """
    taught = person.teaching
    profiles.edit_profile(person, **facts)
    if taught and not person.teaching:
        exchanges.lock_people(person.id)
        pitches.close_open(Pitch.teacher_id == person.id, reason="teaching", by=person, now=now)
