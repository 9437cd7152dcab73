"""How is a pitch sent?"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain import events, exchanges, pitch_rules
from skillswap.domain.limits import RESPOND_DAYS_DEFAULT
from skillswap.domain.pitches.clock import expire_if_due
from skillswap.domain.visibility import person_named
from skillswap.errors import Refused
from skillswap.models import Pitch, Skill, User


def send_pitch(
    learner: User,
    teacher: User,
    *,
    skill: str,
    body: str,
    now: datetime,
    offered: str = "",
    days: int = RESPOND_DAYS_DEFAULT,
) -> Pitch:
    """Open a pending pitch and tell the teacher. Skills are given as slugs.

    Raises Refused with the first rule that says no, TooMany when a quota is used up.
    """
    wanted, returned = pitch_rules.choose(
        pitch_rules.between(learner, teacher), skill, offered, now
    )
    body = pitch_rules.checked_body(teacher, body)
    pitch_rules.check_days(days)
    # quotas are counted while nobody else writes pitches of mine or to this teacher
    exchanges.lock_people(learner.id, teacher.id)
    make_way(learner, teacher, wanted, now)
    pitch = Pitch(
        learner=learner,
        teacher=teacher,
        skill=wanted,
        offered_skill=returned,
        body=body,
        sent_at=now,
        respond_by=now + timedelta(days=days),
    )
    _add(pitch)
    pitch_rules.check_quota(pitch, now)
    events.record(
        "pitch.sent",
        actor=learner,
        subject=pitch,
        to=[teacher],
        now=now,
        skill=wanted.name,
        offered=returned.name if returned else "",
        respond_by=pitch.respond_by.isoformat(),
    )
    return pitch


def _add(pitch: Pitch) -> None:
    """The unique index decides, not a look before it. Raises Refused when one is open."""
    names = {"teacher": pitch.teacher.first_name, "skill": pitch.skill.name}
    try:
        with db.session.begin_nested():
            db.session.add(pitch)
    except IntegrityError:
        raise Refused("skill", "already_open", **names) from None


def make_way(learner: User, teacher: User, skill: Skill, now: datetime) -> None:
    """End what is over by the clock, so that it does not count as open. Raises Refused while a
    decline is fresh, NotFound when one has blocked the other before both were locked.
    """
    person_named(teacher.username, to=learner.id)
    for pitch in pitch_rules.earlier(learner, teacher, now):
        if pitch.skill_id == skill.id:
            pitch_rules.check_cool_down(pitch, now)
            expire_if_due(pitch, now)
