"""How is a wish made, closed and renewed?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from skillswap.db import db
from skillswap.domain import events, exchanges, skills
from skillswap.domain.wishes import rules
from skillswap.domain.wishes.clock import lapse_wish_if_due
from skillswap.domain.wishes.ending import close_offers
from skillswap.domain.wishes.reading import my_wish, one_wish
from skillswap.errors import Refused, WrongState
from skillswap.models import Skill, User, Wish, WishOffer, WishState
from skillswap.models.wish import LIFE


def make_wish(learner: User, *, skill: str, level: int, body: str, now: datetime) -> Wish:
    """Say what one would love to learn, for 60 days; `skill` is a name, an alias or a slug.

    Raises Refused with the first rule that says no, TooMany when a quota is used up.
    """
    for refusal in rules.against_wishing(learner, now):
        raise refusal
    wanted = rules.check_wished_skill(skills.find_skill(learner, skill))
    body = rules.checked_wish(body)
    exchanges.lock_people(learner.id)  # nobody else makes wishes of mine
    _make_way(learner, wanted, now)
    rules.check_wish_quota(learner, now)
    name = wanted.name
    wish = Wish(
        learner=learner,
        skill=wanted,
        level=level,
        body=body,
        made_at=now,
        ends_at=now + LIFE,
    )
    try:
        with db.session.begin_nested():  # the unique index decides
            db.session.add(wish)
    except IntegrityError:
        raise Refused("skill", "wish_open", skill=name) from None
    events.record("wish.made", actor=learner, subject=wish, to=[], now=now, skill=name)
    return wish


def _make_way(learner: User, skill: Skill, now: datetime) -> None:
    """End the wish for this skill that the clock has ended, so that it is not in the way."""
    earlier = one_wish(
        Wish.learner_id == learner.id, Wish.skill_id == skill.id, Wish.state == WishState.OPEN
    )
    if earlier is not None:
        lapse_wish_if_due(earlier, now)


def close_wish(learner: User, public_id: str, *, now: datetime) -> Wish:
    """Wish for it no more, while it is open or after it has lapsed; open offers are closed,
    against nobody. Raises WrongState when it is met or closed already.
    """
    wish = _held(learner, public_id)
    lapse_wish_if_due(wish, now)
    wish.move_to(WishState.CLOSED, now)
    db.session.flush()
    close_offers(WishOffer.wish_id == wish.id, by=learner, now=now)
    events.record("wish.closed", actor=learner, subject=wish, to=[], now=now, skill=wish.skill.name)
    return wish


def renew_wish(learner: User, public_id: str, *, now: datetime) -> Wish:
    """Let it stand for 60 days more, in its last 14 days or after it has lapsed.

    Harmless before that. Raises WrongState when it is met or closed, Refused when there is
    another for the skill by now, and what keeps somebody from a new one.
    """
    wish = _held(learner, public_id)
    for refusal in rules.against_wishing(learner, now):
        raise refusal
    if wish.state not in (WishState.OPEN, WishState.LAPSED):
        raise WrongState("wish", wish.state)
    if not wish.is_renewable_at(now):
        return wish
    if wish.state_at(now) is WishState.LAPSED:
        rules.check_open_wishes(learner, now)
    _open_again(wish, now)
    events.record(
        "wish.renewed", actor=learner, subject=wish, to=[], now=now, skill=wish.skill.name
    )
    return wish


def _open_again(wish: Wish, now: datetime) -> None:
    name = wish.skill.name
    if wish.state is WishState.LAPSED:
        _make_way(wish.learner, wish.skill, now)
    try:
        with db.session.begin_nested():
            if wish.state is WishState.LAPSED:
                wish.move_to(WishState.OPEN, now)
            wish.ends_at = now + LIFE
    except IntegrityError:
        raise Refused("wish", "wish_open", skill=name) from None


def _held(learner: User, public_id: str) -> Wish:
    """My wish as it stands once nobody else may move it."""
    exchanges.lock_people(learner.id)
    return my_wish(learner, public_id)
