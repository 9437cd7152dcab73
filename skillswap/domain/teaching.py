"""What becomes of open pitches and offers when somebody stops teaching, of hours when they move?

The lists and the profile know nothing of pitches and hours; these verbs know all of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skillswap.domain import availability, completing, exchanges, pitches, profiles, skills, wishes
from skillswap.models import Pitch, User, UserSkillKind, Wish, WishOffer


def remove_skill(person: User, kind: UserSkillKind, slug: str, *, now: datetime) -> None:
    """Take a skill off a list. Open pitches that asked this person to teach it, those in which they
    offered it in return, and offers to wishes with it are closed; that counts against nobody.
    """
    skill_id = skills.remove_skill(person, kind, slug)
    if kind is not UserSkillKind.OFFERED:
        return
    asked = (Pitch.teacher_id == person.id) & (Pitch.skill_id == skill_id)
    given = (Pitch.learner_id == person.id) & (Pitch.offered_skill_id == skill_id)
    promised = (WishOffer.teacher_id == person.id) & WishOffer.wish.has(Wish.skill_id == skill_id)
    liked = (WishOffer.learner_id == person.id) & (WishOffer.return_skill_id == skill_id)
    teachers, learners = pitches.teachers_of(asked | given), wishes.learners_of(promised | liked)
    exchanges.lock_people(person.id, *teachers, *learners)
    pitches.close_open(asked | given, reason="skill", by=person, now=now)
    wishes.close_offers(promised | liked, by=person, now=now)


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
        offered = WishOffer.teacher_id == person.id
        exchanges.lock_people(person.id, *wishes.learners_of(offered))
        pitches.close_open(Pitch.teacher_id == person.id, reason="teaching", by=person, now=now)
        wishes.close_offers(offered, by=person, now=now)
