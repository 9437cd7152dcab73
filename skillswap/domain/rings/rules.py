"""Can these three be a ring, and can it still be opened?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, null, or_, select, union_all
from sqlalchemy.orm import aliased

from skillswap.db import db
from skillswap.domain import email_links, reliability
from skillswap.domain.limits import (
    BIO_TO_PITCH,
    COOL_DOWN,
    OPEN_RINGS,
    RINGS_A_DAY,
    restriction,
)
from skillswap.domain.pitch_rules import cleaned
from skillswap.domain.places import places_query
from skillswap.errors import Refused, TooMany
from skillswap.lib.keyset import AnySelect
from skillswap.models import (
    Block,
    Exchange,
    ExchangeLeg,
    ExchangeState,
    Pitch,
    PitchState,
    RingState,
    Skill,
    SwapRing,
    SwapRingMember,
    User,
    UserSkill,
    UserSkillKind,
    UserState,
)
from skillswap.models.pitch import OPEN
from skillswap.models.swap_ring import MEMBERS, WORDS_LEAST, WORDS_MOST

DAY = timedelta(days=1)
Leg = tuple[int, int, int]  # who teaches, who learns, which skill


@dataclass(frozen=True, slots=True)
class Round:
    """Three people in their order, and what each teaches the next; the last teaches the first."""

    people: tuple[User, User, User]
    skills: tuple[Skill, Skill, Skill]

    @property
    def key(self) -> str:
        """The same for these three about these skills, whoever of them begins."""
        return round_key([(person.id, skill.id) for person, skill in self.pairs])

    @property
    def pairs(self) -> list[tuple[User, Skill]]:
        """Each with what they teach."""
        return list(zip(self.people, self.skills, strict=True))

    @property
    def legs(self) -> list[Leg]:
        """Who would teach whom what."""
        ids = [person.id for person in self.people]
        return [(ids[n], ids[(n + 1) % MEMBERS], self.skills[n].id) for n in range(MEMBERS)]


def round_key(pairs: Sequence[tuple[int, int]]) -> str:
    """(person, skill) of each in their order, begun with the lowest person."""
    first = pairs.index(min(pairs))
    return ">".join(f"{user}:{skill}" for user, skill in [*pairs[first:], *pairs[:first]])


# -- what is typed, and who may begin -------------------------------------------------------------


def checked_words(body: str) -> str:
    """What somebody says to a ring, cleaned. Raises Refused when it is too short or too long."""
    body = cleaned(body)
    if len(body) < WORDS_LEAST:
        raise Refused("body", "ring_words_short", limit=WORDS_LEAST)
    if len(body) > WORDS_MOST:
        raise Refused("body", "too_long", limit=WORDS_MOST)
    return body


def in_the_way(starter: User, now: datetime) -> Iterator[Refused]:
    """What keeps this person from beginning any ring."""
    if restricted := restriction(starter, now, "ring"):
        yield restricted
    if barred := reliability.barred(starter, now, "ring"):
        yield barred
    if email_links.is_unconfirmed(starter):
        yield Refused("ring", "unconfirmed", email=starter.email)
    if len(starter.bio.strip()) < BIO_TO_PITCH:
        yield Refused("ring", "needs_bio", limit=BIO_TO_PITCH)
    if not is_able(starter.id, now):
        yield Refused("ring", "ring_not_able")


# -- quotas ---------------------------------------------------------------------------------------


def is_open(now: datetime) -> ColumnElement[bool]:
    """Condition: still waits for somebody, its deadline taken into account."""
    return and_(SwapRing.state == RingState.PROPOSED, SwapRing.respond_by > now)


def check_quota(starter: User, people: Iterable[User], now: datetime) -> None:
    """Raises TooMany after so many rings in a day, Refused when one of them is in many that are
    open. Nothing of the new one is in the tables yet."""
    started = select(SwapRing.started_at).where(
        SwapRing.starter_id == starter.id,
        SwapRing.started_at > now - DAY,
    )
    today = db.session.scalars(started.order_by(SwapRing.started_at)).all()
    if len(today) >= RINGS_A_DAY:
        again_in = today[-RINGS_A_DAY] + DAY - now
        raise TooMany(
            "ring", "too_many_rings", int(again_in.total_seconds()) + 1, limit=RINGS_A_DAY
        )
    counts = _open_rings([person.id for person in people], now)
    for person in people:
        if counts.get(person.id, 0) >= OPEN_RINGS:
            code = "ring_enough" if person.id == starter.id else "ring_enough_theirs"
            raise Refused("ring", code, name=person.first_name, limit=OPEN_RINGS)


def _open_rings(user_ids: Collection[int], now: datetime) -> dict[int, int]:
    rows: Any = db.session.execute(
        select(SwapRingMember.user_id, func.count())
        .join(SwapRing, SwapRing.id == SwapRingMember.ring_id)
        .where(SwapRingMember.user_id.in_(user_ids), is_open(now))
        .group_by(SwapRingMember.user_id)
    )
    return dict(rows.all())


# -- whether they fit, read while nobody else decides about them ----------------------------------


def check_fits(round_: Round, now: datetime) -> None:
    """Raises Refused unless the three could agree to it now: each is able, teaches what the next
    wants, no block stands between two, and nothing of it was asked or agreed already."""
    ids = [person.id for person in round_.people]
    able = set(db.session.scalars(select(User.id).where(User.id.in_(ids), _able(now))))
    if len(able) < MEMBERS or not _lines_stand(round_):
        raise Refused("ring", "ring_changed")
    if blocked_or_taken(round_.legs, now):
        raise Refused("ring", "ring_taken")
    if tried([round_.key], now):
        raise Refused("ring", "ring_tried")


def _lines_stand(round_: Round) -> bool:
    wanted = set()
    for teacher, learner, skill in round_.legs:
        wanted |= {(teacher, skill, UserSkillKind.OFFERED), (learner, skill, UserSkillKind.WANTED)}
    lines = db.session.execute(
        select(UserSkill.user_id, UserSkill.skill_id, UserSkill.kind).where(
            UserSkill.user_id.in_([person.id for person in round_.people]),
            UserSkill.skill_id.in_([skill.id for skill in round_.skills]),
        )
    )
    return wanted <= {tuple(line) for line in lines}


def blocked_or_taken(legs: Collection[Leg], now: datetime) -> set[Leg]:
    """Those that are agreed already, wait for an answer, or were declined a short while ago; and
    those of two between whom a block stands, whoever made it. One statement."""
    people = sorted({teacher for teacher, _learner, _skill in legs})
    declined = and_(Pitch.state == PitchState.DECLINED, Pitch.answered_at > now - COOL_DOWN)
    asked = select(Pitch.teacher_id, Pitch.learner_id, Pitch.skill_id).where(
        Pitch.teacher_id.in_(people),
        Pitch.learner_id.in_(people),
        or_(Pitch.state.in_(OPEN), declined),
    )
    blocks = select(Block.blocker_id, Block.blocked_id, null()).where(
        Block.blocker_id.in_(people), Block.blocked_id.in_(people)
    )
    found, parted = set(), set()
    for teacher, learner, skill in db.session.execute(union_all(_agreed(people), asked, blocks)):
        found.add((teacher, learner, skill))
        if skill is None:
            parted.add(frozenset((teacher, learner)))
    return {leg for leg in legs if leg in found or frozenset(leg[:2]) in parted}


def agreed(legs: Collection[Leg]) -> set[Leg]:
    """Those about which there is an exchange."""
    rows = db.session.execute(_agreed({teacher for teacher, _learner, _skill in legs}))
    return {(row[0], row[1], row[2]) for row in rows} & set(legs)


def _agreed(people: Collection[int]) -> AnySelect:
    return (
        select(ExchangeLeg.teacher_id, ExchangeLeg.learner_id, ExchangeLeg.skill_id)
        .join(Exchange, Exchange.id == ExchangeLeg.exchange_id)
        .where(
            ExchangeLeg.teacher_id.in_(people),
            ExchangeLeg.learner_id.in_(people),
            Exchange.state.in_((ExchangeState.ACTIVE, ExchangeState.DORMANT)),
        )
    )


def tried(keys: Collection[str], now: datetime) -> set[str]:
    """Those of which there is a ring that is open, or has ended a short while ago."""
    lately = or_(SwapRing.state == RingState.PROPOSED, SwapRing.ended_at > now - COOL_DOWN)
    query = select(SwapRing.round_key).where(SwapRing.round_key.in_(keys), lately)
    return set(db.session.scalars(query))


# -- whether one that is open still can be --------------------------------------------------------


def _able(now: datetime) -> ColumnElement[bool]:
    """Condition on a person: may begin an exchange as its teacher and as a learner."""
    return and_(
        User.state == UserState.ACTIVE,
        User.teaching.is_(True),
        User.learning.is_(True),
        or_(User.paused.is_(None), User.paused_until <= now),
        func.coalesce(places_query(User.id, now).correlate(User).scalar_subquery(), 0)
        < User.places,
    )


def is_able(user_id: int, now: datetime) -> bool:
    """Whether this person could teach and learn one thing more now."""
    return bool(db.session.scalar(select(exists().where(User.id == user_id, _able(now)))))


def is_broken(now: datetime) -> ColumnElement[bool]:
    """Condition on a ring: one of the three could not begin it now, or no longer teaches that."""
    member = aliased(SwapRingMember)
    offers = exists().where(
        UserSkill.user_id == member.user_id,
        UserSkill.skill_id == member.skill_id,
        UserSkill.kind == UserSkillKind.OFFERED,
    )
    fine = select(User.id).where(User.id == member.user_id, _able(now)).correlate(member).exists()
    return exists(select(member.ring_id).where(member.ring_id == SwapRing.id, ~and_(offers, fine)))


def legs_of(ring: SwapRing) -> list[Leg]:
    """Who would teach whom what in it."""
    members = ring.members
    return [
        (one.user_id, members[(place + 1) % MEMBERS].user_id, one.skill_id)
        for place, one in enumerate(members)
    ]


def can_open(ring: SwapRing, now: datetime) -> bool:
    """Whether it could be opened now, as far as it is known before all have answered."""
    broken = select(SwapRing.id).where(SwapRing.id == ring.id, is_broken(now))
    return db.session.scalar(broken) is None and not agreed(legs_of(ring))
