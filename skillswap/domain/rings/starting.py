"""How is a swap ring begun?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain import exchanges
from skillswap.domain.rings import rules, telling
from skillswap.domain.rings.rules import Round
from skillswap.domain.visibility import person_named
from skillswap.errors import NotFound, Refused
from skillswap.models import RingAnswer, Skill, SwapRing, SwapRingMember, User
from skillswap.models.swap_ring import ANSWER_WITHIN, MEMBERS


def round_of(starter: User, others: Sequence[str], skills: Sequence[str]) -> Round:
    """The three and their skills by their names in an address: the starter's skill first.

    Raises NotFound for whoever is not there, and for anything that is no ring of three.
    """
    people = [starter, *(person_named(name, to=starter.id) for name in others)]
    found = {
        one.slug: one for one in db.session.scalars(select(Skill).where(Skill.slug.in_(skills)))
    }
    known = [found[slug] for slug in skills if slug in found]
    if (
        len({person.id for person in people}) != MEMBERS
        or len({one.id for one in known}) != MEMBERS
    ):
        raise NotFound("ring")
    return Round((people[0], people[1], people[2]), (known[0], known[1], known[2]))


def look_at(round_: Round, now: datetime) -> list[Refused]:
    """Why the first of the three could not begin this ring; empty when nothing is in the way."""
    starter = round_.people[0]
    found = list(rules.in_the_way(starter, now))
    if not found:
        try:
            rules.check_fits(round_, now)
            rules.check_quota(starter, round_.people, now)
        except Refused as error:
            found.append(error)
    return found


def start_ring(
    starter: User, others: Sequence[str], skills: Sequence[str], *, body: str, now: datetime
) -> SwapRing:
    """Ask two others for a ring: the starter teaches the first of them, who teaches the second,
    who teaches the starter. The starter has said yes with it.

    Raises Refused with the first rule that says no, TooMany when a quota is used up.
    """
    round_ = round_of(starter, others, skills)
    for refusal in rules.in_the_way(starter, now):
        raise refusal
    body = rules.checked_words(body)
    exchanges.lock_people(*(person.id for person in round_.people))
    rules.check_fits(round_, now)
    rules.check_quota(starter, round_.people, now)
    ring = SwapRing(
        starter_id=starter.id,
        round_key=round_.key,
        started_at=now,
        respond_by=now + ANSWER_WITHIN,
        members=[
            SwapRingMember(position=place, user=person, skill=skill, answer=RingAnswer.WAITING)
            for place, (person, skill) in enumerate(round_.pairs)
        ],
    )
    first = ring.members[0]
    first.answer, first.body, first.answered_at = RingAnswer.YES, body, now
    try:
        with db.session.begin_nested():
            db.session.add(ring)
    except IntegrityError:
        raise Refused("ring", "ring_tried") from None
    telling.tell_started(ring, now)
    return ring
