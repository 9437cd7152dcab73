"""The weekly look at badges: whose rests, whose comes back, and what two at once have missed.

Badges that look at the last 180 days are looked at every Monday, in UTC, and only then taken
away. They come back with the next event that makes them add up, or on another Monday.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select

from skillswap.db import db
from skillswap.domain import badges, events, exchanges
from skillswap.domain.badges import facts
from skillswap.models import BadgeCheck, BadgeCode, BadgeGrant, User, UserState
from skillswap.models.badge import LOSABLE


def check_due(now: datetime, limit: int) -> int:
    """Look at the badges of whoever's turn it is; returns how many turns. For the sweep."""
    due = db.session.execute(
        select(BadgeCheck.id, BadgeCheck.user_id, BadgeCheck.weekly)
        .where(BadgeCheck.due_at <= now)
        .order_by(BadgeCheck.due_at, BadgeCheck.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if not due:
        return 0
    weekly = sorted({row.user_id for row in due if row.weekly})
    exchanges.lock_people(*(row.user_id for row in due))
    people = _here(row.user_id for row in due)
    _take(people, [user_id for user_id in weekly if user_id in people], now)
    _give(people, now)
    db.session.execute(
        delete(BadgeCheck)
        .where(BadgeCheck.id.in_([row.id for row in due]))
        .execution_options(synchronize_session=False)
    )
    return len(due)


def _here(user_ids: Iterable[int]) -> dict[int, User]:
    here = select(User).where(User.id.in_(set(user_ids)), User.state != UserState.DELETED)
    return {person.id: person for person in db.session.scalars(here)}


def _take(people: dict[int, User], user_ids: list[int], now: datetime) -> None:
    """What no longer adds up is lost; what still does is looked at again in a week."""
    held = badges.held_by(user_ids, LOSABLE)
    holders = [user_id for user_id in user_ids if held[user_id]]
    kept = []
    for user_id, known in facts.read(holders, LOSABLE, now).items():
        for code in sorted(held[user_id]):
            if badges.is_earned(code, known):
                kept.append(user_id)
            else:
                _lose(people[user_id], code, now)
    badges.watch(kept, now)


def _lose(person: User, code: BadgeCode, now: datetime) -> None:
    grant = db.session.scalars(
        select(BadgeGrant).where(
            BadgeGrant.user_id == person.id, BadgeGrant.code == code, BadgeGrant.lost_at.is_(None)
        )
    ).one()
    grant.lost_at = now
    events.record(
        "badge.lost",
        actor=None,
        subject=grant,
        to=[person],
        now=now,
        public_id=code.value,
        badge=code.value,
    )


def _give(people: dict[int, User], now: datetime) -> None:
    """What adds up is theirs; whoever may come to it by waiting is looked at again in a week."""
    for one in badges.grant(list(people), list(BadgeCode), now):
        events.record(
            "badge.earned",
            actor=None,
            subject=db.session.get_one(BadgeGrant, one.id),
            to=[people[one.user_id]],
            now=now,
            public_id=one.code.value,
            badge=one.code.value,
        )
