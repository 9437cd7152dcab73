"""May this person make a wish, and may that one offer to teach it?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from skillswap.db import db, spelled
from skillswap.domain import email_links, exchanges, reliability
from skillswap.domain.limits import (
    BIO_TO_PITCH,
    OFFERS_TO_A_WISH,
    WISHES_OPEN,
    WISHES_PER_DAY,
    limits_of,
    restriction,
)
from skillswap.domain.pitch_rules import LINK, RETRY_OPEN_SECONDS, cleaned, is_open
from skillswap.errors import Refused, TooMany
from skillswap.lib.clock import relative
from skillswap.models import (
    OfferState,
    Pitch,
    Skill,
    SkillState,
    User,
    UserSkill,
    UserSkillKind,
    Wish,
    WishOffer,
    WishState,
)
from skillswap.models.wish import BODY_LEAST, BODY_MOST, OFFER_MOST

DAY = timedelta(days=1)


def is_wished(now: datetime) -> ColumnElement[bool]:
    """Condition: the wish is open, its end taken into account."""
    return and_(Wish.state == spelled(WishState.OPEN), Wish.ends_at > now)


def is_offered(now: datetime) -> ColumnElement[bool]:
    """Condition: the offer waits for an answer, its deadline taken into account."""
    return and_(WishOffer.state == spelled(OfferState.PENDING), WishOffer.respond_by > now)


# -- making a wish --------------------------------------------------------------------------------


def against_wishing(learner: User, now: datetime) -> Iterator[Refused]:
    """What keeps somebody from any wish, whatever is typed."""
    if restricted := restriction(learner, now, "wish"):
        yield restricted
        return
    if barred := reliability.barred(learner, now, "wish"):
        yield barred
    if email_links.is_unconfirmed(learner):
        yield Refused("wish", "unconfirmed", email=learner.email)
    if not learner.learning:
        yield Refused("wish", "wish_not_learning")
    if len(learner.bio.strip()) < BIO_TO_PITCH:
        yield Refused("wish", "needs_bio", limit=BIO_TO_PITCH)


def check_wished_skill(skill: Skill | None) -> Skill:
    """Raises Refused for none, and for one that others do not know yet."""
    if skill is None:
        raise Refused("skill", "unknown_skill")
    if skill.state is not SkillState.ACTIVE:
        raise Refused("skill", "wish_skill_waits", skill=skill.name)
    return skill


def checked_wish(typed: str) -> str:
    """The words of a wish, cleaned. Everybody reads them, so they hold no links. Raises Refused."""
    body = cleaned(typed)
    if len(body) < BODY_LEAST:
        raise Refused("body", "wish_short", limit=BODY_LEAST)
    if len(body) > BODY_MOST:
        raise Refused("body", "too_long", limit=BODY_MOST)
    if LINK.search(body):
        raise Refused("body", "wish_links")
    return body


def check_open_wishes(learner: User, now: datetime) -> None:
    """Raises TooMany with five open wishes. The caller holds the learner's row."""
    query = select(func.count()).where(Wish.learner_id == learner.id, is_wished(now))
    if (db.session.scalar(query) or 0) >= WISHES_OPEN:
        raise TooMany("wish", "wishes_full", RETRY_OPEN_SECONDS, limit=WISHES_OPEN)


def check_wish_quota(learner: User, now: datetime) -> None:
    """The same, and after five wishes made in 24 hours."""
    check_open_wishes(learner, now)
    made, oldest = db.session.execute(
        select(func.count(), func.min(Wish.made_at)).where(
            Wish.learner_id == learner.id, Wish.made_at > now - DAY
        )
    ).one()
    if made >= WISHES_PER_DAY:
        raise _today("wish", "wishes_today", oldest + DAY, now, WISHES_PER_DAY)


# -- offering to teach it -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form for an offer chooses from, and what stands in its way."""

    returns: Mapping[str, Skill]  # by slug: what the learner teaches
    obstacles: tuple[Refused, ...]
    places_free: int


def draft(teacher: User, wish: Wish, now: datetime) -> Draft:
    """For the page of somebody else's wish."""
    free = teacher.places - exchanges.places_taken(teacher, now)
    obstacles = tuple(against_offering(teacher, wish, free, now))
    if not obstacles:
        obstacles = tuple(over_quota(teacher, wish, now))
    return Draft(returns_of(wish), obstacles, max(free, 0))


def against_offering(teacher: User, wish: Wish, free: int, now: datetime) -> Iterator[Refused]:
    """What keeps a teacher with so many free places from any offer to this wish."""
    names = {"learner": wish.learner.first_name, "skill": wish.skill.name}
    if teacher.id == wish.learner_id:
        yield Refused("offer", "offer_to_yourself")
        return
    if restricted := restriction(teacher, now, "offer"):
        yield restricted
        return
    if barred := reliability.barred(teacher, now, "offer"):
        yield barred
    if email_links.is_unconfirmed(teacher):
        yield Refused("offer", "unconfirmed", email=teacher.email)
    if not teacher.teaching:
        yield Refused("offer", "offer_not_teaching")
    elif teacher.is_paused_at(now):
        yield Refused("offer", "offer_paused")
    if len(teacher.bio.strip()) < BIO_TO_PITCH:
        yield Refused("offer", "needs_bio", limit=BIO_TO_PITCH)
    listed, said_no, asked = _between(teacher, wish, now)
    if not listed:
        yield Refused("offer", "offer_not_listed", **names)
    elif free <= 0:
        yield Refused("offer", "offer_no_places", limit=teacher.places)
    if said_no:
        yield Refused("offer", "offer_answered", **names)
    elif asked:
        yield Refused("offer", "offer_pitched", **names)


def _between(teacher: User, wish: Wish, now: datetime) -> Sequence[bool]:
    """Whether the teacher lists the skill, has had a no for this wish, and has been pitched for
    the skill. One statement."""
    listed = exists().where(
        UserSkill.user_id == teacher.id,
        UserSkill.kind == UserSkillKind.OFFERED,
        UserSkill.skill_id == wish.skill_id,
    )
    declined = exists().where(
        WishOffer.wish_id == wish.id,
        WishOffer.teacher_id == teacher.id,
        WishOffer.state == OfferState.DECLINED,
    )
    pitched = exists().where(
        Pitch.learner_id == wish.learner_id,
        Pitch.teacher_id == teacher.id,
        Pitch.skill_id == wish.skill_id,
        is_open(now),
    )
    return [bool(one) for one in db.session.execute(select(listed, declined, pitched)).one()]


def over_quota(teacher: User, wish: Wish, now: datetime) -> Iterator[Refused]:
    """Which limits one more offer would pass: an offer weighs as much as a pitch. One statement.

    The caller who offers holds the rows of both people.
    """
    limits, today = limits_of(teacher, now), WishOffer.made_at > now - DAY
    mine = WishOffer.teacher_id == teacher.id
    waiting, made, oldest, there = db.session.execute(
        select(
            func.count().filter(mine, is_offered(now)),
            func.count().filter(mine, today),
            func.min(WishOffer.made_at).filter(mine, today),
            func.count().filter(WishOffer.wish_id == wish.id, is_offered(now)),
        ).where(
            or_(
                and_(mine, or_(WishOffer.state == OfferState.PENDING, today)),
                and_(WishOffer.wish_id == wish.id, WishOffer.state == OfferState.PENDING),
            )
        )
    ).one()
    if there >= OFFERS_TO_A_WISH:
        learner = wish.learner.first_name
        yield Refused("offer", "offer_wish_full", learner=learner, limit=OFFERS_TO_A_WISH)
    if waiting >= limits.open_pitches:
        yield TooMany("offer", "offers_open", RETRY_OPEN_SECONDS, limit=limits.open_pitches)
    if made >= limits.pitches_per_day:
        most = limits.pitches_per_day
        yield _today("offer", "offers_today", oldest + DAY, now, most)


def returns_of(wish: Wish) -> dict[str, Skill]:
    """What whoever made the wish teaches, by slug: a teacher may like some of it in return."""
    if not wish.learner.teaching:
        return {}
    listed = db.session.scalars(
        select(Skill)
        .join(UserSkill, UserSkill.skill_id == Skill.id)
        .where(
            UserSkill.user_id == wish.learner_id,
            UserSkill.kind == UserSkillKind.OFFERED,
            UserSkill.skill_id != wish.skill_id,
        )
        .order_by(Skill.name)
    )
    return {skill.slug: skill for skill in listed}


def checked_offer(teacher: User, wish: Wish, typed: str, now: datetime) -> str:
    """The words of an offer, cleaned. Raises Refused."""
    body, limits = cleaned(typed), limits_of(teacher, now)
    if len(body) < BODY_LEAST:
        raise Refused("body", "body_short", teacher=wish.learner.first_name, limit=BODY_LEAST)
    if len(body) > OFFER_MOST:
        raise Refused("body", "too_long", limit=OFFER_MOST)
    if len(LINK.findall(body)) > limits.links_in_pitch:
        code = "offer_links" if limits.links_in_pitch else "offer_no_links"
        raise Refused("body", code, limit=limits.links_in_pitch)
    return body


def chosen_return(wish: Wish, slug: str) -> Skill | None:
    """What the teacher would like in return; None for nothing. Raises Refused."""
    if not slug:
        return None
    returns = returns_of(wish)
    if slug not in returns:
        raise Refused("in_return", "offer_return", learner=wish.learner.first_name)
    return returns[slug]


# -- saying yes to it -----------------------------------------------------------------------------


def check_acceptance(offer: WishOffer, now: datetime) -> None:
    """Whether both may begin something now, each with a free place where they teach.

    The caller holds both people's rows. Raises Refused.
    """
    learner, teacher = offer.learner, offer.teacher
    for refusal in (restriction(learner, now, "body"), reliability.barred(learner, now, "body")):
        if refusal:
            raise refusal
    if restriction(teacher, now) or reliability.barred(teacher, now, ""):
        raise Refused("body", "offer_away", teacher=teacher.first_name)
    if exchanges.places_taken(teacher, now) >= teacher.places:
        raise Refused("body", "offer_teacher_full", teacher=teacher.first_name)
    wants_back = offer.return_skill
    if wants_back and exchanges.places_taken(learner, now) >= learner.places:
        names = {"teacher": teacher.first_name, "skill": wants_back.name}
        raise Refused("body", "offer_my_places", limit=learner.places, **names)


def _today(field: str, code: str, free_at: datetime, now: datetime, limit: int) -> TooMany:
    wait = int((free_at - now).total_seconds()) + 1
    return TooMany(field, code, wait, limit=limit, when=relative(free_at, now))
